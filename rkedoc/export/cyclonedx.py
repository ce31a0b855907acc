"""The images of a cluster as a bill of materials: CycloneDX 1.6 as JSON.

Each image is a component of the type ``container``, once for each digest under which it is known. Those with a digest have a package URL of
the type ``oci`` (package-url/purl-spec, types-doc/oci-definition.md): the digest is its version, so without one there is none. Equal snapshots
give equal bytes: the serial number is made of the snapshot's digest, the time is that of the collection.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rkedoc import __version__
from rkedoc.errors import UsageError
from rkedoc.export.images import UsedImage, images

if TYPE_CHECKING:
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component

    from rkedoc.cluster.model import Cluster

_NAMESPACE: Final = uuid.UUID("6e1b8d0c-8b57-5d0a-9a43-6d1d2c0e6f11")
"""Of the serial numbers of these documents (RFC 9562, UUID version 5)."""

_DOCKER_HUB: Final = "docker.io"


def bill_of_materials(cluster: Cluster) -> str:
    """The document. Raises :class:`~rkedoc.errors.UsageError` if the library that writes it is not installed."""
    try:
        from cyclonedx.model import Property
        from cyclonedx.model.bom import Bom
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output.json import JsonV1Dot6
    except ImportError:
        raise UsageError("--format cyclonedx needs a library: install it with pip install 'rkedoc[sbom]'") from None
    header = cluster.header
    found = images(cluster)
    bom = Bom(serial_number=uuid.uuid5(_NAMESPACE, header.digest))
    if header.time:
        bom.metadata.timestamp = datetime.fromisoformat(header.time)
    name = str(header.cluster.get("name") or "") or "cluster"
    bom.metadata.component = Component(
        name=name, type=ComponentType.PLATFORM, version=header.time or None, bom_ref="cluster"
    )
    bom.metadata.tools.components.add(
        Component(name="rkedoc", type=ComponentType.APPLICATION, version=__version__, bom_ref="rkedoc")
    )
    bom.metadata.properties.add(Property(name="rkedoc:snapshot", value=header.digest))
    bom.metadata.properties.update(Property(name="rkedoc:not-known", value=code) for code in found.not_known)
    if found.unnamed:
        bom.metadata.properties.add(Property(name="rkedoc:containers-without-image", value=str(found.unnamed)))
    for one in found.all:
        bom.components.update(_components(one))
    bom.register_dependency(bom.metadata.component, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _components(used: UsedImage) -> Iterator[Component]:
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    first = used.users[0]
    name = first.repository or used.image
    for digest in used.digests or ("",):
        algorithm, _colon, content = digest.partition(":")
        known = algorithm == "sha256" and len(content) == 64
        repository = f"{first.registry or _DOCKER_HUB}/{first.repository}" if first.repository else ""
        qualifiers = {"repository_url": repository, "tag": first.tag or ""}
        yield Component(
            name=name,
            type=ComponentType.CONTAINER,
            version=first.tag or digest or None,
            bom_ref=f"{used.image}{'@' if digest else ''}{digest}",
            purl=PackageURL(
                "oci", None, name.rpartition("/")[2].lower(), digest, {k: v for k, v in qualifiers.items() if v}
            )
            if known and first.repository
            else None,
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=content)] if known else None,
            properties=list(_properties(used, digest)),
        )


def _properties(used: UsedImage, digest: str) -> Iterator[Property]:
    from cyclonedx.model import Property

    facts: list[tuple[str, Any]] = [
        ("image", used.image),
        ("containers", used.containers),
        ("running", used.running),
    ]
    if not digest:
        facts.append(("digest", "not known"))
    for user in used.users:
        place = user.namespace or user.node or ""
        facts.append(("used-by", f"{user.kind} {place}/{user.name} {user.container or ''}".rstrip()))
        if user.component:
            facts.append(("component", user.component))
    for fact, value in dict.fromkeys(facts):
        yield Property(name=f"rkedoc:{fact}", value=str(value))

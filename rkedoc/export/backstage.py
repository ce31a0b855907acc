"""A cluster as entities of Backstage's catalog: the cluster is a Resource, each namespace with workloads a System, each workload a Component.

Owners are those that annotations, labels and files of annotations name; what a component depends on is what its workload talks to. Entities of a
cluster lie in a namespace of the catalog that is called as the cluster is, so that those of two clusters never meet.

Forms and rules of names: backstage/backstage, packages/catalog-model/src/schema and src/validation/KubernetesValidatorFunctions.ts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import yaml

from rkedoc.cluster.distribution import distribution
from rkedoc.explain.owners import owners
from rkedoc.explain.relations.graph import edges
from rkedoc.snapshot.identity import parse_id
from rkedoc.sphinxext.blocks.sanitize import one_line

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster, Workload

Entity = dict[str, Any]

NOBODY: Final = "unknown"
"""Who answers where nobody says so: an entity must have an owner."""

_API: Final = "backstage.io/v1alpha1"
_LONGEST: Final = 63
_DIGEST: Final = 8
_NOT_NAME: Final = re.compile(r"[^A-Za-z0-9]+")
_TYPES: Final = {"Job": "job", "CronJob": "job", "Pod": "pod"}
_DESCRIBED: Final = 400
"""Characters of a description."""


def entities(cluster: Cluster, nobody: str = NOBODY) -> tuple[Entity, ...]:
    """The entities of a cluster: itself, then systems, then components, each sorted. ``nobody`` owns what has no owner, as the name of a group."""
    name = str(cluster.header.cluster.get("name") or "") or "cluster"
    place = entity_name(name).lower()
    owned = {record: one.owner for record, one in owners(cluster).by_record.items()}
    workloads = cluster.workloads()
    by_namespace: dict[str, list[Workload]] = {}
    for workload in workloads:
        by_namespace.setdefault(workload.namespace, []).append(workload)
    kind = distribution(cluster)
    told = "; ".join((kind.name, *(f"{product} {version}" for product, version, _where in kind.versions[:3])))
    resource = f"resource:{place}/{place}"
    found = [
        _entity("Resource", place, place, name, f"Kubernetes cluster: {told}", "cluster", {
            "type": "kubernetes-cluster", "owner": _group(nobody),
        }, {"backstage.io/techdocs-ref": "dir:.", "rkedoc/collected": cluster.header.time, "rkedoc/snapshot": cluster.header.digest}),
    ]  # fmt: skip
    for namespace, its in sorted(by_namespace.items()):
        entry = cluster.catalog.namespace(namespace)
        said = entry.summary if entry is not None else f"What runs in the namespace {namespace}"
        common = {owned.get(workload.id, "") for workload in its}
        owner = common.pop() if len(common) == 1 else ""
        system: Entity = {"owner": _group(owner or nobody)}
        found.append(
            _entity("System", place, entity_name(namespace), namespace, said, f"namespace {namespace}", system, {})
        )
    needed = _needed(cluster)
    for workload in sorted(workloads, key=lambda one: one.id):
        entry = workload.entry
        said = entry.summary if entry is not None else f"{workload.kind} in the namespace {workload.namespace}"
        owner = owned.get(workload.id, "")
        spec: Entity = {
            "type": _TYPES.get(workload.kind, "service"),
            # Whether it is in production is nothing that a cluster knows.
            "lifecycle": NOBODY,
            "owner": _group(owner or nobody),
            "system": f"system:{place}/{entity_name(workload.namespace)}",
            "dependsOn": [resource, *(f"component:{place}/{_name(one)}" for one in needed.get(workload.id, ()))],
        }
        notes = {"rkedoc/id": workload.id} | ({"rkedoc/owner": owner} if owner else {})
        found.append(_entity("Component", place, _name(workload.id), workload.name, said, "", spec, notes))
    return tuple(found)


def catalog_info(cluster: Cluster, nobody: str = NOBODY) -> str:
    """The text of ``catalog-info.yaml``: a document for each entity."""
    return yaml.safe_dump_all(entities(cluster, nobody), sort_keys=False, allow_unicode=True, width=120)


def mkdocs(cluster: Cluster) -> str:
    """The text of ``mkdocs.yml``, by which TechDocs builds the pages in ``docs``."""
    name = str(cluster.header.cluster.get("name") or "") or "cluster"
    content = {"site_name": one_line(name, 200), "docs_dir": "docs", "plugins": ["techdocs-core"]}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def entity_name(*parts: str) -> str:
    """A name that an entity may have, of letters, digits and hyphens, at most 63: two subjects never share one.

    Where something had to be left out, or a part holds the hyphen that could be a border, a digest of the parts follows.
    """
    slugs = [_NOT_NAME.sub("-", part).strip("-") for part in parts]
    name = "-".join(slug for slug in slugs if slug)
    exact = (
        tuple(slugs) == parts
        and all(slugs)
        and not any("-" in slug for slug in slugs[:-1])
        and not _LIKE_DIGEST.search(name)
    )
    if exact and len(name) <= _LONGEST and name == name.lower():
        return name
    digest = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    head = name[: _LONGEST - _DIGEST - 1].strip("-")
    return f"{head}-{digest}" if head else digest


_LIKE_DIGEST: Final = re.compile(r"(?:^|-)[0-9a-f]{8}$")


def _name(record_id: str) -> str:
    """The name of a workload's component. Its kind is part of it only where it must be, to keep names readable: the digest of the id tells them apart."""
    _group, kind, namespace, name = parse_id(record_id)
    return entity_name(kind.lower(), namespace or "", name)


def _group(owner: str) -> str:
    return f"group:default/{entity_name(owner)}"


def _entity(
    kind: str, place: str, name: str, title: str, said: str, otherwise: str, spec: Entity, notes: Mapping[str, str]
) -> Entity:
    shown = one_line(title, 200) or otherwise
    metadata: Entity = {"namespace": place, "name": name, "title": shown, "description": one_line(said, _DESCRIBED)}
    if notes:
        metadata["annotations"] = {key: one_line(value, _DESCRIBED) for key, value in notes.items()}
    return {"apiVersion": _API, "kind": kind, "metadata": metadata, "spec": spec}


def _needed(cluster: Cluster) -> Mapping[str, tuple[str, ...]]:
    """The workloads that each workload talks to, itself or through a Service, by its id."""
    relations = edges(cluster)
    here = {workload.id for workload in cluster.workloads()}

    def behind(target: str) -> Iterable[str]:
        if target in here:
            return (target,)
        return (edge.target for edge in relations.of(target) if edge.source == target and edge.verb == "selects")

    def found(source: str) -> Iterator[str]:
        for edge in relations.of(source):
            if edge.source == source and edge.verb in ("talks-to", "calls"):
                yield from behind(edge.target)

    return {
        source: tuple(sorted({one for one in found(source) if one in here and one != source}))
        for source in sorted(here)
    }

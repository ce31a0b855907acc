"""What crust-gather collects: one object a file, in folders of namespaces, versions and kinds.

crust-gather/crust-gather v0.16.2, src/gather/representation.rs, src/gather/writer.rs, src/scanners/info.rs and host_logs.rs. Its own server
takes every folder with a ``version.yaml`` for a cluster of its own, so that several may lie side by side; the oldest versions wrote none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from rkedoc.collect.files.formats.format import As, Bundle, Format, Index, Reading
from rkedoc.collect.files.formats.parts import CREDENTIALS, NO_OBJECTS, head_of, is_access
from rkedoc.collect.files.formats.stamps import Stamp, zoned
from rkedoc.i18n import N_, Message

_TIME, _VERSION = "collected.timestamp", "version.yaml"
_OBJECT = re.compile(
    r"(?:(?P<root>.+)/)?(?:cluster|namespaces/(?P<namespace>[^/]+))/(?:[a-z0-9.-]+-)?v\d+(?:(?:alpha|beta)\d+)?/[a-z0-9]+/[^/]+\.yaml"
)
"""The version is an apiVersion in lower case with ``-`` for ``/``; in an object's name ``-`` stands for what GitHub forbids in paths."""

_SERVER = re.compile(rb"^gitVersion:\s*[\"']?(v[\w.+-]+)", re.MULTILINE)
_MOMENT = re.compile(rb"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? UTC")
_LATER = Reading(As.NOTHING, reason="later-changes")
"""What happened to an object while it was watched: the file beside it holds what it was at the bundle's time."""


def _find(index: Index) -> Iterable[Bundle]:
    roots = dict.fromkeys(found["root"] or "" for path in index.sizes if (found := _OBJECT.fullmatch(path)))
    for root in roots:
        stamp = _stamp(head_of(index, root, _TIME))
        name = root.rpartition("/")[2] if len(roots) > 1 else ""
        server = _SERVER.search(head_of(index, root, _VERSION))
        facts = {"server": server[1].decode()} if server is not None else {}
        yield Bundle(root, _reading, time=stamp.time, cluster=name, made_up=_made_up, facts=MappingProxyType(facts))


def _stamp(head: bytes) -> Stamp:
    found = _MOMENT.search(head)
    return zoned(f"{found[1].decode()}T{found[2].decode()}+00:00") if found is not None else Stamp()


def _reading(path: str) -> Reading:
    if is_access(path):
        return CREDENTIALS
    if found := _OBJECT.fullmatch(path):
        return Reading(namespace=found["namespace"]) if found["root"] is None else NO_OBJECTS
    return _LATER if path.endswith(".patch") else NO_OBJECTS


def _made_up(path: str, item: Mapping[str, Any]) -> bool:
    """Whether an object is the pod under which a node's own logs were put: it has the node's name, and no server has given it a uid."""
    metadata, spec = item.get("metadata"), item.get("spec")
    return (
        item.get("kind") == "Pod"
        and isinstance(metadata, Mapping)
        and isinstance(spec, Mapping)
        and not metadata.get("uid")
        and metadata.get("name") == spec.get("nodeName")
    )


CRUST_GATHER = Format(
    name="crust-gather",
    title=Message(N_("Collections of crust-gather, of one cluster or of several side by side")),
    recognised=Message(N_("files named cluster/VERSION/KIND/NAME.yaml or namespaces/NAMESPACE/VERSION/KIND/NAME.yaml")),
    shows=Message(
        N_("Every object of every kind that was not filtered out, whole; the server's version; when it was collected.")
    ),
    lacks=Message(
        N_(
            "Containers; which kinds and namespaces were filtered out, so that nothing is known to be complete; changes that were watched "
            "afterwards. Pods that it made up to hold the logs of nodes are left out."
        )
    ),
    keys=frozenset({_TIME, _VERSION}),
    find=_find,
)

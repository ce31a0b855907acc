"""What ``oc adm must-gather`` and ``oc adm inspect`` write, on OpenShift and elsewhere, and what omc reads.

openshift/oc, pkg/cli/admin/inspect/{inspect,namespace,pod,util}.go and pkg/cli/admin/mustgather/mustgather.go at 6b8e30c (2026);
openshift/must-gather, collection-scripts/gather at 16ac27e. A must-gather has a folder for each image that collected, below one for each
node if nodes were selected; all of them are one bundle with one stamp.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import partial

from rkedoc.collect.files.formats.format import Bundle, Format, Index, Reading
from rkedoc.collect.files.formats.parts import CREDENTIALS, NO_OBJECTS, below, head_of, is_access
from rkedoc.collect.files.formats.stamps import Stamp, zoned
from rkedoc.i18n import N_, Message

_TIME, _VERSION = "timestamp", "version"
_DATA = re.compile(
    r"(?:(?P<root>.+?)/)??(?:cluster-scoped-resources/[^/]+/|namespaces/(?:(?P<ns>[^/]+)/(?P=ns)\.yaml\Z"
    r"|[^/]+/(?:core|apps|batch)/[a-z]|[^/]+/pods/(?P<pod>[^/]+)/(?P=pod)\.yaml\Z))"
)
"""The beginning of a path below a folder with what one image has collected."""

_OF_CLUSTER = re.compile(r"cluster-scoped-resources/[^/]+/(?:[^/]+/)?[^/]+\.yaml")
_OF_NAMESPACE = re.compile(
    r"namespaces/(?P<namespace>[^/]+)/(?:(?P=namespace)|pods/(?P<pod>[^/]+)/(?P=pod)|(?!pods/)[^/]+/(?:[^/]+/)?[^/]+)\.yaml"
)
_MOMENT = re.compile(rb"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d\d)(\d\d) ", re.MULTILINE)
"""A time as Go prints it (Go 1.22, time/format.go, Time.String)."""

_ABOVE = 2
"""Folders between a stamp and what one image has collected: that of the node, and that of the image."""


def _find(index: Index) -> Iterable[Bundle]:
    homes: dict[str, set[str]] = {}
    for path in index.sizes:
        if found := _DATA.match(path):
            folder = found["root"] or ""
            homes.setdefault(_home(index, folder), set()).add(folder)
    for root, folders in homes.items():
        stamp = _stamp(head_of(index, root, _TIME))
        tool = next((tool for folder in sorted(folders) if (tool := _tool(head_of(index, folder, _VERSION)))), "")
        inner = frozenset(folder[len(root) :].lstrip("/") for folder in folders)
        yield Bundle(root, partial(_reading, inner=inner), time=stamp.time, tool=tool)


def _home(index: Index, folder: str) -> str:
    """The folder with the stamp: that of the data, or one above it."""
    above = folder
    for _ in range(_ABOVE + 1):
        if below(above, _TIME) in index.sizes:
            return above
        if not above:
            break
        above = above.rpartition("/")[0]
    return folder


def _stamp(head: bytes) -> Stamp:
    """The last of the stamp's times: the first is that of the beginning."""
    times = _MOMENT.findall(head)
    if not times:
        return Stamp()
    day, clock, hours, minutes = (part.decode() for part in times[-1])
    return zoned(f"{day}T{clock}{hours}:{minutes}")


def _tool(head: bytes) -> str:
    """The version of the image: the second line, below the name of what was collected with."""
    lines = head[:1024].decode("utf-8", "replace").split("\n")
    return lines[1].strip() if len(lines) > 1 and lines[0].strip() and "\0" not in lines[1] else ""


def _reading(path: str, *, inner: Collection[str]) -> Reading:
    if is_access(path):
        return CREDENTIALS
    for folder in inner:
        if not folder or path.startswith(f"{folder}/"):
            inside = path[len(folder) :].lstrip("/")
            if _OF_CLUSTER.fullmatch(inside):
                return Reading()
            if found := _OF_NAMESPACE.fullmatch(inside):
                return Reading(namespace=found["namespace"])
    return NO_OBJECTS


MUST_GATHER = Format(
    name="must-gather",
    title=Message(N_("must-gather, `oc adm inspect`, and what omc reads")),
    recognised=Message(
        N_(
            "folders cluster-scoped-resources/GROUP or namespaces/NAMESPACE with NAMESPACE.yaml, core/ or pods/POD/POD.yaml, at any level"
        )
    ),
    shows=Message(
        N_(
            "Nodes, operators and volumes; of the namespaces that belong to operators and of those that were named most kinds, "
            "of Secrets no values; when it was collected, and by which version."
        )
    ),
    lacks=Message(
        N_(
            "Containers; namespaces and kinds that nobody named, so that nothing is known to be complete; measurements, logs and "
            "what it gathers of etcd and of the network is not read."
        )
    ),
    keys=frozenset({_TIME, _VERSION}),
    find=_find,
)

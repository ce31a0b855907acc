"""Reports of sos, one a node.

sosreport/sos 3.5 to 4.12 and commit 5c7e63e (2026): sos/report/plugins/{docker,podman,crio,containerd,kubernetes,date,host}.py, and
``_mangle_command`` of sos/report/plugins/__init__.py for the names of files. A command's output lies in a file that is named after
it: what is no letter, digit, ``-`` or point is ``_``, slashes are points, and what is too long is cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from rkedoc.collect.files.formats.format import As, Bundle, Claim, Format, Index, Reading
from rkedoc.collect.files.formats.parts import (
    CREDENTIALS,
    NO_OBJECTS,
    OF_ROWS,
    PROSE,
    ROWS_ALONE,
    STANDS_ELSEWHERE,
    below,
    head_of,
    is_access,
)
from rkedoc.collect.files.formats.resources import asked
from rkedoc.collect.files.formats.stamps import Stamp, clock, in_name, of_date
from rkedoc.i18n import N_, Message

_VERSION, _MANIFEST, _HOSTNAME, _DATE, _DATE_UTC = "version.txt", "manifest.json", "hostname", "date", "date_--utc"
_COMMANDS = re.compile(r"(?:^|/)sos_commands/")
_TOOL = re.compile(rb"(?:sosreport|sos report|sos):\s*(\d[^\s]{0,40})")
_STARTED = re.compile(rb'"start_time":\s*"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)')
_IN_NAME = re.compile(r"-(20\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?!\d)")
_LONGEST = 240
"""Names that are longer may have been cut, and their last word with them."""

_INSPECTS = re.compile(r"(?:docker|podman)_(?:network_|volume_|pod_)?inspect_|crictl_inspect[pi]?_|crictl_info$")
_TABLES = re.compile(r"(?:docker|podman)_(?:ps|ps_-as?)|crictl_(?:ps|ps_-a|pods)")
_ALL = {"docker_ps": "docker_ps_-a", "podman_ps": "podman_ps_-a", "crictl_ps": "crictl_ps_-a"}
"""Tables of what runs, and those of what there is."""
_JSON = re.compile(r"_get_-o_json_(?:--namespace_(?P<namespace>[a-z0-9-]+)_)?(?P<word>[a-z]+)(?:\.\d+)?$")
_ROWS = re.compile(r"_get_(?:--all-namespaces_true_)?(?P<word>[a-z]+)(?:\.\d+)?$")
_ACCESS = re.compile(r"etc/kubernetes/[^/]*\.conf$|etc/rancher/|var/lib/(?:rancher|kubelet/pki)/|.*/serviceaccount/")
_RUNTIMES = frozenset({"docker", "podman", "crio", "containerd", "cri"})


def _find(index: Index) -> Iterable[Bundle]:
    for root in dict.fromkeys(path[: found.start()] for path in index.sizes if (found := _COMMANDS.search(path))):
        stamp = _stamp(index, root)
        hostnames = (_HOSTNAME, f"sos_commands/host/{_HOSTNAME}", f"sos_commands/general/{_HOSTNAME}")
        tool = _TOOL.search(head_of(index, root, _VERSION))
        yield Bundle(
            root,
            partial(_reading, index=index, root=root),
            time=stamp.time,
            local=stamp.local,
            tool=tool[1].decode(errors="replace") if tool is not None else "",
            node=head_of(index, root, *hostnames).decode(errors="replace").strip(),
        )


def _stamp(index: Index, root: str) -> Stamp:
    """The time that it printed in UTC; else that of its start by the node's clock. A name that tells the day alone tells no time."""
    if stamp := of_date(head_of(index, root, f"sos_commands/date/{_DATE_UTC}")):
        return Stamp(stamp.time)
    if stamp := of_date(head_of(index, root, f"sos_commands/date/{_DATE}", f"sos_commands/general/{_DATE}")):
        return stamp
    if found := _STARTED.search(head_of(index, root, f"sos_reports/{_MANIFEST}")):
        return clock(*(field.decode() for field in found.groups()))
    return in_name(root, _IN_NAME)


def _reading(path: str, *, index: Index, root: str) -> Reading:
    if is_access(path) or _ACCESS.match(path):
        return CREDENTIALS
    match path.split("/"):
        case ["sos_commands", plugin, *_, name] if plugin in _RUNTIMES:
            return _of_runtime(name, index, below(root, path))
        case ["sos_commands", "kubernetes", *_, name]:
            return _of_kubectl(name)
    return NO_OBJECTS


def _of_runtime(name: str, index: Index, path: str) -> Reading:
    if _INSPECTS.match(name):
        return Reading()
    if not _TABLES.fullmatch(name):
        return NO_OBJECTS
    more = _ALL.get(name)
    return STANDS_ELSEWHERE if more and path.removesuffix(name) + more in index.sizes else Reading(As.TABLE)


def _of_kubectl(name: str) -> Reading:
    if name.endswith("_config_view"):
        return CREDENTIALS
    if "_describe_" in name:
        return PROSE
    if found := _JSON.search(name):
        return Reading(namespace=found["namespace"], claim=_claim(name, found["word"], found["namespace"]))
    found = _ROWS.search(name)
    kind = asked(found["word"]) if found is not None else None
    if kind is None or kind.kind == "Event":
        return Reading() if "_-o_json_" in name else NO_OBJECTS
    if kind.kind not in OF_ROWS or (kind.namespaced and "_--all-namespaces_" not in name):
        return ROWS_ALONE
    return Reading(As.TABLE, version=kind.version, kind=kind.kind)


def _claim(name: str, word: str, namespace: str | None) -> Claim:
    """What the answer to ``kubectl get`` is all of: a kind without namespaces is listed whole even if one is named."""
    kind = asked(word)
    if kind is None or len(name) > _LONGEST:
        return Claim.NOTHING
    if not kind.namespaced:
        return Claim.CLUSTER
    return Claim.NAMESPACE if namespace else Claim.LISTED


SOS = Format(
    name="sos",
    title=Message(N_("Reports of sos (sosreport)")),
    recognised=Message(N_("A folder sos_commands, with a folder for each plugin")),
    shows=Message(
        N_(
            "The node's containers: with details where docker, podman or crictl inspected them, as rows of their lists where not; with "
            "`kubernetes.all=on` nearly all kinds of objects of each namespace, otherwise the nodes, and rows of `kubectl get`."
        )
    ),
    lacks=Message(
        N_(
            "One node alone; containers that have ended are inspected only with the option all of their plugin; values of variables "
            "that look like secrets are hidden by the tool; files of the machine are not read."
        )
    ),
    keys=frozenset({_VERSION, _MANIFEST, _HOSTNAME, _DATE, _DATE_UTC}),
    find=_find,
)

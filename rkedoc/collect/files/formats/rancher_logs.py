"""Bundles of Rancher's logs-collector, one a node.

rancherlabs/support-tools, collection/rancher/v2.x/logs-collector/rancher2_logs_collector.sh, all of its versions from 2019 to commit
7b2593c (2026). Older ones wrote what is RKE1's to ``k8s/``, Rancher's provisioning to ``rancher/rancher-prov/`` under short names, and
packed the folder's content without the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType

from rkedoc.collect.files.formats.format import As, Bundle, Claim, Format, Index, Reading
from rkedoc.collect.files.formats.parts import (
    CREDENTIALS,
    DESIRED,
    NO_OBJECTS,
    OF_ROWS,
    PROSE,
    ROWS_ALONE,
    STANDS_ELSEWHERE,
    below,
    head_of,
    is_access,
    named,
)
from rkedoc.collect.files.formats.resources import asked
from rkedoc.collect.files.formats.stamps import Stamp, clock, in_name, of_date
from rkedoc.i18n import N_, Message

_LOG, _DATE, _HOSTNAME, _VERSION, _UNAME = "collector-output.log", "date", "hostname", "version", "uname"
_DETECTED = re.compile(rb"(?:Detecting k8s distribution\.\.\.|Setting k8s distro as)[ \t]*([a-z0-9]*)")
_SERVER = re.compile(rb'^Server Version: (?:version\.Info\{.*?GitVersion:")?(v[\w.+-]{1,60})', re.MULTILINE)
"""What ``kubectl version`` prints of the server, as text: before 1.28 as Go prints a structure (kubernetes/kubectl, pkg/cmd/version)."""
_FIRST_LINE = re.compile(rb"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d): ")
_OF_HOST = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]{0,252})-\d{4}-\d\d-\d\d_\d\d_\d\d_\d\d")
_IN_NAME = re.compile(r"(\d{4})-(\d\d)-(\d\d)_(\d\d)_(\d\d)_(\d\d)")

_DISTRIBUTIONS: Mapping[str, str] = MappingProxyType(
    {"rke": "rke1", "k8s": "rke1", "rke2": "rke2", "k3s": "k3s", "kubeadm": "kubeadm", "pod": ""}
)
"""What the folder of each distribution means; a script in a pod knows none."""
_MARKS = (
    "kubectl/nodes",
    "kubectl/pods",
    "crictl/psa",
    "crictl/version",
    "version",
    "containerinspect/kubelet",
    "check-config",
)
"""Members of which every bundle of a distribution has some."""

_NO_TABLES = frozenset({"version", "api-resources", "events"})


def _find(index: Index) -> Iterable[Bundle]:
    roots = {root: head for root, head in named(index, _LOG) if _DETECTED.search(head)}
    for root, _ in named(index, _HOSTNAME, "systeminfo"):
        if root not in roots and (below(root, "docker/dockerpsa") in index.sizes or _folder(index, root)):
            roots[root] = b""
    for root, log in roots.items():
        stamp = _stamp(index, root, log)
        yield Bundle(
            root,
            partial(_reading, has_nodes=_has_nodes(index, root)),
            time=stamp.time,
            local=stamp.local,
            node=_machine(index, root),
            facts=_facts(index, root, log),
        )


def _machine(index: Index, root: str) -> str:
    """What the machine calls itself: what ``hostname`` printed, or ``uname``, else the beginning of the folder, which the script names after it."""
    told = head_of(index, root, f"systeminfo/{_HOSTNAME}").decode(errors="replace").strip()
    words = head_of(index, root, f"systeminfo/{_UNAME}").decode(errors="replace").split()
    named_after = _OF_HOST.fullmatch(root.rpartition("/")[2])
    return (
        told
        or (words[1] if words[:1] == ["Linux"] and len(words) > 2 else "")
        or (named_after[1] if named_after is not None else "")
    )


def _folder(index: Index, root: str) -> str:
    """The folder of the distribution; empty if there is none."""
    has = index.sizes.__contains__
    return next((name for name in _DISTRIBUTIONS if any(has(below(root, f"{name}/{mark}")) for mark in _MARKS)), "")


def _facts(index: Index, root: str, log: bytes) -> Mapping[str, str]:
    found = _DETECTED.search(log)
    detected = found[1].decode() if found is not None else ""
    distribution = _DISTRIBUTIONS.get(detected) or _DISTRIBUTIONS.get(_folder(index, root), "")
    server = _SERVER.search(head_of(index, root, *(f"{name}/kubectl/{_VERSION}" for name in _DISTRIBUTIONS)))
    facts = {"distribution": distribution, "server": server[1].decode(errors="replace") if server is not None else ""}
    return MappingProxyType({name: text for name, text in facts.items() if text})


def _stamp(index: Index, root: str, log: bytes) -> Stamp:
    """When it was made. The clock of the node stands in three places, and its zone in what ``date`` printed alone."""
    if stamp := of_date(head_of(index, root, f"systeminfo/{_DATE}")) or in_name(root, _IN_NAME):
        return stamp
    found = _FIRST_LINE.match(log)
    return clock(*(field.decode() for field in found.groups())) if found is not None else Stamp()


def _has_nodes(index: Index, root: str) -> frozenset[str]:
    """The folders in which the nodes stand as JSON."""
    return frozenset(name for name in _DISTRIBUTIONS if below(root, f"{name}/kubectl/nodes.json") in index.sizes)


def _reading(path: str, *, has_nodes: frozenset[str]) -> Reading:
    top, *rest = path.split("/")
    if is_access(path):  # versions before March 2025 copied all of /etc/cni/net.d
        return CREDENTIALS
    if top in _DISTRIBUTIONS and rest:
        return _of_distribution(rest, nodes_in_json=top in has_nodes)
    if top == "docker" and rest == ["dockerpsa"]:
        return Reading(As.TABLE)
    if top == "rancher" and len(rest) == 2:
        return _in_folder(*rest, nodes_in_json=False)
    return NO_OBJECTS


def _of_distribution(rest: list[str], *, nodes_in_json: bool) -> Reading:
    if len(rest) == 1:  # the settings of RKE2 and K3s, of which some lines were taken out
        return CREDENTIALS if rest[0].endswith((".yaml", ".yml", ".service")) else NO_OBJECTS
    if rest[0] == "pod-manifests":
        return DESIRED
    if rest[:2] == ["kubectl", "rancher-prov"] and len(rest) == 3:
        return _in_folder("rancher-prov", rest[2], nodes_in_json=nodes_in_json)
    if rest[:2] == ["kubectl", "poddescribe"]:
        return PROSE
    return _in_folder(*rest, nodes_in_json=nodes_in_json) if len(rest) == 2 else NO_OBJECTS


def _in_folder(folder: str, name: str, *, nodes_in_json: bool) -> Reading:
    if folder in ("containerinspect", "podinspect"):
        return Reading()
    if folder == "rancher-prov":  # kubectl get … -A -o yaml, but for one ConfigMap
        return Reading(claim=Claim.NOTHING if name.endswith("cfgmap") else Claim.CLUSTER)
    if folder == "crictl":
        return Reading() if name == "info" else Reading(As.TABLE) if name in ("psa", "pods") else NO_OBJECTS
    if folder == "kubectl":
        return _of_kubectl(name, nodes_in_json=nodes_in_json)
    return NO_OBJECTS


def _of_kubectl(name: str, *, nodes_in_json: bool) -> Reading:
    if name == "nodes.json":
        return Reading(version="v1", kind="Node", claim=Claim.CLUSTER)
    if name == "nodes" and nodes_in_json:
        return STANDS_ELSEWHERE
    if name == "cluster-info_dump":
        return Reading(claim=Claim.LISTED)
    if name.endswith(".json"):
        return NO_OBJECTS
    if name == "nodesdescribe" or name.startswith("poddescribe"):
        return PROSE
    table = asked(name)
    if table is not None and table.kind in OF_ROWS:
        return Reading(As.TABLE, version=table.version, kind=table.kind)
    return NO_OBJECTS if name in _NO_TABLES else ROWS_ALONE


RANCHER_LOGS = Format(
    name="rancher-logs-collector",
    title=Message(N_("Rancher's logs-collector, for RKE1, RKE2, K3s and kubeadm")),
    recognised=Message(
        N_(
            "collector-output.log that says which distribution was detected, or systeminfo/hostname beside what one of them left"
        )
    ),
    shows=Message(
        N_(
            "The node's name and distribution; its containers, with details where they were inspected and as rows of docker ps and "
            "crictl where not; the nodes, and what Rancher provisions; pods and other objects as rows of kubectl get."
        )
    ),
    lacks=Message(
        N_(
            "One node alone; objects that came as rows have no specification; static pods' manifests and settings on disk are not "
            "read; the time is that of the node's clock, often without a zone."
        )
    ),
    keys=frozenset({_LOG, _DATE, _HOSTNAME, _VERSION, _UNAME}),
    find=_find,
)

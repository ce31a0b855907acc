"""Bundles of Rancher's supportability review: the cluster's part and the nodes' parts, as its plugins of Sonobuoy pack them.

rancherlabs/support-tools, collection/rancher/v2.x/supportability-review/cluster-collector.sh and nodes-collector.sh, all of their
versions to commit 7b2593c (2026). Sonobuoy unpacks what its plugins return (vmware-tanzu/sonobuoy v0.57,
pkg/plugin/aggregation/aggregator.go), so that the same members lie in ``clusterinfo.tar.gz`` or in a folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType

from rkedoc.collect.files.formats.format import Bundle, Claim, Format, Index, Reading
from rkedoc.collect.files.formats.parts import (
    CREDENTIALS,
    NO_OBJECTS,
    PARTS_OF_OBJECTS,
    RKE_STATE,
    STANDS_ELSEWHERE,
    below,
    head_of,
    is_access,
    named,
)
from rkedoc.collect.files.formats.stamps import Stamp, clock
from rkedoc.i18n import N_, Message

_SERVICES, _DATE, _RELEASE = "services-default.json", "date.log", "os-release"
_CLOCK = re.compile(rb"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)")
_DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rke1": ("rke/etcd.json", "rke/cni", "rke/ingress-nginx-daemonsets.json", "docker/docker_info.json"),
        "rke2": ("rke2/kube-apiserver-args.json", "rke2/kube-proxy-args.json", "rke2/config.yaml"),
        "k3s": ("k3s/config.yaml",),
    }
)
"""Members that only the part of one distribution writes."""

_WHOLE = frozenset(
    {
        "nodes.json", "namespaces.json", "crds.json", "pods.json", "services.json", "persistentvolumeclaims.json",
        "storageclasses.storage.k8s.io.json", "clusters.management.cattle.io.json", "clusters.provisioning.cattle.io.json",
        "features-management.json", "bundledeployment.json", "nodes-cattle.json", "roletemplates.json", "clusterrole.json",
        "backup.json", "rke2/validatingwebhookconfigurations.json",
    }
)  # fmt: skip
"""What was asked for in all namespaces, or has none."""
_OF_NAMESPACE = re.compile(r"(?:[a-z0-9]+/)?(?P<namespace>[a-z0-9-]+)-(?:daemonsets|deploy|statefulsets|apps)\.json")
_IN_NAMESPACE: Mapping[str, str] = MappingProxyType(
    {
        _SERVICES: "default",
        "fleet-local-bundle.json": "fleet-local",
        "machines.json": "fleet-default",
        "kube-system-configmap.json": "kube-system",
        "apps/longhorn-settings.json": "longhorn-system",
        "apps/longhorn-system-volumes.json": "longhorn-system",
        "apps/longhorn-backuptargets.json": "longhorn-system",
        "apps/longhorn-orphans.json": "longhorn-system",
    }
)
"""What was asked for in one namespace, whichever the name of the file."""
_OF_STATE = frozenset(f"rke/{name}.json" for name in ("etcd", "kubeApi", "kubeController", "dns"))
"""Parts of RKE's state: the keys that encrypt Secrets, credentials for backups."""
_NO_OBJECTS = re.compile(
    r"pod-count-per-node\.json|pod-ipaddresses\.json|(?:harvester/)?ip_map\.json"
    r"|rke2/(?:.*-args|cilium-status|cilium-dbg-service-list)\.json|docker/docker_daemon\.json|systeminfo/kubeletconfig\.json"
)
_FOLDERS = frozenset({"rke", "rke2", "k3s", "harvester", "apps", "docker", "systeminfo"})


def _find(index: Index) -> Iterable[Bundle]:
    for root, _ in named(index, _SERVICES):
        if any(below(root, f"cattle-system-{name}.json") in index.sizes for name in ("deploy", "daemonsets")):
            yield _bundle(index, root, _stamp(head_of(index, root, _DATE)))
    for root, _ in named(index, _RELEASE, "systeminfo"):
        if below(root, "networking/iptablessave") in index.sizes:
            yield _bundle(index, root, Stamp())


def _bundle(index: Index, root: str, stamp: Stamp) -> Bundle:
    has = index.sizes.__contains__
    told = next((name for name, marks in _DISTRIBUTIONS.items() if any(has(below(root, mark)) for mark in marks)), "")
    return Bundle(
        root,
        partial(_reading, has_services=has(below(root, "services.json"))),
        time=stamp.time,
        local=stamp.local,
        facts=MappingProxyType({"distribution": told} if told else {}),
    )


def _stamp(log: bytes) -> Stamp:
    found = _CLOCK.search(log)
    return clock(*(field.decode() for field in found.groups())) if found is not None else Stamp()


def _reading(path: str, *, has_services: bool) -> Reading:
    folder, _, name = path.rpartition("/")
    if name == "full-cluster-state.json":
        return RKE_STATE
    if (
        path in _OF_STATE
        or is_access(path)
        or (name.endswith((".yaml", ".yml")) and folder.split("/")[0] in ("rke2", "k3s"))
    ):
        return CREDENTIALS
    if folder == "api_version":
        return PARTS_OF_OBJECTS
    if name == "cluster-info.dump.log":
        return Reading(claim=Claim.LISTED)
    if not name.endswith(".json") or folder not in {"", *_FOLDERS} or _NO_OBJECTS.fullmatch(path):
        return NO_OBJECTS
    if path == _SERVICES and has_services:
        return STANDS_ELSEWHERE
    if path in _WHOLE:
        return Reading(claim=Claim.CLUSTER)
    if namespace := _IN_NAMESPACE.get(path, ""):
        return Reading(namespace=namespace, claim=Claim.NAMESPACE)
    if found := _OF_NAMESPACE.fullmatch(path):
        return Reading(namespace=found["namespace"], claim=Claim.NAMESPACE)
    return Reading(claim=Claim.LISTED)


RANCHER_REVIEW = Format(
    name="rancher-supportability-review",
    title=Message(N_("Rancher's supportability review, the cluster's part and those of its nodes")),
    recognised=Message(
        N_(
            "services-default.json beside cattle-system-deploy.json or cattle-system-daemonsets.json; for a node systeminfo/os-release "
            "beside networking/iptablessave"
        )
    ),
    shows=Message(
        N_(
            "Nodes, namespaces, custom kinds, volume claims and storage classes of the whole cluster; Deployments and DaemonSets of "
            "Rancher's and Kubernetes' namespaces; what Rancher and Fleet keep of their clusters."
        )
    ),
    lacks=Message(
        N_(
            "Pods and Services are taken out by the tool since July 2023; workloads of other namespaces; containers; RKE's state holds private "
            "keys and is refused."
        )
    ),
    keys=frozenset({_SERVICES, _DATE, _RELEASE}),
    find=_find,
)

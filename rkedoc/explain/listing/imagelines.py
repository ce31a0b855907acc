"""What a line of a listing that names an image says: the components that run from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rkedoc.catalog.images import parse_image
from rkedoc.explain.listing.explained import Explained, common_origin
from rkedoc.i18n import _, between
from rkedoc.vocabulary import Origin

if TYPE_CHECKING:
    from rkedoc.catalog.bound import ClusterCatalog
    from rkedoc.catalog.entry import Entry
    from rkedoc.explain.listing.known import KnownNames
    from rkedoc.listing.row import ListingRow

_CONTAINERS_FROM: Final[Mapping[str, tuple[str, ...]]] = {
    # hardened-calico is Canal's; where Calico is alone, its images are calico-node and others
    "calico": ("kube-flannel",),
    "calico-cni": ("install-cni", "calico-node"),
    "calico-pod2daemon-flexvol": ("flexvol-driver",),
    "coreos-flannel": ("kube-flannel",),
    "coreos-flannel-cni": ("install-cni",),
    "cilium-cilium": ("cilium", "cilium-agent"),
    "cilium-cilium-envoy": ("cilium-envoy",),
    "cilium-operator-generic": ("cilium-operator",),
    "cilium-hubble-relay": ("hubble-relay",),
    "cilium-hubble-ui": ("hubble-ui",),
    "cluster-autoscaler": ("rke2-coredns-rke2-coredns-autoscaler",),
    "cluster-proportional-autoscaler": ("coredns-autoscaler", "rke2-coredns-rke2-coredns-autoscaler"),
    "nginx-ingress-controller-defaultbackend": ("default-http-backend",),
    "fleet": ("fleet-controller",),
    "flannel": ("kube-flannel",),
    "coredns-coredns": ("coredns",),
    "k8s-metrics-server": ("metrics-server",),
    "kubernetes": ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"),
    "rke2-cloud-provider": ("cloud-controller-manager",),
    "nginx-ingress-controller": ("rke2-ingress-nginx-controller", "nginx-ingress-controller"),
    "sig-storage-snapshot-controller": ("snapshot-controller", "rke2-snapshot-controller"),
    "klipper-helm": ("helm",),
    "rancher-agent": ("cattle-cluster-agent", "cattle-node-agent"),
    "klipper-lb": ("svclb-*",),
    "library-traefik": ("traefik",),
}
"""Images by their family, with the containers or workloads that run from them, where these have other names (rancher/rke2,
scripts/build-images)."""

_KUBERNETES: Final = ("registry.k8s.io", "k8s.gcr.io")

_NAMED: Final = ("name", "container", "workload")
"""The conditions by which rules name a container, inside pods and outside."""


def image_line(
    row: ListingRow, catalog: ClusterCatalog, known: KnownNames | None, *, in_pods: bool = False
) -> Explained:
    """What the containers are that run from an image; without a snapshot, those that the catalog says can.

    ``in_pods`` where the image is one of a kubelet's runtime, which runs containers of pods alone: then the name of the image counts more
    than rules about containers of other places.
    """
    name = row.image or row.name
    users = known.image(name) if known else ()
    used = {user.entry.id: user.entry for user in users if user.entry is not None}
    entries = tuple(used.values()) if users else _entries(name, catalog, in_pods=in_pods)
    if not entries:
        if _of_platform(name):
            summary = _("not known: no entry of the catalog says what runs from this image")
            return Explained(row.line, row.name, None, Origin.UNEXPLAINED, None, summary)
        # A listing's own column may hold what nobody checked; a reference is shown without its user and password.
        summary = _("not a platform component: image {plain_image}").format(plain_image=plain_image(name))
        return Explained(row.line, row.name, None, Origin.WORKLOAD, None, summary)
    if len(entries) == 1:
        entry = entries[0]
        summary = _("Image of {name}. {summary}").format(name=entry.name, summary=entry.summary)
        return Explained(row.line, row.name, None, entry.origin, entry.id, summary)
    return several(row, entries, _("Image of several components: {names}."))


def _entries(image: str, catalog: ClusterCatalog, *, in_pods: bool) -> tuple[Entry, ...]:
    """The components that can run from an image: by the rules about images and, of the platform's images, by the image's name."""
    reference = parse_image(image)
    # Only RKE2 runs images of this name, and in pods: rules about containers outside pods are not about them.
    hardened = reference.repository.rpartition("/")[2].startswith("hardened-")
    by_rule = tuple(
        entry
        for entry in catalog.of_image(image)
        if not hardened or any(rule.in_pod is not False for rule in entry.match)
    )
    by_name = (
        catalog.naming(_NAMED, _CONTAINERS_FROM.get(reference.family, (reference.family,)))
        if _of_platform(image)
        else ()
    )
    if in_pods and by_name:
        return by_name if not by_rule or len(by_name) < len(by_rule) else by_rule
    own = tuple(entry for entry in by_name if reference.family in _CONTAINERS_FROM or not by_rule)
    return tuple(sorted({entry.id: entry for entry in (*by_rule, *own)}.values(), key=lambda entry: entry.id))


def _of_platform(image: str) -> bool:
    return is_ranchers(image) or parse_image(image).registry in _KUBERNETES


def is_ranchers(image: str) -> bool:
    """Whether an image is one that Rancher publishes, from wherever it was pulled: its path begins with ``rancher/``, or a registry has it in a folder."""
    return "rancher" in parse_image(image).repository.split("/")[:-1]


def several(row: ListingRow, entries: Sequence[Entry], sentence: str) -> Explained:
    """A line that names what several entries are: ``sentence`` says so, with their ``names``."""
    names = between().join(entry.name for entry in entries[:8]) + (_(" and others") if len(entries) > 8 else "")
    ids = tuple(entry.id for entry in entries)
    return Explained(row.line, row.name, None, common_origin(entries), None, sentence.format(names=names), ids)


def plain_image(image: str | None) -> str:
    """An image's name without what may hide in it: user and password before the registry, a digest."""
    reference = parse_image(image or "")
    registry = f"{reference.registry.rpartition('@')[2]}/" if reference.registry else ""
    return f"{registry}{reference.repository}" + (f":{reference.tag}" if reference.tag else "")

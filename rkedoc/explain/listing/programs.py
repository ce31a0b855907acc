"""What a program or a unit of a node is: by the catalog, by the containers it comes in, or as a part of the operating system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from rkedoc.catalog.bound import ClusterCatalog, Distribution, InPod, OnHost, OutsidePods, Thing
from rkedoc.catalog.entry import Entry
from rkedoc.explain.facts.ports import BY_PROGRAM
from rkedoc.explain.listing.explained import common_origin
from rkedoc.explain.systemprograms import full_name, system_program, system_unit
from rkedoc.i18n import N_, _, between
from rkedoc.listing.kernel import is_kernel_thread
from rkedoc.vocabulary import Origin

_SHORTEST_CUT = 8
"""A name that was cut shorter than this could be the beginning of anything."""

_CONTAINERS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "kube-apiserver": ("kube-apiserver",),
    "kube-controller-manager": ("kube-controller-manager",),
    "kube-scheduler": ("kube-scheduler",),
    "kube-proxy": ("kube-proxy",),
    "kubelet": ("kubelet",),
    "etcd": ("etcd",),
    "cloud-controller-manager": ("cloud-controller-manager",),
    "coredns": ("coredns",),
    "metrics-server": ("metrics-server",),
    "local-path-provisioner": ("local-path-provisioner",),
    "flanneld": ("kube-flannel",),
    "calico-node": ("calico-node",),
    "calico-typha": ("calico-typha",),
    "bird": ("calico-node",),
    "bird6": ("calico-node",),
    "cilium-agent": ("cilium-agent", "cilium"),
    "nginx-ingress-controller": ("rke2-ingress-nginx-controller", "nginx-ingress-controller"),
    "snapshot-controller": ("snapshot-controller", "rke2-snapshot-controller"),
    "traefik": ("traefik",),
    "runsv": ("calico-node",),
    "runsvdir": ("calico-node",),
    "fleetagent": ("fleet-agent",),
    "rancher": ("rancher",),
}
"""Programs by the containers that they are the programs of. What anybody may run besides, such as ``redis-server``, is not among them."""

_BY_HAND: Final = frozenset(("hand-made-control-plane", "etcd-host"))
"""Entries of programs that run in containers nearly everywhere: a listing of processes does not tell that they do not."""

_WITH_ARGUMENTS: Final = {"k3s-server": ("k3s", "k3s server"), "k3s-agent": ("k3s", "k3s agent")}
"""Names that K3s gives to its own process, with the program and the command line that they stand for."""

_NAMED: Final = ("name", "container", "workload")
"""The conditions by which rules name a container, inside pods and outside."""

_CANAL: Final = ("rke2-canal", "canal")
_OF_CANAL: Final = frozenset(("calico-node", "bird", "bird6", "flanneld"))
_BIRD: Final = frozenset(("bird", "bird6"))
"""A routing daemon that others run too: it is Calico's where Calico is seen."""


@dataclass(frozen=True, slots=True)
class Said:
    """What something of a node is: a sentence, whose it is where that is known, and the entries of the catalog that say so."""

    summary: str
    origin: Origin | None
    entries: tuple[Entry, ...] = ()


class HostPrograms:
    """The programs and units of one node. ``seen`` are the names of all programs that its listing shows."""

    def __init__(self, catalog: ClusterCatalog, seen: frozenset[str]) -> None:
        self.catalog = catalog
        self.seen = seen
        values = [
            value for entry in catalog.of_kind("component") for rule in entry.match for value in rule.values("process")
        ]
        self.known = frozenset((*values, *BY_PROGRAM, *_CONTAINERS_OF, *_WITH_ARGUMENTS))

    def full(self, name: str, kept: int, likely: Iterable[str] = ()) -> str:
        """A name as it was before a tool cut it after ``kept`` characters (0: it cuts none); ``likely`` names come first."""
        whole = not kept or len(name) < kept
        if (name in self.known and whole) or not kept or system_program(name) is not None:
            return name
        length = max(kept, _SHORTEST_CUT)
        others = self.known - {name}
        return full_name(name, likely, length) or full_name(name, others, length) or name

    def program(self, names: Iterable[str], command: str | None = None) -> Said:
        """What a process is, by the names of its program, the most telling first, and by its command line."""
        tried = tuple(dict.fromkeys(names))
        for name in tried:
            if (found := self._platform(name, command)) is not None:
                return found
        for name in tried:
            if command is None and is_kernel_thread(name):
                return kernel_thread()
            if (system := system_program(name)) is not None:
                return Said(_("Of the operating system: {summary}").format(summary=system.summary), None)
        return Said(_("not known: no entry of the catalog has a process of this name"), Origin.UNEXPLAINED)

    def unit(self, unit: str) -> Said:
        """What a unit of systemd is."""
        stem, _dot, kind = unit.rpartition(".")
        template = re.sub(r"@.+", "@", stem) + "." + kind
        for name in dict.fromkeys((unit, template)):
            if (match := self.catalog.find(OnHost(None, unit=name))) is not None:
                return _of(match.entry)
        if kind == "service" and (match := self.catalog.find(OnHost(stem))) is not None:
            return _of(match.entry)
        if (system := system_unit(unit)) is not None:
            return Said(_("Of the operating system: {summary}").format(summary=system.summary), None)
        for pattern, sentence in _UNITS:
            if fnmatchcase(unit, pattern):
                return Said(_(sentence), None)
        return Said(_("not known: no entry of the catalog has a unit of this name"), Origin.UNEXPLAINED)

    def _platform(self, name: str, command: str | None) -> Said | None:
        """What the catalog says of a program: as a process of the host, or as that of a container."""
        questions = [OnHost(name, command=(command,) if command else ())]
        if name in _WITH_ARGUMENTS:
            program, line = _WITH_ARGUMENTS[name]
            questions.append(OnHost(program, command=(line,)))
        for question in questions:
            match = self.catalog.find(question)
            if match is not None and not (name in _CONTAINERS_OF and match.entry.id in _BY_HAND):
                return _of(match.entry)
        named = self.catalog.naming(("process",), (name,)) if command is None else ()
        if entries := tuple(entry for entry in named if not (name in _CONTAINERS_OF and entry.id in _BY_HAND)):
            return _some(entries, _("A process of this name belongs to several components: {names}."))
        return self._of_container(name)

    def _of_container(self, name: str) -> Said | None:
        containers = () if name in _BIRD and "calico-node" not in self.seen else _CONTAINERS_OF.get(name, ())
        if name == "pause":
            entry = self.catalog.get("pause")
            return _of(entry) if entry is not None else None
        for container in containers if self.catalog.distribution is not Distribution.UNKNOWN else ():
            things: list[Thing] = [
                *(InPod(None, canal, None, container=container) for canal in _CANAL if self._canal(name)),
                OutsidePods(container),
                InPod(None, workload=None, kind=None, container=container),
                InPod(None, workload=container, kind=None),
            ]
            if match := next((found for thing in things if (found := self.catalog.find(thing)) is not None), None):
                return _by_name(match.entry)
        entries = self.catalog.naming(_NAMED, containers)
        return _some(entries, _("A program of this name belongs to several components: {names}.")) if entries else None

    def _canal(self, name: str) -> bool:
        """Whether a program of Calico is one of Canal: where flannel runs beside it."""
        return name in _OF_CANAL and {"flanneld", "calico-node"} <= self.seen


def kernel_thread() -> Said:
    """A thread of the kernel."""
    return Said(_("A thread of the Linux kernel: no program, and nothing of Kubernetes."), None)


def _of(entry: Entry) -> Said:
    return Said(entry.summary, entry.origin, (entry,))


def _by_name(entry: Entry, sentence: str = "") -> Said:
    text = sentence or _("The program of {name}, by its name. {summary}")
    return Said(text.format(name=entry.name, summary=entry.summary), entry.origin, (entry,))


def _some(entries: tuple[Entry, ...], sentence: str, one: str = "") -> Said:
    """What several entries are, in a sentence with their ``names``; ``one`` is that for a single one."""
    if len(entries) == 1:
        return _by_name(entries[0], one)
    known = tuple(dict.fromkeys(entry.name for entry in entries))
    names = between().join(known[:8]) + (_(" and others") if len(known) > 8 else "")
    return Said(sentence.format(names=names), common_origin(entries), entries)


_SERVICE: Final = N_("A service of the operating system.")
_UNITS: Final = (
    ("kubepods*.slice", N_("The control group of a pod, or of one of the classes of pods; the kubelet has systemd make it.")),
    ("cri-containerd-*.scope", N_("The control group of one container, or of a pod's sandbox.")),
    ("crio-*.scope", N_("The control group of one container, or of a pod's sandbox.")),
    ("docker-*.scope", N_("The control group of one container, or of a pod's sandbox.")),
    ("libpod-*.scope", N_("The control group of one container, or of a pod's sandbox.")),
    ("run-*containerd*.mount", N_("The file system of a container, which systemd found mounted.")),
    ("var-lib-docker-*.mount", N_("The file system of a container, which systemd found mounted.")),
    ("run-docker-*.mount", N_("The network namespace of a container, which systemd found mounted.")),
    ("run-netns-*.mount", N_("The network namespace of a pod, which systemd found mounted.")),
    ("var-lib-kubelet-*.mount", N_("A volume of a pod, which systemd found mounted.")),
    ("session-*.scope", N_("The session of somebody who is logged in.")),
    ("user@*.service", N_("The services of a user who is logged in.")),
    ("user-runtime-dir@*.service", N_("The services of a user who is logged in.")),
    ("user-*.slice", N_("The services of a user who is logged in.")),
    *((f"{name}.service", _SERVICE) for name in (
        "systemd-*", "dracut-*", "initrd-*", "plymouth*", "emergency", "rescue", "debug-shell", "modprobe@*", "kmod-*", "rc-local",
        "logrotate", "man-db*", "mandb", "fstrim", "e2scrub*", "motd-news", "apport*", "console-*", "keyboard-*", "setvtrgb", "kdump*",
        "kexec*", "grub*", "lvm2-*", "blk-availability", "finalrd", "ldconfig", "autovt@*", "container-getty@*", "netplan*", "pollinate",
        "secureboot-db", "ua-*", "ubuntu-advantage*", "selinux-*", "rhsmcertd", "import-state", "loadmodules", "nis-domainname", "sysstat*",
        "quotaon", "snapper*", "btrfs*", "backup-rpmdb", "backup-sysconfig", "ca-certificates", "display-manager", "issue-*", "jeos-*",
        "dpkg-db-backup", "dnf-makecache", "dev-hugepages", "ifup@*", "networking", "network", "purge-kernels", "polkit-*", "tmp",
        "procps", "kbd", "kmod", "getty-static", "cryptdisks*", "dbus-org.freedesktop.*", "packagekit*", "halt", "reboot", "poweroff", "hwclock*", "sshd-keygen*", "ssh-*", "ec2-*", "nftables", "iptables", "ip6tables", "ip*set", "apt-*",
    )),
    ("*.mount", N_("A file system that is mounted.")),
    ("*.automount", N_("A file system that is mounted when somebody opens it.")),
    ("*.swap", N_("Swap space.")),
    ("*.device", N_("A device that systemd knows of.")),
    ("*.target", N_("A state of the system, which other units make up.")),
    ("*.slice", N_("A group of units that share what they may use of memory and processors.")),
    ("*.scope", N_("A group of processes that somebody else than systemd started.")),
    ("*.timer", N_("Starts another unit at set times.")),
    ("*.path", N_("Starts another unit when a file changes.")),
    ("*.socket", N_("Waits for connections and starts another unit for them.")),
)  # fmt: skip
"""Units by their names, as shell patterns, the most telling first, and what is true of each of them."""

"""How names are resolved: the Corefile of CoreDNS, plugin by plugin, each with what it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.fields import text
from rkedoc.explain.facts.fact import Fact, Missing, Reading, Unread, data_of, place_of
from rkedoc.explain.facts.keys import FactKey
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.record import HIDDEN_RE

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

CONFIG_MAPS: Final = ("coredns", "rke2-coredns-rke2-coredns")
"""ConfigMaps in kube-system that hold a Corefile: of RKE, K3s and kubeadm, and of RKE2."""

# coredns.io, "Plugins" (read for 1.7 to 1.11); "proxy" was a plugin until 1.5, "upstream" an option of "kubernetes".
MEANINGS: Final[Mapping[str, str]] = MappingProxyType({
    "acl": N_("Refuses or ignores questions by the address that they come from."),
    "any": N_("Answers questions of the type ANY with next to nothing, so that nobody is flooded with answers."),
    "auto": N_("Serves zones from files of a folder, and reads them again when they change."),
    "autopath": N_("Walks the search list of a pod on the server, which saves the pod several questions."),
    "bind": N_("Listens on this address alone."),
    "bufsize": N_("Bounds the size of answers over UDP, so that they are not cut into fragments."),
    "cache": N_("Keeps answers for at most so many seconds: a changed record may be late by that much."),
    "chaos": N_("Answers questions about its own version."),
    "debug": N_("Lets a crash show itself instead of going on."),
    "dnssec": N_("Signs answers on the way out."),
    "dns64": N_("Makes IPv6 addresses of IPv4 ones, for networks without IPv4."),
    "errors": N_("Writes errors to the log."),
    "erratic": N_("Answers badly on purpose, for tests."),
    "etcd": N_("Reads records from an etcd."),
    "federation": N_("Resolved services of federated clusters; gone since CoreDNS 1.7."),
    "file": N_("Serves a zone from a file."),
    "forward": N_("Hands questions that nothing before it has answered to another server: names outside of the cluster."),
    "health": N_("Says over HTTP (port 8080) that it is alive; the kubelet asks it and restarts what does not answer."),
    "hosts": N_("Serves names from a file in the form of /etc/hosts."),
    "import": N_("Takes in other files, such as those of the ConfigMap coredns-custom."),
    "k8s_external": N_("Resolves load balancers and external addresses of services under a zone of their own."),
    "kubernetes": N_("Answers for services and pods in these zones from what it watches at the API server."),
    "loadbalance": N_("Changes the order of addresses in answers, so that clients spread over them."),
    "local": N_("Answers questions about localhost itself."),
    "log": N_("Writes each question to the log."),
    "loop": N_("Stops the program when it finds that its questions come back to itself."),
    "metadata": N_("Gathers facts about a question for other plugins."),
    "minimal": N_("Leaves out of answers what nobody asked for."),
    "multisocket": N_("Listens on several sockets of one port, to use more cores."),
    "nsid": N_("Names the server in its answers."),
    "pprof": N_("Serves measurements of the program itself, for its developers."),
    "prometheus": N_("Publishes metrics (port 9153) for Prometheus to read."),
    "proxy": N_("Handed questions to other servers; CoreDNS 1.5 replaced it by forward."),
    "ready": N_("Says over HTTP (port 8181) whether all plugins are ready; only then does the pod get questions."),
    "reload": N_("Reads the Corefile again when it has changed, without a restart."),
    "rewrite": N_("Changes questions, and their answers, before other plugins see them."),
    "root": N_("The folder in which zone files are looked for."),
    "route53": N_("Serves zones of Amazon Route 53."),
    "secondary": N_("Serves a zone that it copies from another server."),
    "template": N_("Makes answers after a pattern."),
    "timeouts": N_("Bounds how long a connection may be idle or slow."),
    "tls": N_("Encrypts the connections of clients."),
    "trace": N_("Traces questions for tools such as Zipkin."),
    "transfer": N_("Hands zones to other servers."),
    "view": N_("Serves this block only to questions for which an expression holds."),
    "whoami": N_("Answers with the address of whoever asks, for tests."),
})  # fmt: skip
"""Plugins of CoreDNS with what each does, as messages to be translated."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin in a server block: its arguments as they stand there, and what it does (empty: not known here)."""

    name: str
    arguments: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Block:
    """A server block of a Corefile: the zones that it answers for, and its plugins in the order of the file."""

    zones: str
    plugins: tuple[Plugin, ...]


def corefile(cluster: Cluster) -> Reading:
    """The Corefile as it was read, or why it was not."""
    known = (name for name in CONFIG_MAPS if cluster.get(f"core/ConfigMap/kube-system/{name}") is not None)
    return data_of(cluster, "kube-system", next(known, CONFIG_MAPS[0]), "Corefile")


def blocks_of(content: str) -> tuple[Block, ...]:
    """The server blocks of a Corefile (coredns.io, "Configuration"). What is not understood is left out.

    >>> [(block.zones, [plugin.name for plugin in block.plugins]) for block in blocks_of(".:53 {\\n errors\\n cache 30\\n}")]
    [('.:53', ['errors', 'cache'])]
    """
    found: list[Block] = []
    zones, depth = "", 0
    plugins: list[Plugin] = []
    for line in content.splitlines():
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        opens = words[-1] == "{"
        if depth == 0:
            zones, plugins = " ".join(words[:-1] if opens else words), []
            if not opens:
                zones = ""  # "import" outside of a block, or a brace on a line of its own
        elif depth == 1 and words[0] != "}":
            arguments = " ".join(words[1:-1] if opens else words[1:])
            plugins.append(Plugin(words[0], arguments, MEANINGS.get(words[0], "")))
        depth += opens
        if words[0] == "}":
            depth = max(depth - 1, 0)
            if depth == 0 and zones:
                found.append(Block(zones, tuple(plugins)))
    return tuple(found)


def dns_facts(cluster: Cluster) -> Iterator[Fact | Unread]:
    """Facts about names: who answers, under which address, and each plugin of the Corefile."""
    for name in ("kube-dns", "rke2-coredns-rke2-coredns", "coredns"):
        service = cluster.get(f"core/Service/kube-system/{name}")
        if service is not None and (address := text(service.body, "spec", "clusterIP")):
            yield Fact(FactKey.DNS_SERVICE, address, place_of(service, "spec.clusterIP"))
            break
    reading = corefile(cluster)
    if isinstance(reading, Missing):
        yield Unread(FactKey.COREFILE, reading.why)
        return
    for block in blocks_of(reading.value):
        for plugin in block.plugins:
            meaning = Message(plugin.meaning) if plugin.meaning else Message("a plugin that rkedoc does not know")
            shown = HIDDEN_RE.sub("…", plugin.arguments)
            value = Message("{shown}: {meaning}", shown=shown, meaning=meaning) if shown else meaning
            yield Fact(FactKey.DNS_PLUGIN, value, reading.where, of=f"{block.zones} {plugin.name}")

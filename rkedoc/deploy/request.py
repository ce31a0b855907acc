"""What a person asks to be deployed, and whether it makes sense.

Names go into manifests that somebody applies with the rights of an administrator. So each is held to the form that Kubernetes gives
it, which leaves no room for a quote or a line break; and what has no form is quoted by whoever writes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rkedoc.deploy.distributions import DISTRIBUTIONS, EVERY_NODE, is_docker
from rkedoc.errors import UsageError

Part = Literal["api", "nodes"]

PARTS: tuple[Part, ...] = ("api", "nodes")

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_PATH = re.compile(r"/(?:[A-Za-z0-9@+:_.-]+(?:/[A-Za-z0-9@+:_.-]+)*)?")
# The grammar of distribution/reference (reference.go): a registry, a path, a tag, a digest.
_IMAGE = re.compile(
    r"(?P<name>(?:[A-Za-z0-9.-]+(?::[0-9]+)?/|\[[0-9a-fA-F:]+\](?::[0-9]+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
    r"(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?P<digest>@sha256:[0-9a-f]{64})?"
)
_STORE = re.compile(r"(?:s3|gs|az)://[a-z0-9][a-z0-9._-]{1,62}(?:/[A-Za-z0-9._/=-]*)?")
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])"
_PROXY = re.compile(rf"https?://{_HOST}(?P<port>:[0-9]{{1,5}})?/?")
_DIRECT = re.compile(r"\.?[A-Za-z0-9*](?:[A-Za-z0-9.:/-]{0,251}[A-Za-z0-9])?")
_ANNOTATION = re.compile(r"(?:[a-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?=[!-z|~]{1,1024}")
_FIELD = r"[0-9A-Za-z*][0-9A-Za-z*,/-]{0,63}"
_SCHEDULE = re.compile(rf"@(?:hourly|daily|midnight|weekly|monthly|yearly|annually)|{_FIELD}(?: {_FIELD}){{4}}")
"""The form of robfig/cron v3.0.1 (parser.go), which CronJobs are read with, without the zone that Kubernetes refuses."""
_USER = re.compile(r"(\d{1,9}):(\d{1,9})")
_NODES = "-nodes"


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for. Every field has the meaning of the command-line option of its name."""

    image: str
    distribution: str | None = None
    """A key of :data:`~rkedoc.deploy.distributions.DISTRIBUTIONS`; ``None`` only if the nodes are not read."""
    parts: tuple[Part, ...] = PARTS
    namespace: str = "rkedoc"
    """The namespace of what reads the API; what reads the nodes has another, of this name with ``-nodes``."""
    cluster: str = "cluster"
    """What all snapshots call the cluster, so that they can be merged."""
    runtime_socket: str | None = None
    """``None``: the distribution's; ``"none"``: no socket is mounted."""
    host: bool = False
    host_paths: tuple[str, ...] = ()
    """Folders of the nodes to read in place of those of the distribution."""
    nodes: tuple[str, ...] = ()
    """The nodes to read, each by a Job; empty: all of them, by a DaemonSet."""
    run_as: str | None = None
    pull_secret: str | None = None
    store: str | None = None
    """The store that what reads the API writes its snapshot to; ``None``: the pod holds it until somebody has fetched it."""
    store_secret: str | None = None
    """A Secret whose keys are variables of that container: the store's credentials."""
    account_annotations: tuple[str, ...] = ()
    """``KEY=VALUE`` of the account that reads the API: how clouds tie an account of theirs to it."""
    schedule: str | None = None
    """When it collects, as cron writes it; ``None``: once."""
    proxy: str | None = None
    no_proxy: tuple[str, ...] = ()
    """Hosts beside the API that are not reached through ``proxy``."""
    ca_config_map: str | None = None
    """A ConfigMap whose key ``ca.crt`` holds the authorities to trust."""
    ports: tuple[int, ...] = ()
    """Ports that what reads the API may reach beside those of the API itself."""

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations of the account that reads the API."""
        return dict(entry.split("=", 1) for entry in self.account_annotations)

    @property
    def reaches_out(self) -> bool:
        """Whether what reads the API talks to anything beyond it: to names, that is, and not to an address alone."""
        return self.store is not None or self.proxy is not None

    @property
    def node_namespace(self) -> str:
        """The namespace of what reads the nodes."""
        return f"{self.namespace}{_NODES}"

    @property
    def socket(self) -> str | None:
        """The socket to mount, if any."""
        if self.runtime_socket == "none" or self.distribution is None:
            return None
        return self.runtime_socket or DISTRIBUTIONS[self.distribution].socket

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of a node to mount below ``/host``."""
        if not self.host or self.distribution is None:
            return ()
        return self.host_paths or EVERY_NODE.folders + DISTRIBUTIONS[self.distribution].folders

    @property
    def files(self) -> tuple[str, ...]:
        """The files of a node to mount below ``/host``."""
        if not self.host or self.distribution is None or self.host_paths:
            return ()
        return EVERY_NODE.files + DISTRIBUTIONS[self.distribution].files

    @property
    def user(self) -> tuple[int, int]:
        """The user and the group that the collector runs as on nodes.

        containerd gives its socket the mode 0660 and, unless it is configured otherwise, to root's group (containerd
        v1.7.0, sys/socket_unix.go): the group is enough. Docker's socket belongs to a group whose number differs between
        nodes, and some files that ``--host`` reads to root alone.
        """
        if self.run_as is not None and (match := _USER.fullmatch(self.run_as)):
            return int(match[1]), int(match[2])
        if self.host or (self.socket and is_docker(self.socket)):
            return 0, 0
        return 10001, 0


def proxy_port(proxy: str) -> int:
    """The port of a proxy, by its scheme where it names none."""
    match = _PROXY.fullmatch(proxy)
    named = match["port"] if match is not None else None
    return int(named[1:]) if named else 443 if proxy.startswith("https") else 80


def has_digest(image: str) -> bool:
    """Whether an image is named by what is in it, and not by a tag that may come to mean something else."""
    match = _IMAGE.fullmatch(image)
    return match is not None and match["digest"] is not None


def check_request(request: Request) -> None:
    """Raise :class:`~rkedoc.errors.UsageError` for what makes no sense, or could not stand in a manifest."""
    named = _IMAGE.fullmatch(request.image)
    if named is None or len(named["name"]) > 255:
        raise UsageError("--image takes the name of an image: registry.example/rkedoc@sha256:…")
    if not re.fullmatch(_LABEL, request.namespace) or len(request.node_namespace) > 63:
        raise UsageError(
            f"--namespace takes the name of a namespace: small letters, digits and hyphens, at most {63 - len(_NODES)}"
        )
    # Kubernetes replaces $(NAME) in the arguments of a container.
    if not request.cluster.strip() or not request.cluster.isprintable() or "$" in request.cluster:
        raise UsageError("--cluster takes a name in one line, without $")
    if request.pull_secret is not None and not _SUBDOMAIN.fullmatch(request.pull_secret):
        raise UsageError("--pull-secret takes the name of a Secret: small letters, digits, hyphens and dots")
    _check_store(request)
    _check_network(request)
    _check_nodes(request)


def _check_store(request: Request) -> None:
    if request.store is None:
        if request.schedule or request.store_secret or request.account_annotations:
            raise UsageError(
                "--schedule, --store-secret and --account-annotation are for a store, into which each run writes: name it with --store"
            )
        return
    if not _STORE.fullmatch(request.store) or ".." in request.store:
        raise UsageError(
            "--store takes the address of a store, without credentials: s3://bucket/folder, gs://… or az://…"
        )
    if "nodes" in request.parts:
        raise UsageError("--store is for what reads the API: what reads the nodes has no network. Give --part api")
    if request.store_secret is not None and not _SUBDOMAIN.fullmatch(request.store_secret):
        raise UsageError("--store-secret takes the name of a Secret: small letters, digits, hyphens and dots")
    if not all(_ANNOTATION.fullmatch(entry) for entry in request.account_annotations):
        raise UsageError("--account-annotation takes KEY=VALUE: eks.amazonaws.com/role-arn=arn:aws:iam::…")
    if request.schedule is not None and not _SCHEDULE.fullmatch(request.schedule):
        raise UsageError("--schedule takes a time as cron writes it, in five fields: 30 3 * * *")


def _check_network(request: Request) -> None:
    if request.proxy is not None and not _PROXY.fullmatch(request.proxy):
        raise UsageError(
            "--proxy takes the address of a proxy, without user and password: http://proxy.example:3128. One with a password belongs into the Secret of --store-secret, as HTTPS_PROXY"
        )
    if request.no_proxy and request.proxy is None:
        raise UsageError("--no-proxy says what --proxy is not for: give --proxy too, or leave it out")
    if not all(_DIRECT.fullmatch(host) for host in request.no_proxy):
        raise UsageError("--no-proxy takes a host, a domain or an address range: .example.org, 10.0.0.0/8")
    if request.ca_config_map is not None and not _SUBDOMAIN.fullmatch(request.ca_config_map):
        raise UsageError("--ca-config-map takes the name of a ConfigMap: small letters, digits, hyphens and dots")
    if not all(0 < port < 65536 for port in request.ports):
        raise UsageError("--port takes the number of a port")
    outside = request.reaches_out or request.ca_config_map is not None or bool(request.ports)
    if outside and "api" not in request.parts:
        raise UsageError(
            "--proxy, --ca-config-map and --port are for what reads the API: what reads the nodes has no network"
        )


def _check_nodes(request: Request) -> None:
    if "nodes" not in request.parts:
        return
    if request.distribution is None:
        raise UsageError(
            "--distribution says where the nodes keep their files: give it, or leave the nodes out with --part api"
        )
    if request.distribution not in DISTRIBUTIONS:
        raise UsageError(f"--distribution is one of {', '.join(DISTRIBUTIONS)}")
    if request.runtime_socket not in (None, "none") and not _is_path(request.runtime_socket):
        raise UsageError("--runtime-socket takes the absolute path of a socket on the nodes, or none")
    if request.host_paths and not request.host:
        raise UsageError("--host-path says what --host reads: give --host too, or leave it out")
    for path in request.host_paths:
        if not _is_path(path):
            raise UsageError("--host-path takes the absolute path of a folder on the nodes, without links to others")
    if request.socket is None and not request.host:
        raise UsageError("--runtime-socket none leaves nothing to read of the nodes: give --host, or --part api")
    for node in request.nodes:
        if not _SUBDOMAIN.fullmatch(node):
            raise UsageError("--node takes the name of a node: small letters, digits, hyphens and dots")
    if request.run_as is not None and not _USER.fullmatch(request.run_as):
        raise UsageError("--run-as takes the numbers of a user and of a group: 10001:0")


def _is_path(path: str | None) -> bool:
    return bool(path and _PATH.fullmatch(path)) and not {".", ".."} & set(str(path).split("/"))

"""Where the Kubernetes API is and who asks: the `kubernetes` package's configuration, without its surprises.

A kubeconfig is read and never rewritten. What the package writes into temporary files (TLS wants files) lies in a
private folder. A credential plugin is a program that a kubeconfig makes its reader run: it is named before it runs,
and can be refused. What the package logs may hold what a plugin printed, so its log is closed while it works.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit
from urllib.request import getproxies

from rkedoc.bearer import is_loopback
from rkedoc.collect.kubernetes.kubeconfig import KubeContext, missing_plugin, read_context
from rkedoc.errors import SourceUnavailable

_LIBRARY = threading.RLock()
"""The package keeps its temporary files, and where they go, in globals: one thread at a time."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A configured API server."""

    url: str
    """Its address without credentials, as it may be shown."""
    origin: str
    """Where the configuration came from: ``"kubeconfig"``, ``"in-cluster"`` or ``"rancher"``."""
    configured: str
    """The same with its name, for whoever has to put it right: ``context 'prod' of /root/.kube/config``."""
    cluster: str
    """What the kubeconfig calls the cluster; empty inside a cluster."""
    identity: str
    """How the collector proves who it is, in words; never the proof itself."""
    proxy: str
    """The proxy in effect, without credentials; empty if there is none."""
    proxy_named_by: str
    """What names that proxy: ``proxy-url of the kubeconfig``, or a variable."""
    verified: bool
    """Whether the server's certificate is verified (always true for plain HTTP, where there is nothing to verify)."""
    pool: Any
    """The ``urllib3.PoolManager`` that the package configured."""
    configuration: Any

    def authorization(self) -> str | None:
        """The value of the ``Authorization`` header now; an expired token is fetched anew first."""
        with _quiet_library(None):
            setting = self.configuration.auth_settings().get("BearerToken")
        return setting["value"] if setting else None

    @property
    def base(self) -> str:
        """The address that paths are appended to. Not for show."""
        return str(self.configuration.host).rstrip("/")


def connect(
    *, kubeconfig: Path | None, context: str | None, private: Path, no_exec: bool, announce: Announce
) -> Endpoint:
    """The endpoint that the options, ``KUBECONFIG``, ``~/.kube/config`` or the surrounding pod name, in this order.

    No request is sent. ``announce`` hears the name of a plugin before it runs. Raises
    :class:`~rkedoc.errors.SourceUnavailable` if nothing is configured, the configuration makes no sense, or a plugin is
    refused or fails.
    """
    from kubernetes.client import (
        Configuration as LibraryConfiguration,  # slow to import: only when it is needed
    )

    configuration = LibraryConfiguration()
    configuration.retries = False
    with _quiet_library(private):
        files = _kubeconfigs(kubeconfig)
        if files or context is not None:
            origin = "kubeconfig"
            if not files:
                raise SourceUnavailable("kubernetes", "kubeconfig", "none was found: name one with --kubeconfig")
            chosen = read_context([Path(name).expanduser() for name in files.split(os.pathsep)], context)
            configured, cluster, by_kubeconfig = chosen.words, chosen.cluster_name, "proxy-url" in chosen.cluster
            identity = _from_kubeconfig(configuration, files, chosen, private, no_exec, announce)
        elif os.environ.get("KUBERNETES_SERVICE_HOST"):
            origin, cluster, identity = "in-cluster", "", "the pod's service account"
            configured, by_kubeconfig = "KUBERNETES_SERVICE_HOST", False
            _from_pod(configuration)
        else:
            raise SourceUnavailable(
                "kubernetes",
                "no address",
                "no kubeconfig was found and this is no pod: name one with --kubeconfig, "
                "or --kubernetes none to leave it out",
            )
        return _endpoint(
            configuration, origin=origin, configured=configured, cluster=cluster, identity=identity,
            by_kubeconfig=by_kubeconfig,
        )  # fmt: skip


def with_token(url: str, token: str, *, origin: str, configured: str, cluster: str) -> Endpoint:
    """The endpoint at an address that a token opens. Its certificate is verified with the authorities of this machine, those of
    ``SSL_CERT_FILE`` among them, and the proxy is that of the environment. Raises :class:`~rkedoc.errors.SourceUnavailable`.
    """
    from kubernetes.client import Configuration as LibraryConfiguration

    with _quiet_library(None):
        configuration: Any = LibraryConfiguration(host=url)
        configuration.retries = False
        configuration.api_key["authorization"] = f"Bearer {token}"
        return _endpoint(
            configuration, origin=origin, configured=configured, cluster=cluster, identity="a token",
            by_kubeconfig=False,
        )  # fmt: skip


def _endpoint(
    configuration: Any, *, origin: str, configured: str, cluster: str, identity: str, by_kubeconfig: bool
) -> Endpoint:
    """The endpoint that a configuration of the package describes."""
    from kubernetes.client.rest import RESTClientObject

    url = bare_url(str(configuration.host))
    # A token for this machine is nobody else's business. What a kubeconfig itself names is a tunnel that somebody dug, and through TLS
    # it learns nothing.
    if is_loopback(url) and (configuration.proxy in getproxies().values() or not url.startswith("https:")):
        configuration.proxy = None
    try:
        pool = RESTClientObject(configuration).pool_manager
    except Exception as error:  # noqa: BLE001 - what a client library says may hold a secret
        raise SourceUnavailable(
            "kubernetes", url, f"its TLS or proxy settings cannot be used ({_kind(error)})"
        ) from None
    proxy = getattr(pool, "proxy", None)
    if not configuration.verify_ssl:
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return Endpoint(
        url=url, origin=origin, configured=configured, cluster=cluster, identity=identity,
        proxy=bare_url(str(proxy.url)) if proxy else "",
        proxy_named_by="proxy-url of the kubeconfig" if by_kubeconfig else _proxy_variable(url) if proxy else "",
        verified=bool(configuration.verify_ssl) or not url.startswith("https:"), pool=pool, configuration=configuration,
    )  # fmt: skip


class Announce(Protocol):
    """Hears a line that has to be shown before something happens."""

    def __call__(self, text: str, /) -> None: ...


def bare_url(url: str) -> str:
    """An address without user, password, query and fragment; ``"?"`` if it is none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "?"
    if not parts.scheme or not host:
        return "?"
    return urlunsplit((parts.scheme, (f"[{host}]" if ":" in host else host) + port, parts.path, "", ""))


def _kubeconfigs(given: Path | None) -> str:
    """The paths of the kubeconfigs that exist, joined as ``KUBECONFIG`` joins them; empty if there are none."""
    if given is not None:
        if not given.is_file():
            raise SourceUnavailable("kubernetes", str(given), "there is no such kubeconfig")
        return str(given)
    names = [name for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    found = [name for name in names or ["~/.kube/config"] if os.path.isfile(os.path.expanduser(name))]
    if names and not found:
        raise SourceUnavailable("kubernetes", "KUBECONFIG", "no file that it names exists")
    return os.pathsep.join(found)


def _from_kubeconfig(
    configuration: Any, files: str, chosen: KubeContext, private: Path, no_exec: bool, announce: Announce
) -> str:
    from kubernetes.config import kube_config

    library: Any = kube_config  # without annotations
    where = str(chosen.file)
    identity, plugin = _identity(dict(chosen.user))
    if plugin:
        if no_exec:
            raise SourceUnavailable(
                "kubernetes",
                where,
                f"the {plugin} that its user needs was refused (--no-exec): use a kubeconfig with a "
                "token or a certificate",
            )
        if missing := missing_plugin(chosen.user):
            raise SourceUnavailable("kubernetes", where, missing)
        announce(f"kubernetes: runs the {plugin} that the kubeconfig names")
    try:
        loader = library.KubeConfigLoader(
            config_dict=library.KubeConfigMerger(files).config, active_context=chosen.name, config_base_path=None,
            config_persister=None, temp_file_path=str(private),
        )  # fmt: skip
        loader.load_and_set(configuration)
    except Exception as error:  # noqa: BLE001 - what a client library says may hold a secret
        raise SourceUnavailable(
            "kubernetes", where, f"the credentials of its context {chosen.name!r} cannot be read ({_kind(error)})"
        ) from None
    if plugin and not configuration.api_key and not configuration.cert_file:
        raise SourceUnavailable(
            "kubernetes",
            where,
            f"the {plugin} gave no credentials: kubectl --context {chosen.name} get nodes shows what it says",
        )
    return identity


def _proxy_variable(url: str) -> str:
    """The variable that names the proxy for an address (urllib.request.getproxies reads them in either case)."""
    scheme = url.partition(":")[0].upper()
    names = [f"{scheme}_PROXY", "ALL_PROXY"]
    return next((name for name in names if os.environ.get(name) or os.environ.get(name.lower())), "the environment")


def _identity(user: dict[str, Any]) -> tuple[str, str]:
    """How a kubeconfig's user proves who it is; and the program or provider that this makes us run, if any.

    The order is that in which the `kubernetes` package looks (``KubeConfigLoader._load_authentication``).
    """
    provider = user.get("auth-provider")
    if isinstance(provider, dict) and provider.get("name") in ("gcp", "oidc"):
        command = (provider.get("config") or {}).get("cmd-path") if isinstance(provider.get("config"), dict) else None
        program = f" ({PurePath(str(command).split()[0]).name})" if command and str(command).split() else ""
        return f"authentication provider {provider['name']}", f"authentication provider {provider['name']}{program}"
    if user.get("token") or user.get("tokenFile"):
        return "a token", ""
    plugin = user.get("exec")
    if isinstance(plugin, dict):
        # Arguments and environment of a plugin may hold what it authenticates with: its name alone is shown.
        name = PurePath(str(plugin.get("command") or "?")).name
        return f"credential plugin {name}", f"credential plugin {name}"
    if user.get("username"):
        return "a user name and password", ""
    if user.get("client-certificate") or user.get("client-certificate-data"):
        return "a client certificate", ""
    return "nothing (anonymous)", ""


def _from_pod(configuration: Any) -> None:
    from kubernetes import config

    library: Any = config  # without annotations
    try:
        library.load_incluster_config(client_configuration=configuration)
    except Exception as error:  # noqa: BLE001 - what a client library says may hold a secret
        raise SourceUnavailable(
            "kubernetes",
            "in-cluster",
            f"the pod's service account cannot be used ({_kind(error)}): is its token mounted?",
        ) from None


@contextlib.contextmanager
def _quiet_library(private: Path | None) -> Iterator[None]:
    """Keep what the package logs to itself, and its temporary files in ``private``."""
    with _LIBRARY:
        before, folder = logging.root.manager.disable, tempfile.tempdir
        logging.disable(logging.CRITICAL)
        if private is not None:
            tempfile.tempdir = str(private)
        try:
            yield
        finally:
            logging.disable(before)
            tempfile.tempdir = folder


def _kind(error: Exception) -> str:
    return type(error).__name__

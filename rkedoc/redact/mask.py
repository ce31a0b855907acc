"""Masking of hosts, addresses and people, for a snapshot that is handed to somebody outside.

Redaction takes out secrets; masking replaces what only identifies. The same host, address or person becomes the same
pseudonym everywhere, also where its name is a part of a longer one or is written with dashes (``kube-etcd-192-0-2-2``).
With a key the pseudonyms are the same in every run under that key, otherwise they are numbered in order of appearance.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rkedoc.errors import UsageError
from rkedoc.redact import persons
from rkedoc.redact.fingerprint import FingerprintKey
from rkedoc.snapshot.record import HIDDEN_RE

#: What can be masked.
KINDS = ("hosts", "ips", "people")

_IPV4 = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\w]|\.\d)"
)
_DASHED = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)-){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![0-9A-Za-z])"
)
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:.])")
_URL_HOST = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^\s/@]*@)?([A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9])")
_KEPT_HOSTS = re.compile(
    r"localhost|kubernetes(\.default.*)?|.*\.(svc|cluster\.local|local)|[a-z0-9-]+|(.*\.)?(docker\.io|docker\.com|gcr\.io|k8s\.io|quay\.io|ghcr\.io|github\.com|githubusercontent\.com"
    r"|kubernetes\.io|rancher\.io|rancher\.com|cattle\.io|index\.docker\.io|googleapis\.com|suse\.com|nginx\.com|w3\.org)"
)
_KEPT_ADDRESSES = frozenset({"0.0.0.0", "127.0.0.1", "255.255.255.255", "127.0.0.53", "::", "::1"})


def parse_kinds(text: str) -> frozenset[str]:
    """What ``--mask hosts,ips,people`` names. Raises :class:`~rkedoc.errors.UsageError` for anything else."""
    kinds = frozenset(part.strip() for part in text.split(",") if part.strip())
    wrong = kinds.difference(KINDS)
    if wrong or not kinds:
        raise UsageError(
            f"--mask takes any of {', '.join(KINDS)}, separated by commas; not {', '.join(sorted(wrong)) or 'nothing'}"
        )
    return kinds


class Mask:
    """Replaces hosts, addresses and people, the same by the same.

    ``kinds`` are some of :data:`KINDS`. Hosts and people have to be learned before they can be found inside other strings:
    :meth:`learn` reads them out of redacted objects.
    """

    def __init__(self, kinds: Iterable[str], key: FingerprintKey | None = None) -> None:
        self.kinds = frozenset(kinds)
        if self.kinds.difference(KINDS):
            raise UsageError(f"what can be masked is {', '.join(KINDS)}")
        self._key = key
        self._given: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._known: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def _pseudonym(self, kind: str, value: str) -> str:
        given = self._given.get((kind, value))
        if given is None:
            if self._key is not None:
                number = self._key.pseudonym(kind, value)
            else:
                self._counts[kind] = self._counts.get(kind, 0) + 1
                number = str(self._counts[kind])
            given = self._given[kind, value] = f"{kind}-{number}"
        return given

    # -- learning ------------------------------------------------------------------------------------------------------
    def host(self, name: str) -> None:
        """Learn the name of a host."""
        name = name.strip(".").lower()
        if (
            "hosts" not in self.kinds
            or len(name) < 3
            or name in self._known
            or HIDDEN_RE.search(name)
            or name.startswith("host-")
        ):
            return
        if (
            _IPV4.fullmatch(name)
            or _IPV6.fullmatch(name)
            or name
            in (
                "localhost",
                "localdomain",
                "kubernetes",
                "default",
                "master",
                "node",
                "worker",
            )
        ):
            return
        pseudonym = self._pseudonym("host", name)
        self._known[name] = pseudonym
        if "." in name:
            self._known[name.replace(".", "-")] = pseudonym
        self._pattern = None

    def person(self, name: str) -> str:
        """The pseudonym of a person, who is learned with it."""
        pseudonym = self._pseudonym("person", name)
        if len(name) >= 3 and not persons.is_pseudonym(name):
            self._known[name] = pseudonym
            self._pattern = None
        return pseudonym

    def learn(self, kind: str, body: Mapping[str, Any]) -> None:
        """Read hosts and people out of an object's or a record's body."""
        metadata = body.get("metadata") or {}
        if kind == "Node":
            self.host(str(metadata.get("name", "")))
            self.host(str((metadata.get("labels") or {}).get("kubernetes.io/hostname", "")))
            for address in (body.get("status") or {}).get("addresses") or ():
                if address.get("type") != "InternalIP" and address.get("type") != "ExternalIP":
                    self.host(str(address.get("address", "")))
        if kind in ("Engine", "EngineInfo") and isinstance(body.get("name", body.get("Name")), str):
            self.host(str(body.get("name", body.get("Name"))))
        if "people" in self.kinds and kind in persons.KINDS and isinstance(metadata.get("name"), str):
            self.person(metadata["name"])
        self._learn(body)

    def _learn(self, node: Any) -> None:
        if isinstance(node, str):
            if "hosts" in self.kinds and "://" in node:
                for match in _URL_HOST.finditer(node):
                    if not _KEPT_HOSTS.fullmatch(match[1].lower()):
                        self.host(match[1])
        elif isinstance(node, Mapping):
            for key, child in node.items():
                if isinstance(child, str):
                    self._learn_field(key, child)
                elif key in ("hosts", "dnsNames") and isinstance(child, (list, tuple)):
                    for item in child:
                        if isinstance(item, str) and "." in item:
                            self.host(item.removeprefix("*."))
                self._learn(child)
        elif isinstance(node, (list, tuple)):
            for child in node:
                self._learn(child)

    def _learn_field(self, key: str, value: str) -> None:
        if key in ("nodeName", "kubernetes.io/hostname"):
            self.host(value)
        elif key in ("host", "hostname", "externalName", "Hostname", "s3-endpoint") and "." in value:
            if not _KEPT_HOSTS.fullmatch(value.lower()):
                self.host(value)
        elif key == "image" and "/" in value:
            registry = value.split("/", 1)[0].split(":", 1)[0]
            if "." in registry and not _KEPT_HOSTS.fullmatch(registry.lower()):
                self.host(registry)

    # -- applying ------------------------------------------------------------------------------------------------------
    def text(self, text: str) -> str:
        """A string with everything that is masked replaced."""
        if "ips" in self.kinds:
            text = _IPV4.sub(lambda m: self._ip(m.group()), text)
            text = _DASHED.sub(lambda m: self._ip(m.group().replace("-", "."), m.group()), text)
            if text.count(":") >= 2:
                text = _IPV6.sub(lambda m: self._ip6(m.group()), text)
        if self._known:
            if self._pattern is None:
                words = sorted(self._known, key=lambda w: (-len(w), w))
                self._pattern = re.compile(
                    r"(?<![A-Za-z0-9])(?:" + "|".join(map(re.escape, words)) + r")(?![A-Za-z0-9])",
                    re.IGNORECASE,
                )
            text = self._pattern.sub(
                lambda m: self._known.get(m.group(), self._known.get(m.group().lower(), m.group())),
                text,
            )
        return text

    def _ip(self, address: str, written: str | None = None) -> str:
        if address in _KEPT_ADDRESSES or address.startswith(("255.", "0.")):
            return written or address
        return self._pseudonym("ip", address)

    def _ip6(self, address: str) -> str:
        try:
            full = ipaddress.IPv6Address(address)
        except ValueError:
            return address
        return address if str(full) in _KEPT_ADDRESSES else self._pseudonym("ip", str(full))

    def apply(self, node: Any) -> Any:
        """A JSON value with every string and every key masked."""
        if isinstance(node, str):
            return self.text(node)
        if isinstance(node, Mapping):
            return {self.text(key): self.apply(child) for key, child in node.items()}
        if isinstance(node, (list, tuple)):
            return [self.apply(child) for child in node]
        return node

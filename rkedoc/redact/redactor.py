"""The one who redacts: from what a source answered to what may be written."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, cast

from rkedoc.redact import engine, persons
from rkedoc.redact.commandline import named_value
from rkedoc.redact.configmaps import is_shown, shown_keys
from rkedoc.redact.credentials import ANNOTATIONS, METADATA, is_credential_kind
from rkedoc.redact.fields import FieldInfo
from rkedoc.redact.fingerprint import FingerprintKey
from rkedoc.redact.learned import RULE as SAME_VALUE
from rkedoc.redact.learned import Learned
from rkedoc.redact.mask import Mask
from rkedoc.redact.objectnames import credential_rule, is_engine_name, is_object_name
from rkedoc.redact.parts import Parts
from rkedoc.redact.podspecs import Shelter
from rkedoc.redact.rules import OwnRule
from rkedoc.redact.settled import Mark
from rkedoc.redact.strings import Strings
from rkedoc.redact.walk import FieldPath, Mode, Walk
from rkedoc.snapshot.record import HIDDEN

_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


_DATA = frozenset({"data", "binaryData"})
_OF_CONFIGMAP = frozenset({"apiVersion", "kind", "metadata", "immutable"})
"""What else a ConfigMap has (Kubernetes API reference, ConfigMap v1)."""


class CredentialName(ValueError):
    """An object that cannot be kept, since its name is a credential and nothing else tells it from another."""


def _render(place: FieldPath) -> str:
    parts = []
    while place is not None:
        place, part = place
        parts.append(str(part))
    return "/".join(reversed(parts))


class _Marker:
    """Counts hits and gives placeholders for one object."""

    __slots__ = ("at", "constant", "counts", "hits", "key", "learned", "mask", "subject")

    def __init__(self, subject: str, key: FingerprintKey | None, mask: Mask | None, learned: Learned) -> None:
        self.at: FieldPath = None
        self.counts: dict[str, int] = {}
        self.key = key
        self.mask = mask if mask is not None and "people" in mask.kinds else None
        self.subject = subject
        self.learned = learned
        self.constant = key is None and self.mask is None
        self.hits: list[tuple[str, str]] = []

    def __call__(self, rule: str, secret: str) -> str:
        self.hits.append((rule, secret))
        self.counts[rule] = self.counts.get(rule, 0) + 1
        self.learned.learn(rule, secret)
        if self.mask is not None and rule in persons.RULES:
            return self.mask.person(secret)
        if self.key is None:
            return HIDDEN
        return f"‹hidden:{self.key.fingerprint(self.subject, _render(self.at), secret)}›"


class _Nested:
    """A marker that another one stands behind, for objects inside strings."""

    __slots__ = ("at", "inner")

    def __init__(self, inner: Mark) -> None:
        self.at: FieldPath = None
        self.inner = inner

    def __call__(self, rule: str, secret: str) -> str:
        return self.inner(rule, secret)


class Redactor:
    """Takes out of objects what must not be written.

    Inputs are left as they are; outputs have the same shape with placeholders in place of secrets, and are stable: redacting
    them again changes nothing. Safe to use from several threads. ``key`` adds keyed fingerprints to the placeholders, ``mask``
    replaces hosts, addresses or people as well; ``own`` are rules that somebody added.
    """

    def __init__(
        self, *, key: FingerprintKey | None = None, mask: Mask | None = None, own: Sequence[OwnRule] = ()
    ) -> None:
        self._key = key
        self._mask = mask
        self._infos: dict[str, FieldInfo] = {}
        self._strings = Strings(self._structured, own)
        self._parts = Parts()
        self._report: Counter[str] = Counter()
        self._learned = Learned()
        self._lock = threading.Lock()

    def afresh(self) -> Redactor:
        """A redactor with the same key and mask that has met nothing yet. What the two learn of words they share, so that
        making one for every object costs little."""
        other = Redactor(key=self._key, mask=self._mask)
        other._infos, other._strings, other._parts = self._infos, self._strings, self._parts
        return other

    @property
    def report(self) -> dict[str, int]:
        """How often each rule hit, by its id."""
        with self._lock:
            return dict(sorted(self._report.items()))

    @property
    def key_id(self) -> str | None:
        """The id of the key in use."""
        return None if self._key is None else self._key.id

    def _structured(self, value: Any, mark: Mark) -> Any:
        """What was JSON inside a string."""
        return Walk(self._strings, _Nested(mark), self._infos).value(value, None)

    def _start(self, subject: str, kind: str = "") -> tuple[Walk, _Marker]:
        marker = _Marker(subject, self._key, self._mask, self._learned)
        return Walk(self._strings, marker, self._infos, kind, self._parts), marker

    def _finish(self, marker: _Marker, out: dict[str, Any], kind: str) -> dict[str, Any]:
        if marker.counts:
            with self._lock:
                self._report.update(marker.counts)
        if self._mask is None:
            return out
        self._mask.learn(kind, out)
        return cast("dict[str, Any]", self._mask.apply(out))

    # -- Kubernetes ----------------------------------------------------------------------------------------------------
    def kubernetes(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """An API object with ``apiVersion`` and ``kind``. Credentials are reduced to their metadata.

        ``metadata.managedFields`` is dropped: it repeats values as names of fields.
        """
        version, kind = str(obj.get("apiVersion") or ""), str(obj.get("kind") or "")
        group = version.rsplit("/", 1)[0] if "/" in version else ""
        if is_credential_kind(group, kind):
            return self.credential(obj)
        metadata = obj.get("metadata")
        if not isinstance(metadata, Mapping):
            metadata = {}
        namespace, name = (
            str(metadata.get("namespace") or ""),
            str(metadata.get("name") or ""),
        )
        return self.body(group, kind, namespace, name, obj)

    def body(self, group: str, kind: str, namespace: str, name: str, obj: Mapping[str, Any]) -> dict[str, Any]:
        """The body of an object, or a part of it, whose identity is known from elsewhere."""
        walk, marker = self._start(f"{group or 'core'}/{kind}/{namespace or '-'}/{name}", kind)
        if kind.casefold() in ("configmap", "configmaps") and group in ("", "core"):
            out = self._configmap(obj, namespace, name, walk)
        else:
            out = walk.mapping(obj, None)
            if kind == "Setting" and group == "management.cattle.io":
                for key in ("value", "default"):
                    if isinstance(obj.get(key), str):
                        marker.at = (None, key)
                        out[key] = named_value(name, obj[key], self._strings, marker, rule="field")
            elif (
                kind == "CertificateSigningRequest"
                and isinstance(obj.get("spec"), Mapping)
                and "request" in obj["spec"]
            ):
                request = walk.hide("bundle", obj["spec"]["request"], (None, "request"))
                out["spec"] = {**out["spec"], "request": request}
        self._name_apart(obj, out)
        return self._finish(marker, out, kind)

    @staticmethod
    def _name_apart(obj: Mapping[str, Any], out: dict[str, Any]) -> None:
        """Two objects whose names are credentials must still be two, in whatever order they come: the uid tells them apart.

        Raises :class:`CredentialName` for an object that nothing is left to tell by: the caller counts it as refused.
        """
        before, after = obj.get("metadata"), out.get("metadata")
        if not isinstance(before, Mapping) or not isinstance(after, dict):
            return
        if before.get("namespace") and after.get("namespace") != before["namespace"]:
            raise CredentialName("its namespace's name is a credential")
        if not before.get("name") or after.get("name") == before["name"]:
            return
        uid = after.get("uid")
        if not isinstance(uid, str) or not _UID.fullmatch(uid):
            raise CredentialName("its name is a credential, and it has no uid")
        out["metadata"] = {**after, "name": f"{after['name']} {uid[:8]}"}

    def _configmap(self, obj: Mapping[str, Any], namespace: str, name: str, walk: Walk) -> dict[str, Any]:
        """A ConfigMap. What the kind does not have is treated as its data is: nobody knows what stands there."""
        keys = shown_keys(namespace, name)
        out = walk.mapping({k: v for k, v in obj.items() if k in _OF_CONFIGMAP}, None)
        other = walk.mapping({k: v for k, v in obj.items() if k not in _OF_CONFIGMAP | _DATA}, None, Mode.DATA)
        out |= {k: v for k, v in other.items() if k not in out}
        for part in ("data", "binaryData"):
            data = obj.get(part)
            if part not in obj:
                continue
            if not isinstance(data, Mapping):
                out[part] = data if data is None else walk.hide("configmap-value", data, (None, part))
                continue
            shown: dict[str, Any] = {}
            for key, value in data.items():
                place = ((None, part), key)
                label = next(iter(walk.mapping({key: None}, (None, part)))) if key else key
                if part == "data" and isinstance(value, str) and is_shown(keys, key):
                    shown[label] = walk.mapping({key: value}, (None, part))[label]
                else:
                    shown[label] = walk.hide("configmap-value", value, place)
            out[part] = shown
        return out

    def credential(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """A Secret, or an object of another kind that is a credential: names, labels, times and the annotations that may be
        kept; of a Secret also its type and how many keys it has."""
        version, kind = str(obj.get("apiVersion") or ""), str(obj.get("kind") or "")
        metadata = obj.get("metadata")
        if not isinstance(metadata, Mapping):
            metadata = {}
        walk, marker = self._start(
            f"{version}/{kind}/{metadata.get('namespace') or '-'}/{metadata.get('name')}",
            kind,
        )
        kept: dict[str, Any] = {k: v for k, v in metadata.items() if k in METADATA}
        annotations = metadata.get("annotations")
        if isinstance(annotations, Mapping):
            allowed = {k: v for k, v in annotations.items() if k in ANNOTATIONS}
            if allowed:
                kept["annotations"] = allowed
            if len(allowed) < len(annotations):
                marker.counts["credential-content"] = len(annotations) - len(allowed)
        out: dict[str, Any] = {k: obj[k] for k in ("apiVersion", "kind") if isinstance(obj.get(k), str)}
        out["metadata"] = walk.mapping(kept, (None, "metadata"))
        if kind == "Secret":
            data, count = obj.get("data"), obj.get("dataCount")
            if isinstance(obj.get("type"), str):
                out["type"] = walk.text(obj["type"], (None, "type"))
            if isinstance(data, Mapping):
                out["dataCount"] = len(data)
            elif isinstance(count, int):
                out["dataCount"] = count
        self._name_apart(obj, out)
        return self._finish(marker, out, kind)

    # -- the container engine ------------------------------------------------------------------------------------------
    def engine_container(self, inspect: Mapping[str, Any], shelter: Shelter) -> dict[str, Any]:
        """A container as the engine's inspect (or its list) shows it."""
        walk, marker = self._start(
            f"engine/EngineContainer/-/{inspect.get('Name') or inspect.get('Names')}",
            "EngineContainer",
        )
        return self._finish(marker, engine.container(inspect, shelter, walk), "EngineContainer")

    def engine_image(self, image: Mapping[str, Any]) -> dict[str, Any]:
        """An image as the engine's inspect or its list shows it. Its history is dropped."""
        return self._engine("EngineImage", engine.without_history(image))

    def engine_network(self, network: Mapping[str, Any]) -> dict[str, Any]:
        """A network of the engine."""
        return self._engine("EngineNetwork", network)

    def engine_volume(self, volume: Mapping[str, Any]) -> dict[str, Any]:
        """A volume of the engine."""
        return self._engine("EngineVolume", volume)

    def engine_info(self, info: Mapping[str, Any]) -> dict[str, Any]:
        """What the engine tells about itself: its info, or its version."""
        return self._engine("EngineInfo", info)

    def _engine(self, kind: str, obj: Mapping[str, Any]) -> dict[str, Any]:
        name = obj.get("Id") or obj.get("Name") or ""
        walk, marker = self._start(f"engine/{kind}/-/{name}", kind)
        return self._finish(marker, walk.mapping(obj, None), kind)

    # -- the host ------------------------------------------------------------------------------------------------------
    def host(self, kind: str, name: str, thing: Mapping[str, Any]) -> dict[str, Any]:
        """A thing of a host: intent and observed part. An object of Kubernetes that a file holds is redacted as such."""
        walk, marker = self._start(f"host/{kind}/-/{name}", kind)
        intent = thing.get("intent")
        content = intent.get("content") if isinstance(intent, Mapping) else None
        if content is None or not isinstance(intent, Mapping):
            return self._finish(marker, walk.mapping(thing, None), kind)
        bare = {**thing, "intent": {key: value for key, value in intent.items() if key != "content"}}
        out = walk.mapping(bare, None)
        out["intent"] = {**out["intent"], "content": self._documents(content, walk)}
        return self._finish(marker, out, kind)

    def _documents(self, content: Any, walk: Walk) -> Any:
        """The objects of a file. What has an ``apiVersion`` and a ``kind`` may be a credential, of which the contents go."""
        if isinstance(content, list):
            return [self._documents(one, walk) for one in content]
        if (
            isinstance(content, Mapping)
            and isinstance(content.get("kind"), str)
            and isinstance(content.get("apiVersion"), str)
        ):
            return self.kubernetes(content)
        return walk.value(content, (None, "content"))

    def everywhere(self, line: bytes) -> bytes:
        """A record's line with what was hidden for its name in any object hidden wherever it stands. When all objects are through."""
        out, count = self._learned.clean_line(line, self._again)
        if count:
            with self._lock:
                self._report[SAME_VALUE] += count
        return out

    def _again(self, text: str) -> str:
        return Strings.clean(self._strings, text, lambda _rule, _secret: HIDDEN)

    # -- names and text ----------------------------------------------------------------------------------------------------------
    def name(self, name: str) -> str:
        """The name of an object, of a node, or of what an engine holds: kept, unless it is a credential."""
        if not (is_object_name(name) or is_engine_name(name)):
            return self.text(name)
        rule = credential_rule(name)
        if rule is not None:
            with self._lock:
                self._report[rule] += 1
            return HIDDEN
        return name if self._mask is None else self._mask.text(name)

    def text(self, text: str) -> str:
        """A string that is going to be printed or to become a part of a name: a message, a URL, a file's name."""
        marker = _Marker("text", None, self._mask, Learned())
        out = Strings.clean(self._strings, text, marker)
        with self._lock:
            self._report.update(marker.counts)
        return out if self._mask is None else self._mask.text(out)

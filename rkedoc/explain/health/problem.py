"""What the checks of health share: findings, time, Warning events and commands."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rkedoc.cluster.fields import at, items, mapping, number, text
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.identity import parse_id
from rkedoc.snapshot.record import HIDDEN_RE, Record
from rkedoc.vocabulary import Observation, Severity

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

# Codes above 128 are 128 and the number of the signal (Bash manual, "Exit Status"); 126 and 127 are the shell's too.
_CODES: Final[Mapping[int, str]] = {
    126: N_("126: the program could not be executed"), 127: N_("127: the program was not found"), 134: N_("134: it aborted (SIGABRT)"),
    137: N_("137: it was killed (SIGKILL)"), 139: N_("139: it crashed (SIGSEGV)"), 143: N_("143: it was asked to end (SIGTERM)"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem before its events are looked up. ``others`` are the ids of further records that it is about as well.

    ``reason_only``: it is no problem by itself, as a pod that is just being made, and is the reason where something is lacking.
    """

    subject: str
    record_id: str
    severity: Severity
    what: Observation
    reason: str = ""
    exit_code: int | None = None
    evidence: tuple[Message | str, ...] = ()
    commands: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    reason_only: bool = False


class Events:
    """The counts of Warning events by the object that they are about."""

    def __init__(self, cluster: Cluster) -> None:
        found: dict[tuple[str, str, str], dict[str, int]] = {}
        for record in cluster.snapshot.by_kind("Event"):
            about = mapping(record.body, "involved")
            kind, name, reason = text(about, "kind"), text(about, "name"), text(record.body, "reason")
            # Events of what has no namespace lie in some namespace all the same, mostly "default".
            place = "" if kind == "Node" else text(about, "namespace")
            if kind and name and reason and not HIDDEN_RE.search(reason):
                reasons = found.setdefault((kind, place, name), {})
                reasons[reason] = reasons.get(reason, 0) + max(number(record.body, "count"), 1)
        self._found = found
        self._made: dict[str, list[Record]] = {}
        for kind in ("ReplicaSet", "Job"):
            for record in cluster.snapshot.by_kind(kind):
                if record.owner is not None:
                    self._made.setdefault(record.owner, []).append(record)

    def of(self, *identifiers: str) -> tuple[tuple[str, int], ...]:
        """The reasons with their counts, the most frequent first; with those of a workload's replica sets and jobs."""
        total: dict[str, int] = {}
        made = (record.id for identifier in identifiers for record in self._made.get(identifier, ()))
        for identifier in dict.fromkeys((*identifiers, *made)):
            _group, kind, namespace, name = parse_id(identifier)
            for reason, count in self._found.get((kind, namespace or "", name), {}).items():
                total[reason] = total.get(reason, 0) + count
        return tuple(sorted(total.items(), key=lambda pair: (-pair[1], pair[0])))


class Moment:
    """The time of the capture, and how long before it something happened."""

    def __init__(self, cluster: Cluster) -> None:
        times = [parsed for capture in cluster.header.captures if (parsed := _parsed(capture.time)) is not None]
        self._now = max(times, default=None)

    def age(self, value: object) -> float | None:
        """Seconds from a time stamp to the capture; ``None`` if either is not known."""
        then = _parsed(value)
        return None if then is None or self._now is None else (self._now - then).total_seconds()

    def older(self, value: object, seconds: float) -> bool:
        """Whether a time stamp lies more than so many seconds before the capture."""
        age = self.age(value)
        return age is not None and age > seconds


def _parsed(value: object) -> datetime.datetime | None:
    if not isinstance(value, str) or not value.endswith("Z"):
        return None
    try:
        return datetime.datetime.fromisoformat(value).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None


def shown(value: object) -> str:
    """A text to quote: one line, not too long, empty if it was hidden. Sentences of ours stay as they are."""
    if not isinstance(value, str) or HIDDEN_RE.search(value):
        return ""
    if isinstance(value, Message):
        return value
    line = " ".join(value.split())
    return line if len(line) <= 300 else f"{line[:299]}…"


def exit_meaning(code: int | None) -> Message | str:
    """What an exit code tells, where it tells something; empty elsewhere."""
    return Message(_CODES[code]) if code is not None and code in _CODES else ""


def code_of(value: Any, *path: str) -> int | None:
    """The exit code at a path."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def condition(body: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The condition of this type in an object's status; empty if it has none."""
    return next((item for item in items(body, "status", "conditions") if text(item, "type") == kind), {})


def why(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Reason and message of a condition, as far as they may be shown."""
    return tuple(part for part in (shown(item.get("reason")), shown(item.get("message"))) if part)


def place(record: Record) -> str:
    """A record's name for people: ``namespace/name`` or ``name``."""
    return f"{record.namespace}/{record.name}" if record.namespace else record.name


def command(*parts: str) -> str:
    """A command line with its arguments quoted; empty if one of them cannot be typed, or might be taken for an option.

    Only arguments after a program and its verbs come from records: they never begin with a dash in a real cluster.
    """
    return shlex.join(parts) if all(_typeable(part) for part in parts) else ""


def _typeable(part: str) -> bool:
    return bool(part) and part.isprintable() and HIDDEN_RE.search(part) is None


def kubectl(namespace: str | None, *parts: str) -> str:
    """A kubectl command for something in a namespace, or for something that has none."""
    if any(part.startswith("-") for part in parts[1:] if part not in _OPTIONS) or (namespace or "").startswith("-"):
        return ""
    return command("kubectl", *(("-n", namespace) if namespace else ()), *parts)


_OPTIONS: Final = frozenset(
    ("-c", "--previous", "--tail=100", "-o", "--sort-by=.lastTimestamp", "-l", "--field-selector", "--all-containers")
)


def look_at(record: Record) -> tuple[str, ...]:
    """The commands that show a container's end and its settings, with the tool of the runtime that has it: docker, crictl or ctr."""
    runtime, namespace = text(record.body, "runtime"), text(record.body, "runtimeNamespace")
    if namespace:
        return (
            (command("ctr", "-n", namespace, "containers", "info", record.name),)
            if _option_free(namespace, record.name)
            else ()
        )
    if not runtime:
        return docker("logs", record.name, "--tail", "100"), docker("inspect", record.name)
    identifier = text(record.body, "id")[:13]
    if text(record.body, "pod", "type") == "podsandbox":
        return (command("crictl", "inspectp", identifier),)
    return command("crictl", "logs", "--tail=100", identifier), command("crictl", "inspect", identifier)


def _option_free(*words: str) -> bool:
    return not any(word.startswith("-") for word in words)


def docker(verb: str, name: str, *options: str) -> str:
    """A command for a container of the engine."""
    return "" if name.startswith("-") else command("docker", verb, *options, name)


def kubelet_log(distribution: str | None) -> str:
    """Where the kubelet of a distribution writes its log, on the node itself."""
    match distribution:
        case "rke1":
            return docker("logs", "kubelet", "--tail", "100")
        case "rke2":
            return "journalctl -u rke2-server -u rke2-agent -n 100"
        case "k3s":
            return "journalctl -u k3s -u k3s-agent -n 100"
        case _:
            return "journalctl -u kubelet -n 100"


# -- workloads --------------------------------------------------------------------------------------------------------

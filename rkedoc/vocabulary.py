"""The closed vocabularies: every word that a value can be, its code, what people call it, its colour, and its order.

The code is what JSON, snapshots and the catalog hold, the same in every language and from version to version. The label is made into words
by whoever prints. Members stand in the order in which they are told; colours are classes of the site's style sheet.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from rkedoc.i18n import N_, Message


class Term(StrEnum):
    """One word of a closed vocabulary; as text it is its code."""

    label: Message
    tone: str

    def __new__(cls, code: str, label: str = "", tone: str = "", *_more: str) -> Self:
        """A word with its code, its label and its colour."""
        term = str.__new__(cls, code)
        term._value_ = code
        term.label = Message(label)
        term.tone = tone or code
        return term

    @property
    def order(self) -> int:
        """Its place in its vocabulary, from 0."""
        return type(self)._member_names_.index(self.name)


class _Summed(Term):
    """A word by which containers are taken away from the ledger's sum."""

    together: Message

    def __init__(self, code: str, label: str = "", tone: str = "", together: str = "") -> None:
        """``together`` is what the containers of one step are called."""
        self.together = Message(together or label)


class Role(_Summed):
    """What a container is in its pod, in the order of the subtraction: the first axis of the ledger."""

    SANDBOX = "sandbox", N_("pod sandbox"), "sandbox", N_("pod sandboxes")
    APP = "app", N_("container of a pod"), "workload", N_("containers of pods")
    SIDECAR = "sidecar", N_("sidecar"), "platform", N_("sidecars")
    INIT = "init", N_("init container"), "init", N_("init containers")
    EPHEMERAL = "ephemeral", N_("debugging container"), "init", N_("debugging containers")
    PREVIOUS_ATTEMPT = "previous-attempt", N_("dead earlier attempt"), "helper", N_("dead earlier attempts")
    STANDALONE = "standalone", N_("outside pods"), "control-plane"


class Origin(_Summed):
    """Whose a container is, in the order of the subtraction: the second axis of the ledger."""

    CONTROL_PLANE = "control-plane", N_("control plane"), "", N_("of Kubernetes itself, outside pods")
    HELPER = "helper", N_("installer's helper"), "", N_("helpers of the installer")
    RANCHER_SERVER = "rancher-server", N_("Rancher server"), "", N_("Rancher server")
    RANCHER_AGENT = "rancher-agent", N_("Rancher agent"), "", N_("Rancher agents outside pods")
    PLATFORM = "platform", N_("platform"), "", N_("known add-ons outside pods")
    WORKLOAD = "workload", N_("own workload"), "", N_("somebody's own, outside pods")
    UNEXPLAINED = "unexplained", N_("unexplained"), "", N_("unexplained")


class Result(Term):
    """How a scope can end, the best first."""

    COMPLETE = "complete", N_("complete"), "ok"
    ABSENT = "absent", N_("not there"), "muted"
    SKIPPED = "skipped", N_("left out"), "muted"
    PARTIAL = "partial", N_("read in part"), "warn"
    FAILED = "failed", N_("failed"), "bad"
    FORBIDDEN = "forbidden", N_("forbidden"), "bad"


class ChangeKind(Term):
    """What can happen to a thing between two snapshots."""

    sign: str
    mark: Message

    def __init__(self, code: str, label: str = "", tone: str = "", sign: str = "", mark: str = "") -> None:
        """``sign`` stands before a change in a text, ``mark`` beside the thing itself on a page."""
        self.sign = sign
        self.mark = Message(mark)

    ADDED = "added", N_("added"), "ok", "+", N_("new")
    REMOVED = "removed", N_("removed"), "bad", "-", N_("removed")
    CHANGED = "changed", N_("changed"), "info", "~", N_("changed")
    MOVED = "moved", N_("moved"), "info", ">", N_("moved")


class Weight(Term):
    """What a change weighs, the weightiest first."""

    VERSION = "version", N_("version"), "info"
    EXPOSURE = "exposure", N_("exposure"), "bad"
    ACCESS = "access", N_("access"), "warn"
    CAPACITY = "capacity", N_("capacity"), "platform"
    CONFIGURATION = "configuration", N_("configuration"), "muted"


class Severity(Term):
    """How bad a problem is, the worst first."""

    CRITICAL = "critical", N_("critical"), "bad"
    ERROR = "error", N_("not well"), "bad"
    WARNING = "warning", N_("watch"), "warn"
    INFO = "info", N_("note"), "info"

    @property
    def is_grave(self) -> bool:
        """Whether something does not work."""
        return self in (Severity.CRITICAL, Severity.ERROR)


class GapKind(Term):
    """What can be missing in the documentation of a cluster. The colour is the level of SARIF 2.1.0, section 3.27.10."""

    UNEXPLAINED = "unexplained", N_("A container that nothing explains"), "error"
    UNDOCUMENTED = "undocumented", N_("Somebody's own, and nobody has said what it is"), "note"
    STALE = "stale", N_("An annotation about something that is not there"), "warning"
    MISMATCH = "mismatch", N_("Container engine and API do not agree"), "error"


class MismatchKind(Term):
    """How an engine and the API can disagree."""

    SANDBOX_WITHOUT_POD = "sandbox without pod", N_("sandbox without pod"), "warn"
    SANDBOX_ELSEWHERE = "sandbox on another node", N_("sandbox on another node"), "warn"
    SECOND_SANDBOX = "second sandbox of a pod", N_("second sandbox of a pod"), "warn"
    POD_WITHOUT_SANDBOX = "pod without sandbox", N_("pod without sandbox"), "warn"


class Absence(Term):
    """What a ledger can lack."""

    ENGINE = "engine", N_("container engine"), "info"
    PODS = "pods", N_("pods"), "info"
    NODE = "node", N_("node"), "info"

"""What is not well, the worst first, with the evidence that was recorded and the next command to type.

Everything here was observed when the snapshot was taken: nothing is guessed from names, and what could not be read is not
reported as well or unwell. How long something lasts is measured against the time of the capture, never against now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.fields import plain
from rkedoc.explain.health.causes import by_cause
from rkedoc.explain.health.engine import engine_findings
from rkedoc.explain.health.nodes import node_findings
from rkedoc.explain.health.objects import object_findings
from rkedoc.explain.health.pods import pod_findings
from rkedoc.explain.health.problem import Events, Finding, Moment, shown
from rkedoc.i18n import Message, between, translated
from rkedoc.snapshot.identity import parse_id
from rkedoc.vocabulary import Observation, Severity

if TYPE_CHECKING:
    from rkedoc.cluster.model import Cluster

_KINDS: Final = MappingProxyType({"Node": 0, "EngineContainer": 1, "ComponentStatus": 1, "APIService": 2, "Pod": 3})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not well: one cause, however many objects suffer from it.

    ``subject`` names it for people, ``record_id`` is its record. ``severity`` is ``critical`` (the cluster itself), ``error``
    (does not work), ``warning`` (works in part, or may stop) or ``info``. ``seen`` is what was seen; ``reason`` the machine's
    code (``CrashLoopBackOff``), ``exit_code`` that of the last end, ``evidence`` sentences and what the platform wrote. ``events`` are the Warning events of the object with
    their counts, the most frequent first. ``others`` are the ids of further records that it is about: the pods of a
    workload, or several nodes that differ from the rest.
    """

    subject: str
    record_id: str
    severity: Severity
    seen: Observation
    reason: str
    exit_code: int | None
    evidence: tuple[Message | str, ...]
    commands: tuple[str, ...]
    events: tuple[tuple[str, int], ...]
    others: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """What was seen, in the language in use."""
        return plain(self.seen.text.translated)

    @property
    def told(self) -> str:
        """The evidence in the language in use; empty if there is none."""
        return between("; ").join(str(translated(item)) for item in self.evidence)


def problems(cluster: Cluster) -> tuple[Problem, ...]:
    """Everything in a cluster that is not well: by severity, then what carries more first, then by id."""
    events = Events(cluster)
    found = [_problem(finding, events) for finding in by_cause(cluster, _findings(cluster))]
    return tuple(sorted(found, key=_order))


def _findings(cluster: Cluster) -> Iterator[Finding]:
    moment = Moment(cluster)
    yield from object_findings(cluster, moment)
    yield from pod_findings(cluster, moment)
    yield from engine_findings(cluster)
    yield from node_findings(cluster)


def _problem(finding: Finding, events: Events) -> Problem:
    pods = (other for other in finding.others if parse_id(other).kind == "Pod")
    return Problem(
        plain(finding.subject), finding.record_id, finding.severity, finding.what, shown(finding.reason),
        finding.exit_code, tuple(part for item in finding.evidence if (part := shown(item))),
        tuple(command for command in finding.commands if command), events.of(finding.record_id, *pods),
        finding.others,
    )  # fmt: skip


def _order(problem: Problem) -> tuple[int, int, str, str, str]:
    kind = parse_id(problem.record_id).kind
    return problem.severity.order, _KINDS.get(kind, 4), problem.record_id, str(problem.seen.text), problem.reason

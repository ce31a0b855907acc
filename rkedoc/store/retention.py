"""Which versions are kept: rules such as ``last=5``, ``monthly=12`` or ``within=90d``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rkedoc.errors import UsageError

_RULE = re.compile(r"(?:(last|daily|weekly|monthly|yearly)=)?([0-9]{1,6})|within=([0-9]{1,6})d")
_PERIODS: Mapping[str, Callable[[datetime], object]] = {
    "daily": lambda time: time.date(),
    "weekly": lambda time: time.isocalendar()[:2],
    "monthly": lambda time: (time.year, time.month),
    "yearly": lambda time: time.year,
}


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One rule. ``kind`` is ``last``, ``within`` (days) or a period, of which so many keep their newest version."""

    kind: str
    count: int


def parse_rule(text: str) -> RetentionRule:
    """The rule that somebody wrote; a number alone is ``last``.

    >>> parse_rule("12"), parse_rule("monthly=12")
    (RetentionRule(kind='last', count=12), RetentionRule(kind='monthly', count=12))

    Raises :class:`~rkedoc.errors.UsageError`.
    """
    found = _RULE.fullmatch(text)
    if found is None:
        raise UsageError(
            f"--keep {text[:40]!r}: write a number, last=N, daily=N, weekly=N, monthly=N, yearly=N or within=Nd"
        )
    return RetentionRule("within", int(found[3])) if found[3] else RetentionRule(found[1] or "last", int(found[2]))


def kept(times: Mapping[str, str], rules: Iterable[RetentionRule]) -> frozenset[str]:
    """The versions that at least one rule keeps; the newest is always kept, and without a rule all are.

    ``times`` gives the time of each version (RFC 3339, UTC) by its label. Days of ``within`` are counted back from the
    newest version, so that a cluster that nobody collects any more does not lose what there is.
    """
    chosen = tuple(rules)
    newest = sorted(times, key=lambda label: (times[label], label), reverse=True)
    if not chosen or not newest:
        return frozenset(newest)
    moments = {label: moment(times[label]) for label in newest}
    found = {newest[0]}
    for rule in chosen:
        found.update(_by(rule, newest, moments))
    return frozenset(found)


def _by(rule: RetentionRule, newest: Sequence[str], moments: Mapping[str, datetime]) -> Iterable[str]:
    if rule.kind == "last":
        return newest[: rule.count]
    if rule.kind == "within":
        since = moments[newest[0]] - timedelta(days=rule.count)
        return [label for label in newest if moments[label] >= since]
    first: dict[object, str] = {}
    for label in newest:
        first.setdefault(_PERIODS[rule.kind](moments[label]), label)
    return list(first.values())[: rule.count]


def moment(time: str) -> datetime:
    """A time of a snapshot; the beginning of 1970 for what is none."""
    try:
        found = datetime.fromisoformat(time)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

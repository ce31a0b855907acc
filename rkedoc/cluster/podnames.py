"""What the name of a pod says about the workload behind it.

Only names are needed here; where owner references can be read they say it better. Suffixes that Kubernetes generates
use the 27 letters and digits of kubernetes/apimachinery, pkg/util/rand/rand.go: no vowels, no 0, 1 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_DEPLOYMENT = re.compile(rf"(.+)-(?:[{_ALPHABET}]{{6,10}}|[0-9]{{8,10}})-[{_ALPHABET}]{{5}}\Z")
_CRON_JOB = re.compile(rf"(.+)-[0-9]{{7,10}}-[{_ALPHABET}]{{5}}\Z")
_ONE_SUFFIX = re.compile(rf"(.+)-[{_ALPHABET}]{{5}}\Z")
_ORDINAL = re.compile(r"(.+)-[0-9]{1,4}\Z")
_SCRUBBED = re.compile(r"(.+)-[0-9a-z]{8,10}-[0-9a-z]{5,6}\Z")
_SCRUBBED_ONE = re.compile(r"(.+)-[0-9a-zA-Z]{5,6}\Z")
_DEBUGGER = re.compile(rf"debugger-[{_ALPHABET}]{{5}}\Z")
_INDEXED_JOB = re.compile(rf"(.+)--1-[{_ALPHABET}]{{5}}\Z")
"""Kubernetes v1.22 put the completion index of -1, none, into the names of all Jobs' pods."""
_OLD_HASH = re.compile(r"(.+)-[0-9]{8,10}-[0-9a-z]{5}\Z")


def possible_workloads(pod: str) -> Iterator[tuple[str, str | None]]:
    """The workloads that a pod of this name can belong to, likeliest first, with their kind where the name tells.

    >>> list(possible_workloads("webapp-645d6dcdd5-4677w"))[0]
    ('webapp', 'Deployment')
    """
    patterns = (
        (_INDEXED_JOB, "Job"),
        (_CRON_JOB, "CronJob"),
        (_DEPLOYMENT, "Deployment"),
        (_OLD_HASH, "Deployment"),
        (_ONE_SUFFIX, None),
        (_ORDINAL, "StatefulSet"),
    )
    seen: set[str] = set()
    for pattern, kind in patterns:
        if (found := pattern.match(pod)) and found[1] not in seen:
            seen.add(found[1])
            yield found[1], kind
    if pod not in seen:
        yield pod, None


def is_debugger(container: str) -> bool:
    """Whether ``kubectl debug`` made up the name of a container (kubectl v1.20, pkg/cmd/debug/debug.go)."""
    return _DEBUGGER.match(container) is not None


def scrubbed_workloads(pod: str) -> Iterator[str]:
    """Names of workloads for suffixes that no cluster generates: examples in documentation, listings made anonymous."""
    for pattern in (_SCRUBBED, _SCRUBBED_ONE):
        if found := pattern.match(pod):
            yield found[1]


def kind_by_name(pod: str) -> tuple[str, str]:
    """The likeliest kind and name of the workload of a pod that nothing else is known of, for a sentence."""
    name, kind = next(possible_workloads(pod))
    if kind is None and name != pod:
        return "DaemonSet or Job", name
    return kind or "Pod", name

"""What a store need not keep, by the rules that versions of a site are kept by (:mod:`rkedoc.store.retention`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rkedoc.store.layout import Stored
from rkedoc.store.retention import RetentionRule, kept


def outdated(snapshots: Iterable[Stored], rules: Sequence[RetentionRule]) -> tuple[Stored, ...]:
    """The snapshots that no rule keeps, of each cluster by itself; its newest is always kept, and without a rule all are.

    ``snapshots`` are sorted by cluster.
    """
    found: list[Stored] = []
    for _cluster, group in groupby(snapshots, key=lambda one: one.cluster):
        of_cluster = list(group)
        stays = kept({one.name: one.time for one in of_cluster}, rules)
        found += [one for one in of_cluster if one.name not in stays]
    return tuple(found)

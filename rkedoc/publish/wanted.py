"""Which snapshots of a store are worth getting: those that are not published yet, and would not be dropped again at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rkedoc.publish.version import PublishedVersion
from rkedoc.snapshot.identity import page_key
from rkedoc.store.layout import Stored
from rkedoc.store.retention import RetentionRule, kept


def wanted(
    stored: Iterable[Stored], published: Mapping[str, Sequence[PublishedVersion]], rules: Sequence[RetentionRule], cluster: str = ""
) -> frozenset[Stored]:  # fmt: skip
    """The snapshots to get. ``published`` are the versions that are there, by the folder of their cluster; ``cluster`` is what all are called."""
    by_folder: defaultdict[str, list[Stored]] = defaultdict(list)
    for one in stored:
        by_folder[page_key(cluster or one.cluster)].append(one)
    found: set[Stored] = set()
    for folder, several in by_folder.items():
        there = {version.snapshot: version.time for version in published.get(folder, ())}
        stays = kept({**there, **{one.digest: one.time for one in several}}, rules)
        found.update(one for one in several if one.digest in stays and one.digest not in there)
    return frozenset(found)

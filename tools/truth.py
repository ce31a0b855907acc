"""How often the catalog is right: every row of public listings and every container of real clusters, by source.

``python -m tools.truth`` prints the table (``nox -s truth``): right, wrong (another entry, or one where it is
somebody's own) and missing (no entry where there should be one). The expected entries were read through by hand. In a cluster a well-known
add-on is among what people brought: it is told by its image, and ``tests/explain/test_add_ons.py`` looks at that.
Below it stands every sentence that an object of a cluster or a row of a listing contradicts (:mod:`tools.objects`).
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from rkedoc.cluster.model import Cluster
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.listing.lines import explain_lines
from rkedoc.listing.listing import read
from rkedoc.vocabulary import Origin
from tests.explain.recorded import catalog, dumped, recorded
from tests.explain.test_listing import LISTINGS, RECORDED, as_printed, components, expected
from tests.explain.test_others import CLUSTERS
from tests.support.archives import DATA, Archives
from tools.objects import Contradiction, contradictions, contradictions_of_rows

OWN = "somebody's own"
ROWS = (*LISTINGS, *RECORDED, *sorted((DATA / "node-listings").glob("*.txt")), *sorted((DATA / "pasted").glob("*.txt")))
"""Every listing that there is: of public threads, of a recorded node, of nodes, and as people paste them."""

RECORDINGS = ("rke-single-node", "rke-single-node-idle", "rke-single-node-recreated", "rke-single-node-unhealthy")


@dataclass(frozen=True, slots=True)
class Score:
    """What came of a source: so many rows right, with another entry than expected, and with none."""

    source: str
    rows: int
    wrong: int
    missing: int

    @property
    def right(self) -> int:
        """The rows that got what was expected, an entry or none."""
        return self.rows - self.wrong - self.missing


def scores(dumps: Archives) -> Iterator[Score]:
    """The score of each listing and each cluster."""
    for file in (*LISTINGS, *RECORDED):
        wanted = expected()[file.name if file.suffix == ".txt" else file.stem]
        yield _of_rows(file.stem, components(explain_lines(_printed(file), catalog())), wanted)
    for name, counts in yaml.safe_load((DATA / "dumps" / "expected.yaml").read_text("utf-8")).items():
        yield _of_counts(name, _components(dumps(name)), counts)
    for name, (_distribution, _shown, counts) in sorted(CLUSTERS.items()):
        found = _components(dumps("others") / name)
        yield _of_counts(name, found, {**counts, OWN: sum(found.values()) - sum(counts.values())})


def clusters(dumps: Archives, recordings: Archives) -> Iterator[Cluster]:
    """Every cluster that is here whole: of recordings and of dumps."""
    for name in RECORDINGS:
        yield Cluster(recorded(recordings(name)), catalog())
    for name in dumps.names():
        if name != "others":
            yield Cluster(dumped(dumps(name)), catalog())
    for name in sorted(CLUSTERS):
        yield Cluster(dumped(dumps("others") / name), catalog())


def contradicted(dumps: Archives, recordings: Archives) -> tuple[Contradiction, ...]:
    """Every sentence of the catalog that an object of a cluster contradicts, or a row of a listing, once for each."""
    of_clusters = (one for cluster in clusters(dumps, recordings) for one in contradictions(cluster))
    return tuple(dict.fromkeys((*of_clusters, *(one for file in ROWS for one in contradicted_by(file)))))


def contradicted_by(file: Path) -> Iterator[Contradiction]:
    """Every sentence of the catalog that a listing contradicts."""
    return contradictions_of_rows(read(_printed(file)).rows, catalog())


def _printed(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines() if file.suffix == ".txt" else as_printed(file)


def _components(folder: Path) -> Mapping[str, int]:
    lines = build_ledger(Cluster(dumped(folder), catalog())).lines
    return Counter(OWN if line.component is None or line.origin == Origin.ADD_ON else line.component for line in lines)


def _of_rows(source: str, found: Sequence[str | None], wanted: Sequence[str | None]) -> Score:
    pairs = list(zip(found, wanted, strict=True))
    missing = sum(have is None and want is not None for have, want in pairs)
    return Score(source, len(pairs), sum(have != want for have, want in pairs) - missing, missing)


def _of_counts(source: str, found: Mapping[str, int], wanted: Mapping[str, int]) -> Score:
    rows = sum(found.values())
    missing = max(0, found.get(OWN, 0) - wanted.get(OWN, 0))
    wrong = sum(max(0, count - wanted.get(name, 0)) for name, count in found.items() if name != OWN)
    return Score(source, rows, wrong, missing)


def main() -> int:
    """Print the table and what is contradicted; 1 if anything is wrong or missing."""
    with tempfile.TemporaryDirectory() as folder:
        dumps, recordings = Archives(DATA / "dumps", Path(folder)), Archives(DATA / "recordings", Path(folder))
        found, wrong = list(scores(dumps)), contradicted(dumps, recordings)
    total = Score("all", *(sum(getattr(score, name) for score in found) for name in ("rows", "wrong", "missing")))
    print(f"{'source':58} {'rows':>6} {'right':>6} {'wrong':>6} {'missing':>8}")
    for score in (*found, total):
        print(f"{score.source:58} {score.rows:6} {score.right:6} {score.wrong:6} {score.missing:8}")
    print(f"sentences that an object contradicts: {len(wrong)}")
    for one in wrong:
        print(f"  {one}")
    return 1 if total.wrong or total.missing or wrong else 0


if __name__ == "__main__":
    sys.exit(main())

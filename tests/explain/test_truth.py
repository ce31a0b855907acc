"""The catalog is right about every row of the listings and every container of the clusters that are here."""

from __future__ import annotations

from tests.support.archives import Archives
from tools.truth import OWN, Score, _of_counts, _of_rows, scores


def test_nothing_is_wrong_and_nothing_is_missing(dump: Archives) -> None:
    found = list(scores(dump))
    assert [score for score in found if score.wrong or score.missing] == []
    assert sum(score.rows for score in found) > 1500


def test_what_is_wrong_and_what_is_missing_is_counted() -> None:
    assert _of_rows("x", ["etcd", None, "kubelet", None], ["etcd", "etcd", "etcd", None]) == Score("x", 4, 1, 1)
    assert _of_counts("x", {"etcd": 2, OWN: 3}, {"etcd": 1, OWN: 4}) == Score("x", 5, 1, 0)
    assert _of_counts("x", {"etcd": 1, OWN: 4}, {"etcd": 3, OWN: 2}) == Score("x", 5, 0, 2)

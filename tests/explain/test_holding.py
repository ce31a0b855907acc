"""What of an entry is said in a cluster: what holds there, and what can hold with its range."""

from __future__ import annotations

from dataclasses import replace

from rkedoc.catalog.entry import Walked, parse_entry
from rkedoc.catalog.ranges import Here, parse_spans
from rkedoc.cluster.model import Cluster
from rkedoc.explain.holding import NOWHERE, here, here_of, lives, markdown_of, row_here, said
from rkedoc.explain.text import detail_text, entry_text
from rkedoc.i18n import set_language
from tests.catalog.test_entry import BOUND
from tests.explain.recorded import catalog, recorded
from tests.support.archives import Archives

ENTRY = parse_entry(BOUND, "cache.md")
HOW = next(section for section in ENTRY.sections if section.id == "how")


def told(known: Here) -> list[tuple[str, str]]:
    return [(one.markdown.partition("\n")[0], str(one.bound or "")) for one in said(HOW, known)]


def test_what_holds_is_said_what_does_not_is_not_and_what_can_has_its_range() -> None:
    old, new = Here("rke1", {"Rancher": ((2, 4, 8),)}), Here("rke1", {"Rancher": ((2, 6, 0),)})
    assert told(old) == [("In memory.", ""), ("On disk, once.", ""), ("Always.", "")]
    assert told(new) == [("In memory.", ""), ("Always.", "")]
    assert told(NOWHERE) == [("In memory.", ""), ("On disk, once.", "Rancher 2.0.6 to 2.5.9"), ("Always.", "")]


def test_without_a_cluster_all_is_said_in_the_readers_language() -> None:
    assert "*Rancher 2.0.6 to 2.5.9:*\n\nOn disk, once." in markdown_of(HOW)
    assert "[Rancher 2.0.6 to 2.5.9]" in entry_text(ENTRY)
    set_language("zh_CN")
    assert "Rancher 2.0.6 至 2.5.9" in markdown_of(HOW)
    set_language("en")


def test_the_row_of_a_cluster_is_that_of_all_its_versions() -> None:
    (table,) = ENTRY.tables
    row = row_here(table, Here("rke1", {"Kubernetes": ((1, 20, 4), (1, 21, 0))}))
    assert row is not None
    assert row.value == "v0.4"
    assert row_here(table, Here("rke1", {"Kubernetes": ((1, 11, 4), (1, 21, 0))})) is None
    assert row_here(table, NOWHERE) is None


def test_a_recorded_cluster_knows_its_versions(recording: Archives) -> None:
    cluster = Cluster(recorded(recording("rke-single-node")), catalog())
    known = here(cluster)
    assert known.distribution == "rke1"
    assert known.versions("Kubernetes") == ((1, 20, 9),)
    assert known.versions("RKE2") == known.versions("K3s") == ()
    assert known.versions("RKE") is None, "no object of the cluster tells it"
    coredns = catalog().get("coredns-rke1")
    assert coredns is not None
    assert here_of(cluster, coredns).versions("image") == ((1, 7, 0),)


def test_bounds_say_how_they_are_known() -> None:
    looked = replace(ENTRY, since="Rancher 2.5", until="Rancher 2.9")
    assert [(title, versions) for title, versions, _how in lives(looked)] == [
        ("Since, at the latest", "Rancher 2.5"), ("Until, at the earliest", "Rancher 2.9"),
    ]  # fmt: skip
    how = Walked(
        "Rancher", parse_spans("2.8.9 to 2.8, from 2.9.3"), "rancher/rancher", "a/file.go", "word", 215, "v2.15.0"
    )
    ((title, versions, evidence),) = lives(replace(ENTRY, since="Rancher 2.8.9, 2.9.3", until="", walked=how))
    assert (title, versions) == ("First seen in", "Rancher 2.8.9, 2.9.3")
    assert "215 tags of rancher/rancher" in evidence
    assert "a/file.go" in evidence


def test_explain_says_what_holds_in_the_snapshot(recording: Archives) -> None:
    from rkedoc.explain.listing.lines import explain_name

    cluster = Cluster(recorded(recording("rke-single-node")), catalog())
    (item, *_more) = explain_name("metrics-server", catalog(), cluster)
    assert detail_text(item, catalog(), cluster=cluster)

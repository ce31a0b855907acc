"""The walk over tags: what it finds in a repository, and what it found in those that the catalog is about."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.catalog import load_catalog
from rkedoc.catalog.loader import walked as found_before
from rkedoc.catalog.ranges import parse_spans
from tools.walk import LOOKS, Look, images_of, rows_of, spans_of, tags_of, walked

VERSIONS = st.dictionaries(
    st.tuples(st.integers(1, 2), st.integers(0, 3), st.integers(0, 3)), st.booleans(), min_size=1
)


@given(VERSIONS)
def test_spans_say_of_every_version_what_was_found(versions: dict[tuple[int, ...], bool]) -> None:
    spans = spans_of(versions)
    if spans:
        assert parse_spans(", ".join(map(str, spans))) == spans
    for version, there in versions.items():
        assert any(span.holds(version) for span in spans) is there


@given(
    st.dictionaries(
        st.tuples(st.integers(1, 2), st.integers(0, 3), st.integers(0, 3)), st.sampled_from("abc"), min_size=1
    )
)
def test_rows_give_each_version_its_value_once(values: dict[tuple[int, ...], str]) -> None:
    rows = [(parse_spans(at), value) for at, value in rows_of(values)]
    for version, value in values.items():
        assert [said for spans, said in rows if any(span.holds(version) for span in spans)] == [value]


def test_the_end_of_a_line_is_told_as_the_line() -> None:
    there = {(2, 8, 8): False, (2, 8, 9): True, (2, 8, 10): True, (2, 9, 0): False, (2, 9, 3): True, (2, 10, 0): True}
    assert ", ".join(map(str, spans_of(there))) == "2.8.9 to 2.8, from 2.9.3"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    def git(*arguments: str) -> None:
        who = (
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@example.com",
            "-c",
            "commit.gpgsign=false",
            "-c",
            "tag.gpgsign=false",
        )
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True)

    git("init", "-q")
    (tmp_path / "pkg").mkdir()
    for tag, text in (
        ("v0.9.0", "else"),
        ("v1.0.0", "one"),
        ("v1.0.1", "one two"),
        ("v1.1.0-rc1", "one"),
        ("v1.1.0", "one"),
    ):
        (tmp_path / "pkg" / "a.go").write_text(text)
        (tmp_path / "pkg" / "a_test.go").write_text("two")
        git("add", "-A")
        git("commit", "-qm", tag, "--allow-empty")
        git("tag", tag)
    return tmp_path


def test_tags_are_read_one_by_one_and_those_of_something_else_are_left_out(clone: Path) -> None:
    tags = tags_of(clone, r"v\d+\.\d+\.\d+")
    assert tags == ("v0.9.0", "v1.0.0", "v1.0.1", "v1.1.0")
    looks = [Look("a", ("pkg",), "one"), Look("b", ("pkg",), "two"), Look("c", ("cmd",), "one")]
    found = {look.entry: (path, ", ".join(map(str, spans_of(seen)))) for look, path, seen in walked(clone, tags, looks)}
    assert found == {"a": ("pkg/a.go", "from 1.0.0"), "b": ("pkg/a.go", "1.0.1 to 1.0")}


def test_lists_of_images_are_read_by_version_and_build() -> None:
    listed = '\t\t"v1.19.6-rancher1-2": {\n\t\t\tEtcd: m("etcd:v2"),\n\t\t},\n\t\t"v1.19.6-rancher1-1": {\n\t\t\tEtcd: m("etcd:v1"),\n\t\t},\n'
    older = '\t\t"v1.19.6-rancher1-9": {\n\t\t\tEtcd: "etcd:v0",\n\t\t},\n\t\t"v1.8.1-rancher1": {\n\t\t\tEtcd: "etcd:v0",\n\t\t},\n'
    assert images_of([listed, older]) == {(1, 19, 6): {"Etcd": "etcd:v2"}, (1, 8, 1): {"Etcd": "etcd:v0"}}


def test_what_was_found_is_of_entries_and_of_what_is_looked_for() -> None:
    looks = yaml.safe_load(LOOKS.read_text("utf-8"))
    wanted = {(project, entry) for project, said in looks.items() for entry in said["looks"]}
    assert {(told["project"], entry) for entry, told in found_before().items()} == wanted
    for entry_id in found_before():
        entry = load_catalog().get(entry_id)
        assert entry is not None
        assert entry.walked is not None
        assert entry.since.startswith(entry.walked.product)


@pytest.mark.parametrize(
    ("entry_id", "since", "until"),
    [
        ("cattle-cluster-agent-bootstrap", "Rancher 2.8.9, 2.9.3", ""),
        ("rancher-agent-certwriter", "Rancher 2.0.6", "Rancher 2.5.9"),
        ("rke2-cloud-controller-manager", "RKE2 1.20.9, 1.21.3", ""),
        ("etcd-remove-snapshot", "RKE 0.2.3", ""),
        ("share-mnt", "Rancher 2.0.0", "Rancher 2.11"),
    ],
)  # fmt: skip
def test_bounds_come_from_the_walk(entry_id: str, since: str, until: str) -> None:
    entry = load_catalog().get(entry_id)
    assert entry is not None
    assert (entry.since, entry.until) == (since, until)

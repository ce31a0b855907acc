"""An entry is read strictly: what is not understood is an error that names the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from rkedoc.catalog import lint, load_catalog
from rkedoc.catalog.entry import Entry, parse_entry
from rkedoc.catalog.matcher import Candidate
from rkedoc.errors import CatalogError

GOOD = """---
id: shop-cache
name: cache
kind: component
origin: platform
summary: The cache of the shop.
match:
  - {workload: cache, namespace: shop}
distributions: [any]
verified: [Shop 1.2]
sources: ['the-shop/handbook v2.1, cache.md']
---
## What it is

A cache.

## Why it is here

Speed.

## How it works

In memory.

```yaml
## not a heading
```

## Talks to

Nothing.

## If it stops

The shop is slow.

## Versions

One.

## Elsewhere

Nowhere.
"""


def test_a_file_becomes_an_entry_with_its_sections_in_order() -> None:
    entry = parse_entry(GOOD, "cache.md")
    assert entry.id == "shop-cache"
    assert [section.id for section in entry.sections] == [
        "what", "why", "how", "talks-to", "if-it-stops", "versions", "elsewhere",
    ]  # fmt: skip
    assert "## not a heading" in (entry.section("how") or entry.sections[0]).markdown
    assert len(entry.digest) == 16


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("distributions:", "distribution:", "unknown key 'distribution'"),
        ("summary: The cache of the shop.", "summary: ''", "summary"),
        ("summary: The cache of the shop.\n", "", "'summary' is missing"),
        ("kind: component", "kind: thing", "kind is 'thing'"),
        ("origin: platform", "origin: mine", "origin is 'mine'"),
        ("id: shop-cache", "id: Shop Cache", "id"),
        ("## Versions", "## Version", "unknown section '## Version'"),
        ("## If it stops\n\nThe shop is slow.\n", "", "'## If it stops' is missing"),
        ("The shop is slow.", "", "'## If it stops' is missing or empty"),
        ("## Elsewhere", "## Versions", "twice"),
        ("workload: cache", "wrkload: cache", "unknown condition 'wrkload'"),
        ("{workload: cache, namespace: shop}", "{namespace: shop}", "to stand on"),
        ("{workload: cache, namespace: shop}", "{label: x}", "label has to be a mapping"),
        ("{workload: cache, namespace: shop}", "{image: x, in_pod: maybe}", "in_pod"),
        ("match:\n", "match: {}\nowner: [\n", "not YAML"),
        ("---\nid", "id", "front matter"),
        ("sources: ['the-shop/handbook v2.1, cache.md']", "sources: handbook", "sources has to be a list"),
    ],
)
def test_mistakes_are_named(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(CatalogError) as caught:
        parse_entry(GOOD.replace(old, new, 1), "cache.md")
    message = str(caught.value)
    assert message.startswith("cache.md: ")
    assert says in message
    assert "\n" not in message


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_users_file_adds_an_entry(tmp_path: Path) -> None:
    catalog = load_catalog(extra=[written(tmp_path, "cache.md", GOOD)])
    entry = catalog.get("shop-cache")
    assert entry is not None
    assert entry.provenance.endswith("cache.md")


def test_a_users_file_extends_an_entry_section_by_section(tmp_path: Path) -> None:
    text = "---\nid: etcd\nteam: storage\nrunbook: https://wiki/etcd\n---\n## If it stops\n\nCall the storage team.\n"
    entry = load_catalog(extra=[written(tmp_path, "etcd.md", text)]).get("etcd")
    built_in = load_catalog().get("etcd")
    assert entry is not None
    assert built_in is not None
    stops, what = entry.section("if-it-stops"), entry.section("what")
    assert stops is not None
    assert what is not None
    assert (stops.markdown, stops.provenance) == ("Call the storage team.", f"{tmp_path.name}/etcd.md")
    assert what.provenance == "rkedoc"
    assert {(note.key, note.text) for note in entry.notes} == {("team", "storage"), ("runbook", "https://wiki/etcd")}
    assert {note.provenance for note in entry.notes} == {f"{tmp_path.name}/etcd.md"}
    assert entry.match == built_in.match
    assert entry.digest != built_in.digest


def test_own_words_stand_above_the_shipped_ones_or_in_their_place_as_the_heading_says(tmp_path: Path) -> None:
    built_in = load_catalog().get("etcd")
    assert built_in is not None
    shipped = {section.id: section.markdown for section in built_in.sections}
    text = "---\nid: etcd\n---\n## If it stops\n\nCall.\n\n## 为什么在这里 {replace}\n\nMine.\n"
    for language in ("en", "zh_CN"):
        entry = load_catalog(language, extra=[written(tmp_path, "a.md", text)]).get("etcd")
        assert entry is not None
        found: dict[str, list[str]] = {}
        for section in entry.sections:
            found.setdefault(section.id, []).append(section.markdown)
        assert found.keys() == shipped.keys()
        assert [len(found["if-it-stops"]), found["if-it-stops"][0], found["why"]] == [2, "Call.", ["Mine."]]
        assert language != "en" or found["if-it-stops"][1] == shipped["if-it-stops"]
        ids = [section.id for section in entry.sections]
        assert ids == sorted(ids, key=list(dict.fromkeys(ids)).index)
    written(tmp_path, "b.md", "---\nid: etcd\n---\n## If it stops\n\nFirst call us.\n")
    entry = load_catalog(extra=[tmp_path]).get("etcd")
    assert entry is not None
    said = [section.markdown for section in entry.sections if section.id == "if-it-stops"]
    assert said == ["First call us.", "Call.", shipped["if-it-stops"]]
    concept = "---\nid: dns\nname: N\nkind: concept\nsummary: A.\n---\n## What it is\n\nA.\n\n## A way {#way} {replace}\n\nB.\n"
    way = parse_entry(concept, "dns.md", provenance="dns.md").section("way")
    assert way is not None
    assert (way.title, way.replaces) == ("A way", True)


def test_links_and_notes_of_several_files_add_up_and_the_newest_owner_counts(tmp_path: Path) -> None:
    written(
        tmp_path, "a.md", "---\nid: etcd\nowner: ops\nlinks: [https://one, https://two]\nnotes: [Mind the disk.]\n---\n"
    )
    written(tmp_path, "b.md", "---\nid: etcd\nowner: storage\nlinks: [https://three]\n---\n")
    entry = load_catalog(extra=[tmp_path]).get("etcd")
    assert entry is not None
    assert [(note.key, note.text) for note in entry.notes] == [
        ("link", "https://one"), ("link", "https://two"), ("note", "Mind the disk."), ("owner", "storage"),
        ("link", "https://three"),
    ]  # fmt: skip


def test_a_file_may_hold_for_some_clusters_alone(tmp_path: Path) -> None:
    written(tmp_path, "etcd.md", "---\nid: etcd\nclusters: ['prod-*']\nteam: storage\n---\n")

    def notes(cluster: str | None) -> list[str]:
        entry = load_catalog(extra=[tmp_path], cluster=cluster).get("etcd")
        assert entry is not None
        return [note.text for note in entry.notes]

    assert (notes("prod-east"), notes("test"), notes(None)) == (["storage"], [], ["storage"])


def test_a_file_may_hold_for_some_namespaces_alone(tmp_path: Path) -> None:
    written(tmp_path, "dns.md", "---\nid: coredns-rke1\nnamespaces: [kube-system]\nteam: dns\n---\n")
    written(tmp_path, "ns.md", "---\nid: kube-system\nnamespaces: [kube-system]\nowner: platform\n---\n")
    written(tmp_path, "own.md", GOOD.replace("{workload: cache, namespace: shop}", "{workload: cache}").replace(
        "kind: component", "kind: component\nnamespaces: ['shop-*']"))  # fmt: skip
    catalog = load_catalog(extra=[tmp_path])

    def found(workload: str, namespace: str) -> Entry | None:
        match = catalog.match(Candidate(workload=workload, workload_kind="Deployment", namespace=namespace))
        return match.entry if match is not None else None

    general, here = catalog.get("coredns-rke1"), found("coredns", "kube-system")
    assert general is not None
    assert here is not None
    assert here.id == general.id
    assert [note.text for note in here.notes] == ["dns"]
    assert general.notes == ()
    namespace = catalog.namespace("kube-system", None, None)
    assert namespace is not None
    assert [note.text for note in namespace.notes] == ["platform"]
    own = found("cache", "shop-eu")
    assert own is not None
    assert own.id == "shop-cache"
    assert found("cache", "bank") is None


def test_chinese_headings_are_sections_too() -> None:
    headings = {"What it is": "是什么", "If it stops": "停止后的影响"}
    text = GOOD
    for english, chinese in headings.items():
        text = text.replace(f"## {english}", f"## {chinese}")
    entry, original = parse_entry(text, "x.md"), parse_entry(GOOD, "x.md")
    assert [section.id for section in entry.sections] == [section.id for section in original.sections]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no such file or folder"):
        load_catalog(extra=[tmp_path / "none"])


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_bytes(b"---\nid: \xff\n---\n")
    with pytest.raises(CatalogError, match="not UTF-8"):
        load_catalog(extra=[tmp_path])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("sources: ['the-shop/handbook v2.1, cache.md']", "sources: []"), "at least one source"),
        (
            ("sources: ['the-shop/handbook v2.1, cache.md']", "sources: ['rkedoc/rkedoc v1.0, README.md']"),
            "outside of this project",
        ),
        (("sources: ['the-shop/handbook v2.1, cache.md']", 'sources: ["the shop, a book"]'), "names no project"),
        (("distributions: [any]\n", ""), "where the component is found"),
        (("match:\n  - {workload: cache, namespace: shop}\n", ""), "no rule"),
        (("sources:", "talks_to: [nobody-knows]\nsources:"), "no entry has the id"),
    ],
)
def test_lint_finds_what_parsing_lets_pass(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    findings = lint(written(tmp_path, "cache.md", GOOD.replace(*change)))
    assert [says in finding.message for finding in findings] == [True]


def test_lint_finds_two_entries_that_match_equally(tmp_path: Path) -> None:
    written(tmp_path, "one.md", GOOD)
    written(
        tmp_path, "two.md", GOOD.replace("shop-cache", "shop-other").replace("{workload: cache", "{workload: 'ca*'")
    )
    assert lint(tmp_path) == ()
    written(tmp_path, "two.md", GOOD.replace("shop-cache", "shop-other"))
    assert [finding.message.endswith("would match equally") for finding in lint(tmp_path)] == [True]


def test_lint_reports_a_broken_file_and_goes_on(tmp_path: Path) -> None:
    written(tmp_path, "bad.md", "nothing")
    written(tmp_path, "good.md", GOOD.replace("[any]", "[]"))
    assert [finding.file for finding in lint(tmp_path)] == ["bad.md", "good.md"]


BOUND = GOOD.replace(
    "In memory.\n",
    "In memory.\n\n:::{holds} Rancher 2.0.6 to 2.5.9\nOn disk, once.\n\n- still\n:::\n\nAlways.\n",
    1,
).replace(
    "sources:",
    "tables:\n  - of: cache\n    by: Kubernetes\n    rows: |\n      1.9.7 to 1.11: v0.2.1\n      from 1.20: v0.4\nsources:",
    1,
)  # fmt: skip


def test_a_passage_is_bound_to_versions() -> None:
    section = parse_entry(BOUND, "cache.md").section("how")
    assert section is not None
    assert [(str(passage.holds or ""), passage.markdown.partition("\n")[0]) for passage in section.passages] == [
        ("", "In memory."), ("Rancher 2.0.6 to 2.5.9", "On disk, once."), ("", "Always."),
    ]  # fmt: skip
    assert ":::" not in section.markdown


def test_a_table_of_versions_is_data() -> None:
    (table,) = parse_entry(BOUND, "cache.md").tables
    assert (table.of, table.by) == ("cache", "Kubernetes")
    assert [(", ".join(map(str, row.spans)), row.value) for row in table.rows] == [
        ("1.9.7 to 1.11", "v0.2.1"), ("from 1.20", "v0.4"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("\n- still\n:::\n", "\n- still\n", "has no end"),
        ("Rancher 2.0.6", "Rancher since 2.0.6", "is no range of versions"),
        ("- still", ":::{holds} on RKE1", "stands inside of another"),
        (":::{holds} Rancher", "  :::{holds} Rancher", "is indented"),
        ("by: Kubernetes", "by: kubernetes", "by is 'kubernetes'"),
        ("    by: Kubernetes\n", "", "has the keys of, by and rows"),
        ("from 1.20: v0.4", "from 1.10: v0.4", "hold at once"),
        ("    by: Kubernetes\n", "    by: Kubernetes\n    holds: on RKE3\n", "is no distribution"),
        ("from 1.20: v0.4", "from 1.20 v0.4", "has to be versions, a colon and a value"),
        ("from 1.20: v0.4", "from v1.20: v0.4", "is no version"),
    ],
)
def test_mistakes_in_what_is_bound_are_named(old: str, new: str, says: str) -> None:
    assert old in BOUND
    with pytest.raises(CatalogError, match=says):
        parse_entry(BOUND.replace(old, new, 1), "cache.md")


def test_lint_wants_a_section_for_tables_and_versions_for_what_was_read(tmp_path: Path) -> None:
    concept = (
        BOUND.replace("kind: component", "kind: concept")
        .replace("verified: [Shop 1.2]\n", "")
        .replace("match:\n  - {workload: cache, namespace: shop}\n", "")
    )
    text = concept.replace("## Versions\n\nOne.\n", "")
    told = [str(finding) for finding in lint(written(tmp_path, "shop-cache.md", text))]
    assert any("tables of versions stand in the section" in one for one in told)
    assert any("name the versions at which it was read" in one for one in told)


def test_lint_finds_a_table_in_running_text(tmp_path: Path) -> None:
    text = GOOD.replace(
        "## Versions\n\nOne.", "## Versions\n\n1.3 with Kubernetes 1.14, 1.6 from 1.16, 1.7.0\nwith 1.19."
    )
    assert [finding.key for finding in lint(written(tmp_path, "shop-cache.md", text))] == ["Versions"]
    assert lint(written(tmp_path, "shop-cache.md", text.replace(", 1.7.0\nwith 1.19", ""))) == ()


@pytest.mark.parametrize(
    ("sentence", "again"),
    [
        ("The cache that keeps pages.", True),
        ("This is the cache that keeps pages for the shop, in memory.", True),
        ("It keeps what the shop asked its database for, for a minute.", False),
        ("A cache.", False),
    ],
)
def test_lint_finds_the_summary_said_again(tmp_path: Path, sentence: str, again: bool) -> None:
    text = GOOD.replace("The cache of the shop.", "The cache that keeps pages for the shop.").replace(
        "\nA cache.\n", f"\n{sentence}\n"
    )
    found = [finding.message for finding in lint(written(tmp_path, "shop-cache.md", text))]
    assert [message.startswith("says the summary again") for message in found] == [True] * again


@pytest.mark.parametrize(
    ("sentence", "other"),
    [
        ("Somebody installed it.", True),
        ("A downstream cluster has one.", True),
        ("The liveness is asked on 80.", True),
        ("`kubectl get filesystem` shows it.", False),
        ("A cluster admin installed it.", False),
    ],
)
def test_lint_finds_other_names_than_those_of_the_catalog(tmp_path: Path, sentence: str, other: bool) -> None:
    text = GOOD.replace("\nA cache.\n", f"\n{sentence}\n")
    found = [finding.message for finding in lint(written(tmp_path, "shop-cache.md", text))]
    assert [": write " in message for message in found] == [True] * other


def test_an_entry_is_read_at_the_versions_of_its_sources_unless_it_names_others() -> None:
    sources = '["shop/cache v1.2.3, main.go", "shop/cache v1.2.3, more.go", "a book of 1.2 pages"]'
    text = GOOD.replace("['the-shop/handbook v2.1, cache.md']", sources)
    assert parse_entry(text, "cache.md").read_at == ("Shop 1.2",)
    assert parse_entry(text.replace("verified: [Shop 1.2]\n", ""), "cache.md").read_at == ("cache v1.2.3",)


def test_a_translation_holds_in_the_same_ranges() -> None:
    for entry in load_catalog("zh_CN").entries:
        original = load_catalog().get(entry.id)
        assert original is not None
        for section, other in zip(entry.sections, original.sections, strict=True):
            assert [passage.holds for passage in section.passages] == [passage.holds for passage in other.passages], (
                entry.id
            )
        assert entry.tables == original.tables

"""The built-in entries: complete, sourced, reachable by their rules, and without ties."""

from __future__ import annotations

import re

import pytest

from rkedoc import i18n
from rkedoc.catalog import Catalog, lint, lint_translation, load_catalog
from rkedoc.catalog.entry import HEADINGS, ON_HOST, WRITTEN_HEADINGS, Entry, MatchRule, required_sections
from rkedoc.catalog.matcher import Candidate
from rkedoc.i18n import LANGUAGES, set_language

ENTRIES = load_catalog().entries

HELPERS = (
    "cert-deployer", "cert-fetcher", "cluster-state-deployer", "etcd-checksum-checker", "etcd-download-backup",
    "etcd-extract-statefile", "etcd-fix-perm", "etcd-remove-snapshot", "etcd-restore", "etcd-snapshot-once",
    "extract-statefile-configmap", "file-deployer", "kube-cleaner", "rke-bundle-cert", "rke-log-cleaner",
    "rke-log-linker", "rke-port-checker", "rke-selinux-checker", "service-sidekick", "share-mnt",
)  # fmt: skip
CONCEPTS = {
    "accounting", "accounts-and-rights", "canal", "certificates-and-secrets", "control-plane-outside-pods",
    "coredns-plugins", "fleet", "from-rke1-to-rke2", "ingress", "metrics-pipeline", "pod-sandbox", "rancher-agents",
    "what-makes-a-node",
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_nothing_is_wrong_with_them() -> None:
    assert [str(finding) for finding in lint()] == []


def test_the_concepts_are_there(catalog: Catalog) -> None:
    assert {entry.id for entry in catalog.of_kind("concept")} >= CONCEPTS


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_each_has_its_sections_and_a_source_of_somebody_else(entry: Entry) -> None:
    assert set(required_sections(entry.kind, entry.origin)) <= {section.id for section in entry.sections}
    assert entry.sources
    assert not any("rkedoc" in source.lower() for source in entry.sources)
    assert all(len(section.markdown) > 3 for section in entry.sections)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_summaries_are_sentences_without_markup(entry: Entry) -> None:
    assert re.fullmatch(r"[A-Z].{10,298}\.", entry.summary), entry.summary
    assert not re.search(r"[`*_]{2}|`|\]\(", entry.summary)


def witness(rule: MatchRule) -> Candidate:
    """Something for which every condition of the rule holds."""

    def first(name: str) -> str | None:
        values = rule.values(name)
        return re.sub(r"\[[^]]*\]", "b", values[0].replace("*", "x").replace("?", "x")) if values else None

    command = first("command")
    return Candidate(
        container=first("container"), name=first("name"), pod=first("pod"), workload=first("workload"),
        workload_kind=first("kind"), namespace=first("namespace"), image=first("image"),
        labels={key: value.replace("*", "x") for key, value in rule.labels},
        command=(command,) if command else (), distribution=first("distribution"), process=first("process"), unit=first("unit"),
        namespaces=frozenset(rule.values("beside")),
        in_pod=rule.in_pod if rule.in_pod is not None else not any(map(rule.values, ("name", *ON_HOST))),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "rule"),
    [(entry, rule) for entry in ENTRIES if entry.kind == "component" for rule in entry.match],
    ids=lambda value: value.id if isinstance(value, Entry) else str(value),
)
def test_every_rule_can_fire_and_finds_its_own_entry(entry: Entry, rule: MatchRule, catalog: Catalog) -> None:
    match = catalog.match(witness(rule))
    assert match is not None
    assert match.entry.id == entry.id


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.kind == "namespace"], ids=lambda entry: entry.id)
def test_every_namespace_is_found_by_its_names(entry: Entry, catalog: Catalog) -> None:
    for rule in entry.match:
        for name in rule.values("namespace"):
            assert catalog.namespace(re.sub(r"\[[^]]*\]", "b", name.replace("*", "x")), None, None) is entry


@pytest.mark.parametrize("helper", HELPERS)
def test_every_helper_of_rke_has_an_entry(helper: str, catalog: Catalog) -> None:
    match = catalog.match(Candidate(name=helper, in_pod=False))
    assert match is not None
    assert (match.entry.id, match.entry.origin) == (helper, "helper")


@pytest.mark.parametrize(
    "wrong",
    [
        r"/etc/nginx\.conf", r"/ap1/", r"kube-dns \(2\)", r"coredns \(2\)", r"Calico never encapsulates",
        r"share[sd]? (?:the )?(?:volumes|PID namespace) (?:of|with) pause",
    ],
)  # fmt: skip
def test_known_errors_are_not_repeated(wrong: str) -> None:
    for entry in ENTRIES:
        for section in entry.sections:
            assert not re.search(wrong, section.markdown), entry.id


def test_every_entry_is_translated_in_full() -> None:
    for language in LANGUAGES:
        if language != "en":
            assert [str(finding) for finding in lint_translation(language)] == []


@pytest.mark.parametrize("entry", load_catalog("zh_CN").entries, ids=lambda entry: entry.id)
def test_a_translation_is_chinese_and_keeps_rules_and_sources(entry: Entry, catalog: Catalog) -> None:
    original = catalog.get(entry.id)
    assert original is not None
    assert (entry.match, entry.sources, entry.since, entry.until) == (
        original.match, original.sources, original.since, original.until,
    )  # fmt: skip
    assert re.search(r"[\u4e00-\u9fff]", entry.summary)
    assert all(re.search(r"[\u4e00-\u9fff。]", section.markdown) for section in entry.sections)
    for section in entry.sections:
        english = original.section(section.id)
        assert english is not None
        for code in re.findall(
            r"`[^`]+`", re.sub(r"^```.*?^```", "", english.markdown, flags=re.MULTILINE | re.DOTALL)
        ):
            assert re.sub(r"\s+", " ", code) in re.sub(r"\s+", " ", " ".join(s.markdown for s in entry.sections)), code


def test_headings_are_the_same_in_files_on_pages_and_in_the_terminal() -> None:
    set_language("zh_CN")
    assert {section: (title, i18n._(title)) for section, title in HEADINGS.items()} == WRITTEN_HEADINGS


def test_a_language_without_entries_falls_back_to_english(catalog: Catalog) -> None:
    assert load_catalog("de").entries == catalog.entries

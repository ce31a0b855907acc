"""Nothing is claimed that was not seen: "as it should be" and "closes" stand only where all the evidence was collected."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rkedoc import i18n
from rkedoc.cluster.model import Cluster
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.explain.ledger.text import ledger_text
from rkedoc.explain.unseen import kinds_in_no_file, unseen
from rkedoc.i18n import _
from rkedoc.snapshot.reader import Snapshot, load
from rkedoc.snapshot.record import Record
from rkedoc.sphinxext.blocks.view import Badge
from rkedoc.sphinxext.site import Site
from tests.explain.recorded import catalog, dumped, recorded
from tests.support.nodes import Pod, cluster_of
from tests.views.cluster import engine, node, site_of, web
from tests.views.read import flat, shown, text

CLAIMS = (
    "Everything that was collected is as it should be.",
    "Nothing: every pod that should run is ready, and every component outside pods runs.",
    "Nothing: everything that was asked for was answered.",
    "Nothing: every sandbox has its pod, every pod its sandbox, every container its reason.",
    "The ledger closes.",
)
VIEWS_THAT_CLAIM = (
    ("overview-intro", "overview"), ("overview-problems", "overview"), ("overview-missing", "overview"),
    ("ledger-intro", "ledger"), ("ledger-mismatches", "ledger"),
)  # fmt: skip
EVIDENCE = ("core/pods", "core/nodes", "core/events", "engine/containers")
WHOLE = [*web(), node()]


def seen(ended: Mapping[str, str] | None = None) -> Site:
    """The cluster with as many containers as its engine has counted."""
    site = site_of(WHOLE, ended)
    count = sum(record.kind == "EngineContainer" for record in WHOLE)
    header = site.cluster.header
    captures = tuple(
        replace(
            capture,
            scopes=tuple(replace(s, count=count if s.name == "engine/containers" else s.count) for s in capture.scopes),
        )
        for capture in header.captures
    )
    return Site(Cluster(Snapshot(replace(header, captures=captures), site.cluster.snapshot.records), catalog()))


def claims(site: Site) -> set[str]:
    """The claims that the site and the terminal make, and the badge of the ledger."""
    said = [text(shown(site, view, key)) for view, key in VIEWS_THAT_CLAIM]
    said.append(ledger_text(build_ledger(site.cluster), site.cluster))
    badges = {block for view, key in VIEWS_THAT_CLAIM for block in tones(site, view, key)}
    return {claim for claim in CLAIMS if any(_(claim) in words for words in said)} | badges


def tones(site: Site, view: str, key: str) -> set[str]:
    cells = [block.inlines for block in flat(shown(site, view, key)) if hasattr(block, "inlines")]
    return {item.text for cell in cells for item in cell if isinstance(item, Badge) and item.tone == "ok"}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_where_all_was_collected_it_is_said(language: str) -> None:
    i18n.set_language(language)
    site = seen()
    assert not unseen(site.cluster)
    assert claims(site) >= {CLAIMS[0], CLAIMS[1], CLAIMS[2], CLAIMS[3], CLAIMS[4]}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("result", ["forbidden", "failed", "partial", "skipped"])
@pytest.mark.parametrize("scope", EVIDENCE)
def test_no_claim_covers_what_was_not_collected(scope: str, result: str, language: str) -> None:
    i18n.set_language(language)
    site = seen({scope: result})
    assert unseen(site.cluster)
    assert CLAIMS[0] not in claims(site)
    assert CLAIMS[1] not in claims(site)
    assert CLAIMS[2] not in claims(site)
    if scope in ("core/pods", "engine/containers"):
        assert CLAIMS[4] not in claims(site)


@pytest.mark.parametrize("name", ["civo-v1.26", "oneke-v1.24", "rancher-v1.14", "rke-v1.14"])
def test_a_dump_claims_nothing_of_what_it_does_not_hold(dump: Callable[[str], Path], name: str) -> None:
    site = Site(Cluster(dumped(dump(name)), catalog()))
    assert not claims(site)
    assert "Not seen: sandboxes, dead attempts and containers outside pods" in text(
        shown(site, "ledger-intro", "ledger")
    )
    assert ("the whole control plane" in text(shown(site, "ledger-intro", "ledger"))) == (
        site.cluster.distribution == "rke1"
    )


def test_a_recorded_node_closes_without_a_reservation(recording: Callable[[str], Path]) -> None:
    site = Site(Cluster(recorded(recording("rke-single-node")), catalog()))
    assert not unseen(site.cluster)
    assert "closes" in claims(site)
    assert "Not seen" not in text(shown(site, "ledger-intro", "ledger"))


# What is told is a value, and words are made by whoever prints ------------------------------------------------------------


def odd() -> Cluster:
    gone = Pod("gone-0")
    outside = [Record("engine/EngineContainer/n1/db", "EngineContainer", None, {}, {"labels": {"com.docker.compose.project": "p"}, "image": "x"})]  # fmt: skip
    return cluster_of([Pod("web-0").record(), *gone.parts(), Pod("far", node="n2").record(), *outside])


@pytest.mark.parametrize("first", ["en", "zh_CN"])
def test_the_ledger_as_json_knows_no_language(first: str) -> None:
    cluster = odd()
    told = []
    for language in (first, "en", "zh_CN"):
        i18n.set_language(language)
        told.append(build_ledger(cluster).to_json())
    assert told[0] == told[1] == told[2]
    assert all(str(part).isascii() or "–" in str(part) for part in told[0]["mismatches"])


@pytest.mark.parametrize("first", ["en", "zh_CN"])
def test_a_ledger_that_was_built_in_one_language_is_shown_in_another(first: str) -> None:
    cluster = odd()
    i18n.set_language(first)
    build_ledger(cluster)
    i18n.set_language("zh_CN")
    assert "没有 Pod 的沙箱" in ledger_text(build_ledger(cluster), cluster)
    i18n.set_language("en")
    assert "sandbox without pod" in ledger_text(build_ledger(cluster), cluster)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_ledgers_mismatches_are_sentences_with_links(language: str) -> None:
    i18n.set_language(language)
    gone = [
        engine(f"k8s_POD_gone-0_shop_uid-gone_{attempt}", image="rancher/pause:3.2",
               pod={"namespace": "shop", "name": "gone-0", "uid": "uid-gone", "container": "POD", "attempt": attempt, "type": "podsandbox"})
        for attempt in (0,)
    ]  # fmt: skip
    site = site_of([*WHOLE, *gone])
    said = text(shown(site, "ledger-mismatches", "ledger"))
    assert _("sandbox without pod") in said
    assert _("the API no longer knows this pod") in said
    assert "gone-0/" in said
    assert "what:" not in said
    links = {
        (item.kind, item.name)
        for block in flat(shown(site, "ledger-mismatches", "ledger"))
        for cell in getattr(block, "items", ())
        for item in cell
        if hasattr(item, "kind")
    }
    assert {("node", "n1")} < links


# Kinds that are in no file --------------------------------------------------------------------------------------------------


def of_files(tmp_path: Path, *items: Mapping[str, object]) -> Site:
    """The site of a file with these objects in lists as an API server answers with them."""
    (tmp_path / "x.json").write_text(
        "\n".join(
            json.dumps({"kind": f"{one['kind']}List", "apiVersion": one["apiVersion"], "items": [one]}) for one in items
        )
    )
    options = CollectOptions(output=tmp_path / "s.ndjson", from_=(tmp_path / "x.json",))
    collect(options, progress=QuietProgress())
    return Site(Cluster(load(tmp_path / "s.ndjson"), catalog()))


def test_a_kind_that_is_in_no_file_is_unknown_and_not_none(tmp_path: Path) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}}
    site = of_files(tmp_path, config)
    first = text(shown(site, "overview-intro", "overview"))
    assert "In no file: namespaces, deployments, daemonsets" in first
    assert "Whether there is any of these is not known." in first
    assert "configmaps" not in first
    assert not re.search(r"\b0 (?:nodes|pods|workloads|containers)", first)
    assert not claims(site)


@pytest.mark.parametrize("name", ["civo-v1.26", "oneke-v1.24", "rancher-v1.14", "rke-v1.14"])
def test_the_first_page_of_a_dump_names_each_kind_that_it_counts_or_does_not_know(
    dump: Callable[[str], Path], name: str
) -> None:
    cluster = Cluster(dumped(dump(name)), catalog())
    lacking = kinds_in_no_file(cluster)
    told = {scope.name.partition("/")[2] for scope in cluster.header.scopes()}
    assert lacking
    assert not told & set(lacking)


def test_who_asked_an_api_has_looked_for_all_kinds(recording: Callable[[str], Path]) -> None:
    assert kinds_in_no_file(Cluster(recorded(recording("rke-single-node")), catalog())) == ()

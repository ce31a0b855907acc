"""One table of kinds: whoever takes the name of a kind takes every name of it, and all take the same ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from rkedoc.cli import cli
from rkedoc.collect.kubernetes.discovery import Resource
from rkedoc.collect.selection import Choice, resource_in_file
from rkedoc.errors import UsageError
from rkedoc.explain.listing.lines import explain_lines
from rkedoc.resources import resource
from rkedoc.snapshot.identity import ON_NODE
from rkedoc.snapshot.kinds import TABLE, ObjectKind, guessed_plural, kind_named, kind_of
from tests.explain.recorded import catalog
from tests.support.archives import Archives

NAMES = [
    pytest.param(kind, name, id=f"{kind.kind}-{name}")
    for kind in TABLE
    for name in (
        kind.kind,
        kind.plural,
        *kind.short,
        f"{kind.plural}.{kind.group}",
        f"{kind.group}/{kind.plural}",
        kind.kind.upper(),
    )
]
DEMO = resource("data", "demo.ndjson.zst")


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_skip_only_and_the_comparison_know_every_name(kind: ObjectKind, name: str) -> None:
    assert kind.answers_to(name)
    assert kind_of(kind.group, kind.kind).answers_to(f" {name} ")
    if kind.group in ON_NODE:
        return
    served = Resource(kind.group, "v1", kind.plural, kind.kind, kind.namespaced, ())
    in_file = resource_in_file(kind.group, kind.kind, namespaced=kind.namespaced)
    for one in (served, in_file):
        assert one.scope == kind.scope
        assert Choice(skip=(name,)).reason_to_skip(one) == "option-skip"
        assert Choice(only=(name,)).reason_to_skip(one) != "option-only"
        assert Choice(only=("nothing",)).reason_to_skip(one) == "option-only"
    if "." not in name and "/" not in name:
        assert kind_named(name) is not None


def test_no_two_kinds_have_a_short_name_in_common() -> None:
    taken = [name for kind in TABLE if kind.group not in ON_NODE for name in {kind.plural, *kind.short}]
    assert sorted(taken) == sorted(set(taken))


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("Addon", "addons"),
        ("IngressClass", "ingressclasses"),
        ("GitJob", "gitjobs"),
        ("Policy", "policies"),
        ("Endpoints", "endpoints"),
    ],
)
def test_a_kind_that_nobody_knows_has_the_names_that_its_own_gives(kind: str, plural: str) -> None:
    assert guessed_plural(kind) == plural
    assert kind_of("example.com", kind).answers_to(f"{plural}.example.com")


@pytest.mark.parametrize(
    "name", ["rs", "rc", "ev", "ep", "replicasets.apps", "Deployment", "svc", "engine/images", "apps/deploy"]
)
def test_a_comparison_takes_the_names_that_a_collection_takes(name: str) -> None:
    ended = CliRunner().invoke(cli, ["diff", str(DEMO), str(DEMO), "--only", name])
    assert (ended.exit_code, ended.exception) == (0, None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--only", "deploymens"], "did you mean deployments?"),
        (["--namespace", "kube-sytem"], "did you mean kube-system?"),
        (["--namespace", "nothing-like-it-at-all"], "There are: cattle-system"),
    ],
)
def test_a_filter_that_means_nothing_is_an_error(options: list[str], said: str) -> None:
    ended = CliRunner().invoke(cli, ["diff", str(DEMO), str(DEMO), *options])
    assert isinstance(ended.exception, UsageError)
    assert said in str(ended.exception)


def test_a_listing_knows_what_kubectl_writes_before_a_name() -> None:
    lines = [
        "NAME   READY   AGE",
        *(f"{word}/canal   1/1   5d" for word in ("daemonset.apps", "ds", "deploy", "sts", "rs", "rc")),
    ]
    assert [line.role for line in explain_lines(lines, catalog())] == ["app"] * 6


def test_an_unknown_kind_alone_is_no_empty_cluster(dump: Archives, tmp_path: Path) -> None:
    folder = dump("civo-v1.26")
    command = ["collect", "--from", str(folder), "--only", "deploymens", "-o", str(tmp_path / "x.ndjson")]
    ended = CliRunner().invoke(cli, command)
    assert isinstance(ended.exception, UsageError)
    assert "did you mean deployments?" in str(ended.exception)
    assert not (tmp_path / "x.ndjson").exists()

"""What earlier releases wrote is read by this one: snapshots, stores, published sites; and what they promised to programs still holds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from rkedoc.cli import cli
from rkedoc.fleet.schema import tables_schema
from rkedoc.publish.run import publish
from rkedoc.resources import resource
from rkedoc.snapshot.reader import SnapshotFile, load
from tests.support.archives import DATA, unpack

RELEASED = DATA / "released"
PUBLISHED = "2026-11-23"
"""The version in the site that 0.1.0 published."""


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("released")
    for archive in RELEASED.glob("*.tar.zst"):
        target = folder / archive.name.removesuffix(".tar.zst")
        target.mkdir()
        unpack(archive, target)
    return folder


@pytest.fixture(scope="module")
def old(released: Path) -> Path:
    """A snapshot of 0.1.0."""
    return released / "site-0.1.0" / ".rkedoc" / "snapshots" / "rancher-demo" / f"{PUBLISHED}.ndjson.zst"


@pytest.fixture
def site(released: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(released / "site-0.1.0", tmp_path / "SITE"))


def run(*arguments: object, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return done


def test_a_snapshot_is_whole_redacted_and_its_sums_close(old: Path) -> None:
    run("validate", old)
    ledger = json.loads(run("ledger", old, "--format", "json").stdout)
    assert ledger["total"] == sum(ledger["by_role"].values()) == sum(ledger["by_origin"].values()) == 50
    assert ledger["closes"] and not ledger["unexplained"]
    assert "kubelet" in run("explain", "kubelet", "--snapshot", old).stdout


def test_a_snapshot_satisfies_the_schema_of_this_release(old: Path) -> None:
    schema = jsonschema.Draft202012Validator(json.loads(run("schema").stdout))
    with SnapshotFile(old) as file:
        schema.validate(json.loads(file.header.line()))
    for record in load(old).records:
        schema.validate(json.loads(record.line()))


def test_two_releases_that_read_one_node_saw_the_same(old: Path) -> None:
    found = json.loads(run("diff", old, resource("data", "demo.ndjson.zst"), "--format", "json").stdout)
    assert found["old"]["cluster"] == found["new"]["cluster"] == "rancher-demo"
    assert found["same"]


def test_a_site_takes_the_next_version_beside_the_old_one_which_stays_as_it_is(site: Path, tmp_path: Path) -> None:
    version = site / "rancher-demo" / PUBLISHED
    before = {path: path.read_bytes() for path in version.rglob("*") if path.is_file()}
    done = publish([resource("data", "demo.ndjson.zst")], site, label="next")
    assert done.new == ("rancher-demo/next",) and not done.warnings and not done.failed
    assert {path: path.read_bytes() for path in version.rglob("*") if path.is_file()} == before
    assert (site / "rancher-demo" / "next" / "index.html").is_file()
    start = (site / "index.html").read_text("utf-8") + "".join(
        path.read_text("utf-8") for path in (site / "_portal").rglob("*.js")
    )
    assert "rancher-demo" in start
    assert PUBLISHED in (site / "rancher-demo" / "versions.js").read_text("utf-8")


def test_a_site_can_be_built_again_and_is_then_of_this_release(site: Path) -> None:
    done = publish([], site, renew=True)
    assert done.renewed == (f"rancher-demo/{PUBLISHED}",) and not done.failed
    assert (site / "rancher-demo" / PUBLISHED / "rkedoc.json").is_file()
    assert publish([], site, renew=True).renewed == ()


def test_a_version_of_a_site_can_be_taken_back(site: Path) -> None:
    run("purge", "rancher-demo", "-o", site)
    assert not (site / "rancher-demo").exists()
    assert not list((site / ".rkedoc").rglob("*.zst"))


def test_a_fleet_can_be_asked_over_a_site(site: Path) -> None:
    pytest.importorskip("duckdb")
    assert "rancher-demo" in run("fleet", "images", site, "hyperkube").stdout


def test_a_store_is_listed_verified_and_read(released: Path, tmp_path: Path) -> None:
    pytest.importorskip("obstore")
    store = f"file://{released / 'store-v1' / 'store'}"
    listed = run("store", "ls", store).stdout
    assert "rancher-demo" in listed and "rke2-demo" in listed
    run("store", "verify", store)
    run("ledger", f"{store}/rke2-demo")
    assert publish_url(store, tmp_path / "SITE") == {"rancher-demo", "rke2-demo"}


def publish_url(url: str, site: Path) -> set[str]:
    run("publish", url, "-o", site, "-q")
    return {path.parent.name for path in site.glob("*/latest")}


def promises(schema: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """What a reader of a document may rely on: fields, whether they are always there, their types and constants."""
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "required":
                yield from ((f"{where}/required/{each}", True) for each in value)
            elif name in ("type", "const", "$ref"):
                yield f"{where}/{name}", value
            elif name not in ("description", "title", "enum"):
                yield from promises(value, f"{where}/{name}")
    elif isinstance(schema, list):
        for number, value in enumerate(schema):
            yield from promises(value, f"{where}/{number}")
    elif isinstance(schema, bool):
        return


@pytest.mark.parametrize(
    ("file", "option"),
    [
        ("snapshot-0.1.0.schema.json", ()),
        ("diff-0.1.0.schema.json", ("--diff",)),
        ("site.schema.json", ("--site",)),
    ],
)
def test_documents_have_what_those_of_earlier_releases_had(file: str, option: tuple[str, ...]) -> None:
    before = dict(promises(json.loads((RELEASED / file).read_text("utf-8"))))
    now = dict(promises(json.loads(run("schema", *option).stdout)))
    assert before
    assert {place: (value, now.get(place)) for place, value in before.items() if now.get(place) != value} == {}


def test_tables_of_one_version_only_gain_columns() -> None:
    before, now = json.loads((RELEASED / "tables.json").read_text("utf-8")), tables_schema()
    assert now["version"] == before["version"], "a new version of the tables: freeze it beside this one"
    for name, table in before["tables"].items():
        columns = {column["name"]: column["type"] for column in now["tables"][name]["columns"]}
        missing = [column for column in table["columns"] if columns.get(column["name"]) != column["type"]]
        assert missing == [], name

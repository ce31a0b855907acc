"""Which images a cluster is made of, for people and as a bill of materials."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from rkedoc.cli import cli
from rkedoc.cluster.model import Cluster
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.export.cyclonedx import bill_of_materials
from rkedoc.export.images import images, images_csv
from rkedoc.resources import resource
from tests.diff.world import find, objects, records
from tests.explain.recorded import cluster_of
from tests.fleet.test_tables import CASES
from tests.support.fleets import Fleet, plan, write_version

DEMO = str(resource("data", "demo.ndjson.zst"))
everywhere = pytest.mark.parametrize("cluster", CASES, indirect=True)


@everywhere
def test_each_container_of_the_ledger_is_made_of_one_image_or_counted_without(cluster: Cluster) -> None:
    found = images(cluster)
    assert sum(one.containers for one in found.all) + found.unnamed == len(build_ledger(cluster).lines)


@everywhere
def test_each_form_says_the_same(cluster: Cluster) -> None:
    found = images(cluster)
    told = found.to_json()
    rows = list(csv.DictReader(io.StringIO(images_csv(found))))
    assert [one["image"] for one in told["images"]] == list(dict.fromkeys(row["image"] for row in rows))
    assert sum(int(row["containers"]) for row in rows) == sum(one["containers"] for one in told["images"])
    assert all(set(one["users"][0]) <= set(rows[0]) for one in told["images"])


@everywhere
def test_the_bill_of_materials_is_valid_has_every_image_and_is_the_same_each_time(cluster: Cluster) -> None:
    found = images(cluster)
    text = bill_of_materials(cluster)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert bill_of_materials(cluster) == text
    document = json.loads(text)
    of = {
        prop["value"] for one in document["components"] for prop in one["properties"] if prop["name"] == "rkedoc:image"
    }
    assert of == {one.image for one in found.all}
    for one in document["components"]:
        digests = [each["content"] for each in one.get("hashes", ())]
        assert ("purl" in one) == bool(digests)
        if digests:
            assert f"@sha256:{digests[0]}".replace(":", "%3A") in one["purl"].replace(":", "%3A")


def with_image(image: str) -> Cluster:
    deployment = find(objects(), "Deployment")
    spec = deployment["spec"]["template"]["spec"]
    spec["containers"] = [{**spec["containers"][0], "image": image}]
    spec.pop("initContainers", None)
    return cluster_of(records([deployment]))


def test_an_image_of_which_no_digest_is_known_has_no_purl_and_says_so() -> None:
    text = bill_of_materials(with_image("registry.example.com:5000/shop/web:1.0"))
    (one,) = [each for each in json.loads(text)["components"] if each["name"] == "shop/web"]
    assert "purl" not in one
    assert {"name": "rkedoc:digest", "value": "not known"} in one["properties"]


def test_a_purl_says_where_and_under_which_tag() -> None:
    name = "registry.example.com:5000/shop/web"
    digest = "sha256:" + "ab" * 32
    text = bill_of_materials(with_image(f"{name}:1.0@{digest}"))
    (one,) = [each for each in json.loads(text)["components"] if each["name"] == "shop/web"]
    assert one["purl"] == f"pkg:oci/web@{digest}?repository_url={name}&tag=1.0"


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_prints_every_form() -> None:
    assert "20 images, 50 containers" in run("images", DEMO, "--language", "en")
    assert "20 个镜像" in run("images", DEMO, "--language", "zh_CN")
    assert len(json.loads(run("images", DEMO, "-o", "json"))["images"]) == 20
    assert json.loads(run("images", DEMO, "-o", "cyclonedx"))["bomFormat"] == "CycloneDX"
    assert len(run("images", DEMO, "-o", "name").splitlines()) == 20


def test_what_was_not_looked_at_is_said(tmp_path: Path) -> None:
    fleet = Fleet(clusters=8, versions=1)
    refused = next(one for one in plan(fleet) if one.refused == "core/Pod")
    path = write_version(tmp_path, refused, 0, fleet)
    told = json.loads(run("images", str(path), "-o", "json"))
    assert any(code.startswith("core/pods:") for code in told["not_known"])
    assert "rkedoc:not-known" in run("images", str(path), "-o", "cyclonedx")


def test_the_library_is_asked_for_where_it_is_missing() -> None:
    code = "import sys; sys.modules['cyclonedx'] = None; from rkedoc.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "images", DEMO, "-o", "cyclonedx"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'rkedoc[sbom]'" in done.stderr and "Traceback" not in done.stderr


def test_hostile_names_are_text() -> None:
    cluster = with_image("=cmd|'/c calc'!A1\x1b[31m:latest")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill_of_materials(cluster)) is None
    assert all(not line.startswith(("=", "+", "@")) for line in images_csv(images(cluster)).splitlines())

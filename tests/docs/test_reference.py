"""The documentation has a heading for everything public, shows commands that exist, and builds without a warning."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import click
import pytest

from rkedoc.catalog.loader import load_catalog
from rkedoc.cli import cli
from rkedoc.collect.cri.lists import NOT_VISIBLE
from rkedoc.collect.cri.sockets import CRI_SOCKETS, DOCKER_SOCKETS
from rkedoc.collect.host.files import FILE_PARTS
from rkedoc.collect.host.root import Reason
from rkedoc.fleet import schema
from rkedoc.resources import load_yaml, resource
from rkedoc.snapshot.identity import ENGINE, HOST
from rkedoc.snapshot.kinds import TABLE
from rkedoc.snapshot.schema import json_schema
from rkedoc.sphinxext.domain import K8sDomain
from rkedoc.sphinxext.kinds import KINDS
from rkedoc.sphinxext.pages import PAGES
from rkedoc.sphinxext.register import register

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_NOT_OURS = ("_build", "demo", "annotations")


def pages() -> list[Path]:
    """The hand-written pages."""
    return [path for path in sorted(DOCS.rglob("*.md")) if path.relative_to(DOCS).parts[0] not in _NOT_OURS]


def headings(page: Path) -> set[str]:
    """The headings of a page, as text."""
    found, fence = set(), ""
    for line in page.read_text("utf-8").splitlines():
        mark = re.match(r"\s*(`{3,}|~{3,}|:{3,})", line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence and (heading := re.match(r"#{1,6}\s+(.+?)\s*$", line)):
            found.add(heading[1].replace("`", ""))
    return found


class Registry:
    """Stands in for Sphinx's application and remembers what an extension registers."""

    def __init__(self) -> None:
        self.calls: dict[str, list[Any]] = {}
        self.registry = SimpleNamespace(source_suffix={})

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **_options: self.calls.setdefault(name, []).append(arguments[0])


def leaves(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """The commands that do something, by what one types to reach them."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


COMMANDS = dict(leaves(cli))


@pytest.fixture(scope="module")
def registered() -> Mapping[str, list[Any]]:
    """What the extension registers, by the method of the application."""
    registry = Registry()
    register(registry)  # type: ignore[arg-type]
    return registry.calls


def test_every_command_has_a_heading_and_its_options() -> None:
    page = DOCS / "reference" / "commands.md"
    assert {f"rkedoc {name}" for name in COMMANDS} <= headings(page)
    text = page.read_text("utf-8")
    assert [name for name in COMMANDS if f"```{{command}} {name}\n" not in text] == []


def test_every_directive_has_a_heading(registered: Mapping[str, list[Any]]) -> None:
    assert {f"{{{name}}}" for name in registered["add_directive"]} <= headings(DOCS / "reference" / "directives.md")


def test_every_role_has_a_heading(registered: Mapping[str, list[Any]]) -> None:
    assert {f"{{{name}}}" for name in registered["add_role"]} <= headings(DOCS / "reference" / "directives.md")


def test_every_object_type_has_a_heading() -> None:
    found = headings(DOCS / "reference" / "objects.md")
    assert set(KINDS) | set(K8sDomain.object_types) <= found
    others = (set(K8sDomain.roles) | set(K8sDomain.directives)) - set(KINDS)
    assert {f"{{k8s:{name}}}" for name in others} <= found


def test_every_configuration_value_has_a_heading(registered: Mapping[str, list[Any]]) -> None:
    assert set(registered["add_config_value"]) <= headings(DOCS / "reference" / "configuration.md")


def fields(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """The names of the fields of a schema, those of inner objects too."""
    for key, field in schema.get("properties", {}).items():
        yield f"{name}.{key}"
        yield from fields(f"{name}.{key}", field.get("items", field))


def test_every_table_of_many_clusters_has_a_heading() -> None:
    assert set(schema.TABLES) <= headings(DOCS / "reference" / "tables.md")


@pytest.mark.parametrize("part", ["header", "record"])
def test_every_field_of_a_snapshot_has_a_heading(part: str) -> None:
    assert set(fields(part, json_schema()["$defs"][part])) <= headings(DOCS / "reference" / "snapshot.md")


def test_every_kind_of_record_of_an_engine_or_a_host_has_a_heading() -> None:
    kinds = {one.kind for one in TABLE if one.group in (ENGINE, HOST)}
    assert {"EngineContainer", "HostProcess"} <= kinds <= headings(DOCS / "reference" / "records.md")


def test_every_reason_of_the_host_and_of_runtimes_is_in_the_reference() -> None:
    text = (DOCS / "reference" / "snapshot.md").read_text("utf-8")
    silent = {"absent", "withheld"}  # what is not there is no lack, and what is never opened is not looked for
    reasons = {*get_args(Reason)} - silent | {"hidden", "vanished", "details-not-told", "read-from-docker", NOT_VISIBLE}
    assert [reason for reason in sorted(reasons) if f"`{reason}" not in text] == []
    assert [part for part in FILE_PARTS if f"`host/{part}`" not in text] == []


def test_the_image_that_is_shown_can_read_every_runtime() -> None:
    assert "/source[cri,ssh]" in (DOCS / "howto" / "Containerfile").read_text("utf-8")


def commands_in(page: Path) -> Iterator[list[str]]:
    """The command lines of rkedoc that a page tells the reader to type, as arguments."""
    for block in re.findall(r"^ *```console\n(.*?)^ *```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE):
        typed = block.replace("\\\n", " ")
        for line in re.findall(r"^\s*\$ (.*)$", typed, re.MULTILINE):
            lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
            lexer.whitespace_split = True
            yield from _calls(list(lexer))


def _calls(words: list[str]) -> Iterator[list[str]]:
    for index, word in enumerate(words):
        if word == "rkedoc" or word.endswith("/rkedoc"):
            end = next((n for n, other in enumerate(words[index:], index) if other in ("|", "&&", ";", ">", "<")), None)
            if words[index + 1 : index + 2] and words[index + 1] in (*cli.commands, "--version"):
                yield words[index + 1 : end]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_shown_commands_are_understood(page: Path) -> None:
    for name, *arguments in commands_in(page):
        if name in cli.commands:
            # Below the group, as people call it: a command keeps the help option that it was first asked for.
            above = click.Context(cli, **cli.context_settings)
            cli.commands[name].make_context(name, arguments, parent=above)


def test_the_guides_show_commands() -> None:
    assert sum(1 for page in pages() for _ in commands_in(page)) > 20


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built as it is published: a warning or a missing reference is an error."""
    folder = tmp_path_factory.mktemp("docs")
    source = folder / "docs"
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns("_build", "demo"))
    shutil.copy(ROOT / "CHANGELOG.md", folder)
    for name in ("rkedoc", "tests"):  # pages show parts of them
        (folder / name).symlink_to(ROOT / name)
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-b", "html", str(source), str(folder / "html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder / "html"


def shown(built: Path, page: str) -> str:
    """The text of a built page."""
    return unescape(re.sub(r"<[^>]+>", "", (built / page).read_text("utf-8")))


def test_the_reference_names_every_option(built: Path) -> None:
    text = shown(built, "reference/commands.html")
    options = {
        name
        for command in COMMANDS.values()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }
    assert [option for option in sorted(options) if option not in text] == []


def test_the_reference_names_every_rule_kind_and_view(built: Path) -> None:
    redaction = shown(built, "reference/redaction.html")
    assert [rule for rule in load_yaml("redact", "rules.yaml")["rules"] if rule not in redaction] == []
    kinds = load_yaml("redact", "credentials.yaml")["kinds"]
    assert [kind["resource"] for kind in kinds if kind["resource"] not in redaction] == []
    noise = load_yaml("collect", "noise.yaml")["rules"]
    requests = shown(built, "reference/requests.html")
    assert [rule["group"] for rule in noise if rule["group"] not in requests] == []
    directives = shown(built, "reference/directives.html")
    assert [name for name in (*PAGES.views, *PAGES.headings) if name not in directives] == []


def test_the_guides_name_every_socket_path_and_program(built: Path) -> None:
    runtimes = shown(built, "howto/engine-access.html")
    assert [one.path for one in (*CRI_SOCKETS, *DOCKER_SOCKETS) if one.path not in runtimes] == []
    host = shown(built, "howto/host.html")
    lists = load_yaml("collect", "host", "allowlist.yaml")
    paths = [path for entry in (*lists["entries"], *lists["never"]) for path in entry["paths"]]
    programs = [name for names in load_yaml("collect", "host", "programs.yaml").values() for name in names]
    assert [text for text in (*paths, *programs, *lists["units"]) if text not in host] == []


def test_the_demo_is_a_part_of_it(built: Path) -> None:
    assert "kubelet" in shown(built, "demo/ledger.html")


def test_the_filtering_proxy_lets_just_the_reading_paths_pass() -> None:
    config = (DOCS / "howto" / "docker-readonly.conf").read_text("utf-8")
    allowed = re.compile(re.findall(r'location ~ "(.*)"', config)[0])
    needed = [
        "/version",
        "/info",
        "/containers/json",
        "/containers/3f0e1c/json",
        "/images/json",
        "/networks",
        "/volumes",
    ]
    needed.append(f"/images/sha256:{'0a' * 32}/json")
    assert [path for path in needed if not (allowed.search(path) and allowed.search(f"/v1.41{path}"))] == []
    refused = [
        "/containers/create",
        "/containers/3f0e1c/logs",
        "/containers/a/../create/json",
        "/exec/1/json",
        "/events",
    ]
    assert [path for path in refused if allowed.search(path)] == []


def test_the_annotations_that_are_shown_are_understood(tmp_path: Path) -> None:
    beginning = resource("templates", "project", "annotations", "README.txt").read_text("utf-8")
    guide = (DOCS / "howto" / "own-wiki.md").read_text("utf-8")
    examples = re.findall(r"```(?:markdown|md)\n(---\n.*?)```", beginning + guide, re.DOTALL)
    for number, example in enumerate(examples):
        (tmp_path / f"{number}.md").write_text(example, "utf-8")
    assert len(examples) == 2
    catalog = load_catalog(extra=[tmp_path])
    shop, etcd = catalog.get("shop"), catalog.get("etcd")
    assert shop is not None
    assert etcd is not None
    assert shop.origin == "workload"
    stops = etcd.section("if-it-stops")
    assert stops is not None
    assert stops.markdown.startswith("Call the storage team.")

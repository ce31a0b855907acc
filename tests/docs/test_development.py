"""What is written for contributors is true: every path, command, session and option that is named exists, and the recipes work."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from rkedoc.redact import Redactor
from rkedoc.redact.grammars import GRAMMARS
from rkedoc.sphinxext.pages import PAGES as DECLARED

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs" / "development").glob("*.md")))
PATH = re.compile(r"`((?:rkedoc|tests|docs|templates|tools|bench|\.ci)(?:/[\w.-]+)+/?|[\w-]+\.(?:toml|py|md))`")
ELSEWHERE = (
    "members.py",
    "contents.py",
    "texts.py",
    "yaml.py",
    "things.py",
    "internal.py",
    "scopes.py",
    "source.py",
    "newest.py",
)
"""Modules that a page names below a folder that it has named."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_is_named_exists(page: Path) -> None:
    for name in PATH.findall(page.read_text("utf-8")):
        if name in ELSEWHERE:
            assert (ROOT / "rkedoc" / "collect" / "files" / name).is_file()
        elif "NAME" not in name and "CODE" not in name and not name.endswith((".yaml", "rules.yaml")):
            assert (ROOT / name).exists(), name


def commands() -> Iterator[str]:
    for page in PAGES:
        text = page.read_text("utf-8")
        for block in re.findall(r"```(?:console|sh)\n(.*?)```", text, re.DOTALL):
            yield from (line.strip().removeprefix("$ ") for line in block.splitlines() if line.strip())
        yield from re.findall(r"`((?:\.venv/bin/python|python|nox|pytest) [^`]+)`", text)


def test_sessions_modules_and_tests_in_commands_exist() -> None:
    sessions = set(re.findall(r"@nox\.session.*?\ndef (\w+)", (ROOT / "noxfile.py").read_text("utf-8"), re.DOTALL))
    seen = 0
    for command in commands():
        words = shlex.split(command)
        if words[0] == "nox":
            named = words[words.index("-s") + 1 :]
            assert set(named) <= sessions, command
            seen += 1
        if words[0].endswith(("python", "pytest")) and ("pytest" in command):
            for word in words:
                if word.startswith("tests/"):
                    assert (ROOT / word).exists(), command
                    seen += 1
        if "-m" in words and words[words.index("-m") + 1].startswith(("tools.", "bench")):
            module = words[words.index("-m") + 1].replace(".", "/")
            assert (ROOT / f"{module}.py").is_file() or (ROOT / module / "__main__.py").is_file(), command
            seen += 1
    assert seen > 12


def test_setting_up_takes_three_commands() -> None:
    block = re.search(r"## Set it up\n\n```sh\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)
    assert block is not None
    lines = block[1].splitlines()
    assert len(lines) == 3
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(re.findall(r"\[([\w,]+)\]", lines[1])[0].split(",")) <= set(extras)


def test_the_layers_of_the_architecture_are_those_of_the_contract() -> None:
    table = (ROOT / "docs" / "development" / "architecture.md").read_text("utf-8")
    shown = re.findall(r"^\| [\w ]+ \| `rkedoc/(\w+)`", table, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = next(c["layers"] for c in project["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    assert set(shown) <= {layer.removeprefix("rkedoc.") for layer in layers}
    assert len(shown) == len(set(shown)) >= 10


def test_whoever_follows_the_page_on_rules_succeeds() -> None:
    """The recipe: a grammar in the YAML of the page's form, with examples, is all that there is to write."""
    page = (ROOT / "docs" / "development" / "redaction-rules.md").read_text("utf-8")
    assert 'start-at: "id: kadmin"' in page
    text = (ROOT / "rkedoc" / "redact" / "grammars.yaml").read_text("utf-8")
    shown = text[text.index("  - id: kadmin") :].partition("\n  - id:")[0]
    (item,) = yaml.safe_load(shown)
    assert set(item) == {"id", "rule", "source", "pattern", "hides", "keeps"}
    grammar = next(grammar for grammar in GRAMMARS if grammar.id == item["id"])
    for example in grammar.hides:
        assert "mobikaza94sa" not in Redactor().text(example.replace("{}", "mobikaza94sa"))
    for macro in ("<V>", "<Q>", "<S>", "<N>"):
        assert f"`{macro}`" in page
        assert macro in text


def test_whoever_follows_the_page_on_pages_finds_what_it_names() -> None:
    page = (ROOT / "docs" / "development" / "pages.md").read_text("utf-8")
    assert DECLARED.views
    assert "`rkedoc/sphinxext/pages.py`" in page
    for name in ("reservation", "LANGUAGES"):
        assert any(f"`{name}`" in other.read_text("utf-8") for other in PAGES)
    from rkedoc.i18n import LANGUAGES
    from rkedoc.sphinxext.views.parts.cells import reservation

    assert callable(reservation)
    assert "zh_CN" in LANGUAGES


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/explanation/threats.md"])
def test_promises_of_security_name_tests_that_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)`", text)
    assert len(named) >= 8
    assert all((ROOT / name).is_file() for name in named)
    assert sys.version_info >= (3, 11)

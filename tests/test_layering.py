"""Who may import whom, inside the package and outside of it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import rkedoc

PACKAGE = Path(rkedoc.__file__).parent
PROJECT = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
FOR_USERS = [line for extra in ("cri", "fleet", "pictures", "ssh") for line in PROJECT["optional-dependencies"][extra]]
"""What users install beside, for the sources and the formats that need it."""


def test_packages_import_only_whom_they_may_know(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PACKAGE.parent)
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out


def imported() -> Iterator[str]:
    """The packages of others that the code imports by name, wherever in a module."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def declared() -> dict[str, str]:
    """What the project says that it needs, with the bound of each."""
    found = (re.match(r"([\w.-]+)(?:\[[\w,]+\])?(.*)", line) for line in (*PROJECT["dependencies"], *FOR_USERS))
    return {match[1].lower(): match[2] for match in found if match is not None}


def test_every_package_that_is_imported_is_declared_with_a_lower_bound() -> None:
    others = set(imported()) - set(sys.stdlib_module_names) - {"rkedoc"}
    providers = packages_distributions()
    known = declared()
    missing = {name for name in others if not any(one.lower() in known for one in providers.get(name, ()))}
    assert missing == set()
    assert {name for name, bound in known.items() if ">=" not in bound} == set()

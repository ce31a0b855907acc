"""The API that programs of others build on is documented, whole, and does what it says."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rkedoc import api
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "api.md"


def classes(hint: Any) -> Iterator[type]:
    """The classes of ours that a type speaks of."""
    if isinstance(hint, type) and hint.__module__.startswith("rkedoc"):
        yield hint
    for inner in typing.get_args(hint):
        yield from classes(inner)


def hints(of: Any) -> dict[str, Any]:
    from rkedoc.sphinxext.project import Built

    return typing.get_type_hints(of, {**vars(api), **vars(sys.modules[of.__module__]), "Built": Built})


def test_every_name_is_there_and_documented() -> None:
    page = PAGE.read_text("utf-8")
    for name in api.__all__:
        thing = getattr(api, name)
        assert inspect.getdoc(thing), name
        assert f"`{name}`" in page, name
    assert api.__all__ == sorted(api.__all__)


def test_what_functions_take_and_give_is_named_too() -> None:
    for name in api.__all__:
        thing = getattr(api, name)
        if inspect.isfunction(thing):
            found = {cls.__name__ for hint in hints(thing).values() for cls in classes(hint)} - {"Built"}
            assert found <= set(api.__all__), (name, found)


@pytest.mark.parametrize(
    "name",
    [
        "Ledger",
        "LedgerLine",
        "Mismatch",
        "NotCollected",
        "Header",
        "Capture",
        "Record",
        "Entry",
        "Fact",
        "Workload",
        "Match",
        "Support",
        "SupportSource",
    ],
)
def test_what_values_are_made_of_is_named_too(name: str) -> None:
    for field in dataclasses.fields(getattr(api, name)):
        hint = hints(getattr(api, name)).get(field.name)
        assert {cls.__name__ for cls in classes(hint)} <= set(api.__all__), field.name


def test_nothing_is_public_that_is_not_named() -> None:
    public = {
        name for name, thing in vars(api).items() if inspect.isfunction(thing) and thing.__module__ == api.__name__
    }
    assert public <= set(api.__all__)


def test_the_examples_of_the_page_run(
    recording: Callable[[str], Path], dump: Callable[[str], Path], tmp_path: Path
) -> None:
    for name in ("node", "before", "after"):
        options = CollectOptions(
            output=tmp_path / f"{name}.ndjson.zst", from_=(dump("civo-v1.26"),), engine="none", kubernetes=False
        )
        collect(options, progress=QuietProgress())
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "kube-system/" in done.stdout


def test_reading_needs_no_sphinx() -> None:
    code = "import sys; from rkedoc import api; assert not {'sphinx', 'docutils', 'docker', 'kubernetes'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_site_is_built_and_facts_are_read(dump: Callable[[str], Path], tmp_path: Path) -> None:
    path = tmp_path / "s.ndjson"
    collect(
        CollectOptions(output=path, from_=(dump("civo-v1.26"),), engine="none", kubernetes=False),
        progress=QuietProgress(),
    )
    cluster = api.cluster(api.read(path), language="zh")
    assert api.facts(cluster)
    assert {one.state for one in api.support(cluster, date(2026, 11, 30))} == {api.SupportState.ENDED}
    built = api.build(path, tmp_path / "site")
    assert (built.folder / "index.html").is_file()
    with pytest.raises(api.SnapshotError):
        api.read(PAGE)
    with pytest.raises(api.UsageError):
        api.speak("tlh")

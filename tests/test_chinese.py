"""Chinese as Chinese readers write it: every message, every entry and every table that explains something, and no English left in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from rkedoc.catalog import load_catalog
from rkedoc.catalog.entry import Entry
from rkedoc.cli import cli
from rkedoc.resources import resource
from tests.support.chinese import english, marks
from tests.support.demo import DEMOS
from tools.messages import translation

ENTRIES = load_catalog("zh_CN").entries
NAMED = (
    "explain/flags.yaml", "explain/follows.yaml", "explain/listing/system_programs.yaml", "explain/migration/rules.yaml",
)  # fmt: skip
"""Tables that hold their translations themselves."""

PROXIES = re.compile(r"prox|Envoy|gateway|forward", re.IGNORECASE)


def messages() -> Iterator[tuple[str, str]]:
    for message in (*translation("zh_CN"), *translation("zh_CN", "sphinx")):
        if message.id:
            said = (message.string,) if isinstance(message.string, str) else message.string
            yield from ((str(message.id), one) for one in said)


def texts(entry: Entry) -> Iterator[str]:
    """What an entry says in words, without what names the versions at which it holds."""
    yield from (entry.summary, *entry.talks_to)
    for section in entry.sections:
        yield from (section.title, section.markdown)


def translated(value: Any) -> Iterator[str]:
    """The Chinese in a table."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from (inner,) if key == "zh_CN" and isinstance(inner, str) else translated(inner)
        case list():
            for inner in value:
                yield from translated(inner)


def test_messages_are_written_as_chinese_is() -> None:
    found = {text: amiss for _id, text in messages() if (amiss := [*marks(text), *english(text)])}
    assert found == {}


def test_a_message_without_chinese_is_a_name_or_only_marks() -> None:
    left = [
        text
        for _id, text in messages()
        if not re.search(r"[\u3400-\u9fff]", text) and re.search(r"\b[a-z]{2,} [a-z]{2,}", re.sub(r"{\w+}", "", text))
    ]
    assert left == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_entries_are_written_as_chinese_is(entry: Entry) -> None:
    assert [amiss for text in texts(entry) for amiss in (*marks(text), *english(text))] == []
    assert [*marks(entry.name)] == []


@pytest.mark.parametrize("name", NAMED)
def test_tables_are_written_as_chinese_is(name: str) -> None:
    said = list(translated(yaml.safe_load(resource(*name.split("/")).read_text("utf-8"))))
    assert len(said) > 5
    assert [amiss for text in said for amiss in (*marks(text), *english(text))] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_one_chinese_name_stands_for_one_thing(entry: Entry) -> None:
    """代理 is a proxy, and an agent is an Agent; what is watched is 监视, and 监听 is of ports and sockets."""
    original = load_catalog().get(entry.id)
    assert original is not None
    there = " ".join((original.name, *texts(original)))
    words = " ".join(texts(entry))
    assert "代理" not in words or PROXIES.search(there), "an agent is an Agent"
    assert not re.search(
        r"监听[^。；]{0,12}(?:对象|Ingress|Plan)|执行 ?NetworkPolicy|宿主机|API 服务器|API Server|账目|容器账(?!本)",
        words,
    )


@pytest.mark.parametrize(
    "command",
    [
        ["ledger", "{rke1}"], ["ledger", "{rke2}"], ["coverage", "{rke1}"], ["diff", "--across", "{rke1}", "{rke2}"],
        ["explain", "canal"], ["catalog", "list"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_the_terminal_writes_as_chinese_is(command: list[str]) -> None:
    files = {name: str(resource("data", demo.file)) for name, demo in DEMOS.items()}
    done = CliRunner().invoke(cli, [*(word.format(**files) for word in command), "--language", "zh_CN"])
    told, _sources, _cited = done.stdout.partition("出处")
    lines = [re.sub(" {2,}", "\n", line) for line in told.splitlines() if not line.startswith("- ") or "(" not in line]
    assert re.search(r"[\u3400-\u9fff]", told)
    assert [amiss for line in lines for amiss in (*marks(line, apart=True), *english(line))] == []

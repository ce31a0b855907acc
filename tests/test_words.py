"""The words of rkedoc: marked in the code, collected for translators, translated, and compiled into the package."""

from __future__ import annotations

import re
import shutil
import string
from collections.abc import Callable, Iterator
from gettext import GNUTranslations
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner

from hatch_build import compile_messages
from rkedoc import i18n
from rkedoc.catalog.loader import load_catalog
from rkedoc.cli import cli
from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.model import Cluster
from rkedoc.errors import UsageError
from rkedoc.explain.facts.fact import said
from rkedoc.explain.facts.listeners import listeners
from rkedoc.explain.facts.topics import facts
from rkedoc.explain.health.checks import problems
from rkedoc.explain.ledger.ledger import build_ledger
from rkedoc.i18n import set_language
from rkedoc.resources import resource
from tests.explain.recorded import recorded
from tools.messages import po_file, template, translation

TRANSLATED = [language for language in i18n.LANGUAGES if language != "en"]
AGAIN = "write it anew with `python -m tools.messages`"


def test_the_template_for_translators_holds_every_marked_message() -> None:
    with resource("locale", "rkedoc.pot").open("rb") as stream:
        known = {message.id for message in read_po(stream) if message.id}
    assert {message.id for message in template() if message.id} == known, AGAIN


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("domain", [i18n.DOMAIN, "sphinx"])
def test_what_is_compiled_says_what_the_translators_wrote(language: str, domain: str, tmp_path: Path) -> None:
    copy = tmp_path / language / "LC_MESSAGES" / f"{domain}.po"
    copy.parent.mkdir(parents=True)
    shutil.copy(po_file(language, domain), copy)
    compile_messages(copy)
    with copy.with_suffix(".mo").open("rb") as stream:
        found = GNUTranslations(stream)
    wanted = {str(m.id): str(m.string) for m in translation(language, domain) if m.id and m.string}
    assert wanted
    assert {message: found.gettext(message) for message in wanted} == wanted


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str) -> None:
    known = {message.id: message.string for message in translation(language) if message.id}
    assert [message.id for message in template() if message.id and not known.get(message.id)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_fields_of_its_message(language: str) -> None:
    def fields(text: str) -> set[str]:
        return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}

    wrong = [m.id for m in translation(language) if m.id and m.string and fields(str(m.id)) != fields(str(m.string))]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_keeps_the_space_around_its_message(language: str) -> None:
    edges = re.compile(r"\A(\s*).*?(\s*)\Z", re.DOTALL)
    messages = [(str(m.id), str(m.string)) for m in translation(language) if m.id and m.string]
    assert [one for one, other in messages if edges.match(one).groups() != edges.match(other).groups()] == []  # type: ignore[union-attr]


def test_what_is_said_follows_the_language_in_use() -> None:
    i18n.set_language("zh-Hans")
    assert i18n.language() == "zh_CN"
    assert i18n._("Namespaces") == "命名空间"
    i18n.set_language("en")
    assert i18n._("Namespaces") == "Namespaces"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh_CN"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert i18n.environment_language(environment) == language


@pytest.mark.parametrize("name", ["fr", "zh_TW", "zh-Hant", "zhcn", "english", "", "de_DE", "zh_CN.UTF-8", "e"])
def test_a_language_that_nobody_speaks_here_is_refused_by_name(name: str) -> None:
    with pytest.raises(UsageError, match=r"en \(English\), zh_CN"):
        i18n.named_language(name)


@pytest.mark.parametrize("name", ["zh", "ZH", "zh_CN", "zh-cn", "zh_Hans", "zh-Hans-CN", " zh "])
def test_chinese_has_several_names(name: str) -> None:
    assert i18n.named_language(name) == "zh_CN"


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield " ".join((*path, name)), command


SPEAKING = [name for name, command in commands(cli) if any(option.name == "language" for option in command.params)]


def test_many_commands_speak() -> None:
    assert {"explain", "ledger", "diff", "coverage", "build", "publish", "demo", "catalog show"} <= set(SPEAKING)


@pytest.mark.parametrize("command", SPEAKING)
def test_every_command_refuses_an_unknown_language_before_it_does_anything(command: str, tmp_path: Path) -> None:
    needed = [str(tmp_path / "x")] * sum(
        option.required and isinstance(option, click.Argument) for option in dict(commands(cli))[command].params
    )
    output = ["-o", str(tmp_path / "out")] if command in ("build", "publish", "demo") else []
    ended = CliRunner().invoke(cli, [*command.split(), *needed, *output, "--language", "fr"])
    assert isinstance(ended.exception, UsageError)
    assert "zh_CN" in str(ended.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("first", ["en", "zh_CN"])
def test_what_is_remembered_in_one_language_is_not_shown_in_another(
    recording: Callable[[str], Path], first: str
) -> None:
    cluster = Cluster(recorded(recording("rke-single-node")), load_catalog())
    asked: tuple[Callable[[Cluster], object], ...] = (
        distribution,
        facts,
        listeners,
        problems,
        lambda one: build_ledger(one).to_json(),
    )
    for question in asked:
        set_language(first)
        found = question(cluster)
        assert not re.search(r"[\u4e00-\u9fff]", repr(found))
        set_language("zh_CN" if first == "en" else "en")
        other = Cluster(recorded(recording("rke-single-node")), load_catalog())
        assert repr(question(other)) == repr(found), "what is found does not depend on who asks"


def test_what_is_found_is_said_in_the_language_of_whoever_prints_it(recording: Callable[[str], Path]) -> None:
    cluster = Cluster(recorded(recording("rke-single-node-unhealthy")), load_catalog())
    found = [(problem.what, problem) for problem in problems(cluster)]
    named = [(said(fact.name), fact) for some in facts(cluster).values() for fact in some]
    set_language("zh_CN")
    assert all(re.search(r"[\u4e00-\u9fff]", problem.what) and problem.what != what for what, problem in found)
    assert all(re.search(r"[\u4e00-\u9fff]", said(item.where)) for item in listeners(cluster)
               if " default of " in str(item.where))  # fmt: skip
    translated = [fact for name, fact in named if said(fact.name) != name]
    assert len(translated) > len(named) / 2

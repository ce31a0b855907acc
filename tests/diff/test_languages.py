"""A comparison in the language of whoever reads it; for programs it is English."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from rkedoc import i18n
from rkedoc.cli import cli
from rkedoc.i18n import N_, Message


@pytest.fixture
def pair(collected: Callable[[str], Path]) -> tuple[str, str]:
    return str(collected("rke-single-node")), str(collected("rke-single-node-unhealthy"))


def said(*arguments: str, **environment: str) -> str:
    result = CliRunner(env={"LC_ALL": "C", **environment}).invoke(cli, ["diff", *arguments])
    assert result.exit_code in (0, 1), result.output
    return result.stdout


def test_the_terminal_speaks_its_language(pair: tuple[str, str]) -> None:
    assert "命名空间 staging" in said(*pair, LC_ALL="zh_CN.UTF-8")
    assert "集群的 DNS 服务器" in said(*pair, "--language", "zh_CN")
    assert "Namespace staging" in said(*pair, "--language", "en", LC_ALL="zh_CN.UTF-8")


def test_programs_are_spoken_to_in_english_whatever_the_locale(pair: tuple[str, str]) -> None:
    plain = said(*pair, "--format", "json")
    assert said(*pair, "--format", "json", LC_ALL="zh_CN.UTF-8") == plain
    assert json.loads(plain)["same"] is False


def test_a_page_says_its_language(pair: tuple[str, str]) -> None:
    assert '<html lang="zh-CN">' in said(*pair, "--format", "html", "--language", "zh_CN")
    assert '<html lang="en">' in said(*pair, "--format", "html")


def test_every_form_has_the_same_lines_in_both_languages(pair: tuple[str, str]) -> None:
    for style in ("text", "markdown"):
        english, chinese = (said(*pair, "--format", style, "--language", code) for code in ("en", "zh_CN"))
        assert english.count("busybox:1.33.0") == chinese.count("busybox:1.33.0")
        assert english.count("~ ") == chinese.count("~ ")


def test_a_sentence_that_was_found_earlier_is_said_in_the_language_of_now() -> None:
    reason = Message(N_("forbidden"))
    sentence = Message("{side} lacks what was {reason} there: {kinds}.", side="OLD", reason=reason, kinds="core/Pod")
    assert sentence == "OLD lacks what was forbidden there: core/Pod."
    again = pickle.loads(pickle.dumps(sentence))  # noqa: S301 - our own
    assert again == sentence
    i18n.set_language("zh_CN")
    assert again.translated == sentence.translated
    assert "core/Pod" in again.translated
    assert "OLD lacks" not in again.translated

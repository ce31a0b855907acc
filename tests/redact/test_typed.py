"""What people type where a password goes is hidden, in every position; what readers need is kept.

``typed.txt`` has the texts. Passwords are such as people choose: eight to fifteen characters, a word with a few digits or signs, which no
rule for random tokens would find.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rkedoc.redact import Redactor

HERE = Path(__file__).parent
WORDS = (
    "mobikaza", "blauelefant", "sommerabend", "kartoffel", "trampolin", "rosengarten", "wintermute", "zuckerwatte", "nordlicht", "papageno",
    "fliegenpilz", "bergziege",
)  # fmt: skip


def texts(name: str) -> list[str]:
    lines = (HERE / name).read_text("utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def passwords(seed: int) -> Iterator[str]:
    """Passwords as people choose them."""
    rnd = random.Random(seed)
    while True:
        word, number = rnd.choice(WORDS), str(rnd.randrange(10, 99))
        yield rnd.choice(
            (
                f"{word[:8]}{number}sa",
                f"{word[:7].capitalize()}{number}",
                f"{word[:9]}{number}",
                f"{word[:5]}_{number}{word[-3:]}",
                f"{word[:10]}!{number}",
            )
        )


def filled(template: str, password: str) -> str:
    text = template.replace("\\n", "\n").replace("\\\\", "\\")
    return text.replace("{{", "\1").replace("}}", "\2").replace("{}", password).replace("\1", "{").replace("\2", "}")


def pod(place: str, text: str) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "c", "image": "nginx:1"}
    annotations = {}
    match place:
        case "annotation":
            annotations = {"example.org/text": text}
        case "environment":
            container["env"] = [{"name": "CONF", "value": text}]
        case "shell":
            container["command"] = ["sh", "-c", text]
        case "words":
            container["command"] = text.split(" ")
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "b", "annotations": annotations},
            "spec": {"containers": [container]}}  # fmt: skip


def is_words(template: str) -> bool:
    """Whether a text can be the words of a command: no quotes, lines, pipes, and nothing that is no command."""
    return not any(
        mark in template
        for mark in ("\\n", '"', "'", "|", "<", ": {}", "= {}", "{ secret", "hibernate", "credentials: ")
    )


@pytest.mark.parametrize("place", ["annotation", "environment", "shell", "words"])
@pytest.mark.parametrize("seed", [1, 2])
def test_no_password_that_the_syntax_names_is_shown(place: str, seed: int) -> None:
    found = passwords(seed)
    redactor = Redactor()
    shown = []
    for template in texts("typed.txt"):
        if place == "words" and not is_words(template):
            continue
        password = next(found)
        out = redactor.kubernetes(pod(place, filled(template, password)))
        if password in json.dumps(out, ensure_ascii=False):
            shown.append((template, password))
        assert redactor.kubernetes(out) == out, template
    assert shown == []


@pytest.mark.parametrize("place", ["variable", "annotation"])
def test_what_readers_need_is_kept(place: str) -> None:
    hidden = []
    for line in texts("needed.txt"):
        name, _equals, value = line.partition("=")
        obj = pod("none", "")
        if place == "variable":
            obj["spec"]["containers"][0]["env"] = [{"name": name, "value": value}]
        else:
            obj["metadata"]["annotations"] = {"example.org/text": line}
        if "‹hidden" in json.dumps(Redactor().kubernetes(obj), ensure_ascii=False):
            hidden.append(line)
    assert hidden == []

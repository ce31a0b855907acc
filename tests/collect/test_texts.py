"""Documents are found in a text whatever stands around them, and what breaks costs itself alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.collect.files import texts, yaml
from rkedoc.collect.files.texts import MOST_BROKEN, Broken, Document, Said, documents

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "shop"}}
NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
WARNING = "WARN[0000] Unable to read /etc/rancher/k3s/k3s.yaml\nW1123 05:37:31.1 1 warnings.go:70] v1 Foo is deprecated\nWarning: a: b\n"
LOG = '==== START logs for container c of pod shop/a ====\n{"kind": "Pod"\n[INFO] x\n{broken\n==== END logs for container c of pod shop/a ====\n'
PROMPT = "root@node:~# kubectl get pods -o yaml\n"


def values(text: str | bytes) -> list[Any]:
    content = text if isinstance(text, bytes) else text.encode()
    return [found.value for found in documents(content) if isinstance(found, Document)]


def others(text: str | bytes) -> list[Any]:
    content = text if isinstance(text, bytes) else text.encode()
    return [found for found in documents(content) if not isinstance(found, Document)]


def pretty(value: Any) -> str:
    return json.dumps(value, indent=4)


def block(value: Any) -> str:
    return pyyaml.safe_dump(value)


def flow(value: Any) -> str:
    """YAML in braces, on one line."""
    return pyyaml.safe_dump(value, default_flow_style=True, width=10_000).strip()


def indented(text: str, before: str) -> str:
    return "".join(f"{before}{line}\n" for line in text.splitlines())


FORMS = {
    "one": pretty(POD),
    "one after another": f"{pretty(POD)}\n{pretty(NODE)}\n",
    "one a line": f"{json.dumps(POD)}\n{json.dumps(NODE)}\n",
    "side by side": json.dumps(POD) + json.dumps(NODE),
    "YAML": block(POD),
    "several of YAML": f"---\n{block(POD)}---\n# nothing\n---\n{block(NODE)}...\n",
    "YAML beside JSON": f"{block(POD)}{pretty(NODE)}\n",
    "warnings above JSON": WARNING + pretty(POD),
    "warnings above YAML": WARNING + block(POD),
    "logs between JSON": f"{pretty(POD)}\n{LOG}{pretty(NODE)}\n{LOG}",
    "logs between YAML": f"{block(POD)}{LOG}---\n{block(NODE)}",
    "a prompt around": f"{PROMPT}{block(POD)}{PROMPT}{pretty(NODE)}\n{PROMPT}",
    "without indentation": "\n".join(line.strip() for line in f"{pretty(POD)}\n{pretty(NODE)}".splitlines()),
    "Windows' line ends": f"{pretty(POD)}\n{pretty(NODE)}".replace("\n", "\r\n"),
    "YAML with Windows' line ends": block(POD).replace("\n", "\r\n"),
    "YAML in braces": pyyaml.safe_dump(POD, default_flow_style=True),
    "YAML in braces, one a line": f"{flow(POD)}\n{flow(NODE)}\n",
    "YAML in braces over several lines": pyyaml.safe_dump(POD, default_flow_style=True, width=20),
    "YAML in braces, in YAML": "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\n",
    "YAML in braces, with a prompt around": f"{PROMPT}{flow(POD)}\n{PROMPT}",
    "indented YAML": indented(block(POD), "    "),
    "YAML in Markdown": f"# What runs\n\nThis one:\n\n```yaml\n{block(POD)}```\n\nand no other.\n",
    "YAML in a list of Markdown": f"1. Get the pod:\n\n   ```yaml\n{indented(block(POD), '   ')}   ```\n\n2. Look at it: kind\n",
    "quoted YAML": f"On Monday somebody wrote:\n{indented(block(POD), '> ')}>\n> What is it?\n",
    "indented JSON": f"Look at this - it runs:\n\n{indented(pretty(POD), '    ')}\nBye\n",
    "quoted JSON, twice": f"{indented(pretty(POD), '> > ')}and\n{indented(pretty(NODE), '> > ')}",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_documents_are_found_in_every_form(form: str) -> None:
    assert values(FORMS[form]) in ([POD], [POD, NODE])
    assert others(FORMS[form]) == []
    assert len(values(FORMS[form])) == 1 + (FORMS[form].count("Node") > 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("form", [pretty, block])
def test_a_text_is_read_however_it_is_encoded(encoding: str, mark: str, form: Callable[[Any], str]) -> None:
    assert values((mark + form(POD)).encode(encoding)) == [POD]


def test_what_a_command_said_is_told_apart() -> None:
    said = 'Error from server (Forbidden): pods is forbidden: User "u" cannot list resource "pods" in API group "" in the namespace "x"'
    assert others(f"{pretty(POD)}\n{said}\n") == [Said(said)]
    assert others("[]\nError: No such object: web\n") == [Said("Error: No such object: web")]
    assert values("[]\nError: No such object: web\n") == [[]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"), ("  \n", "empty"), ("prose\n", "not-json"), ("7 8", "not-json"), ("{garbage", "not-json"),
        ('{"kind": "List", "items": [', "cut-off"), ("kind: List\nitems: [\n", "not-yaml"),
    ],
)  # fmt: skip
def test_a_text_without_a_document_says_what_it_is(text: str, reason: str) -> None:
    assert list(documents(text.encode())) == [Broken(reason)]


def test_a_broken_document_costs_itself() -> None:
    text = f'{json.dumps(POD)}\n{{"kind": "cut\n{json.dumps(NODE)}\n---\nkind: [\n---\n{block(POD)}'
    assert values(text) == [POD, NODE, POD]
    assert others(text) == [Broken("cut-off"), Broken("not-yaml")]


def test_nothing_that_json_does_not_know_becomes_a_value() -> None:
    assert values('{"a": NaN, "b": -Infinity, "c": 123456789012345678901234567890}') == [
        {"a": None, "b": None, "c": 123456789012345678901234567890.0}
    ]
    assert values('{"a": 1, "a": 2}') == [{"a": 2}]


def test_many_broken_documents_are_not_looked_at_for_ever() -> None:
    found = list(documents(b'{"\n' * 100_000))
    assert len(found) <= MOST_BROKEN + 1
    assert found[-1] == Broken("too-many-broken")


@pytest.mark.parametrize(
    "line", ["{a: b}\n", "{a: b, c\n", "{kind: Pod, c\n", "  {\n", "> kind: x\n", "\tkind: x\n    kind: y\n", "[{a: [b\n", " - kind: {\n"]
)  # fmt: skip
def test_the_cost_of_a_text_grows_as_the_text_does(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its lines look like: what is given to a parser, in all, is a few times the text."""
    given = 0

    def counted(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        def of(content: bytes) -> Any:
            nonlocal given
            given += len(content)
            return read(content)

        return of

    monkeypatch.setattr(texts, "load_first", counted(texts.load_first))
    monkeypatch.setattr(texts, "load", counted(texts.load))
    content = line.encode() * 4000
    list(documents(content))
    assert given <= 8 * len(content)


class _Counted:
    """A pattern that counts how many characters it was searched over."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern
        self.searched = 0

    def search(self, content: bytes, at: int) -> re.Match[bytes] | None:
        found = self._pattern.search(content, at)
        self.searched += (found.end() if found else len(content)) - at
        return found


def test_a_text_is_searched_for_the_ends_of_its_documents_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = {bracket: _Counted(pattern) for bracket, pattern in texts._CLOSES.items()}
    monkeypatch.setattr(texts, "_CLOSES", counted)
    text = '{"a": "\n' * 300 + "}\n" + "x" * 100_000
    assert Broken("too-many-broken") in others(text)
    assert counted[ord("{")].searched <= 2 * len(text)


@pytest.mark.parametrize("end", range(1, len(pretty(POD)) - 2, 7))
def test_a_document_that_ends_too_early_is_cut_off(end: int) -> None:
    assert others(pretty(POD)[:end]) == [Broken("cut-off")]


def test_the_whole_items_of_a_list_that_is_cut_off_are_read() -> None:
    """Wherever it ends, what stands before is there, and nothing but that; and that it is cut off is said, or shows."""
    for form, made in (
        ("typed", {"kind": "PodList", "apiVersion": "v1", "metadata": {}}),
        ("List", {"apiVersion": "v1"}),
    ):
        for indent in (None, 2):
            items = [POD, NODE, {**POD, "metadata": {"name": "c", "labels": {"a": "}]", "b": "\\"}}}]
            text = json.dumps({**made, "items": items, **({"kind": "List"} if form == "List" else {})}, indent=indent)
            for end in range(len(text)):
                found = list(documents(text[:end].encode()))
                kept = [item for one in found if isinstance(one, Document) for item in one.value["items"]]
                assert kept == items[: len(kept)]
                assert all(one.cut if isinstance(one, Document) else isinstance(one, Broken) for one in found)
            assert len(kept) == len(items)


def test_an_array_that_is_cut_off_gives_its_whole_elements() -> None:
    text = json.dumps([POD, NODE], indent=1)
    (found,) = documents(text[:-20].encode())
    assert found == Document([POD], found.text, cut=True)  # type: ignore[union-attr]


def test_what_goes_wrong_in_a_list_costs_what_stands_behind() -> None:
    text = pretty({"kind": "List", "apiVersion": "v1", "items": [POD, NODE]}).replace('"Node"', "Node")
    found = list(documents(f"{text}\n{pretty(NODE)}\n".encode()))
    assert [(one.value, one.cut) for one in found if isinstance(one, Document)] == [
        ({"kind": "List", "apiVersion": "v1", "items": [POD]}, True),
        (NODE, False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"image: nginx\nextraObjects:\n{indented(block(POD), '  ')}replicas: 1\n",
        f"values:\n  manifests:\n{indented(block([POD]), '    ')}",
    ],
)
def test_what_is_a_part_of_other_yaml_is_no_document(text: str) -> None:
    """What a chart would make is not what is there."""
    assert values(text) == []


@pytest.mark.parametrize("text", ['{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_json_that_is_nested_too_deep_says_so(text: str) -> None:
    assert Broken("too-deep") in others(text)


def test_lines_of_logs_are_no_documents() -> None:
    assert values("[2026] started\n[INFO] x\n[12, 13]\n[ok]\n{x} y\n") == []


# YAML -------------------------------------------------------------------------------------------------------------------


def loaded(text: str) -> list[Any]:
    return list(yaml.load(text.encode()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", True), ("Yes", True), ("y", "y"), ("1_000.5", 1000.5), ("off", False), ("0777", 511), ("0o17", 15), ("0x1F", 31), ("1_000", 1000), ("1:30", "1:30"),
        ("2026-01-31", "2026-01-31"), ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"), ("1e3", 1000.0), ("~", None), ("", None), (".nan", None),
        (".inf", None), ("089", 89.0), ("1.20.4", "1.20.4"), ("'on'", "on"), ('"1"', "1"), ("!!str 1", "1"),
        ("!!python/object/apply:os.system [x]", ["x"]), ("123456789012345678901234567890", 123456789012345678901234567890.0),
    ],
)  # fmt: skip
def test_scalars_mean_what_they_mean_to_kubernetes(text: str, value: object) -> None:
    assert loaded(f"a: {text}\n") == [{"a": value}]


def test_keys_are_text_and_the_last_one_counts() -> None:
    assert loaded("1: a\non: b\n'x': c\nx: d\n") == [{"1": "a", "true": "b", "x": "d"}]


def test_aliases_and_merges_are_followed() -> None:
    assert loaded("a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\n") == [
        {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 2}, "c": {"x": 1, "y": 3}}
    ]


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]\n" for at in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "too-many-repetitions"),
        ("a: &a [*a]\n", "not-yaml"),
        ("[" * 500, "too-deep"),
        ("a: *b\n", "not-yaml"),
    ],
)
def test_what_would_grow_without_end_is_refused(text: str, reason: str) -> None:
    with pytest.raises(yaml.NotYaml) as raised:
        loaded(text)
    assert raised.value.reason == reason


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc/.-", min_size=1, max_size=8), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "data"]), PLAIN, max_size=3))
def test_what_was_written_as_yaml_or_json_is_read_as_it_was(body: dict[str, Any]) -> None:
    whole = {"apiVersion": "v1", "kind": "Thing", **body}
    assert values(pyyaml.safe_dump(whole, allow_unicode=True)) == [whole]
    assert values(WARNING + pretty(whole)) == [whole]
    assert values(f"{json.dumps(whole)}\n{pretty(whole)}\n---\n{pyyaml.safe_dump(whole)}") == [whole] * 3


@given(st.binary(max_size=300))
def test_any_bytes_end_without_an_error(content: bytes) -> None:
    assert list(documents(content))

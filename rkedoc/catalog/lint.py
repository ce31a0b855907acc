"""Look for what is wrong with a folder of entries: what parsing refuses, and what only shows among all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import combinations
from pathlib import Path

from rkedoc.catalog.entry import HEADINGS, REQUIRED, Entry, Rule, is_pattern, parse_entry
from rkedoc.catalog.loader import read_text
from rkedoc.errors import CatalogError
from rkedoc.resources import resource

_BARE_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_OURS = re.compile(r"\brkedoc\b", re.IGNORECASE)
_LONGEST_SUMMARY = 400


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right: the file, the key or section it is about, and what is wrong, in words."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.message}"


def lint(folder: Path | None = None) -> tuple[Finding, ...]:
    """Everything that is wrong with the entries in a folder (the built-in English ones by default).

    Found are: files that cannot be parsed, sections and sources that are missing, sources that are this project
    itself, components without a rule, rules that can never fire because another one of the same entry covers them,
    two entries that would match equally, and references to entries that do not exist.
    """
    root = folder if folder is not None else resource("catalog", "entries", "en")
    findings: list[Finding] = []
    entries: list[tuple[str, Entry]] = []
    seen: dict[str, str] = {}
    if not root.is_dir():
        return (Finding(str(root), "folder", "there is no such folder"),)
    for file in sorted(root.glob("*.md")):
        try:
            entry = parse_entry(read_text(file), file.name)
        except CatalogError as error:
            findings.append(Finding(file.name, "front matter or sections", str(error)))
            continue
        if entry.id in seen:
            findings.append(Finding(file.name, "id", f"{entry.id} is also the id of {seen[entry.id]}"))
        seen[entry.id] = file.name
        entries.append((file.name, entry))
    ids = set(seen)
    if folder is not None and root != resource("catalog", "entries", "en"):
        ids |= {file.stem for file in resource("catalog", "entries", "en").glob("*.md")}
    for name, entry in entries:
        findings.extend(_alone(name, entry, ids))
    findings.extend(_ties([entry for _, entry in entries]))
    return tuple(findings)


def _alone(file: str, entry: Entry, ids: set[str]) -> Iterator[Finding]:
    """What is wrong with an entry for itself."""
    for section_id in REQUIRED[entry.kind]:
        if entry.section(section_id) is None:
            yield Finding(file, HEADINGS[section_id], "the section is missing")
    if not entry.sources:
        yield Finding(file, "sources", "name at least one source: project, version, file")
    for source in entry.sources:
        if _OURS.search(source):
            yield Finding(file, "sources", "a source has to lie outside of this project")
    if len(entry.summary) > _LONGEST_SUMMARY:
        yield Finding(file, "summary", f"longer than {_LONGEST_SUMMARY} characters: tell the rest in a section")
    if any(mark in entry.summary for mark in ("`", "](", "**")):
        yield Finding(file, "summary", "plain text, without markup")
    if entry.kind != "concept" and not entry.match:
        yield Finding(file, "match", "no rule: nothing will ever be explained by this entry")
    if not entry.distributions and entry.kind == "component":
        yield Finding(file, "distributions", "say where the component is found")
    for target in entry.talks_to:
        if _BARE_ID.match(target) and target not in ids:
            yield Finding(file, "talks_to", f"no entry has the id {target!r}; write free text with a space in it")
    for one, other in combinations(entry.match, 2):
        if one == other:
            yield Finding(file, "match", f"the rule ({one}) stands there twice")


def _ties(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Pairs of rules of two entries that could hold equally for one and the same thing."""
    rules = [(entry, rule) for entry in entries if entry.kind == "component" for rule in entry.match]
    for (one, first), (other, second) in combinations(rules, 2):
        if one.id != other.id and _weight(first) == _weight(second) and _overlap(first, second):
            yield Finding(f"{one.id}.md", "match", f"({first}) and {other.id} ({second}) would match equally")
    names: dict[str, str] = {}
    for entry in entries:
        if entry.kind == "namespace":
            for value in (value for rule in entry.match for value in rule.values("namespace")):
                if value in names:
                    yield Finding(f"{entry.id}.md", "match", f"namespace {value} is also matched by {names[value]}")
                names[value] = entry.id


def _weight(rule: Rule) -> tuple[int, int]:
    """The order and the number of conditions of a rule when all of them hold."""
    count = len(rule.labels) + len(rule.conditions) + (rule.in_pod is not None)
    if rule.labels:
        return 0, count
    if rule.anchor == ("image",):
        return 3, count
    pattern = all(is_pattern(value) for name in rule.anchor for value in rule.values(name))
    return (2 if pattern else 1), count


def _overlap(first: Rule, second: Rule) -> bool:
    """Whether something can exist for which both rules hold."""
    if first.in_pod is not None and second.in_pod is not None and first.in_pod != second.in_pod:
        return False
    labels = dict(first.labels)
    if any(key in labels and not _meet((labels[key],), (value,)) for key, value in second.labels):
        return False
    conditions = dict(first.conditions)
    anchors = set(first.anchor) & set(second.anchor)
    if not anchors or (anchors == {"label"} and not labels.keys() & dict(second.labels).keys()):
        return False
    return all(_meet(conditions[name], values) for name, values in second.conditions if name in conditions)


def _meet(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether two lists of values, patterns among them, have something in common."""
    return any(fnmatchcase(a, b) or fnmatchcase(b, a) for a in first for b in second)

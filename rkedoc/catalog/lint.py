"""Look for what is wrong with a folder of entries: what parsing refuses, and what only shows among all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import combinations
from pathlib import Path

from rkedoc.catalog.entry import (
    HEADINGS,
    Entry,
    MatchRule,
    Section,
    is_pattern,
    parse_entry,
    parse_place,
    required_sections,
)
from rkedoc.catalog.loader import load_catalog, own_files, read_text, walked
from rkedoc.catalog.sources import data_sources, parse_source
from rkedoc.errors import CatalogError
from rkedoc.resources import resource

_BARE_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_OURS = re.compile(r"\brkedoc\b", re.IGNORECASE)
_LONGEST_SUMMARY = 400
_PAIR = re.compile(r"\bv?\d+\.\d+(?:\.\d+)? (?:with|from|in|for|up to) (?:[A-Z][\w]* )?v?\d+\.\d+")
_RUNNING = 3
"""So many versions, each of another, are a table in running text."""
_WORD = re.compile(r"[a-z0-9]+(?:[-.'][a-z0-9]+)*|[\u4e00-\u9fff](?=([\u4e00-\u9fff]))", re.IGNORECASE)
_SMALL = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "it", "its", "of", "on", "or", "so", "that", "the", "this", "to", "which", "with")
)  # fmt: skip
_AGAIN = 0.8
"""The share of its words that a sentence may at most have in common with the summary."""
_FEWEST = 3
"""Sentences of fewer words, the small ones apart, say too little to repeat anything."""
_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`]*`", re.DOTALL | re.MULTILINE)
_TERMS: Mapping[re.Pattern[str], str] = {
    re.compile(pattern): instead
    for pattern, instead in (
        (r"\b[Ss]ome(?:body|one)\b", "who it is: a cluster admin, a Rancher admin, a user, Rancher, RKE"),
        (r"\b(?:[Hh]e|[Hh]is|[Hh]im)\b", "'they', 'their'"),
        (r"\b[Aa]dministrators?\b", "'cluster admin'"),
        (r"\bRancher(?:'s| management) server\b", "'Rancher server'"),
        (r"\b[Dd]ownstream clusters?\b", "'a cluster that Rancher manages'"),
        (r"\bcontrol plane nodes?\b", "'control-plane node'"),
        (r"\b(?:[Ll]iveness|[Rr]eadiness) (?:is|asks|on)\b", "'livenessProbe', 'readinessProbe'"),
        (r"\b(?:[Cc]onfig maps?|[Dd]aemon sets?|[Ss]tateful sets?|[Cc]ron jobs?)\b", "the kind as Kubernetes writes it"),
        (r"\bNetworkPolicies\b|\bnetwork policy\b", "'NetworkPolicy'"),
        (r"\bAPI Server\b|\bAPI-server\b|\bapi server\b", "'API server'"),
        (r"\bside-?cars? container\b|\bside-cars?\b", "'sidecar'"),
        (r"\b[Pp]lug-ins?\b", "'plugin'"),
        (r"\b[Ff]ilesystems?\b", "'file system'"),
        (r"(?<!Active )\b[Dd]irector(?:y|ies)\b", "'folder'"),
    )
}  # fmt: skip
"""One name for one thing: what an entry does not write in its prose, and what it writes instead."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing to put right: the file, the key or section it is about, and what is wrong, in words."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.message}"


def lint(folder: Path | None = None) -> tuple[LintFinding, ...]:
    """Everything that is wrong with the built-in entries, or with the entries of a folder that is to become such.

    Found are: files that cannot be parsed, sections and sources that are missing, sources that are this project
    itself or that name no project, ref and file (of the built-in data files too), components without a rule, rules that can never fire because another one of the same entry covers them,
    two entries that would match equally, and references to entries that do not exist.
    """
    root = folder if folder is not None else resource("catalog", "entries", "en")
    if not root.is_dir():
        return (LintFinding(str(root), "folder", "there is no such folder"),)
    files = [(file.name, read) for file in sorted(root.glob("*.md")) for read in _parsed(file, None)]
    findings = [*_mistakes(files), *_twice(files)]
    entries = [(name, entry) for name, entry in files if isinstance(entry, Entry)]
    ids = {entry.id for _name, entry in entries} | _built_in_ids()
    for name, entry in entries:
        findings.extend((*_incomplete(name, entry), *_alone(name, entry, ids), *_other_names(name, entry)))
    findings.extend(_ties([entry for _, entry in entries]))
    if folder is None:
        findings.extend(finding for name, source in data_sources() for finding in _unread(name, source))
    return tuple(findings)


def lint_own(folder: Path) -> tuple[LintFinding, ...]:
    """Everything that is wrong with a user's own files: what would be refused or would explain nothing.

    Less is asked of them than of built-in entries: an entry of one's own needs neither sources nor every section.
    """
    if not folder.exists():
        return (LintFinding(str(folder), "folder", "there is no such file or folder"),)
    built_in = load_catalog()
    base = {entry.id: entry for entry in built_in.entries}
    files = [(str(file), read) for file in own_files(folder) for read in _parsed(file, base)]
    findings = [*_mistakes(files), *(found for file in own_files(folder) for found in _refused(file))]
    entries = [(name, entry) for name, entry in files if isinstance(entry, Entry)]
    ids = {entry.id for _name, entry in entries} | base.keys()
    for name, entry in entries:
        findings.extend(_alone(name, entry, ids))
    findings.extend(_ties([entry for _, entry in entries if entry.id not in base]))
    return tuple(findings)


def lint_translation(language: str) -> tuple[LintFinding, ...]:
    """What a translation of the built-in entries lacks: files and sections that would be shown in English."""
    found: list[LintFinding] = []
    originals = {entry.id: entry for entry in load_catalog().entries}
    root = resource("catalog", "entries") / language
    for entry_id, original in originals.items():
        name = f"{language}/{entry_id}.md"
        if not (root / f"{entry_id}.md").is_file():
            found.append(LintFinding(name, "file", "there is no translation: English is shown"))
            continue
        try:
            translated = parse_entry(
                read_text(root / f"{entry_id}.md"), name, provenance=language, base=original, translates=True
            )
        except CatalogError as error:
            found.append(LintFinding(name, "front matter or sections", str(error)))
            continue
        if translated.summary == original.summary:
            found.append(LintFinding(name, "summary", "is not translated"))
        if translated.tables != original.tables:
            found.append(LintFinding(name, "tables", "the tables of versions are the original's: leave them out"))
        found.extend(
            _again(name, translated.summary, [one for one in translated.sections if one.provenance == language])
        )
        known = {section.id: _ranges(section) for section in original.sections}
        for section in translated.sections:
            if section.provenance != language:
                found.append(LintFinding(name, section.title, "the section is not translated"))
            elif section.id not in known:
                found.append(LintFinding(name, section.title, f"the original has no section {section.id!r}"))
            elif _ranges(section) != known[section.id]:
                there, wanted = (" | ".join(each) or "none" for each in (_ranges(section), known[section.id]))
                found.append(
                    LintFinding(name, section.title, f"holds in other ranges ({there}) than the original ({wanted})")
                )
    for file in sorted(root.glob("*.md")) if root.is_dir() else ():
        if file.stem not in originals:
            found.append(LintFinding(f"{language}/{file.name}", "file", "there is no such entry"))
    return tuple(found)


def _ranges(section: Section) -> tuple[str, ...]:
    """The ranges of a section's passages, in their order; nothing for what is bound to none."""
    return tuple(str(passage.holds) for passage in section.passages if passage.holds is not None)


def _parsed(file: Path, base: Mapping[str, Entry] | None) -> Iterator[Entry | CatalogError]:
    """The entry in a file, or what is wrong with the file. With ``base`` it is a user's own and may extend one."""
    try:
        text = read_text(file)
        if base is None:
            yield parse_entry(text, file.name)
        else:
            original = base.get(parse_place(text, file.name).id)
            yield parse_entry(text, file.name, provenance=str(file), base=original)
    except CatalogError as error:
        yield error


def _refused(file: Path) -> Iterator[LintFinding]:
    """What is not allowed in a page, each with its line."""
    from rkedoc.catalog.markup import refusals  # a parser of Markdown, which nothing else here needs

    try:
        text = read_text(file)
    except CatalogError:
        return
    for refusal in refusals(text):
        yield LintFinding(str(file), f"line {refusal.line}", refusal.message)


def _mistakes(files: Sequence[tuple[str, Entry | CatalogError]]) -> Iterator[LintFinding]:
    for name, read in files:
        if isinstance(read, CatalogError):
            yield LintFinding(name, "front matter or sections", str(read))


def _twice(files: Sequence[tuple[str, Entry | CatalogError]]) -> Iterator[LintFinding]:
    seen: dict[str, str] = {}
    for name, read in files:
        if isinstance(read, Entry):
            if read.id in seen:
                yield LintFinding(name, "id", f"{read.id} is also the id of {seen[read.id]}")
            seen[read.id] = name


def _built_in_ids() -> set[str]:
    return {file.stem for file in resource("catalog", "entries", "en").glob("*.md")}


def _incomplete(file: str, entry: Entry) -> Iterator[LintFinding]:
    """What an entry lacks that every built-in one has."""
    for section_id in required_sections(entry.kind, entry.origin):
        if entry.section(section_id) is None:
            yield LintFinding(file, HEADINGS[section_id], "the section is missing")
    if not entry.sources:
        yield LintFinding(file, "sources", "name at least one source: project, version, file")
    for source in entry.sources:
        yield from _unread(file, source)
    if entry.kind != "concept" and not entry.match:
        yield LintFinding(file, "match", "no rule: nothing will ever be explained by this entry")
    if entry.id in walked() and (entry.since or entry.until):
        yield LintFinding(file, "since", "leave since and until out: they were found by reading all tags (walked.yaml)")
    if entry.confidence == "verified" and not entry.read_at:
        yield LintFinding(file, "verified", "name the versions at which it was read, or say 'confidence: partial'")
    if not entry.distributions and entry.kind == "component":
        yield LintFinding(file, "distributions", "say where the component is found")


def _unread(file: str, source: str) -> Iterator[LintFinding]:
    """What a source lacks that anybody needs who wants to open it."""
    try:
        parse_source(source)
    except CatalogError as error:
        yield LintFinding(file, "sources", str(error))


def _alone(file: str, entry: Entry, ids: set[str]) -> Iterator[LintFinding]:
    """What is wrong with an entry for itself."""
    for source in entry.sources:
        if _OURS.search(source):
            yield LintFinding(file, "sources", "a source has to lie outside of this project")
    if len(entry.summary) > _LONGEST_SUMMARY:
        yield LintFinding(file, "summary", f"longer than {_LONGEST_SUMMARY} characters: tell the rest in a section")
    if any(mark in entry.summary for mark in ("`", "](", "**")):
        yield LintFinding(file, "summary", "plain text, without markup")
    if entry.tables and entry.section("versions") is None:
        yield LintFinding(
            file, "tables", f"tables of versions stand in the section {HEADINGS['versions']!r}: write one"
        )
    for section in entry.sections:
        if len(_PAIR.findall(" ".join(section.markdown.split()))) >= _RUNNING:
            yield LintFinding(
                file, section.title, "versions of versions in running text: write them as a table (tables)"
            )
    yield from _again(file, entry.summary, entry.sections)
    for target in entry.talks_to:
        if _BARE_ID.match(target) and target not in ids:
            yield LintFinding(file, "talks_to", f"no entry has the id {target!r}; write free text with a space in it")
    for one, other in combinations(entry.match, 2):
        if one == other:
            yield LintFinding(file, "match", f"the rule ({one}) stands there twice")


def _other_names(file: str, entry: Entry) -> Iterator[LintFinding]:
    """Other names than those that the catalog has chosen, outside of code."""
    for key, text in (("summary", entry.summary), *((one.title, one.markdown) for one in entry.sections)):
        prose = _CODE.sub(" ", text)
        for pattern, instead in _TERMS.items():
            for match in pattern.finditer(prose):
                yield LintFinding(file, key, f"{match[0]!r}: write {instead}")


def _again(file: str, summary: str, sections: Sequence[Section]) -> Iterator[LintFinding]:
    """Sentences of "What it is" that say the summary again. The summary stands above them on every page."""
    told = _words(summary)
    for section in sections:
        if section.id != "what":
            continue
        for sentence in _SENTENCE.split(section.markdown):
            words = _words(sentence)
            fewer = min(len(words), len(told))
            if fewer >= _FEWEST and len(words & told) >= _AGAIN * fewer:
                shown = " ".join(sentence.split())[:80]
                yield LintFinding(file, section.title, f"says the summary again: {shown!r}; say what goes beyond it")


def _words(text: str) -> frozenset[str]:
    """The words of a text that carry its meaning; of Chinese, which has no blanks, each two characters that follow one another."""
    found = (f"{match[0]}{match[1] or ''}".casefold() for match in _WORD.finditer(text))
    return frozenset(word for word in found if word not in _SMALL)


def _ties(entries: Sequence[Entry]) -> Iterator[LintFinding]:
    """Pairs of rules of two entries that could hold equally for one and the same thing."""
    rules = [(entry, rule) for entry in entries if entry.kind == "component" for rule in entry.match]
    for (one, first), (other, second) in combinations(rules, 2):
        if one.id != other.id and _weight(first) == _weight(second) and _overlap(first, second):
            yield LintFinding(f"{one.id}.md", "match", f"({first}) and {other.id} ({second}) would match equally")
    names: dict[str, str] = {}
    for entry in entries:
        if entry.kind == "namespace":
            for value in (value for rule in entry.match for value in rule.values("namespace")):
                if value in names:
                    yield LintFinding(f"{entry.id}.md", "match", f"namespace {value} is also matched by {names[value]}")
                names[value] = entry.id


def _weight(rule: MatchRule) -> tuple[int, int]:
    """The order and the number of conditions of a rule when all of them hold."""
    count = len(rule.labels) + len(rule.conditions) + (rule.in_pod is not None)
    if rule.labels:
        return 0, count
    if rule.anchor == ("image",):
        return 3, count
    pattern = all(is_pattern(value) for name in rule.anchor for value in rule.values(name))
    return (2 if pattern else 1), count


def _overlap(first: MatchRule, second: MatchRule) -> bool:
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

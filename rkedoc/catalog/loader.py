"""Load the catalog of a language, with the user's own entries over it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from rkedoc.catalog.bound import ClusterCatalog, Distribution
from rkedoc.catalog.entry import Entry, MatchRule, Walked, is_pattern, parse_entry, parse_place, parse_tables
from rkedoc.catalog.matcher import Candidate, Match, Matcher, is_foreign
from rkedoc.catalog.ranges import parse_spans
from rkedoc.errors import CatalogError
from rkedoc.resources import load_yaml, resource


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file of the user's: what it is about, and the rules that it adds. ``namespaces`` are those it holds in."""

    id: str
    provenance: str
    rules: tuple[MatchRule, ...]
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlay:
    """What a user's file says of an entry in some namespaces only: patterns of these, and the file's text."""

    id: str
    namespaces: tuple[str, ...]
    text: str
    file: str
    provenance: str

    def holds_in(self, namespace: str) -> bool:
        """Whether the file speaks of this namespace."""
        return any(fnmatchcase(namespace, pattern) for pattern in self.namespaces)


class Catalog:
    """The entries of one language, and the way to the one that explains a thing.

    ``overlays`` are a user's files that hold in some namespaces: what is found there has them laid over it.
    ``own_files`` are all of a user's files.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        language: str = "en",
        overlays: Sequence[Overlay] = (),
        own_files: Sequence[OwnFile] = (),
    ) -> None:
        self.language = language
        self.own_files = tuple(own_files)
        self.overlays = tuple(overlays)
        self._laid_over: dict[tuple[str, str], Entry] = {}
        self.entries: tuple[Entry, ...] = tuple(sorted(entries, key=lambda entry: entry.id))
        self._by_id: Mapping[str, Entry] = {entry.id: entry for entry in self.entries}
        self._matcher = Matcher(entry for entry in self.entries if entry.kind == "component")

    def get(self, entry_id: str) -> Entry | None:
        """The entry of that id."""
        return self._by_id.get(entry_id)

    def of_kind(self, kind: str) -> tuple[Entry, ...]:
        """The entries of a kind: ``component``, ``namespace`` or ``concept``."""
        return tuple(entry for entry in self.entries if entry.kind == kind)

    def of(self, distribution: Distribution, rancher: bool | None, namespaces: Iterable[str] = ()) -> ClusterCatalog:
        """The catalog as it holds for a cluster: what everything but an entry of a known id is asked of."""
        return ClusterCatalog(self, distribution, rancher, frozenset(namespaces))

    def namespace(self, name: str, distribution: str | None, rancher: bool | None) -> Entry | None:
        """The entry of a namespace; an exact name comes before a pattern, a longer pattern before a shorter one.

        For :class:`ClusterCatalog`, which knows what the cluster is.
        """
        best: tuple[bool, int, Entry] | None = None
        for entry, value in self._namespaces:
            if entry.provenance == "rkedoc" and is_foreign(entry, distribution, rancher):
                continue
            if value != name and not (is_pattern(value) and fnmatchcase(name, value)):
                continue
            key = (value == name, len(value))
            if best is None or key > best[:2]:
                best = (*key, entry)
        return self._in(best[2], name) if best else None

    def match(self, candidate: Candidate) -> Match | None:
        """The entry that explains what a candidate tells of. For :class:`ClusterCatalog`, which makes candidates."""
        found = self._matcher.find(candidate)
        if found is None or candidate.namespace is None:
            return found
        entry = self._in(found.entry, candidate.namespace)
        return found if entry is found.entry else replace(found, entry=entry)

    def _in(self, entry: Entry, namespace: str) -> Entry:
        """An entry as it reads in a namespace."""
        over = [item for item in self.overlays if item.id == entry.id and item.holds_in(namespace)]
        if not over:
            return entry
        key = (entry.id, namespace)
        if key not in self._laid_over:
            for item in over:
                entry = parse_entry(item.text, item.file, provenance=item.provenance, base=entry)
            self._laid_over[key] = entry
        return self._laid_over[key]

    @cached_property
    def digest(self) -> str:
        """Changes whenever any entry does."""
        return hashlib.sha256(
            "".join([*(f"{e.id}:{e.digest};" for e in self.entries), *(f"{o.text};" for o in self.overlays)]).encode()
        ).hexdigest()[:16]

    @cached_property
    def _namespaces(self) -> tuple[tuple[Entry, str], ...]:
        return tuple(
            (entry, value)
            for entry in self.entries
            if entry.kind == "namespace"
            for rule in entry.match
            for value in rule.values("namespace")
        )


def load_catalog(
    language: str = "en", extra: Sequence[Path] = (), *, cluster: str | None = None, trusted: bool = False
) -> Catalog:
    """The built-in entries in a language, English where a translation is missing, and the user's files over them.

    ``extra`` holds folders (every ``*.md`` below them) or single files. A file with the id of an entry that exists
    extends it; any other is an entry of its own. A file with the key ``clusters`` is left out where ``cluster`` is the
    name of another one; a file with ``namespaces`` that extends an entry holds for what is found in these alone. What is not
    allowed in a page (:mod:`rkedoc.catalog.markup`) is refused, unless the files are ``trusted``.

    Raises :class:`~rkedoc.errors.CatalogError`.
    """
    entries = dict(_built_in(language))
    overlays: list[Overlay] = []
    files: list[OwnFile] = []
    limited: list[Overlay] = []
    for path in extra:
        for file in own_files(path):
            text, shown = read_text(file), str(file)
            if not trusted:
                require_harmless(text, shown)
            provenance = file.name if path == file else (Path(path.name) / file.relative_to(path)).as_posix()
            place = parse_place(text, shown)
            if (
                place.clusters
                and cluster is not None
                and not any(fnmatchcase(cluster, name) for name in place.clusters)
            ):
                continue
            if place.namespaces:
                limited.append(Overlay(place.id, place.namespaces, text, shown, provenance))
                continue
            base = entries.get(place.id)
            entry = entries[place.id] = parse_entry(text, shown, provenance=provenance, base=base)
            files.append(OwnFile(place.id, provenance, entry.match[len(base.match) if base is not None else 0 :]))
    for item in limited:
        if (base := entries.get(item.id)) is None:
            own = parse_entry(item.text, item.file, provenance=item.provenance)
            entries[item.id] = own = replace(own, match=tuple(rule.within(item.namespaces) for rule in own.match))
            files.append(OwnFile(item.id, item.provenance, own.match, item.namespaces))
        else:
            parse_entry(item.text, item.file, provenance=item.provenance, base=base)  # what is wrong shows now
            overlays.append(item)
            files.append(OwnFile(item.id, item.provenance, (), item.namespaces))
    return Catalog(tuple(entries.values()), language, overlays, files)


@lru_cache(maxsize=4)
def _built_in(language: str) -> tuple[tuple[str, Entry], ...]:
    """The entries of the package, by id. Each file is read once a process."""
    found: dict[str, Entry] = {}
    folders = [resource("catalog", "entries", "en")]
    translated = folders[0].parent / language
    if language != "en" and translated.is_dir():
        folders.append(translated)
    for folder in folders:
        for file in sorted(folder.glob("*.md")):
            base = found.get(file.stem) if folder is not folders[0] else None
            entry = parse_entry(read_text(file), f"{folder.name}/{file.name}", base=base, translates=True)
            if entry.id != file.stem:
                raise CatalogError(f"{folder.name}/{file.name}: id is {entry.id!r}; file and id have the same name")
            found[entry.id] = _bounded(entry) if base is None else entry
    return tuple(found.items())


def walked() -> Mapping[str, Mapping[str, Any]]:
    """What ``tools/walk.py`` found by reading the tags of projects one by one, by the entry's id."""
    found: Mapping[str, Mapping[str, Any]] = load_yaml("catalog", "walked.yaml")
    return found


def _bounded(entry: Entry) -> Entry:
    """An entry with the first and last versions that the walk over the tags found, if it looked for it."""
    told = walked().get(entry.id)
    if told is None:
        return entry
    how = Walked(**{**{key: told[key] for key in told if key != "tables"}, "spans": parse_spans(told["spans"])})
    tables = (*parse_tables(told.get("tables", []), "walked.yaml"), *entry.tables)
    firsts = ", ".join(".".join(map(str, span.low)) for span in how.spans)
    last = ".".join(map(str, how.spans[-1].high))
    digest = hashlib.sha256(f"{entry.digest}{how}{tables}".encode()).hexdigest()[:16]
    until = f"{how.product} {last}" if last else ""
    return replace(entry, since=f"{how.product} {firsts}", until=until, walked=how, tables=tables, digest=digest)


def read_text(file: Path) -> str:
    """The text of an entry's file. Raises :class:`~rkedoc.errors.CatalogError` if it cannot be read as UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CatalogError(f"{file}: the file is not UTF-8") from None
    except OSError as error:
        raise CatalogError(f"{file}: the file cannot be read ({type(error).__name__})") from None


def require_harmless(text: str, file: str) -> None:
    """Raise :class:`~rkedoc.errors.CatalogError` for a text that holds what is not allowed in a page."""
    from rkedoc.catalog.markup import refusals  # no parser of Markdown is needed where nobody brings any

    found = refusals(text)
    if found:
        more = f" (and {len(found) - 1} more; rkedoc catalog lint has all of them)" if len(found) > 1 else ""
        raise CatalogError(
            f"{file}, line {found[0].line}: {found[0].message}{more}. Files that you trust are taken as they are with "
            "--trust-annotations, or rkedoc_trust_annotations = True in conf.py"
        )


def own_files(path: Path) -> Iterator[Path]:
    """The entries' files below a path, without hidden ones and READMEs."""
    if path.is_file():
        yield path
    elif path.is_dir():
        for file in sorted(path.rglob("*.md")):
            if not file.name.startswith((".", "_")) and file.stem.upper() != "README":
                yield file
    else:
        raise CatalogError(f"{path}: there is no such file or folder of catalog entries")

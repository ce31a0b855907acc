"""Load the catalog of a language, with the user's own entries over it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from pathlib import Path

from rkedoc.catalog.entry import Entry, is_pattern, parse_entry
from rkedoc.catalog.matcher import Candidate, Match, Matcher
from rkedoc.errors import CatalogError
from rkedoc.resources import resource


class Catalog:
    """The entries of one language, and the way to the one that explains a thing."""

    def __init__(self, entries: Sequence[Entry], language: str = "en") -> None:
        self.language = language
        self.entries: tuple[Entry, ...] = tuple(sorted(entries, key=lambda entry: entry.id))
        self._by_id: Mapping[str, Entry] = {entry.id: entry for entry in self.entries}
        self._matcher = Matcher(entry for entry in self.entries if entry.kind == "component")

    def get(self, entry_id: str) -> Entry | None:
        """The entry of that id."""
        return self._by_id.get(entry_id)

    def of_kind(self, kind: str) -> tuple[Entry, ...]:
        """The entries of a kind: ``component``, ``namespace`` or ``concept``."""
        return tuple(entry for entry in self.entries if entry.kind == kind)

    def namespace(self, name: str) -> Entry | None:
        """The entry of a namespace; an exact name comes before a pattern, a longer pattern before a shorter one."""
        best: tuple[bool, int, Entry] | None = None
        for entry, value in self._namespaces:
            if value != name and not (is_pattern(value) and fnmatchcase(name, value)):
                continue
            key = (value == name, len(value))
            if best is None or key > best[:2]:
                best = (*key, entry)
        return best[2] if best else None

    def match(self, candidate: Candidate) -> Match | None:
        """The entry that explains a container, a pod or a workload, or ``None``."""
        return self._matcher.find(candidate)

    @cached_property
    def digest(self) -> str:
        """Changes whenever any entry does."""
        return hashlib.sha256("".join(f"{e.id}:{e.digest};" for e in self.entries).encode()).hexdigest()[:16]

    @cached_property
    def _namespaces(self) -> tuple[tuple[Entry, str], ...]:
        return tuple(
            (entry, value)
            for entry in self.entries
            if entry.kind == "namespace"
            for rule in entry.match
            for value in rule.values("namespace")
        )


def load_catalog(language: str = "en", extra: Sequence[Path] = ()) -> Catalog:
    """The built-in entries in a language, English where a translation is missing, and the user's files over them.

    ``extra`` holds folders (every ``*.md`` below them) or single files. A file with the id of an entry that exists
    extends it; any other is an entry of its own. Raises :class:`~rkedoc.errors.CatalogError`.
    """
    entries = dict(_built_in(language))
    for path in extra:
        for file in _files(path):
            text = read_text(file)
            shown = str(file)
            base = entries.get(_id_of(text, shown))
            entry = parse_entry(text, shown, provenance=shown, base=base)
            entries[entry.id] = entry
    return Catalog(tuple(entries.values()), language)


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
            entry = parse_entry(read_text(file), f"{folder.name}/{file.name}", base=base)
            if entry.id != file.stem:
                raise CatalogError(f"{folder.name}/{file.name}: id is {entry.id!r}; file and id have the same name")
            found[entry.id] = entry
    return tuple(found.items())


def read_text(file: Path) -> str:
    """The text of an entry's file. Raises :class:`~rkedoc.errors.CatalogError` if it cannot be read as UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CatalogError(f"{file}: the file is not UTF-8") from None
    except OSError as error:
        raise CatalogError(f"{file}: the file cannot be read ({type(error).__name__})") from None


def _files(path: Path) -> Iterator[Path]:
    """The entries' files below a path, without hidden ones and READMEs."""
    if path.is_file():
        yield path
    elif path.is_dir():
        for file in sorted(path.rglob("*.md")):
            if not file.name.startswith((".", "_")) and file.stem.upper() != "README":
                yield file
    else:
        raise CatalogError(f"{path}: there is no such file or folder of catalog entries")


def _id_of(text: str, file: str) -> str:
    """The id that a user's file names, before it is known whether the file stands alone or extends an entry."""
    for line in text.splitlines()[1:]:
        if line.strip() == "---":
            break
        if line.startswith("id:"):
            return line[3:].split(" #")[0].strip().strip("'\"")
    raise CatalogError(f"{file}: the key 'id' is missing")

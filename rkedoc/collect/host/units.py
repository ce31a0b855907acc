"""How the services of the platform are started: unit files of systemd with what was changed about them.

Only the units that ``allowlist.yaml`` names are read. Of a unit's environment only the number of lines and the names of files
are kept, since tokens stand in both (systemd.exec(5), systemd.service(5); systemd.unit(5) for the order of folders).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from rkedoc.collect.host.allowlist import entries, is_allowed
from rkedoc.collect.host.root import HostRoot, Unread, shown

FOLDERS: Final = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
"""Where units are, the folder that wins over the others first."""

_NULL = "/dev/null"
_ENABLING = (".wants", ".requires")


@dataclass(frozen=True, slots=True)
class Unit:
    """One service or socket of the platform, as its files say; whether it runs they do not say.

    ``path`` is the unit file that counts, empty if none was found in the folders of systemd; ``drop_ins`` are the files that change it, in the
    order in which they do. ``commands`` are the values of ExecStart after all changes, in clear; ``environment_files`` those of
    EnvironmentFile, with a hyphen before what may be missing. ``environment_lines`` is the number of lines that set variables,
    which are not kept. ``wanted_by`` are the units that start it, empty if it is not enabled. ``masked``: it cannot be started.
    """

    name: str
    path: str
    description: str
    commands: tuple[str, ...]
    environment_files: tuple[str, ...]
    environment_lines: int
    drop_ins: tuple[str, ...]
    wanted_by: tuple[str, ...]
    masked: bool

    @property
    def enabled(self) -> bool:
        """Whether something starts it by itself, as far as the folders could be listed."""
        return bool(self.wanted_by)


@dataclass(frozen=True, slots=True)
class Units:
    """The units of the platform by name, what could not be read, and how many files were found that are never looked at."""

    units: tuple[Unit, ...]
    unread: tuple[Unread, ...]
    withheld: int = 0


@dataclass(slots=True)
class _Found:
    """The files of one unit. Drop-ins are known by the names of their files: of equal ones the first folder's counts."""

    path: str = ""
    masked: bool = False
    drop_ins: dict[str, str] = field(default_factory=dict)
    wanted_by: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Settings:
    description: str = ""
    commands: list[str] = field(default_factory=list)
    environment_files: list[str] = field(default_factory=list)
    environment_lines: int = 0


def read_units(root: HostRoot) -> Units:
    """The units of the platform, with what their files say."""
    unread: list[Unread] = []
    found: dict[str, _Found] = defaultdict(_Found)
    noted: dict[str, Unread] = {}
    for path in _paths(root, noted):
        folder = next(one for one in FOLDERS if path.startswith(f"{one}/"))
        *above, name = path.removeprefix(f"{folder}/").split("/")
        if not above:
            _note_file(root, found, name, path, unread)
        elif above[0].endswith(".d"):
            found[above[0].removesuffix(".d")].drop_ins.setdefault(name, path)
        elif not isinstance(link := root.link(path), Unread):
            found[name].wanted_by[shown(_without_ending(above[0]))] = None
        elif link.reason not in ("absent", "not-a-file"):
            unread.append(link)
    units = (_unit(root, name, one, unread) for name, one in sorted(found.items()))
    told = tuple(unit for unit in units if unit is not None)
    unread += [one for one in noted.values() if one.reason not in ("absent", "withheld")]
    return Units(told, tuple(unread), sum(1 for one in noted.values() if one.reason == "withheld"))


def _paths(root: HostRoot, noted: dict[str, Unread]) -> Iterator[str]:
    """Every path that is there and that the allowlist names for units, those of the folders that win first."""
    patterns = [(pattern, entry.how[0]) for entry in entries("units") for pattern in entry.patterns]
    listed: dict[str, frozenset[str]] = {}
    for folder in FOLDERS:
        for pattern, how in patterns:
            for path in root.find(pattern, how) if pattern.startswith(f"{folder}/") else ():
                if isinstance(path, Unread):
                    noted.setdefault(path.path, path)
                elif path.rpartition("/")[2] in _names(root, path.rpartition("/")[0], listed, noted):
                    yield path


def _names(root: HostRoot, folder: str, listed: dict[str, frozenset[str]], noted: dict[str, Unread]) -> frozenset[str]:
    """The names in a folder, each listed once; none where it cannot be listed, which is noted."""
    if folder not in listed:
        allowed = is_allowed(folder, "names")
        names = root.names(folder) if allowed else Unread(shown(folder), "withheld", shown(folder))
        if isinstance(names, Unread):
            noted.setdefault(folder, names)
        listed[folder] = frozenset() if isinstance(names, Unread) else frozenset(names)
    return listed[folder]


def _note_file(root: HostRoot, found: dict[str, _Found], name: str, path: str, unread: list[Unread]) -> None:
    """A unit file, unless one of its name was found in a folder that wins. A link to nowhere masks the unit."""
    if name in found and (found[name].path or found[name].masked):
        return
    target = root.link(path)
    if target == _NULL:
        found[name].masked = True
    elif isinstance(target, str) or target.reason == "not-a-file":
        found[name].path = path
    elif target.reason != "absent":
        unread.append(target)


def _unit(root: HostRoot, name: str, found: _Found, unread: list[Unread]) -> Unit | None:
    drop_ins = [path for _file, path in sorted(found.drop_ins.items())]
    settings = _Settings()
    read: list[str] = []
    for path in [*([found.path] if found.path else []), *drop_ins]:
        content = root.read(path)
        if isinstance(content, Unread):
            if content.reason != "absent":
                unread.append(content)
            continue
        read.append(path)
        _apply(content.decode("utf-8", "replace"), settings)
    if not read and not found.masked and not found.wanted_by:
        return None
    return Unit(
        name=shown(name),
        path=shown(found.path),
        description=settings.description,
        commands=tuple(settings.commands),
        environment_files=tuple(settings.environment_files),
        environment_lines=settings.environment_lines,
        drop_ins=tuple(shown(path) for path in drop_ins if path in read),
        wanted_by=tuple(found.wanted_by),
        masked=found.masked,
    )


def _apply(text: str, settings: _Settings) -> None:
    """Let a file change the settings: an empty value takes back what files before it said."""
    for section, name, value in settings_of(text):
        match section, name:
            case "Unit", "Description":
                settings.description = value
            case "Service", "ExecStart":
                _add(settings.commands, value)
            case "Service", "EnvironmentFile":
                _add(settings.environment_files, value)
            case "Service", "Environment":
                settings.environment_lines = settings.environment_lines + 1 if value else 0
            case _:
                pass


def _add(values: list[str], value: str) -> None:
    if value:
        values.append(value)
    else:
        values.clear()


def settings_of(text: str) -> Iterator[tuple[str, str, str]]:
    """Section, name and value of each setting of a unit file (systemd.syntax(7)).

    A line that ends with a backslash goes on in the next one, comments between them left out.
    """
    section = ""
    for line in _whole_lines(text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif "=" in line:
            name, _equals, value = line.partition("=")
            yield section, name.strip(), value.strip()


def _whole_lines(lines: Iterable[str]) -> Iterator[str]:
    begun = ""
    for line in lines:
        stripped = line.strip()
        if stripped.startswith(("#", ";")) or not stripped and not begun:
            continue
        if stripped.endswith("\\"):
            begun += stripped[:-1].rstrip() + " "
            continue
        yield begun + stripped
        begun = ""
    if begun:
        yield begun.strip()


def _without_ending(folder: str) -> str:
    return next(folder.removesuffix(ending) for ending in _ENABLING if folder.endswith(ending))

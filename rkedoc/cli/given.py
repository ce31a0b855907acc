"""Snapshots that are given or written as files or by URLs of a store. Whoever works on them sees files alone.

What a URL names becomes a file in a private folder, which is gone when the command ends. Messages name the URL, not that file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from rkedoc.printable import printable
from rkedoc.store.url import StoreUrl, is_url, parse_url

if TYPE_CHECKING:
    from rkedoc.store.layout import Stored
    from rkedoc.store.store import Store

_ROOM: Final = "rkedoc.room"
_urls: dict[str, str] = {}
"""The URLs of the files that were got, by their paths."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A snapshot in a store that was not got yet."""

    store: Store
    stored: Stored

    def __str__(self) -> str:
        return str(self.store.url_of(self.stored))


class _Given(click.Path):
    """The path of a file, or the URL of a store, which is read but not looked up: that :func:`looked_up` does, once all that was typed makes sense."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and is_url(value):
            return parse_url(value)
        return super().convert(value, param, ctx)


SNAPSHOT: Final = _Given()
"""A snapshot: a file, or the newest one of the cluster that a URL names. The command is given a path."""
SNAPSHOTS: Final = _Given()
"""Snapshots: files, and all that URLs name. The command is given each as a path or as a :class:`Remote`."""
FOLDER: Final = _Given()
"""A folder of snapshots, or all that a URL names, which are got once and kept. The command is given the folder."""


def looked_up(parameters: Iterable[click.Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of parameters of :data:`SNAPSHOT` and :data:`SNAPSHOTS`, with snapshots in the place of URLs.

    Raises :class:`~rkedoc.errors.StoreError` for a store that cannot be read, or in which none lies.
    """
    found: dict[str, Any] = {}
    for parameter in parameters:
        name = str(parameter.name)
        value = values.get(name)
        if parameter.type is SNAPSHOTS:
            found[name] = tuple(one for given in value or () for one in _all(given))
        elif parameter.type is FOLDER and isinstance(value, StoreUrl):
            found[name] = _mirrored(value)
        elif parameter.type is SNAPSHOT:
            found[name] = tuple(map(_newest, value)) if isinstance(value, tuple) else _newest(value)
    return found


def _all(given: Path | StoreUrl) -> tuple[Path | Remote, ...]:
    if isinstance(given, Path):
        return (given,)
    from rkedoc.store.store import find

    found = find(given)
    return tuple(Remote(found.store, stored) for stored in found.snapshots)


def _mirrored(url: StoreUrl) -> Path:
    """The folder in which the snapshots lie that a URL names; of one user, and kept for the next question."""
    from rkedoc.store.mirror import mirror
    from rkedoc.store.store import find

    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "rkedoc" / "stores" / sha256(str(url).encode()).hexdigest()[:16]
    _urls[str(folder)] = str(url)
    for fault in mirror(find(url), folder, lambda text: click.echo(printable(text), err=True)):
        click.echo(printable(fault), err=True)
    return folder


def _newest(given: Path | StoreUrl | None) -> Path | None:
    if not isinstance(given, StoreUrl):
        return given
    from rkedoc.store.store import find

    found = find(given)
    return local(Remote(found.store, found.newest))


def local(given: Path | Remote) -> Path:
    """The file of a snapshot, which is got if it lies in a store."""
    if isinstance(given, Path):
        return given
    folder = room() / str(len(_urls))
    folder.mkdir(mode=0o700)
    path = folder / given.stored.name
    _urls[str(path)] = str(given)
    given.store.get(given.stored, path)
    return path


def named(text: str) -> str:
    """A text in which files that were got are called by their URLs."""
    for path, url in _urls.items():
        text = text.replace(path, url)
    return text


def room(parent: Path | None = None) -> Path:
    """A private folder, below ``parent`` or the system's folder for temporary files; it is gone when the command ends."""
    context = click.get_current_context().find_root()
    if _ROOM not in context.meta:
        from rkedoc.collect.private_folder import PrivateFolder

        folder = PrivateFolder(parent)
        context.meta[_ROOM] = folder.path
        context.call_on_close(folder.remove)
    found: Path = context.meta[_ROOM]
    return found


@contextmanager
def destination(name: str, parent: Path | None = None, *, quiet: bool = False) -> Iterator[Path | Literal["-"]]:
    """The file to write, or ``-`` for standard output. For the URL of a store it is a private one below ``parent``, which is put there afterwards.

    Raises :class:`~rkedoc.errors.StoreError` for a store that cannot be listed, before anything is written.
    """
    if not is_url(name):
        yield "-" if name == "-" else Path(name)
        return
    store = _open(name)
    path = room(parent) / "snapshot.ndjson.zst"
    yield path
    if path.exists():
        put(store, path, quiet=quiet)


@contextmanager
def destination_of_many(
    name: str | None, parent: Path | None = None, *, quiet: bool = False
) -> Iterator[Path | Literal["-"] | None]:
    """The folder for several files. For the URL of a store it is a private one below ``parent``; what came to lie in it is put there
    afterwards, also if the rest was interrupted."""
    if name is None or not is_url(name):
        yield None if name is None else "-" if name == "-" else Path(name)
        return
    store = _open(name)
    folder = room(parent) / "snapshots"
    folder.mkdir(mode=0o700)
    yield folder
    for path in sorted(folder.iterdir()):
        put(store, path, quiet=quiet)


def _open(name: str) -> Store:
    from rkedoc.store.store import store_of

    store = store_of(parse_url(name))
    store.require()
    return store


def put(store: Store, path: Path, *, quiet: bool = False) -> None:
    """Put a snapshot into a store, and say as what."""
    stored, is_new = store.put(path, room())
    if not quiet:
        click.echo(printable(f"{'put' if is_new else 'there already'}: {store.url_of(stored)}"), err=True)

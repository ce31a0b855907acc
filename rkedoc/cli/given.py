"""Snapshots that are given or written as files or by URLs of a store. Whoever works on them sees files alone.

What a URL names becomes a file in a private folder, which is gone when the command ends. Messages name the URL, not that file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from rkedoc.printable import printable
from rkedoc.store.url import is_url, parse_url

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


class _Snapshot(click.Path):
    """A snapshot: the path of a file, or a URL, of which it is the newest snapshot of the cluster that the URL names."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or not is_url(value) or (ctx is not None and ctx.resilient_parsing):
            return super().convert(value, param, ctx)
        from rkedoc.store.store import find

        found = find(parse_url(value))
        return local(Remote(found.store, found.newest))


class _Snapshots(_Snapshot):
    """Snapshots: the path of a file, or all that a URL names."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or not is_url(value) or (ctx is not None and ctx.resilient_parsing):
            return super().convert(value, param, ctx)
        from rkedoc.store.store import find

        found = find(parse_url(value))
        return tuple(Remote(found.store, stored) for stored in found.snapshots)


SNAPSHOT: Final = _Snapshot()
SNAPSHOTS: Final = _Snapshots()


def each(_context: click.Context, _parameter: click.Parameter, given: tuple[Any, ...]) -> tuple[Path | Remote, ...]:
    """The callback of an argument of :data:`SNAPSHOTS`: one value for each snapshot."""
    return tuple(one for value in given for one in (value if isinstance(value, tuple) else (value,)))


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

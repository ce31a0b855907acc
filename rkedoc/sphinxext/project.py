"""Builds the site of a snapshot without a project, and writes a project to begin one's own with."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import orjson
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from rkedoc import i18n
from rkedoc.errors import BuildError, RkedocError
from rkedoc.i18n import N_
from rkedoc.resources import resource
from rkedoc.snapshot.reader import SnapshotFile
from rkedoc.sphinxext import twin
from rkedoc.sphinxext.blocks.sanitize import one_line, title
from rkedoc.sphinxext.events import FILE_MODE, FOLDER_MODE, MARKDOWN

THEME = "pydata_sphinx_theme"
_AS_DATA = ("json", "pickle")
"""Builders that write what a page is made of, for programs that have pages of their own."""
_THEME_OPTIONS: Mapping[str, Any] = {
    "show_prev_next": False,
    "navigation_depth": 3,
    "search_as_you_type": True,
    "header_links_before_dropdown": 4,
    "secondary_sidebar_items": ["page-toc"],
    "primary_sidebar_end": [],
    "footer_start": [],
    "footer_end": [],
}
_NOT_PUBLISHED = (".buildinfo", ".doctrees", ".buildinfo.bak")
_SIGNS = ("_static/rkedoc.css", twin.NAME)
_ANSI = re.compile("\x1b\\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Built:
    """A site that was built: its folder, the number of its pages, and the warnings that Sphinx gave."""

    folder: Path
    pages: int
    warnings: tuple[str, ...]


def usual_theme(builder: str) -> str:
    """The theme where nobody chose one. That of the pages (0.24) cannot give its parts as data, for which Sphinx' own has all that is needed."""
    return "basic" if builder in _AS_DATA else THEME


def settings(name: str, theme: str = THEME, language: str = "en") -> dict[str, Any]:
    """The Sphinx configuration of a site: works from disk, asks nothing of the network, says nothing of its building."""
    values: dict[str, Any] = {
        "project": name,
        "extensions": ["myst_parser", "rkedoc.sphinxext", "rkedoc.sphinxext.markdown"],
        "language": language,
        "html_theme": theme,
        "html_title": name,
        "templates_path": [],
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_search_summary": False,
        "html_show_copyright": False,
        "html_show_sphinx": False,
        "html_use_index": True,
        "html_domain_indices": True,
        "exclude_patterns": ["_build"],
    }
    if theme == THEME:
        # The theme has no translation of these two (0.24).
        more = {
            "header_dropdown_text": i18n.message_in(language, N_("More")),
            "search_bar_text": i18n.message_in(language, N_("Search the docs ...")),
        }
        values["html_theme_options"] = dict(_THEME_OPTIONS) | more
    return values


def build_site(
    snapshot: Path | str,
    out: Path | str,
    *,
    language: str = "en",
    theme: str | None = None,
    classification: str = "",
    note: str = "",
    annotations: Sequence[Path | str] = (),
    trust_annotations: bool = False,
    pages: Sequence[str] = (),
    history: Sequence[Path | str] = (),
    since: Path | str | None = None,
    version: str = "",
    address: str = "",
    templates: Path | str | None = None,
    builder: str = "html",
    twin_pages: bool = False,
    jobs: int = 1,
    cache: Path | str | None = None,
    extensions: Sequence[str] = (),
    configuration: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Built:
    """Build the site of a snapshot into the folder ``out``, whole or not at all.

    ``out`` must not exist, be empty, or hold an earlier site, which is replaced. With a folder for the ``cache``, the
    next build reads and writes only what has changed. ``language`` may name several, with commas between them: then
    each has a folder of its code, every page leads to itself in the others, and the first is where a reader begins.
    ``history`` are earlier snapshots, or folders of them: pages tell what has changed. ``since`` is one earlier
    snapshot: pages mark what is new or has changed since. ``version`` is the label of the site among those that lie
    beside it, ``address`` that of the newest of them, which each page then names as its own for search engines. ``classification`` is a line on every page, ``note`` a sentence at the top of the first one; a
    :class:`~rkedoc.i18n.Message` stands there in the language of the page. ``trust_annotations``: whether annotation
    files may hold what else is refused, such as raw HTML. ``twin_pages`` puts a Markdown file of each page beside it, and
    ``llms.txt``. ``pages`` are pages that installed packages bring, by their names. ``extensions`` are more of Sphinx', with
    their ``configuration``.

    Raises :class:`~rkedoc.errors.RkedocError` with one line that says what is wrong.
    """
    source, target = Path(snapshot).resolve(), Path(out).absolute()
    languages = languages_in(language)
    _check_target(target)
    if since is not None:
        with SnapshotFile(since):
            pass
    say = progress or (lambda _message: None)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as room:
            work = Path(cache).absolute() if cache is not None else Path(room) / "work"
            name, time = _cluster_name(source)
            overrides = {
                "version": time,
                "release": time,
                "copyright": name,
                "rkedoc_snapshot": str(source),
                "rkedoc_pages": ".",
                "rkedoc_annotations": [str(Path(path).absolute()) for path in annotations],
                "rkedoc_trust_annotations": trust_annotations,
                "rkedoc_more_pages": list(pages),
                "rkedoc_history": [str(Path(path).absolute()) for path in history],
                "rkedoc_since": str(Path(since).absolute()) if since else "",
                "rkedoc_version": version,
                "rkedoc_templates": str(Path(templates).absolute()) if templates else "",
            }
            fresh, keep = Path(room) / "site", cache is not None

            def one(own: str, work: Path, fresh: Path) -> tuple[int, tuple[str, ...]]:
                said: dict[str, Any] = {
                    "html_baseurl": f"{address}{own}/" if address and len(languages) > 1 else address,
                    "rkedoc_classification": _in_language(classification, own),
                    "rkedoc_note": _in_language(note, own),
                }
                values = (
                    settings(name, theme or usual_theme(builder), own) | overrides | said | dict(configuration or {})
                )
                values["extensions"] = [*values["extensions"], *extensions]
                return _build(work, fresh, builder, values, jobs, say, keep=keep, twin_pages=twin_pages)

            if len(languages) == 1:
                built = [one(languages[0], work, fresh)]
            else:
                fresh.mkdir()
                overrides["rkedoc_languages"] = list(languages)
                built = [one(own, work / own, fresh / own) for own in languages]
                _write_start(fresh, name, languages)
            fresh.chmod(FOLDER_MODE)
            _swap(fresh, target, Path(room))
    except OSError as error:
        named = str(error.filename or target)
        # The room that a build works in is gone with it, and its name means nothing to anybody.
        where = target if f".{target.name}." in named else named
        reason = error.strerror or type(error).__name__
        raise BuildError(f"{where}: {reason}: can a folder be made there? -o names another one") from None
    return Built(target, sum(pages for pages, _warnings in built), tuple(w for _pages, ws in built for w in ws))


def _in_language(said: str, language: str) -> str:
    """A sentence of ours in a language; what a person wrote is as it is."""
    return i18n.message_in(language, said.message) if isinstance(said, i18n.Message) else said


def languages_in(named: str) -> tuple[str, ...]:
    """The languages in a list with commas. One alone may be any that Sphinx knows; several are those of rkedoc."""
    names = tuple(dict.fromkeys(part.strip() for part in named.split(",") if part.strip()))
    if len(names) < 2:
        return names or ("en",)
    return tuple(dict.fromkeys(i18n.named_language(name) for name in names))


def _build(
    work: Path,
    fresh: Path,
    builder: str,
    overrides: dict[str, Any],
    jobs: int,
    say: Callable[[str], None],
    *,
    keep: bool,
    twin_pages: bool,
) -> tuple[int, tuple[str, ...]]:
    """Build one language in ``work`` and put what is to be published into ``fresh``; ``keep`` leaves it there as well."""
    (work / "source").mkdir(mode=0o700, parents=True, exist_ok=True)
    pages, warnings = _run_sphinx(work, builder, overrides, jobs, say)
    if twin_pages:
        _run_sphinx(work, MARKDOWN, overrides, jobs, say, out=MARKDOWN)
    if keep:
        shutil.copytree(work / "html", fresh, ignore=shutil.ignore_patterns(*_NOT_PUBLISHED))
    else:
        for unwanted in _NOT_PUBLISHED:
            (work / "html" / unwanted).unlink(missing_ok=True)
        (work / "html").rename(fresh)
    if twin_pages:
        _put_beside(work / MARKDOWN, fresh)
    if (fresh / "_sources").is_dir() and not any((fresh / "_sources").iterdir()):
        (fresh / "_sources").rmdir()
    fresh.chmod(FOLDER_MODE)
    return pages, warnings


def _put_beside(markdown: Path, site: Path) -> None:
    """Copy the Markdown of each page, and the list of all of it, to where the page is; a file of the site is never replaced."""
    pages = orjson.loads((markdown / twin.NAME).read_bytes())["pages"]
    for name in (*(page["address"] for page in pages), twin.INDEX):
        target = site / name
        if not target.exists():
            target.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            shutil.copy2(markdown / name, target)


def _write_start(fresh: Path, name: str, languages: Sequence[str]) -> None:
    """The page that leads to each language; a browser goes to the one that it prefers."""
    if not (fresh / languages[0] / "index.html").is_file():
        return
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = resource("sphinxext", "assets", "pages", "languages.html.jinja").read_text("utf-8")
    shown = [{"folder": code, "code": code.replace("_", "-"), "name": i18n.LANGUAGES[code]} for code in languages]
    page = fresh / "index.html"
    page.write_text(environment.from_string(template).render(title=name, languages=shown, index="index.html"), "utf-8")
    page.chmod(FILE_MODE)


def _cluster_name(snapshot: Path) -> tuple[str, str]:
    """The name of the cluster, and the time of its newest capture: what stands for a version in an inventory."""
    with SnapshotFile(snapshot) as file:
        newest = max((capture.time for capture in file.header.captures), default="")
        return title(str(file.header.cluster.get("name") or "")) or "cluster", newest


def _check_target(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise BuildError(f"{target} is not a folder: choose another one with -o")
    if target.is_dir() and any(target.iterdir()) and not _is_site(target):
        raise BuildError(f"{target} holds something that is not a site of rkedoc: choose an empty folder with -o")


def _is_site(folder: Path) -> bool:
    """Whether a folder holds an earlier site, in one language or in several."""
    return any((folder / place / sign).is_file() for place in ("", *i18n.LANGUAGES) for sign in _SIGNS)


def _swap(fresh: Path, target: Path, room: Path) -> None:
    """Put the new site in the place of the old one. A reader meets one of the two, never a mixture."""
    old = room / "old"
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise


# Where Sphinx has put its pages is a folder of the build, which nobody will find again.
_NOT_SAID = (
    "The HTML pages are in",
    "The Markdown files are in",
    "The text files are in",
    "The ePub file is in",
    "build succeeded",
)


class _Lines(io.StringIO):
    """Takes what Sphinx says and hands it on line by line."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say
        self._rest = ""

    def write(self, text: str) -> int:
        """Hand on the lines that are complete."""
        *lines, self._rest = (self._rest + _ANSI.sub("", text)).replace("\r", "\n").split("\n")
        for line in lines:
            if line.strip():
                self._say(line.strip())
        return len(text)


def _run_sphinx(
    work: Path,
    builder: str,
    overrides: dict[str, Any],
    jobs: int,
    say: Callable[[str], None],
    out: str = "html",
) -> tuple[int, tuple[str, ...]]:
    """Run one builder on the sources in ``work``, into its folder ``out``. What an earlier one has read is not read again."""
    warnings: list[str] = []
    # Sphinx keeps the words of an earlier build in this process; a theme's would come out in that one's language.
    locale.translators.clear()
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                srcdir=str(work / "source"),
                confdir=None,
                outdir=str(work / out),
                doctreedir=str(work / "doctrees"),
                buildername=builder,
                confoverrides=overrides,
                status=_Lines(lambda line: None if line.startswith(_NOT_SAID) else say(line)),
                warning=_Lines(warnings.append),
                parallel=jobs,
            )
            app.build()
            pages = len(app.env.found_docs)
    except RkedocError:
        raise
    except SphinxError as error:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, RkedocError):
            raise cause from None
        raise BuildError(one_line(f"{error.category}: {error}", 500)) from None
    except OSError:
        raise
    except Exception as error:
        place = _place(error)
        raise BuildError(f"{type(error).__name__} {place}: this is a defect of rkedoc; please report it") from error
    if app.statuscode:
        raise BuildError(warnings[-1] if warnings else "Sphinx could not build the site")
    return pages, tuple(warnings)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "somewhere"
    return f"in {os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno}"


def init_project(folder: Path | str, *, snapshot: Path | str | None = None, name: str = "") -> tuple[Path, ...]:
    """Write a project that is ready to build: ``conf.py``, ``index.md``, and a folder for annotations.

    Files that are there already are left alone. Gives the files that were written. Raises
    :class:`~rkedoc.errors.BuildError` if the folder cannot be written to.
    """
    root = Path(folder)
    texts = {
        path.relative_to(resource("templates", "project")).as_posix().removesuffix(".jinja"): path.read_text("utf-8")
        for path in sorted(resource("templates", "project").rglob("*"))
        if path.is_file()
    }
    values = {
        "{{ name }}": repr(name or root.absolute().name),
        "{{ snapshot }}": repr(os.path.relpath(snapshot, root) if snapshot else "snapshot.ndjson.zst"),
    }
    written = []
    try:
        for relative, text in texts.items():
            path = root / relative
            if path.exists():
                continue
            for mark, value in values.items():
                text = text.replace(mark, value)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            written.append(path)
    except OSError as error:
        raise BuildError(f"{error.filename or root}: {error.strerror or type(error).__name__}") from None
    return tuple(written)

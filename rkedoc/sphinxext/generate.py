"""Writes the thin pages of a site, from the templates, into the source folder of a project.

A generated page holds keys of ``[a-z0-9-]`` and nothing else from the cluster. Files are written only when their bytes
change, so that Sphinx reads again only what has changed, and only files that an earlier run wrote are ever replaced
or removed: a manifest remembers them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import jinja2
import jinja2.sandbox

from rkedoc.errors import BuildError
from rkedoc.resources import resource
from rkedoc.sphinxext.pages import SUBJECTS, PageKind

if TYPE_CHECKING:
    from rkedoc.sphinxext.layout import Page
    from rkedoc.sphinxext.site import Site

MANIFEST = ".rkedoc-pages.json"
_FIRST_LINE = "<!-- Written by rkedoc from its templates: changes made here are lost. -->\n"


@dataclass(frozen=True, slots=True)
class TemplateSubject:
    """What a template knows of a page. Only names that are safe in any markup are in it."""

    key: str
    kind: str
    docname: str
    sections: tuple[TemplateSection, ...]


@dataclass(frozen=True, slots=True)
class TemplateSection:
    """What a template knows of a section: the name of its view, and the id of the heading above it, if it has one."""

    view: str
    heading: str


@dataclass(frozen=True, slots=True)
class Written:
    """What generating did: how many pages there are, and which files it wrote and removed."""

    pages: int
    changed: tuple[str, ...]
    removed: tuple[str, ...]


_TEMPLATE = "page.md.jinja"
"""The template of every page for which nobody has put one of its own into the folder of templates."""


def _subject(kind: PageKind, key: str, page_kind: str, docname: str) -> TemplateSubject:
    sections = (TemplateSection(each.view, each.heading.id if each.heading else "") for each in kind.sections)
    return TemplateSubject(key, page_kind, docname, tuple(sections))


class Templates:
    """The shipped templates, with those of the user's folder in their place."""

    def __init__(self, folder: Path | None = None) -> None:
        paths = [*([folder] if folder else []), resource("templates", "page")]
        self._environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
            loader=jinja2.FileSystemLoader([str(path) for path in paths]),
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,
        )

    def render(self, name: str, subject: TemplateSubject) -> str:
        """The text of a page, by the template ``name`` or that of all pages. Raises :class:`~rkedoc.errors.BuildError` naming the template and the line."""
        try:
            return self._environment.select_template([f"{name}.md.jinja", _TEMPLATE]).render(page=subject)
        except jinja2.TemplateSyntaxError as error:
            raise BuildError(f"template {name}, line {error.lineno}: {error.message}") from None
        except jinja2.TemplateNotFound as error:
            raise BuildError(f"there is no template {error.name}") from None
        except jinja2.UndefinedError as error:
            raise BuildError(
                f"template {name}: {error.message}; a template knows page.key, page.kind, page.docname, page.sections"
            ) from None
        except jinja2.TemplateError as error:
            raise BuildError(f"template {name}: {type(error).__name__}") from None


def toctree(children: Iterable[Page], folder: PurePosixPath) -> str:
    """The part of a page that leads Sphinx to its children; nothing of it is seen on the page."""
    names = [f"/{folder / child.docname}" for child in children]
    if not names:
        return ""
    return "\n".join(["\n```{toctree}", ":hidden:", ":titlesonly:", "", *names, "```", ""])


def page_text(site: Site, page: Page, templates: Templates, folder: PurePosixPath) -> str:
    """The whole text of a generated page."""
    kind = site.declared.kind_of(page)
    text = templates.render(kind.key, _subject(kind, page.key, page.kind, page.docname))
    return f"{text.rstrip()}\n{toctree(site.children.get(page.key, ()), folder)}"


def generate(site: Site, source: Path, folder: str, templates: Path | None = None) -> Written:
    """Write the pages of a site below ``source / folder``.

    Raises :class:`~rkedoc.errors.BuildError` if a file is in the way that no earlier run wrote, and before anything
    was written.
    """
    root = source if folder in (".", "") else source / folder
    prefix = PurePosixPath("") if folder in (".", "") else PurePosixPath(folder)
    jinja = Templates(templates)
    texts = _texts(site, jinja, prefix)
    known = _manifest(root)
    for name in texts:
        path = root / name
        if name not in known and path.exists() and path.read_bytes() != texts[name]:
            raise BuildError(f"{path} is in the way: rkedoc did not write it; move it, or set rkedoc_pages")
    changed = []
    for name, content in texts.items():
        if _write(root / name, content):
            changed.append(name)
    removed = [name for name in sorted(known) if name not in texts]
    for name in removed:
        _remove(root, name, known[name])
    digests = {name: _digest(content) for name, content in texts.items()}
    _write(root / MANIFEST, (json.dumps(digests, indent=0, sort_keys=True) + "\n").encode())
    return Written(len(texts), tuple(changed), tuple(removed))


def _texts(site: Site, templates: Templates, prefix: PurePosixPath) -> dict[str, bytes]:
    texts: dict[str, bytes] = {}
    skeletons: dict[str, str] = {}
    for page in site.pages.values():
        kind = site.declared.kind_of(page)
        children = toctree(site.children.get(page.key, ()), prefix)
        if page.kind == "fixed":
            text = templates.render(kind.key, _subject(kind, page.key, page.kind, page.docname))
        else:
            # A template is rendered once with marks in place of the page's key and document, for all pages of a kind.
            if kind.key not in skeletons:
                skeletons[kind.key] = templates.render(kind.key, _subject(kind, _KEY_MARK, page.kind, _DOC_MARK))
            text = skeletons[kind.key].replace(_KEY_MARK, page.key).replace(_DOC_MARK, page.docname)
        texts[f"{page.docname}.md"] = f"{text.rstrip()}\n{children}".encode()
    return texts


_KEY_MARK = "rkedoc-mark-for-the-key"
_DOC_MARK = "rkedoc-mark-for-the-document"


def _manifest(root: Path) -> Mapping[str, str]:
    """Files of earlier runs with their digests; only names that a run can have written count."""
    try:
        found = json.loads((root / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: str(digest) for name, digest in found.items() if _ours(name)}


_FOLDERS = frozenset(kind.folder for kind in SUBJECTS)


def _ours(name: str) -> bool:
    path = PurePosixPath(name)
    plain = path.suffix == ".md" and path.stem.replace("-", "").isalnum() and path.stem.isascii()
    return plain and (len(path.parts) == 1 or (len(path.parts) == 2 and path.parts[0] in _FOLDERS))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _write(path: Path, content: bytes) -> bool:
    try:
        if path.read_bytes() == content:
            return False
    except OSError:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.write_bytes(content)
    temporary.replace(path)
    return True


def _remove(root: Path, name: str, digest: str) -> None:
    path = root / name
    try:
        if _digest(path.read_bytes()) != digest:
            return  # somebody made it their own
        path.unlink()
    except OSError:
        return
    if path.parent != root and not any(path.parent.iterdir()):
        path.parent.rmdir()

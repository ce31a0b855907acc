"""Where a statement was read: the project, the refs and the files, so that anybody, or a program, can open them.

A source is written in one line, its parts joined by ``; ``. A part that names no project, or no ref, takes those of the part before it::

    rancher/rke v1.2.4, services/etcd.go (RunEtcdSnapshotSave)
    rancher/rke v0.1.0 to v1.6.3, cluster/plan.go; cluster/defaults.go
    rancher/rancher v2.8.0 and v2.13.0, pkg/features/feature.go; v2.15.0, build.yaml
    rancher/rancher issues 15364 and 18866 (listings); pull request 22518
    k3s-io/k3s release v1.36.1+k3s1 (embedded components)
    docs.docker.com, reference/cli/dockerd (userland-proxy)

A ref is a tag, a commit or a branch; ``A to B`` are all tags from one to the other. A file that has no folder before it may lie in that of
the file named before. What else is worth saying, such as a function's name, stands in parentheses. A page of a site that no project is
known of is the last form: its host, or a document's name, with the version that it is about if it has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from rkedoc.errors import CatalogError
from rkedoc.resources import load_yaml, resource

_NOTE: Final = re.compile(r" ?\([^()]*(?:\([^()]*\)[^()]*)*\)")
_PROJECT: Final = re.compile(r"(?P<project>[A-Za-z0-9][\w-]*/[\w-][\w.-]*) (?P<rest>\S.*)")
_REF: Final = re.compile(
    r"(?P<commit>[0-9a-f]{7,40})"
    r"|(?P<tag>(?:[\w.-]+[/-])?v?\d+\.\d[\w.+-]*|RELEASE\.\d[\w.:-]+)"
    r"|(?P<branch>master|main|main-source|gh-pages|(?:dev|release)[-/]v?[\d.]+)"
)
_PATH: Final = re.compile(r"(?=.*[A-Za-z])[\w.@+-]+(?:/[\w.@+-]+)*/?")
_THREAD: Final = re.compile(
    r"(?:issues?|pull requests?|discussions?) \d+(?:(?:, | and )\d+)*"
    r"|releases? v?\d+\.\d[\w.+-]*(?:(?:, | and )v\d+\.\d[\w.+-]*)*"
)
_NEXT_THREAD: Final = re.compile(r" and (?=[a-z]{2})")
_PAGE: Final = re.compile(
    r"(?P<site>[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}|[A-Z][\w' -]*(?= \d))(?: (?P<ref>v?\d+(?:[.-]\d+)+))?, (?P<page>\S.*)"
)
_JOINT: Final = re.compile(r", | and | to ")


@dataclass(frozen=True, slots=True)
class Citation:
    """One part of a source: a project with what was read in it.

    ``paths`` are files or folders at each of ``refs``; with ``throughout`` the two refs are the first and the last of many. Of a ``thread``, an
    issue, a pull request, a discussion or the notes of a release, ``paths`` says which; of a ``page`` of a site or of a document, its name.
    """

    project: str
    refs: tuple[str, ...]
    paths: tuple[str, ...]
    kind: Literal["file", "thread", "page"] = "file"
    throughout: bool = False


def parse_source(text: str) -> tuple[Citation, ...]:
    """The citations of a source. Raises :class:`~rkedoc.errors.CatalogError`, whose message says what does not name its project, ref or path."""
    return tuple(_parts(text))


def _parts(text: str) -> Iterator[Citation]:
    project, refs, throughout = "", tuple[str, ...](), False
    for part in _NOTE.sub("", text).split("; "):
        if page := _PAGE.fullmatch(part):
            yield Citation(page["site"], (page["ref"],) if page["ref"] else (), (page["page"],), "page")
            project, refs = "", ()
            continue
        rest = part
        if said := _PROJECT.fullmatch(part):
            project, rest, refs = said["project"], said["rest"], ()
        if not project:
            raise CatalogError(f"{part!r} names no project and ref: write 'owner/name REF, PATH'")
        threads = _NEXT_THREAD.split(rest)
        if all(_THREAD.fullmatch(thread) for thread in threads):
            yield Citation(project, (), tuple(threads), "thread")
            continue
        words, joints = _JOINT.split(rest), _JOINT.findall(rest)
        count = next((at for at, word in enumerate(words) if not _is_ref(word)), len(words))
        if count:
            refs, throughout = tuple(words[:count]), joints[: count - 1] == [" to "]
        paths = tuple(words[count:])
        if why := _wrong(refs, paths, joints[:count], joints[count:], throughout=throughout):
            raise CatalogError(f"{part!r} of {project} {why}")
        yield Citation(project, refs, paths, "file", throughout)


def _is_ref(word: str) -> bool:
    return _REF.fullmatch(word) is not None and not word.endswith((".go", ".md", ".yaml"))


def _wrong(
    refs: tuple[str, ...], paths: tuple[str, ...], of_refs: list[str], of_paths: list[str], *, throughout: bool
) -> str:
    """What is wrong with the refs and the files of a part, with the words between them; empty if nothing is."""
    if not refs:
        return "names no ref: write the tag, commit or branch at which it was read"
    if not paths:
        return "names no file: write its path after a comma"
    if of_refs[-1:] not in ([], [", "]):
        return "has no comma between its refs and its files"
    if " to " in of_refs[:-1] and not throughout:
        return "has single refs beside a range: write the range as a part of its own"
    if " to " in of_paths:
        return "has a range of files: name the folder, or each of them"
    odd = next((path for path in paths if not _PATH.fullmatch(path) or _is_ref(path)), None)
    return f"has {odd!r}, which is no path: write what else there is to say in parentheses" if odd else ""


def data_sources() -> Iterator[tuple[str, str]]:
    """(where, source) of every source that the data files name which explain a cluster."""
    root = resource("explain")
    for file in sorted(root.rglob("*.yaml")):
        parts = file.relative_to(root).parts
        yield from (("/".join(parts), source) for source in _cited(load_yaml("explain", *parts)))


def _cited(data: Any) -> Iterator[str]:
    """The sources in a data file: each ``source``, and the ``text`` of each of a table of ``sources``."""
    if isinstance(data, Mapping):
        if isinstance(data.get("source"), str):
            yield data["source"]
        if isinstance(data.get("sources"), Mapping):
            yield from (said["text"] for said in data["sources"].values())
        for value in data.values():
            yield from _cited(value)
    elif isinstance(data, list):
        for value in data:
            yield from _cited(value)

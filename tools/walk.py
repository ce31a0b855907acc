"""Read every tag of the projects that entries of the catalog come from, and write down at which ones each thing is there.

``python -m tools.walk rancher/rke=/clones/rke.git …`` reads ``tools/walk.yaml``, looks into bare clones, and writes
``rkedoc/catalog/walked.yaml``: for each entry the versions, with project, path and pattern as evidence, and the tables of versions of images.
What is known of projects that are not given stays as it was.

A pattern that is found at a tag shows that the thing is in the code of that tag, not that every cluster has it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import yaml

from rkedoc.catalog.ranges import Numbers, Span, parsed_version

LOOKS: Final = Path(__file__).with_name("walk.yaml")
RESULT: Final = Path(__file__).parent.parent / "rkedoc" / "catalog" / "walked.yaml"

_HEAD: Final = """# Written by tools/walk.py, which read every tag of the projects named here one by one; what it looks for stands in tools/walk.yaml.
# Of an entry: the versions at which the pattern is found below the path, of so many tags, and its tables of versions.
"""
_IMAGES_OF: Final = re.compile(r'^\t\t"(v[0-9][^"]*)": \{$(.*?)^\t\t\},?$', re.MULTILINE | re.DOTALL)
_FIELD: Final = re.compile(r'^\s*(\w+):\s*(?:m\()?"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked for: a pattern, in files below these paths."""

    entry: str
    paths: tuple[str, ...]
    pattern: str


def spans_of(versions: Mapping[Numbers, bool]) -> tuple[Span, ...]:
    """Where something is there, of all versions of a project and whether each has it.

    A span that is there until the last version of its minor line, and not in the next line, ends with the line; one that
    the newest version still has does not end.
    """
    order = sorted(versions)
    spans: list[Span] = []
    begun: Numbers | None = None
    for version, after in pairwise([*order, ()]):
        if not versions[version]:
            continue
        begun = begun or version
        if after and versions[after]:
            continue
        line = version[:2]
        high = line if after and after[:2] != line else version if after else ()
        spans.append(Span(line if begun == (*line, 0) and high == line else begun, high))
        begun = None
    return tuple(spans)


def rows_of(values: Mapping[Numbers, str]) -> tuple[tuple[str, str], ...]:
    """(versions, value) for each value, in the order in which they first come."""
    distinct = tuple(dict.fromkeys(values[version] for version in sorted(values)))
    found = ((spans_of({version: said == value for version, said in values.items()}), value) for value in distinct)
    return tuple((", ".join(map(str, spans)), value) for spans, value in found)


def walked(
    clone: Path, tags: Sequence[str], looks: Sequence[Look]
) -> Iterator[tuple[Look, str, Mapping[Numbers, bool]]]:
    """For each look the path where it was first found, and whether each version has it; tags of one version count as one.

    A tag at which nothing at all is found is one of something else: rancher/rke has one with the code of another project.
    """
    seen: dict[Look, dict[Numbers, bool]] = {look: {} for look in looks}
    first: dict[Look, str] = {}
    for tag in tags:
        if not (lines := tuple(_lines(clone, tag, looks))):
            continue
        for look in looks:
            place = next(
                (path for path, line in lines if _below(path, look.paths) and re.search(look.pattern, line)), ""
            )
            version = parsed_version(tag)
            seen[look][version] = seen[look].get(version, False) or bool(place)
            if place:
                first.setdefault(look, place)
    for look in looks:
        if look in first:
            yield look, first[look], seen[look]


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _lines(clone: Path, tag: str, looks: Sequence[Look]) -> Iterator[tuple[str, str]]:
    """The path and the text of each line of a tag that a pattern fits; vendored code and tests are nobody's evidence."""
    patterns = [word for look in looks for word in ("-e", look.pattern)]
    where = [*dict.fromkeys(path for look in looks for path in look.paths), ":!vendor", ":!*_test.go"]
    for line in _git(clone, "grep", "-I", "-E", *patterns, tag, "--", *where).splitlines():
        path, _colon, said = line.removeprefix(f"{tag}:").partition(":")
        yield path, said


def tags_of(clone: Path, pattern: str) -> tuple[str, ...]:
    """The tags of a clone that a pattern fits as a whole, in rising order."""
    names = (name for name in _git(clone, "tag").splitlines() if re.fullmatch(pattern, name) and parsed_version(name))
    return tuple(sorted(names, key=lambda name: (parsed_version(name), name)))


def images_of(texts: Iterable[str]) -> Mapping[Numbers, Mapping[str, str]]:
    """The images of each version of Kubernetes, of sources that list them, the first of which counts; of a version the last set."""
    found: dict[Numbers, Mapping[str, str]] = {}
    for text in texts:
        here = {
            parsed_version(name): dict(_FIELD.findall(body))
            for name, body in sorted(_IMAGES_OF.findall(text), key=_build)
        }
        found = {**here, **found}
    return found


def _build(found: tuple[str, str]) -> tuple[Numbers, Numbers]:
    """The order of ``v1.19.6-rancher1-1``: its version, then its builds."""
    return parsed_version(found[0]), tuple(int(number) for number in re.findall(r"\d+", found[0].partition("-")[2]))


def _git(clone: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(clone), *arguments], capture_output=True, check=False)
    if done.returncode > 1 or (done.returncode and arguments[0] != "grep"):
        raise SystemExit(f"git {arguments[0]} in {clone}: {done.stderr.decode().strip()}")
    return done.stdout.decode("utf-8", "replace")


def of_project(name: str, said: Mapping[str, Any], clone: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a project's tags tell of entries."""
    tags = tags_of(clone, said["tags"])
    looks = [Look(entry, tuple(look["paths"]), look["pattern"]) for entry, look in said["looks"].items()]
    for look, path, versions in walked(clone, tags, looks):
        yield look.entry, {
            "product": said["product"], "spans": ", ".join(map(str, spans_of(versions))), "project": name, "path": path,
            "pattern": look.pattern, "tags": len(tags), "newest": tags[-1],
        }  # fmt: skip


def of_images(name: str, said: Mapping[str, Any], clone: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the lists of images of each version of Kubernetes tell of entries: where there is one, and which."""
    path = said["path"]
    versions = images_of(_git(clone, "show", f"{ref}:{path}") for ref in said["refs"])
    newest = "v" + ".".join(map(str, max(versions)))
    for entry, look in said["looks"].items():
        there = {version: look["field"] in fields for version, fields in versions.items()}
        tags = {
            v: fields[look["field"]].rpartition(":")[2] for v, fields in versions.items() if look["field"] in fields
        }
        yield entry, {
            "product": "Kubernetes", "spans": ", ".join(map(str, spans_of(there))), "project": name, "path": path,
            "pattern": look["field"], "tags": len(versions), "newest": newest, "listed": True,
            "tables": [{"of": look["of"], "by": "Kubernetes", "rows": "".join(f"{at}: {tag}\n" for at, tag in _known(tags, versions))}],
        }  # fmt: skip


def _known(tags: Mapping[Numbers, str], versions: Iterable[Numbers]) -> tuple[tuple[str, str], ...]:
    """The rows of a table; a version without an image is in none of them."""
    rows = rows_of({version: tags.get(version, "") for version in versions})
    return tuple((at, tag) for at, tag in rows if tag)


class _Blocks(yaml.SafeDumper):
    """Writes a text of several lines as such."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Blocks.add_representer(str, _text)


def main(arguments: Sequence[str]) -> int:
    """Walk the clones that are given."""
    clones = dict(argument.split("=", 1) for argument in arguments)
    looks: Mapping[str, Mapping[str, Any]] = yaml.safe_load(LOOKS.read_text("utf-8"))
    found: dict[str, Any] = yaml.safe_load(RESULT.read_text("utf-8")) or {}
    for name, clone in clones.items():
        found = {entry: told for entry, told in found.items() if told["project"] != name}
        said = looks[name]
        found.update((of_images if "refs" in said else of_project)(name, said, Path(clone)))
        missing = sorted(set(said["looks"]) - set(found))
        print(f"{name}: {len(said['looks']) - len(missing)} found, not found: {', '.join(missing) or 'none'}")
    text = yaml.dump(dict(sorted(found.items())), Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=120)
    RESULT.write_text(_HEAD + text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

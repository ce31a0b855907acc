"""Listings as their tools print them, and what people do to them before they paste them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Final

import yaml

DATA: Final = Path(__file__).parents[1] / "data"
Row = tuple[str, ...]
NAMED: Final = frozenset(("NAMES", "NAME", "REPOSITORY"))
"""The columns that tell which row is which."""
NAMES: Final = re.compile(r"[A-Za-z0-9][\w.-]*")
PROSE: Final = (
    "Hi all, this is what I get on the first node:", "and then it hangs. Any ideas?", "Thanks!", "The etcd container is restarting.",
    "I restarted the kubelet and the proxy, no change", "exit", "Regards", "Environment information", "- Rancher version: v2.5.5",
    "Note: the second node is down (not ready)", "docker version 19.03", "See https://example.org/issues/1 for the rest",
)  # fmt: skip


@lru_cache
def tables() -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """The tables of public listings, by the file, the header first."""
    found = []
    for file in sorted((DATA / "listings").glob("*.yaml")):
        if file.name == "expected.yaml":
            continue
        listing = yaml.safe_load(file.read_text("utf-8"))
        found.append((file.stem, tuple(_rows(listing["kind_id"], listing["rows"]))))
    return tuple(found)


def _rows(kind: str, rows: Sequence[dict[str, str]]) -> list[Row]:
    if kind == "docker-ps":
        header: Row = ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES")
        return [header, *(
            (f"{at:012x}", row["image"], f'"{row["command"]}"', "2 hours ago", row["status"], row["ports"] or "", row["name"])
            for at, row in enumerate(rows, 0xA1B2C3)
        )]  # fmt: skip
    if kind == "crictl-ps":
        return [("CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID"), *(
            (f"{at:013x}", row["image"], "2 hours ago", row["status"], row["name"], "0", f"{at + 99:013x}") for at, row in enumerate(rows, 0xA1B2C3)
        )]  # fmt: skip
    namespaced = any(row["namespace"] for row in rows)
    header = (*(("NAMESPACE",) if namespaced else ()), "NAME", "READY", "STATUS", "RESTARTS", "AGE")
    return [header, *(
        (*((row["namespace"] or "default",) if namespaced else ()), row["name"], row["ready"] or "0/1", row["status"] or "Running", "3 (2d ago)", "41d")
        for row in rows
    )]  # fmt: skip


def printed(table: Sequence[Row], *, header: bool = True) -> list[str]:
    """A table as its tool prints it: columns under one another."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return lines if header else lines[1:]


def some_columns(table: Sequence[Row], random: Random) -> list[Row]:
    """Some of the columns of a table in any order, that with the names among them."""
    places = list(range(len(table[0])))
    named = next(place for place in places if table[0][place] in NAMED)
    kept = {named, *random.sample(places, random.randint(1, len(places)))}
    order = [place for place in places if place in kept]
    if random.random() < 0.5:
        random.shuffle(order)
    return [tuple(row[place] for place in order) for row in table]


def cut(lines: Sequence[str], width: int) -> list[str]:
    """Lines as a narrow window shows them."""
    return [line[:width].rstrip() for line in lines]


def wrapped(lines: Sequence[str], width: int) -> list[str]:
    """Lines as a terminal of a width wraps them."""
    return [line[at : at + width] for line in lines for at in range(0, max(len(line), 1), width)]


DRESSES: Final[tuple[Callable[[str], str], ...]] = (
    lambda line: f"> {line}", lambda line: f"# {line}", lambda line: f"| {line}", lambda line: f"    {line}", lambda line: f"// {line}",
    lambda line: f"\x1b[32m{line}\x1b[0m", lambda line: re.sub(r"(\S+)$", "\x1b[01;31m\x1b[K\\1\x1b[m\x1b[K", line), lambda line: f"{line}\r",
    lambda line: re.sub(" {2,}", " ", line), lambda line: re.sub(" {2,}", "\t", line), lambda line: line.replace("<", "&lt;").replace(">", "&gt;"),
    lambda line: f"> > {line}", lambda line: line.replace(" ", "\u00a0"), lambda line: f"- {line}",
)  # fmt: skip
"""What stands around each line of a table."""

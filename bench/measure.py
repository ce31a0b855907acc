"""Run a command as a process of its own, and say what it cost."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process cost: seconds on the clock, seconds of processors, and the most memory that it held, in MB."""

    wall: float
    cpu: float
    memory: float


class BenchError(Exception):
    """A measured command failed: its figures would mean nothing."""


def run(command: Sequence[str], *, cwd: Path | None = None, ends_with: int = 0) -> Cost:
    """Run a command to its end. Raises :class:`BenchError` with what it said if it ends with another exit code.

    Modules are compiled once, as they are where a package was installed, whatever the environment says.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=said, stderr=said, stdin=subprocess.DEVNULL
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if process.returncode != ends_with:
            said.seek(0)
            raise BenchError(f"{' '.join(command[:6])} …: exit {process.returncode}\n{said.read().decode()[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def python(*arguments: str) -> list[str]:
    """A command that runs this Python."""
    return [sys.executable, *arguments]


def rkedoc(*arguments: str) -> list[str]:
    """The command line under test."""
    return python("-c", "from rkedoc.cli import main; main()", *arguments)


def best(costs: Sequence[Cost]) -> Cost:
    """The least of each figure: what else the machine does only adds."""
    return Cost(min(c.wall for c in costs), min(c.cpu for c in costs), min(c.memory for c in costs))


def alternately(repeats: int, *commands: Callable[[], Cost]) -> list[Cost]:
    """The best cost of each command, run in turns so that a busy moment hits none of them alone."""
    found: list[list[Cost]] = [[] for _ in commands]
    for _ in range(repeats):
        for costs, command in zip(found, commands, strict=True):
            costs.append(command())
    return [best(costs) for costs in found]


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """How cost grows with size: the slope of the least-squares line through both logarithms. 1 is linear."""
    xs, ys = [math.log(size) for size in sizes], [math.log(value) for value in seconds]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum((x - mean_x) ** 2 for x in xs)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)

"""Commands called as the program calls them."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rkedoc.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """``run(*arguments, stdin=b"")`` calls a command as the program does, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RKEDOC_DEBUG", raising=False)

    def call(*arguments: object, stdin: bytes = b"") -> Ended:
        capsysbinary.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        out, err = capsysbinary.readouterr()
        return Ended(code, out.decode(), err.decode())

    return call

"""A run says what it does: a line a list in a log, one living line on a terminal, nothing if asked."""

from __future__ import annotations

import io

from rkedoc.collect.progress import PlainProgress, TerminalProgress, in_bytes, make_progress, scope_line
from rkedoc.collect.source import Progress
from rkedoc.snapshot.record import Scope
from rkedoc.vocabulary import Result


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def talk(progress: Progress) -> None:
    progress.note("kubernetes: https://192.0.2.1:6443")
    progress.begin("kubernetes", "core/pods")
    progress.advance("kubernetes", "core/pods", objects=500, size=2_000_000)
    progress.advance("kubernetes", "core/pods", objects=20, size=80_000)
    progress.end("kubernetes", "core/pods", "complete")
    progress.begin("kubernetes", "core/secrets")
    progress.end("kubernetes", "core/secrets", "forbidden")


def test_a_log_gets_a_line_a_list_with_count_bytes_and_time() -> None:
    stream = io.StringIO()
    progress = make_progress(stream=stream)
    assert isinstance(progress, PlainProgress)
    talk(progress)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "kubernetes: https://192.0.2.1:6443"
    assert lines[1].startswith("kubernetes: core/pods: 520 objects, 2.1 MB, ")
    assert lines[1].endswith(" s")
    assert lines[2].endswith("[forbidden]")
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_keeps_what_matters_above_a_living_line() -> None:
    stream = Terminal()
    progress = make_progress(stream=stream)
    assert isinstance(progress, TerminalProgress)
    talk(progress)
    kept = [line.rpartition("\x1b[K")[2] for line in stream.getvalue().split("\n")[:-1]]
    assert kept[0] == "kubernetes: https://192.0.2.1:6443"
    assert any("core/secrets" in line and "[forbidden]" in line for line in kept)
    assert not any("core/pods" in line for line in kept)


def test_quiet_says_nothing() -> None:
    stream = Terminal()
    talk(make_progress(quiet=True, stream=stream))
    assert stream.getvalue() == ""


def test_no_server_moves_the_cursor() -> None:
    stream = io.StringIO()
    PlainProgress(stream).note("a\x1b[2Jb\r\nc\u202e")
    assert stream.getvalue() == "a?[2Jb??c?\n"


def test_a_scope_that_did_not_end_well_is_one_line() -> None:
    scope = Scope("apps/deployments", "list", "/x", 403, Result.FORBIDDEN, "Forbidden", namespace="shop")
    assert scope_line("kubernetes", scope) == (
        "kubernetes: apps/deployments in namespace shop: forbidden (Forbidden, status 403)"
    )


def test_sizes_are_for_people() -> None:
    assert [in_bytes(size) for size in (0, 999, 1000, 2_500_000, 7 * 10**12)] == [
        "0 B", "999 B", "1.0 kB", "2.5 MB", "7000.0 GB",
    ]  # fmt: skip

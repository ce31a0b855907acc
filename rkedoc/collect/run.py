"""One run of the collector: from options to a snapshot file that is there whole, or not at all.

The order matters. Every source is connected to, and says of which pods it holds containers, before anything is taken, so that of all
pods only those have to be remembered; then one source after the other gives what it was answered to the intake; then the file is
written. Which sources there are is not known here.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rkedoc.collect.captures import Captures
from rkedoc.collect.intake import Intake
from rkedoc.collect.options import CollectOptions, check_options, collection_time
from rkedoc.collect.private_folder import PrivateFolder, runtime_folder, sweep
from rkedoc.collect.report import UNAVAILABLE, Report, is_missed, plan_text, tell
from rkedoc.collect.signals import Interrupted, interruptible
from rkedoc.collect.source import PlannedRequest, Progress, Source
from rkedoc.collect.sources import redactor_of, sources_of
from rkedoc.collect.spool import Spool
from rkedoc.errors import CollectError, SourceUnavailable, UsageError
from rkedoc.garbage import rarely_collected
from rkedoc.nearby import unknown
from rkedoc.snapshot.record import BEYOND_FILES, TIME, Capture, Header, Line, Scope
from rkedoc.snapshot.writer import HeaderParts, write_lines
from rkedoc.vocabulary import Result

COMPLETE, NOTHING, PARTIAL_STRICT = 0, 2, 3
"""Exit codes: complete or partial; nothing collected; partial under ``strict``. An interrupted run ends with 128 and
the number of the signal, as shells have it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run."""

    path: Path | None
    """The file that was written; ``None`` if none was, or if it went to standard output."""
    header: Header | None
    partial: tuple[Scope, ...]
    """The scopes that did not end well."""
    exit_code: int
    plan: tuple[PlannedRequest, ...] = ()
    unavailable: str = ""
    """Why nothing was written, if it is that a source did not answer."""


def collect(options: CollectOptions, *, progress: Progress) -> Outcome:
    """Collect, redact and write one snapshot; or, with ``options.plan``, say on standard output what would be asked.

    Raises :class:`~rkedoc.errors.UsageError` for options that make no sense, and
    :class:`~rkedoc.errors.CollectError` if the run cannot be started. What a source does wrong is no error but a scope.
    """
    check_options(options)
    try:
        with interruptible(), rarely_collected(), ExitStack() as stack:
            return _Run(options, progress, stack).outcome()
    except Interrupted as interrupted:
        progress.note(f"interrupted by {interrupted.name}: nothing was left behind")
        return Outcome(None, None, (), 128 + interrupted.number)


def file_name(cluster: str, time: str) -> str:
    """``<cluster>-<UTC time>.ndjson.zst``; ``cluster`` must have been redacted."""
    slug = re.sub(r"[^a-z0-9]+", "-", cluster.lower()).strip("-")[:63].strip("-") or "cluster"
    return f"{slug}-{time.replace('-', '').replace(':', '')}.ndjson.zst"


class _Run:
    """The state of one run. Everything that it opens is closed by ``stack``."""

    def __init__(self, options: CollectOptions, progress: Progress, stack: ExitStack) -> None:
        self._options = options
        self._progress = progress
        self._stack = stack
        self._captures_of = Captures(collection_time(options.collected_at), given=options.collected_at is not None)
        self._redactor = redactor_of(options)
        self._sources = sources_of(
            options, run_id=secrets.token_hex(4), redactor=self._redactor, progress=progress, resources=stack
        )
        self._unavailable: list[SourceUnavailable] = []
        self._captures: list[Capture] = []
        self._rules: dict[str, int] = {}
        self._twice: dict[str, int] = {}
        self._unaccounted = 0

    def outcome(self) -> Outcome:
        options = self._options
        if isinstance(options.output, Path):
            _check_writable(options.output)
        sweep(runtime_folder() or Path(tempfile.gettempdir()))  # keys, also if this run needs none
        connected = [source for source in self._sources if self._connects(source)]
        if options.plan:
            return self._planned(connected)
        pods = {source: uids for source in connected if (uids := self._pods(source)) is not None}
        if not pods:
            return self._nothing()
        folder = self._stack.enter_context(PrivateFolder(options.spool_dir))
        spool = Spool(folder.path)
        wanted = frozenset[str]().union(*pods.values())
        intake = Intake(spool, self._redactor, captures=self._captures_of, wanted=wanted)
        for source in pods:
            self._captures += source.collect(intake)
        self._unavailable += intake.unavailable
        self._require_kinds(tuple(pods))
        if not any(scope.count for capture in self._captures for scope in capture.scopes):
            return self._nothing()
        return self._write(spool, intake)

    # Sources ---------------------------------------------------------------------------------------------------------

    def _connects(self, source: Source) -> bool:
        try:
            source.connect()
        except SourceUnavailable as error:
            self._lost(error)
            return False
        return True

    def _pods(self, source: Source) -> frozenset[str] | None:
        try:
            return source.pods()
        except SourceUnavailable as error:
            self._lost(error)
            return None

    def _lost(self, error: SourceUnavailable) -> None:
        self._unavailable.append(error)
        scope = Scope(
            name=f"{error.source}/*", verb="get", path="/", status=None, result=Result.FAILED, reason=UNAVAILABLE
        )
        self._captures.append(self._captures_of.live(error.source, (scope,)))

    def _require_kinds(self, sources: Sequence[Source]) -> None:
        """Whether each kind that a person wants alone is one that a source has: a name mistyped must not look like an empty
        cluster."""
        kinds = [source.kinds for source in sources if source.kinds is not None]
        for name in self._options.only:
            if kinds and all(name in some.unmatched for some in kinds):
                known = (kind for some in kinds for kind in some.served)
                raise UsageError(f"--only: {unknown('kind', self._redactor.text(name), known)}")

    # The end ---------------------------------------------------------------------------------------------------------

    def _planned(self, connected: Sequence[Source]) -> Outcome:
        if not connected:
            return self._nothing()
        plan = tuple(request for source in connected for request in source.plan())
        sys.stdout.write(plan_text(plan))
        return Outcome(None, None, (), COMPLETE, plan)

    def _report(self) -> Report:
        return Report(self._captures, self._unavailable, self._redactor)

    def _nothing(self) -> Outcome:
        report = self._report()
        report.tell_nothing(narrowed=bool(self._options.namespaces))
        said = self._redactor.text(self._unavailable[-1].reason) if self._unavailable else ""
        return Outcome(None, None, report.partial, NOTHING, unavailable=said)

    def _write(self, spool: Spool, intake: Intake) -> Outcome:
        named = self._options.cluster or next((source.cluster for source in self._sources if source.cluster), "")
        cluster = self._redactor.text(named or "cluster")
        output = self._options.output or Path(file_name(cluster, _time_of(self._captures)))
        order = {source.name: at for at, source in enumerate(self._sources)}
        parts = HeaderParts(
            cluster={"name": cluster, "uid": intake.learned.cluster_uid},
            captures=tuple(sorted(self._captures, key=lambda capture: order[capture.source])),
            redaction={"rules": self._rules, "key": self._redactor.key_id, "masked": []},
            twice=self._twice,
            rancher={} if self._options.through is None else self._options.through.facts,
        )
        header = write_lines(output, parts, self._lines(spool, intake))
        report = self._report()
        path = output if isinstance(output, Path) else None
        if path is not None:
            self._progress.note(f"wrote {path}: {header.records} records")
        if any(scope.reason in BEYOND_FILES and not scope.name.startswith("engine/") for scope in header.scopes()):
            self._progress.note(
                "files: of namespaces that they hold no list of nothing is known; --complete KIND says that they hold all of a kind"
            )
        report.tell_left_out()
        report.tell_partial()
        if self._unaccounted:
            tell(
                f"the sums do not close: the sources told of {self._unaccounted:+} records beside those that were written. "
                "This is a mistake in rkedoc: please report it"
            )
        missed = any(is_missed(scope) for scope in report.partial) or self._unaccounted != 0
        return Outcome(path, header, report.partial, PARTIAL_STRICT if missed and self._options.strict else COMPLETE)

    def _lines(self, spool: Spool, intake: Intake) -> Iterator[Line]:
        """All records, each looked at once more for what was hidden elsewhere; the counts of the rules are whole after the last."""
        written = 0
        for line in spool.merged(self._redactor.everywhere):
            written += 1
            yield line
        self._rules.update(self._redactor.report)
        self._twice.update(spool.twice + intake.twice)
        told = sum(scope.count for capture in self._captures for scope in capture.scopes)
        self._unaccounted = told - written - sum(self._twice.values())


def _time_of(captures: Sequence[Capture]) -> str:
    """The time of a snapshot: that of what was asked live, else the newest that its dumps speak of."""
    live = [capture.time for capture in captures if TIME not in capture.tool]
    return live[0] if live else max(capture.time for capture in captures)


def _check_writable(path: Path) -> None:
    """A folder that cannot be written to is better known before an hour of collecting than after it."""
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise CollectError(f"{folder}: no file can be written there; give another with -o")

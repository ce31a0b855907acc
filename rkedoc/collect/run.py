"""One run of the collector: from options to a snapshot file that is there whole, or not at all.

The order matters. The engine is asked first which containers it has, so that of all pods only those of its node have
to be remembered; the Kubernetes API next, because pod specs decide what may be shown of a container; then the
engine's details; then the file is written.
"""

from __future__ import annotations

import datetime
import os
import re
import secrets
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import orjson

from rkedoc import __version__, plugins
from rkedoc.collect import noise
from rkedoc.collect.engine.node import which_node
from rkedoc.collect.engine.source import ContainerRow, EngineSource
from rkedoc.collect.files.documents import Input
from rkedoc.collect.files.source import FilesSource
from rkedoc.collect.garbage import rarely_collected
from rkedoc.collect.kubernetes.discovery import may_be_aggregated
from rkedoc.collect.kubernetes.endpoint import Endpoint, connect
from rkedoc.collect.kubernetes.rbac import cluster_role, resources_in
from rkedoc.collect.kubernetes.source import Discovered, KubernetesSource
from rkedoc.collect.kubernetes.transport import Transport
from rkedoc.collect.private_folder import PrivateFolder, sweep
from rkedoc.collect.progress import scope_line
from rkedoc.collect.selection import Choice
from rkedoc.collect.signals import Interrupted, interruptible
from rkedoc.collect.source import PlannedRequest, Progress
from rkedoc.collect.spool import Spool
from rkedoc.errors import CollectError, SourceUnavailable, UsageError
from rkedoc.nearby import unknown
from rkedoc.printable import printable
from rkedoc.redact import Redactor, Shelter
from rkedoc.redact.fingerprint import load_key_file
from rkedoc.redact.rules import load_rules, rules_file
from rkedoc.snapshot.reader import SnapshotFile
from rkedoc.snapshot.record import (
    BEYOND_FILES,
    NEWEST_IN_OBJECTS,
    TIME,
    TIME_OF_READING,
    Capture,
    Header,
    Record,
    Scope,
)
from rkedoc.snapshot.writer import HeaderParts, write

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_UNAVAILABLE = "unavailable"
"""The reason code of a source that did not answer at all."""

_READ_OTHERWISE = frozenset({"yaml-not-read", "archive-not-read"})
_INCOMPLETE = frozenset({"partial", "forbidden", "absent", "failed"})

COMPLETE, NOTHING, PARTIAL_STRICT = 0, 2, 3
"""Exit codes: complete or partial; nothing collected; partial under ``strict``. An interrupted run ends with 128 and
the number of the signal, as shells have it."""


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """What a person asks for. Every field has the meaning of the command-line option of its name."""

    output: Path | Literal["-"] | None = None
    """Where the snapshot goes; ``None``: ``<cluster>-<UTC time>.ndjson.zst`` in the working directory."""
    cluster: str | None = None
    engine: str | None = None
    """The address of a container engine; ``None``: the one that the environment names; ``"none"``: leave it out."""
    kubernetes: bool = True
    kubeconfig: Path | None = None
    context: str | None = None
    from_: tuple[Path | Literal["-"], ...] = ()
    """Dumps to read. Live sources are then asked only if they are named: ``engine``, ``kubeconfig``, ``context``."""
    namespaces: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    """Kinds to leave out, of whatever source. An engine's containers are always read: the ledger is made of them."""
    only: tuple[str, ...] = ()
    complete: tuple[str, ...] = ()
    """Kinds of which the dumps hold all that the cluster has. Of others they are complete for the namespaces that they hold."""
    redact_rules: tuple[Path, ...] = ()
    """Files of rules that hide more, or names of those that packages bring (:mod:`rkedoc.plugins`)."""
    sources: tuple[str, ...] = ()
    """Sources that packages bring, each ``NAME`` or ``NAME=ARGUMENT``: read as dumps are."""
    fingerprint_key: Path | None = None
    collected_at: str | None = None
    """The time to write into the snapshot (RFC 3339); ``None``: ``SOURCE_DATE_EPOCH`` if set, else now; for dumps the
    newest moment that their objects speak of."""
    strict: bool = False
    """End with 3 if the snapshot lacks anything that is there: see :func:`is_missed`."""
    spool_dir: Path | None = None
    no_exec: bool = False
    plan: bool = False
    quiet: bool = False


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


def rights(
    options: CollectOptions, *, progress: Progress, snapshot: Path | None = None, with_secrets: bool = False
) -> str:
    """The least rights that a run with these options needs, as a ClusterRole in YAML.

    What is served is read from the header of ``snapshot`` or, without one, discovered. Raises
    :class:`~rkedoc.errors.SourceUnavailable`, :class:`~rkedoc.errors.SnapshotError` or
    :class:`~rkedoc.errors.UsageError`.
    """
    if snapshot is not None:
        with SnapshotFile(snapshot) as file:
            for _record in file:
                pass  # rights are given by a file that is checked to its end, and by no other
            return cluster_role(resources_in(file.header), with_secrets=with_secrets)
    with ExitStack() as stack:
        served = _Run(options, progress, stack).served()
    return cluster_role(served, with_secrets=with_secrets)


def plan_text(plan: tuple[PlannedRequest, ...]) -> str:
    """A plan as lines: source, method, path, how often."""
    lines = [f"{request.source}  {request.method} {request.path}  ({request.count})" for request in plan]
    return "\n".join([*lines, f"{len(plan)} kinds of requests; nothing else would be sent"]) + "\n"


def collection_time(given: str | None) -> str:
    """The time of a collection in UTC, to the second: given, or ``SOURCE_DATE_EPOCH``, or now."""
    if given is not None:
        if not _TIME.fullmatch(given):
            raise UsageError(f"{given!r} is no time: write it as 2026-01-31T12:00:00Z")
        try:
            when = datetime.datetime.fromisoformat(given)
        except ValueError:
            raise UsageError(f"{given!r} is no time: write it as 2026-01-31T12:00:00Z") from None
    elif epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        try:
            when = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
        except (ValueError, OverflowError, OSError):
            raise UsageError("SOURCE_DATE_EPOCH is no number of seconds since 1970") from None
    else:
        when = datetime.datetime.now(datetime.UTC)
    return when.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_options(options: CollectOptions) -> None:
    """Raise :class:`~rkedoc.errors.UsageError` for options that contradict one another."""
    if not options.kubernetes and (options.kubeconfig or options.context):
        raise UsageError(
            "--kubernetes none leaves nothing for --kubeconfig and --context to say: leave one of them out"
        )
    if not options.kubernetes and options.engine == "none" and not options.from_ and not options.sources:
        raise UsageError("--kubernetes none and --engine none leave no source: leave one of them out, or give --from")
    for name in options.namespaces:
        if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", name):
            raise UsageError("--namespace takes the name of a namespace: small letters, digits and hyphens, at most 63")
    if options.complete and not options.from_ and not options.sources:
        raise UsageError("--complete says what dumps hold: give them with --from, or leave it out")
    if options.from_.count("-") > 1:
        raise UsageError("standard input can be read once: give --from - only once")


def is_missed(scope: Scope) -> bool:
    """Whether something that is there is missing from the snapshot, which ``strict`` is about.

    A scheduled run has to fail when somebody should look, and not otherwise. So these scopes are named at the end of a
    run, but do not count: a group of nothing but noise whose server is down (metrics), of which nothing would have been
    kept; a custom kind that was there at discovery and is not any more; a container or image that vanished before it was
    inspected; what a dump does not tell of, though all of it was read. A kind of Kubernetes itself that is not there, and a
    namespace that was named and does not exist, do count, and so does a file that was not read.
    """
    if scope.result not in _INCOMPLETE or scope.reason in BEYOND_FILES:
        return False
    group = scope.name.rpartition("/")[0]
    if scope.result == "absent":
        return not may_be_aggregated(group)
    if scope.result == "failed" and scope.verb == "get" and noise.reason_to_skip(group, "*"):
        return False
    return not (scope.result == "partial" and re.fullmatch(r"vanished:\d+", scope.reason))


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
        self._time = collection_time(options.collected_at)
        self._key = load_key_file(options.fingerprint_key) if options.fingerprint_key else None
        own = tuple(rule for path in options.redact_rules for rule in load_rules(rules_file(path)))
        self._redactor = Redactor(key=self._key, own=own)
        self._foreign = tuple(
            (name, plugins.named("rkedoc.sources", name.partition("=")[0])) for name in options.sources
        )
        self._run = secrets.token_hex(4)
        self._choice = Choice(options.namespaces, options.skip, options.only)
        self._stop = threading.Event()
        self._unavailable: list[SourceUnavailable] = []
        self._captures: list[Capture] = []
        self._cluster = options.cluster or ""
        self._uid = ""
        self._rules: dict[str, int] = {}
        self._twice: dict[str, int] = {}
        self._unaccounted = 0
        stack.callback(self._stop.set)

    def outcome(self) -> Outcome:
        options = self._options
        if isinstance(options.output, Path):
            _check_writable(options.output)
        sweep(_runtime_folder() or Path(tempfile.gettempdir()))  # keys, also if this run needs none
        engine = self._engine() if self._asks_engine() else None
        kubernetes = self._kubernetes() if self._asks_kubernetes() else None
        if options.plan:
            return self._planned(engine, kubernetes)
        if engine is None and kubernetes is None and not self._has_files():
            return self._nothing()
        folder = self._stack.enter_context(PrivateFolder(options.spool_dir))
        spool = Spool(folder.path)
        self._read(engine, kubernetes, spool)
        if not any(scope.count for capture in self._captures for scope in capture.scopes):
            return self._nothing()
        return self._write(spool)

    def served(self) -> tuple[tuple[str, str], ...]:
        """The resources that the options choose among those that the API serves."""
        kubernetes = self._kubernetes()
        if kubernetes is None:
            raise self._unavailable[0]
        return tuple((resource.group, resource.name) for resource in kubernetes.discovered.wanted)

    # Sources ---------------------------------------------------------------------------------------------------------

    def _asks_engine(self) -> bool:
        return self._options.engine != "none" and not (self._has_files() and self._options.engine is None)

    def _asks_kubernetes(self) -> bool:
        named = self._options.kubeconfig is not None or self._options.context is not None
        return self._options.kubernetes and (named or not self._has_files())

    def _engine(self) -> _Engine | None:
        source = EngineSource(
            self._options.engine,
            redactor=self._redactor,
            progress=self._progress,
            run_id=self._run,
            choice=self._choice,
        )
        try:
            identity = source.connect()
            if told := self._choice.engine_note():
                self._progress.note(f"engine: {told}; --engine none leaves the engine out")
            rows = () if self._options.plan else source.list()
        except SourceUnavailable as error:
            self._lost(error)
            return None
        return _Engine(source, identity.name, rows)

    def _kubernetes(self) -> _Kubernetes | None:
        options = self._options
        keys = self._stack.enter_context(PrivateFolder(_runtime_folder()))
        try:
            endpoint = connect(
                kubeconfig=options.kubeconfig, context=options.context, private=keys.path, no_exec=options.no_exec,
                announce=self._say,
            )  # fmt: skip
            self._announce(endpoint)
            transport = Transport(endpoint, run=self._run)
            self._stack.callback(transport.close)
            source = KubernetesSource(
                transport, self._redactor.text(endpoint.url), choice=self._choice, redactor=self._redactor,
                progress=self._progress, stop=self._stop,
            )  # fmt: skip
            self._cluster = self._cluster or endpoint.cluster
            return _Kubernetes(source, source.discover())
        except SourceUnavailable as error:
            self._lost(error)
            return None

    def _announce(self, endpoint: Endpoint) -> None:
        proxy = f"through the proxy {endpoint.proxy}" if endpoint.proxy else "no proxy"
        trust = "" if endpoint.verified else "; WARNING: its certificate is not verified"
        self._say(f"kubernetes: {endpoint.url} ({endpoint.origin}), as {endpoint.identity}, {proxy}{trust}")

    def _say(self, text: str) -> None:
        self._progress.note(self._redactor.text(text))

    def _lost(self, error: SourceUnavailable) -> None:
        self._unavailable.append(error)
        scope = Scope(name=f"{error.source}/*", verb="get", path="/", status=None, result="failed", reason=_UNAVAILABLE)
        self._captures.append(Capture(error.source, None, self._time, {"rkedoc": __version__}, (scope,)))

    # The run ---------------------------------------------------------------------------------------------------------

    def _read(self, engine: _Engine | None, kubernetes: _Kubernetes | None, spool: Spool) -> None:
        """Read every source. Which pods matter is known from the containers of all of them; what may be shown of a
        container, and which node it is on, from the pods of all of them."""
        options = self._options
        files = None
        wanted: frozenset[str] = frozenset()
        if self._has_files():
            files = FilesSource(
                options.from_, redactor=self._redactor, progress=self._progress, choice=self._choice,
                complete=options.complete, inputs=tuple(self._foreign_inputs()), now=f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}",
            )  # fmt: skip
            wanted = files.look()
        rows = engine.rows if engine is not None else ()
        wanted |= {uid for row in rows if (uid := row.pod_uid)}
        shelter = Shelter(wanted)
        nodes: Mapping[str, str] = {}
        autoscaled: Iterable[tuple[str, str, str, str]] = ()
        if kubernetes is not None:
            capture = kubernetes.source.collect(
                kubernetes.discovered, shelter=shelter, wanted=wanted, spools=spool, time=self._time
            )
            self._captures.append(capture)
            learned = kubernetes.source.learned
            self._uid, nodes, autoscaled = learned.cluster_uid, learned.pod_nodes, learned.autoscaled
        if files is not None:
            read = files.collect(spool, shelter, wanted=wanted, pod_nodes=nodes, autoscaled=autoscaled)
            self._captures += [self._timed(capture) for capture in read]
            self._uid = self._uid or files.cluster_uid
            nodes = files.pod_nodes
            names = [path.resolve().name.partition(".json")[0] for path in options.from_ if isinstance(path, Path)]
            names += [capture.node for capture in read if capture.node]  # standard input has no name
            self._cluster = self._cluster or next((name for name in names if name), "")
        self._require_kinds(
            [*([kubernetes.source] if kubernetes is not None else ()), *([files] if files is not None else ())]
        )
        if engine is not None:
            match = which_node(rows, nodes, engine.name)
            self._say(f"engine: belongs to the node {match.name} ({match.rule})")
            self._captures.append(replace(engine.source.collect(match.name, shelter, spool), time=self._time))
            self._cluster = self._cluster or engine.name

    def _has_files(self) -> bool:
        return bool(self._options.from_ or self._foreign)

    def _foreign_inputs(self) -> Iterator[Input]:
        """What sources of other packages give, as inputs like any dump: they get no further than that in clear."""
        for name, source in self._foreign:
            word, _equals, argument = name.partition("=")
            try:
                content = b"\n".join(orjson.dumps(document) for document in source(argument))
            except Exception as error:  # noqa: BLE001 - what goes wrong in a foreign package costs its own scope
                self._lost(SourceUnavailable("files", word, f"the source has failed ({type(error).__name__})"))
                continue
            yield Input(f"source {word}", None, content)

    def _timed(self, capture: Capture) -> Capture:
        """A capture of files with its time, and with what that time is."""
        if self._options.collected_at is not None:
            return replace(capture, time=self._time)
        told = NEWEST_IN_OBJECTS if capture.time else TIME_OF_READING
        return replace(capture, time=capture.time or self._time, tool={**capture.tool, TIME: told})

    def _require_kinds(self, sources: Sequence[KubernetesSource | FilesSource]) -> None:
        """Whether each kind that a person wants alone is one that a source has: a name mistyped must not look like an empty
        cluster."""
        for name in self._options.only:
            if sources and all(name in source.unmatched for source in sources):
                known = (kind for source in sources for kind in source.served)
                raise UsageError(f"--only: {unknown('kind', self._redactor.text(name), known)}")

    # The end ---------------------------------------------------------------------------------------------------------

    def _planned(self, engine: _Engine | None, kubernetes: _Kubernetes | None) -> Outcome:
        plan: tuple[PlannedRequest, ...] = ()
        if kubernetes is not None:
            plan += kubernetes.source.plan(kubernetes.discovered)
        if engine is not None:
            plan += engine.source.plan()
        if not plan and not self._options.from_:
            return self._nothing()
        sys.stdout.write(plan_text(plan))
        return Outcome(None, None, (), COMPLETE, plan)

    def _nothing(self) -> Outcome:
        """The end of a run that has nothing to write, with the reason of each scope that gave nothing."""
        scopes = self._partial()
        empty = [scope for capture in self._captures for scope in capture.scopes if scope.reason in BEYOND_FILES]
        left = [
            s
            for capture in self._captures
            for s in capture.scopes
            if s.result == "skipped" and (s.reason != "noise" or capture.source == "files")
        ]
        asked = [(c.source, s.name) for c in self._captures for s in c.scopes if s.result == "complete"]
        tell("nothing was collected, and no file was written")
        self._tell_partial(scopes)
        for found, told in ((empty, "{} lists hold nothing:"), (left, "{} lists were left out:")):
            if found:
                tell(told.format(len(found)))
                self._tell_scopes(found)
        if asked:
            names = ", ".join(sorted({f"{source}: {self._redactor.text(name)}" for source, name in asked}))
            tell(f"these lists were read, and are empty: {names}")
        if any(scope.result == "forbidden" for scope in scopes) and not self._options.namespaces:
            tell(
                "this account may not list anything in all namespaces: --namespace NAME asks for those of one alone; "
                "rkedoc rbac prints the rights that a whole run needs"
            )
        if any(scope.reason in _READ_OTHERWISE for scope in scopes):
            tell(
                "files are read as JSON (kubectl get -o json, docker inspect): unpack archives, and write JSON instead of YAML"
            )
        if not self._captures:
            tell("no source was asked: give --from, or leave out --engine none and --kubernetes none")
        return Outcome(None, None, scopes, NOTHING)

    def _write(self, spool: Spool) -> Outcome:
        cluster = self._redactor.text(self._cluster or "cluster")
        times = [capture.time for capture in self._captures if capture.source != "files"] or [
            max(capture.time for capture in self._captures)
        ]
        output = self._options.output or Path(file_name(cluster, times[0]))
        captures = tuple(sorted(self._captures, key=lambda capture: _ORDER.index(capture.source)))
        parts = HeaderParts(
            cluster={"name": cluster, "uid": self._uid},
            captures=captures,
            redaction={
                "rules": self._rules,
                "key": self._key.id if self._key is not None else None,
                "masked": [],
            },
            twice=self._twice,
        )
        header = write(output, parts, [self._records(spool)])
        scopes = self._partial()
        path = output if isinstance(output, Path) else None
        if path is not None:
            self._progress.note(f"wrote {path}: {header.records} records")
        if any(scope.reason in BEYOND_FILES for scope in header.scopes()):
            self._progress.note(
                "files: of namespaces that they hold no list of nothing is known; --complete KIND says that they hold all of a kind"
            )
        self._tell_partial(scopes)
        if self._unaccounted:
            tell(
                f"the sums do not close: the sources told of {self._unaccounted:+} records beside those that were written. "
                "This is a mistake in rkedoc: please report it"
            )
        missed = any(is_missed(scope) for scope in scopes) or self._unaccounted != 0
        return Outcome(path, header, scopes, PARTIAL_STRICT if missed and self._options.strict else COMPLETE)

    def _records(self, spool: Spool) -> Iterator[Record]:
        """All records, each looked at once more for what was hidden elsewhere; the counts of the rules are whole after the last."""
        written = 0
        for record in spool.merged(self._redactor.everywhere):
            written += 1
            yield record
        self._rules.update(self._redactor.report)
        self._twice.update(spool.twice)
        told = sum(scope.count for capture in self._captures for scope in capture.scopes)
        self._unaccounted = told - written - spool.twice.total()

    def _partial(self) -> tuple[Scope, ...]:
        return tuple(
            scope
            for capture in self._captures
            for scope in capture.scopes
            if scope.result in _INCOMPLETE and scope.reason not in BEYOND_FILES
        )

    def _tell_partial(self, scopes: tuple[Scope, ...]) -> None:
        missed = [scope for scope in scopes if is_missed(scope)]
        if len(missed) < len(scopes):
            tell(f"{len(scopes) - len(missed)} scopes had nothing to give, and nothing is missing because of them:")
            self._tell_scopes([scope for scope in scopes if not is_missed(scope)])
        if missed:
            tell(f"{len(missed)} scopes are not complete:")
            for error in self._unavailable:
                tell(f"  {self._redactor.text(str(error))}")
            self._tell_scopes(missed)

    def _tell_scopes(self, scopes: list[Scope]) -> None:
        for capture in self._captures:
            for scope in capture.scopes:
                if scope in scopes and scope.reason != _UNAVAILABLE:
                    shown = replace(scope, name=self._redactor.text(scope.name))  # the rest are words of ours
                    tell(f"  {scope_line(capture.source, shown)}")


@dataclass(frozen=True, slots=True)
class _Engine:
    source: EngineSource
    name: str
    rows: tuple[ContainerRow, ...]


@dataclass(frozen=True, slots=True)
class _Kubernetes:
    source: KubernetesSource
    discovered: Discovered


_ORDER = ("kubernetes", "files", "engine")


def tell(text: str) -> None:
    """A line that is shown even under ``quiet``, on standard error."""
    print(printable(text), file=sys.stderr, flush=True)


def _runtime_folder() -> Path | None:
    """Where key files go: a folder in memory that the system keeps for this user, if there is one."""
    folder = os.environ.get("XDG_RUNTIME_DIR")
    return Path(folder) if folder and os.path.isdir(folder) and os.access(folder, os.W_OK) else None


def _check_writable(path: Path) -> None:
    """A folder that cannot be written to is better known before an hour of collecting than after it."""
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise CollectError(f"{folder}: no file can be written there; give another with -o")

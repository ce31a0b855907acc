"""A run over all clusters of a Rancher: each becomes a snapshot of its own in one folder.

A cluster that cannot be collected costs itself: it is named at the end, with the reason, and the others are there.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rkedoc.bearer import read_token
from rkedoc.collect.options import CollectOptions, Through, check_options, collection_time
from rkedoc.collect.rancher.access import SOURCE, address_of, rancher_transport
from rkedoc.collect.rancher.clusters import PAGE, Cluster, chosen, list_clusters, server_version
from rkedoc.collect.rancher.guard import CLUSTERS, VERSION
from rkedoc.collect.rancher.workers import Advanced, Begun, Ended, News, Noted, collected
from rkedoc.collect.report import tell
from rkedoc.collect.run import COMPLETE, NOTHING, PARTIAL_STRICT, file_name
from rkedoc.collect.signals import Interrupted, interruptible
from rkedoc.collect.source import Progress
from rkedoc.collect.sources import redactor_of
from rkedoc.errors import CollectError, UsageError
from rkedoc.i18n import counted
from rkedoc.redact import Redactor
from rkedoc.vocabulary import Result

LONGEST: Final = 2 * 60 * 60.0
"""Seconds that one cluster may take."""

_PLAN: Final = f"""\
# {SOURCE}
{SOURCE}  GET {CLUSTERS}?limit={PAGE}  (1 for each {PAGE} clusters, sent now)
{SOURCE}  GET {VERSION}  (1, sent now)
"""


def collect_rancher(options: CollectOptions, *, progress: Progress, longest: float = LONGEST) -> int:
    """Collect the clusters of ``options.rancher`` that the token may see and the filters name, and give the exit code.

    Raises :class:`~rkedoc.errors.UsageError` for options that make no sense, and
    :class:`~rkedoc.errors.CollectError` if the list of clusters cannot be had.
    """
    check_options(options)
    run = _Run(options, progress, redactor_of(options))
    try:
        with interruptible():
            return run.exit_code(longest)
    except Interrupted as interrupted:
        # Not those that were heard of: one may have been written a moment ago.
        whole = sum(path.exists() for path in run.begun)
        kept = counted(whole, "{count} snapshot that was whole is kept", "{count} snapshots that were whole are kept")
        tell(f"interrupted by {interrupted.name}: {kept} in {run.folder}, nothing else was left behind")
        return 128 + interrupted.number


@dataclass(slots=True)
class _Run:
    """The state of one run."""

    options: CollectOptions
    progress: Progress
    redactor: Redactor
    failed: list[str] = field(default_factory=list)
    told: dict[str, list[str]] = field(default_factory=dict)
    """What was said of each cluster that has not ended, and has to be shown: lines of several do not mix."""
    begun: list[Path] = field(default_factory=list)
    """The snapshots that are written, or that have been."""
    missed: int = 0
    """Clusters of which something that is there is missing, under ``strict``."""
    whole: int = 0
    """Snapshots that were written."""

    @property
    def folder(self) -> Path:
        """Where the snapshots go."""
        return self.options.output if isinstance(self.options.output, Path) else Path()

    def exit_code(self, longest: float) -> int:
        """Collect, and say what came of it."""
        options, redactor = self.options, self.redactor
        address = address_of(options.rancher or "")
        token = read_token(options.token_file or Path())
        listed, version = self._listed(address, token)
        wanted = chosen(listed, options.cluster_filters, redactor)
        names = {cluster.id: redactor.text(cluster.words) for cluster in listed}
        slugs = Counter(file_name(redactor.text(cluster.name), "") for cluster in listed)
        self.progress.note(
            f"{SOURCE}: {len(wanted)} of {counted(len(listed), '{count} cluster', '{count} clusters')}, {options.at_once} at a time"
        )

        def task(cluster: Cluster) -> tuple[str, CollectOptions]:
            time = collection_time(options.collected_at)
            # Two clusters may have one name, and names that differ may give one file.
            shared = slugs[file_name(redactor.text(cluster.name), "")] > 1
            file = file_name(redactor.text(f"{cluster.name}-{cluster.id}" if shared else cluster.name), time)
            facts = cluster.facts(redactor, server=address, version=version)
            through = Through(address, cluster.id, cluster.name, token, facts)
            output = None if options.plan else self.folder / file
            if output is not None:
                self.begun.append(output)
            return cluster.id, _one(options, through, output, time)

        if options.plan:
            sys.stdout.write(_PLAN)
        else:
            _make(self.folder)
        known = {cluster.id: cluster for cluster in wanted}
        for id_, news in collected(map(task, wanted), at_once=options.at_once, longest=longest):
            self._hear(known[id_], names[id_], news)
        return self._ended(wanted)

    def _listed(self, address: str, token: str) -> tuple[tuple[Cluster, ...], str]:
        """The clusters that Rancher lists, and its version."""
        redactor = self.redactor
        endpoint, transport = rancher_transport(address, token, run_id=secrets.token_hex(4))
        stop = threading.Event()
        try:
            proxy = f"through the proxy {endpoint.proxy}" if endpoint.proxy else "no proxy"
            self.progress.note(redactor.text(f"{SOURCE}: {endpoint.url}, as {endpoint.identity}, {proxy}"))
            listed = list_clusters(transport.get, redactor.text(address), stop)
            if not listed:
                raise CollectError(
                    f"{SOURCE} at {redactor.text(address)}: this token may see no cluster: make its user a member of those that it should collect"
                )
            return listed, server_version(transport.get, stop)
        finally:
            transport.close()

    def _hear(self, cluster: Cluster, name: str, news: News) -> None:
        """Take what is said of a cluster. ``name`` is redacted."""
        if isinstance(news, Begun):
            self.progress.begin(SOURCE, name)
        elif isinstance(news, Advanced):
            self.progress.advance(SOURCE, name, objects=news.objects, size=news.size)
        elif isinstance(news, Noted):
            if news.told:
                self.told.setdefault(cluster.id, []).append(f"{name}: {news.text}")
            else:
                self.progress.note(f"{name}: {news.text}")
        else:
            self._take(cluster, name, news)

    def _take(self, cluster: Cluster, name: str, ended: Ended) -> None:
        """Take what became of a cluster."""
        told = self.told.pop(cluster.id, [])
        for line in told if not ended.reason else ():
            tell(line)
        if ended.exit_code in (COMPLETE, PARTIAL_STRICT):
            self.whole += 1
            self.missed += ended.exit_code == PARTIAL_STRICT
            result = Result.PARTIAL if ended.partial else Result.COMPLETE
        else:
            state = f", which Rancher calls {cluster.state}" if cluster.state not in ("", "active") else ""
            self.failed.append(f"{name}{self.redactor.text(state)}: {ended.reason or 'nothing was collected'}")
            result = Result.FAILED
        self.progress.end(SOURCE, name, result)
        if ended.plan:
            sys.stdout.write(f"# {name}\n{ended.plan}")

    def _ended(self, wanted: Sequence[Cluster]) -> int:
        """Say what came of all of them."""
        if not self.options.plan:
            of = counted(len(wanted), "{count} cluster", "{count} clusters")
            self.progress.note(f"{SOURCE}: {self.whole} of {of} collected, into {self.folder}")
        if self.failed:
            one, many = "{count} cluster was not collected:", "{count} clusters were not collected:"
            tell(counted(len(self.failed), one, many))
            for line in self.failed:
                tell(f"  {line}")
        if not self.whole:
            return NOTHING
        return PARTIAL_STRICT if self.options.strict and (self.failed or self.missed) else COMPLETE


def _one(options: CollectOptions, through: Through, output: Path | None, time: str) -> CollectOptions:
    """The options of the run over one cluster."""
    return replace(
        options, rancher=None, token_file=None, cluster_filters=(), through=through, output=output, cluster=through.name,
        engine="none", runtimes=("none",), collected_at=time,
    )  # fmt: skip


def _make(folder: Path) -> None:
    """The folder for the snapshots, which is made if it is not there."""
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError:
        raise UsageError(
            f"{folder} is no folder: with --rancher -o names one, since each cluster becomes a file"
        ) from None
    except OSError as error:
        raise CollectError(f"{folder}: it cannot be made ({error.strerror})") from None
    if not os.access(folder, os.W_OK):
        raise CollectError(f"{folder}: no file can be written there; give another with -o")

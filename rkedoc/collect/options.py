"""What a person asks of a run, and whether it makes sense."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rkedoc.errors import UsageError

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Through:
    """A cluster of a Rancher, whose API is asked through Rancher's proxy."""

    rancher: str
    """Rancher's address."""
    id: str
    name: str
    token: str = field(repr=False)
    facts: Mapping[str, Any]
    """What the header says of it (:class:`~rkedoc.snapshot.record.Header`), redacted."""


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """What a person asks for. Every field has the meaning of the command-line option of its name."""

    output: Path | Literal["-"] | None = None
    """Where the snapshot goes; ``None``: ``<cluster>-<UTC time>.ndjson.zst`` in the working directory."""
    cluster: str | None = None
    engine: str | None = None
    """The address of a Docker engine; ``None``: the one that the environment names, or that is found; ``"none"``: leave it out."""
    runtimes: tuple[str, ...] = ()
    """Addresses of container runtimes that speak CRI; empty: those that are found; ``("none",)``: leave them out."""
    nodes: tuple[str, ...] = ()
    """Addresses of nodes whose container runtimes are read over ssh: ``ssh://[user@]host[:port]``."""
    nodes_file: Path | None = None
    """A file with more of them, one a line."""
    host: Path | None = None
    """The root of the node whose processes and files are read, ``/`` or where it is mounted; ``None``: they are not."""
    node_name: str | None = None
    """The name of the node whose runtime it is; ``None``: as its pods tell."""
    kubernetes: bool = True
    kubeconfig: Path | None = None
    context: str | None = None
    rancher: str | None = None
    """The address of a Rancher whose clusters are collected, each into a file of the folder ``output``."""
    token_file: Path | None = None
    """The file with the token for ``rancher``."""
    cluster_filters: tuple[str, ...] = ()
    """The clusters of ``rancher`` that are wanted: patterns of names and ids, or ``label=pattern``; empty: all."""
    at_once: int = 4
    """Clusters of ``rancher`` that are collected at any moment."""
    through: Through | None = None
    """The one cluster of a Rancher that this run is over."""
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
    formats: tuple[str, ...] = ()
    """Formats of dumps that packages bring, by name."""
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


def check_options(options: CollectOptions) -> None:
    """Raise :class:`~rkedoc.errors.UsageError` for options that contradict one another."""
    _check_rancher(options)
    if not options.kubernetes and (options.kubeconfig or options.context):
        raise UsageError(
            "--kubernetes none leaves nothing for --kubeconfig and --context to say: leave one of them out"
        )
    if "none" in options.runtimes and len(options.runtimes) > 1:
        raise UsageError("--runtime none leaves out what the other --runtime names: give one or the other")
    nodes = bool(options.nodes) or options.nodes_file is not None
    if nodes and options.host is not None:
        raise UsageError(
            "--host reads the node on which rkedoc runs, and --node others over ssh: run it on each node, or see rkedoc deploy"
        )
    if nodes and options.engine == "none" and options.runtimes == ("none",):
        raise UsageError("--engine none and --runtime none leave nothing to read of --node: leave one of them out")
    runtimes = nodes or options.engine != "none" or options.runtimes not in ((), ("none",))
    if not options.kubernetes and not runtimes and not options.from_ and not options.sources and options.host is None:
        raise UsageError("--kubernetes none and --engine none leave no source: leave one of them out, or give --from")
    if options.node_name is not None and not re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", options.node_name):
        raise UsageError("--node-name takes the name of a Node: small letters, digits, hyphens and dots")
    for name in options.namespaces:
        if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", name):
            raise UsageError("--namespace takes the name of a namespace: small letters, digits and hyphens, at most 63")
    if options.complete and not options.from_ and not options.sources:
        raise UsageError("--complete says what dumps hold: give them with --from, or leave it out")
    if options.formats and not options.from_:
        raise UsageError("--format says how dumps are read: give them with --from, or leave it out")
    if options.from_.count("-") > 1:
        raise UsageError("standard input can be read once: give --from - only once")


def _check_rancher(options: CollectOptions) -> None:
    if options.rancher is None:
        for name, given in (("--token-file", options.token_file), ("--cluster-filter", options.cluster_filters)):
            if given:
                raise UsageError(
                    f"{name} is for the clusters of a Rancher: give its address with --rancher, or leave it out"
                )
        return
    if options.token_file is None:
        raise UsageError("--rancher needs --token-file: a file that holds the bearer token of an API key")
    if options.at_once < 1:
        raise UsageError("--at-once takes a number of clusters, at least 1")
    if options.output == "-":
        raise UsageError("--rancher makes a file for each cluster: name a folder with -o")
    others: dict[str, object] = {
        "--cluster": options.cluster, "--node": options.nodes, "--nodes": options.nodes_file, "--host": options.host,
        "--engine": options.engine not in (None, "none"), "--runtime": options.runtimes not in ((), ("none",)),
        "--node-name": options.node_name, "--kubeconfig": options.kubeconfig, "--context": options.context,
        "--kubernetes none": not options.kubernetes, "--from": options.from_, "--source": options.sources,
    }  # fmt: skip
    for option, used in others.items():
        if used:
            raise UsageError(
                f"--rancher collects the clusters that it lists, and nothing beside them: leave out {option}"
            )


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

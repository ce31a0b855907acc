"""Which sources a run has: the one place that knows them by name."""

from __future__ import annotations

import datetime
import functools
from contextlib import ExitStack

from rkedoc import plugins
from rkedoc.collect.cri.sockets import CRI_SOCKETS, DOCKER_SOCKETS, present
from rkedoc.collect.cri.source import CriSource
from rkedoc.collect.cri.ways import LocalSocket, Way, way_to
from rkedoc.collect.engine.address import names_docker
from rkedoc.collect.engine.source import EngineSource
from rkedoc.collect.files.source import Brought, FilesSource
from rkedoc.collect.host.source import HostSource
from rkedoc.collect.kubernetes.source import KubernetesSource
from rkedoc.collect.nodes.addresses import logins
from rkedoc.collect.nodes.node import Reading
from rkedoc.collect.nodes.source import NodesSource
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.rancher.access import endpoint_through
from rkedoc.collect.selection import Choice
from rkedoc.collect.source import Progress, Source
from rkedoc.redact import Redactor
from rkedoc.redact.fingerprint import load_key_file
from rkedoc.redact.rules import load_rules, rules_file


def sources_of(
    options: CollectOptions, *, run_id: str, redactor: Redactor, progress: Progress, resources: ExitStack
) -> tuple[Source, ...]:
    """The sources that the options name, in the order in which they are collected from.

    Container runtimes come last: what may be shown of their containers, and which node they are on, is told by the pods of all others; and after them the host, whose processes they run.
    Live sources are asked without being named only where no dump is given. Raises :class:`~rkedoc.errors.UsageError` for a source
    that no package brings.
    """
    found: list[Source] = []
    choice = choice_of(options)
    brought = tuple(_brought(name) for name in options.sources)
    dumps = bool(options.from_ or brought)
    if asks_kubernetes(options):
        found.append(kubernetes_of(options, run_id=run_id, redactor=redactor, progress=progress, resources=resources))
    if dumps:
        now = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
        found.append(
            FilesSource(
                options.from_, redactor=redactor, progress=progress, choice=choice, complete=options.complete,
                brought=brought, formats=plugins.formats(options.formats), now=now,
            )
        )  # fmt: skip
    engines, ways = runtimes_of(options, dumps=dumps)
    found += [
        EngineSource(
            url, redactor=redactor, progress=progress, run_id=run_id, choice=choice, node_name=options.node_name
        )
        for url in engines
    ]
    for way in ways:
        resources.callback(way.close)
    found += [
        CriSource(way, redactor=redactor, progress=progress, choice=choice, node_name=options.node_name) for way in ways
    ]
    if named := logins(options.nodes, options.nodes_file):
        reading = Reading(
            redactor=redactor, progress=progress, run_id=run_id, choice=choice, docker=options.engine != "none",
            cri="none" not in options.runtimes,
        )  # fmt: skip
        found.append(NodesSource(named, reading, resources=resources, node_name=options.node_name))
    if options.host is not None:
        found.append(
            HostSource(
                options.host, redactor=redactor, progress=progress, resources=resources, node_name=options.node_name
            )
        )
    return tuple(found)


def runtimes_of(options: CollectOptions, *, dumps: bool) -> tuple[tuple[str | None, ...], tuple[Way, ...]]:
    """The Docker engines and the ways to other runtimes that a run asks: those that are named; where none is, those of this machine.
    ``--engine none`` without another runtime leaves out all of them.

    Nodes that are named with ``--node`` are elsewhere, and stand for those of this machine as well.

    Docker comes before what it runs upon: a containerd that is Docker's shows the same containers with less about them. ``None`` is the
    engine that the environment names. Where no socket is found Docker is asked all the same, so that somebody is told.
    """
    ways = tuple(way_to(address, "--runtime") for address in options.runtimes if address != "none")
    if options.engine is not None or ways or dumps or options.nodes or options.nodes_file is not None:
        named = options.engine is not None and options.engine != "none"
        return (options.engine,) if named else (), ways
    if names_docker():
        return (None,), ()
    engines = [f"unix://{socket.path}" for socket in present(DOCKER_SOCKETS)]
    others = () if options.runtimes == ("none",) else _found()
    return tuple(engines) if engines or others else (None,), others


def _found() -> tuple[Way, ...]:
    return tuple(LocalSocket(socket.path, f"found: {socket.whose}") for socket in present(CRI_SOCKETS))


def asks_kubernetes(options: CollectOptions) -> bool:
    """Whether a live Kubernetes API is asked."""
    named = options.kubeconfig is not None or options.context is not None or options.through is not None
    return options.kubernetes and (named or not (options.from_ or options.sources))


def kubernetes_of(
    options: CollectOptions, *, run_id: str, redactor: Redactor, progress: Progress, resources: ExitStack
) -> KubernetesSource:
    """The Kubernetes API that the options name."""
    connected = None if options.through is None else functools.partial(endpoint_through, options.through)
    return KubernetesSource(
        kubeconfig=options.kubeconfig, context=options.context, no_exec=options.no_exec, connected=connected, run_id=run_id,
        choice=choice_of(options), redactor=redactor, progress=progress, resources=resources,
    )  # fmt: skip


def redactor_of(options: CollectOptions) -> Redactor:
    """What hides, with the rules and the key that the options name. Raises :class:`~rkedoc.errors.UsageError`."""
    own = tuple(rule for path in options.redact_rules for rule in load_rules(rules_file(path)))
    return Redactor(key=load_key_file(options.fingerprint_key) if options.fingerprint_key else None, own=own)


def choice_of(options: CollectOptions) -> Choice:
    """What of every source is read."""
    return Choice(options.namespaces, options.skip, options.only)


def _brought(named: str) -> Brought:
    name, _equals, argument = named.partition("=")
    return Brought(name, argument, plugins.named("rkedoc.sources", name))

"""Commands that make snapshots, and those that keep them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rkedoc.cli.common import (
    DATA,
    FILE,
    FORMAT,
    TROUBLE,
    cli,
    complain,
    path_or_dash,
    print_data,
    print_names,
    screen_of,
)
from rkedoc.cli.given import SNAPSHOT, SNAPSHOTS, Remote, destination, destination_of_many, local
from rkedoc.cli.settings import Permission
from rkedoc.errors import RkedocError
from rkedoc.printable import printable

if TYPE_CHECKING:
    from rkedoc.snapshot.validate import Report, Violation


@cli.command()
@click.option(
    "-o",
    "--output",
    type=str,
    help="The file to write, with --rancher the folder, or the URL of a store; - is standard output.  [default: <cluster>-<UTC time>.ndjson.zst]",
)
@click.option("--cluster", help="The name of the cluster.  [default: the kubeconfig's, or the node's]")
@click.option(
    "--engine",
    metavar="URL",
    help="The Docker engine's address, or none to leave it out.  [default: as docker has it]",
)
@click.option(
    "--runtime",
    "runtimes",
    multiple=True,
    metavar="URL",
    help="A container runtime that speaks CRI (unix:///path, ssh://host/path), or none. Repeatable.  [default: those found here]",
)
@click.option(
    "--node",
    "nodes",
    multiple=True,
    metavar="URL",
    help="A node whose container runtimes are read over ssh (ssh://[user@]host[:port]). Repeatable.",
)
@click.option("--nodes", "nodes_file", type=FILE, metavar="FILE", help="More of them, one address a line.")
@click.option(
    "--host",
    type=FILE,
    is_flag=False,
    flag_value="/",
    metavar="[ROOT]",
    help="The node's processes, listeners, units and configuration too, below ROOT.  [default of ROOT: /]",
)
@click.option(
    "--node-name", metavar="NAME", help="The node whose container runtime or host it is.  [default: as its pods tell]"
)
@click.option("--kubeconfig", type=FILE, help="The kubeconfig to use.  [default: as kubectl has it]")
@click.option("--context", help="The context in the kubeconfig.")
@click.option("--kubernetes", type=click.Choice(["none"]), help="none: do not ask the Kubernetes API.")
@click.option(
    "--rancher", metavar="URL", help="All clusters of a Rancher, each through its proxy into a file of its own."
)
@click.option("--token-file", type=FILE, metavar="FILE", help="The file with the token for --rancher.")
@click.option(
    "--cluster-filter",
    "cluster_filters",
    multiple=True,
    metavar="PATTERN",
    help="These clusters of --rancher alone: a pattern of names or ids, or LABEL=PATTERN. Repeatable.",
)
@click.option("--at-once", type=int, default=4, show_default=True, help="Clusters of --rancher collected at a time.")
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="PATH",
    help="Read dumps of any tool from a folder, a file or an archive; - is standard input. Repeatable.",
)
@click.option(
    "--format", "formats", multiple=True, metavar="NAME", help="A format of dumps that a package brings. Repeatable."
)
@click.option(
    "--namespace", "namespaces", multiple=True, help="This namespace alone, of the API and of dumps. Repeatable."
)
@click.option(
    "--skip", multiple=True, metavar="KIND", help="Leave a kind out (secrets, deployments.apps, images). Repeatable."
)
@click.option("--only", multiple=True, metavar="KIND", help="This kind alone, beside containers. Repeatable.")
@click.option(
    "--source",
    "foreign",
    multiple=True,
    metavar="NAME[=ARGUMENT]",
    help="A source that another package brings. Repeatable.",
)
@click.option(
    "--complete",
    multiple=True,
    metavar="KIND",
    help="The dumps hold all of this kind: what is not in them is not there. Repeatable.",
)
@click.option("--strict", is_flag=True, help="Exit with 3 if anything could not be collected.")
@click.option(
    "--redact-rules",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Rules of your own, or NAME of a package's, which hide more. Repeatable.",
)
@click.option("--fingerprint-key", type=FILE, help="Keep fingerprints of hidden values under this key (rkedoc keygen).")
@click.option(
    "--collected-at",
    metavar="TIME",
    help="The time to write down.  [default: SOURCE_DATE_EPOCH, or now; of dumps their newest]",
)
@click.option("--spool-dir", type=FILE, help="Where redacted parts lie meanwhile.  [default: the system's]")
@click.option("--no-exec", is_flag=True, help="Refuse credential plugins in the kubeconfig.")
@click.option("--plan", is_flag=True, help="Print every request that would be sent; send discovery alone.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
def collect(
    output: str | None, cluster: str | None, engine: str | None, runtimes: tuple[str, ...], nodes: tuple[str, ...], nodes_file: Path | None, host: Path | None, node_name: str | None,
    kubeconfig: Path | None, context: str | None, kubernetes: str | None, rancher: str | None, token_file: Path | None,
    cluster_filters: tuple[str, ...], at_once: int, sources: tuple[str, ...], formats: tuple[str, ...], namespaces: tuple[str, ...], skip: tuple[str, ...],
    only: tuple[str, ...], complete: tuple[str, ...], strict: bool, redact_rules: tuple[Path, ...], foreign: tuple[str, ...], fingerprint_key: Path | None, collected_at: str | None,
    spool_dir: Path | None, no_exec: bool, plan: bool, quiet: bool,
) -> None:  # fmt: skip
    """Take a snapshot of a node and its cluster. Only reads; what is secret is taken out before it is written."""
    from rkedoc.collect.options import CollectOptions
    from rkedoc.collect.progress import make_progress

    options = CollectOptions(
        output=None, cluster=cluster, engine=engine, runtimes=runtimes, nodes=nodes, nodes_file=nodes_file, host=host, node_name=node_name, kubernetes=kubernetes is None, kubeconfig=kubeconfig,
        context=context, rancher=rancher, token_file=token_file, cluster_filters=cluster_filters, at_once=at_once,
        from_=tuple(path_or_dash(source) for source in sources), formats=formats, namespaces=namespaces, skip=skip,
        only=only, complete=complete, redact_rules=redact_rules, sources=foreign, fingerprint_key=fingerprint_key, collected_at=collected_at, strict=strict, spool_dir=spool_dir,
        no_exec=no_exec, plan=plan, quiet=quiet,
    )  # fmt: skip
    progress = make_progress(quiet=quiet)
    if rancher is not None:
        from rkedoc.collect.rancher.run import collect_rancher

        with destination_of_many(output, spool_dir, quiet=quiet) as folder:
            code = collect_rancher(replace(options, output=folder), progress=progress)
        sys.exit(code)
    from rkedoc.collect.run import collect as run

    if output is None or plan:
        sys.exit(run(options, progress=progress).exit_code)
    with destination(output, spool_dir, quiet=quiet) as path:
        ended = run(replace(options, output=path), progress=progress)
    sys.exit(ended.exit_code)


@cli.command()
@click.argument("snapshots", type=SNAPSHOTS, nargs=-1, required=True)
@FORMAT
def validate(snapshots: tuple[Path | Remote, ...], style: str) -> None:
    """Check snapshots: format, digests, order, and that nothing in them should have been hidden.

    With -o name the files are named in which something is wrong.
    """
    from rkedoc.redact import Redactor
    from rkedoc.redact.audit import audit
    from rkedoc.snapshot.validate import validate as check

    checked = [_checked(given, partial(check, audit=partial(audit, words=Redactor()))) for given in snapshots]
    wrong = [one for one in checked if not one.good]
    if style in DATA:
        print_data([one.to_json() for one in checked], style)
    elif style == "name":
        print_names(one.file for one in wrong)
    else:
        screen = screen_of(style)
        for one in checked:
            if one.refused:
                complain(one.refused)
            for finding in one.findings:
                click.echo(printable(f"{one.file}: {finding}"), err=True)
            if one.good:
                told = f"{one.file}: {one.records} records, format {one.format}, intent {one.intent[:12]}: good"
                click.echo(screen.said(told, tone="good"))
    if wrong:
        sys.exit(TROUBLE)


@dataclass(frozen=True, slots=True)
class _Checked:
    """What came of a snapshot's check. ``refused`` is why it could not be read at all."""

    file: str
    records: int = 0
    format: int = 0
    intent: str = ""
    findings: tuple[Violation, ...] = ()
    refused: str = ""

    @property
    def good(self) -> bool:
        return not self.findings and not self.refused

    def to_json(self) -> dict[str, Any]:
        """The object that ``-o json`` prints; what is not known of a file that could not be read is not there."""
        found: dict[str, Any] = {"file": self.file, "good": self.good}
        if self.refused:
            return {**found, "refused": self.refused}
        findings = [{"line": one.line, "kind": one.kind, "what": one.what} for one in self.findings]
        return {**found, "records": self.records, "format": self.format, "intent": self.intent, "findings": findings}


def _checked(given: Path | Remote, check: Callable[[Path], Report]) -> _Checked:
    try:
        report = check(local(given))
    except RkedocError as error:
        return _Checked(str(given), refused=str(error))
    header = report.header
    return _Checked(str(given), report.count, header.format, header.intent_digest, report.findings)


@cli.command()
@click.argument("snapshots", type=SNAPSHOT, nargs=-1, required=True)
@click.option("-o", "--output", required=True, help="The file to write, or the URL of a store; - is standard output.")
def merge(snapshots: tuple[Path, ...], output: str) -> None:
    """Put snapshots of one cluster together: the engines of several nodes, or parts that different accounts may read."""
    from rkedoc.redact.check import require_redacted
    from rkedoc.snapshot.merge import merge as put_together
    from rkedoc.snapshot.reader import open_stream

    for path in snapshots:
        require_redacted(path, open_stream(path)[1])
    with destination(output) as target:
        header = put_together(snapshots, target)
    if output != "-":
        click.echo(printable(f"{output}: {header.records} records of {len(header.captures)} captures"))


@cli.command()
@click.argument("snapshot", type=SNAPSHOT)
@click.option("-o", "--output", required=True, help="The file to write, or the URL of a store.")
@click.option("--mask", default="", metavar="hosts,ips,people", help="What to replace by names that mean nothing.")
@click.option("--fingerprint-key", type=FILE, help="Derive these names from a key, the same in every snapshot.")
@click.option(
    "--redact-rules",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Rules of your own, or NAME of a package's, which hide more. Repeatable.",
)
@click.option(
    "--without-namespace",
    "namespaces",
    multiple=True,
    metavar="PATTERN",
    help="Leave out these namespaces, and what tells of them. Repeatable.",
)
@click.option(
    "--without-kind",
    "kinds",
    multiple=True,
    metavar="KIND",
    help="Leave out objects of this kind, and what tells of them. Repeatable.",
)
def redact(
    snapshot: Path, output: str, mask: str, fingerprint_key: Path | None, redact_rules: tuple[Path, ...], namespaces: tuple[str, ...],
    kinds: tuple[str, ...],
) -> None:  # fmt: skip
    """Write a snapshot again with every rule applied once more, and hosts, addresses or people masked; or for readers who may not see all of it."""
    from rkedoc.redact.audience import Audience
    from rkedoc.redact.fingerprint import load_key_file
    from rkedoc.redact.mask import parse_kinds
    from rkedoc.redact.rewrite import redact_snapshot
    from rkedoc.redact.rules import load_rules, rules_file

    key = load_key_file(fingerprint_key) if fingerprint_key is not None else None
    own = tuple(rule for path in redact_rules for rule in load_rules(rules_file(path)))
    with destination(output) as target:
        header = redact_snapshot(
            snapshot, Path(target), parse_kinds(mask) if mask else (), key, own, Audience(namespaces, kinds)
        )
    click.echo(printable(f"{output}: {header.records} records"))


@cli.command()
@click.argument("file", type=FILE)
def keygen(file: Path) -> None:
    """Make a key for fingerprints of hidden values. Keep it as you keep passwords."""
    from rkedoc.redact.fingerprint import generate_key_file

    key = generate_key_file(file)
    click.echo(printable(f"{file}: a new key (id {key.id}); give it to rkedoc collect --fingerprint-key"))


@cli.command()
@click.option(
    "--from", "snapshot", type=SNAPSHOT, help="Name the resources that this snapshot met.  [default: ask the API]"
)
@click.option("--with-secrets", cls=Permission, is_flag=True, help="Add Secrets. Who may list them may read them.")
@click.option("--kubeconfig", type=FILE, help="The kubeconfig to use.  [default: as kubectl has it]")
@click.option("--context", help="The context in the kubeconfig.")
@click.option("--no-exec", is_flag=True, help="Refuse credential plugins in the kubeconfig.")
def rbac(
    snapshot: Path | None, with_secrets: bool, kubeconfig: Path | None, context: str | None, no_exec: bool
) -> None:
    """Print the least rights that the collector needs, as a ClusterRole: list and get only, every resource named."""
    from rkedoc.collect.options import CollectOptions
    from rkedoc.collect.progress import make_progress
    from rkedoc.collect.rights import rights

    options = CollectOptions(engine="none", kubeconfig=kubeconfig, context=context, no_exec=no_exec, quiet=True)
    click.echo(
        rights(options, progress=make_progress(quiet=True), snapshot=snapshot, with_secrets=with_secrets), nl=False
    )


@cli.command()
@click.option("--diff", "of", flag_value="diff", help="Print that of rkedoc diff --format json.")
@click.option("--site", "of", flag_value="site", help="Print that of the file rkedoc.json of a site.")
@click.option(
    "--tables", "of", flag_value="tables", help="Print what the tables of rkedoc fleet hold, with their columns."
)
def schema(of: str | None) -> None:
    """Print the JSON Schema of a line of a snapshot."""
    match of:
        case "diff":
            from rkedoc.diff.schema import json_schema
        case "site":
            from rkedoc.sphinxext.twin import json_schema
        case "tables":
            from rkedoc.fleet.schema import tables_schema as json_schema
        case _:
            from rkedoc.snapshot.schema import json_schema

    print_data(json_schema())

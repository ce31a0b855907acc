"""Commands that answer a question at the terminal."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rkedoc.cli.common import (
    CATALOGS,
    DATA,
    FALLS_SHORT,
    FILE,
    FORMAT,
    LANGUAGE,
    answer_format,
    cli,
    folders,
    print_data,
    print_names,
    screen_of,
    snapshot_of,
    speak,
)
from rkedoc.cli.given import SNAPSHOT, named
from rkedoc.i18n import Message, _
from rkedoc.printable import printable
from rkedoc.vocabulary import GapKind, SupportState

if TYPE_CHECKING:
    from rkedoc.diff.run import CompareOptions


@cli.command()
@click.argument("name")
@click.option("--snapshot", type=SNAPSHOT, help="Look it up in this snapshot too.")
@FORMAT
@LANGUAGE
def explain(name: str, snapshot: Path | None, style: str, language: str | None) -> None:
    """Say what a container, pod, workload, namespace or image is.

    NAME may be -: then every line of a listing is explained: docker ps -a, kubectl get pods -A, crictl ps -a, crictl pods,
    docker images, ctr -n k8s.io c ls, ps aux, ss -tlnp, systemctl list-units; and JSON, YAML and kubectl describe.
    Lines that were not read are named on standard error.
    """
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.explain.listing.lines import explain_name, explain_rows, near_names
    from rkedoc.explain.text import detail_text, explained_text, unread_text
    from rkedoc.listing import read

    catalog = load_catalog(speak(language, style))
    cluster = None
    if snapshot is not None:
        from rkedoc.cluster.model import Cluster

        cluster = Cluster(snapshot_of(snapshot), catalog)
    lines = _standard_input() if name == "-" else []
    listing = read(lines)
    found = explain_rows(listing.rows, catalog, cluster) if name == "-" else explain_name(name, catalog, cluster)
    screen = screen_of(style)
    if style in DATA:
        print_data([item.to_json() for item in found], style)
    elif style == "name":
        print_names(component for item in found for component in item.components)
    elif name == "-" and found:
        click.echo(explained_text(found, screen), nl=False)
    elif found:
        click.echo("\n".join(detail_text(item, catalog, screen, cluster) for item in found), nl=False)
    for told in unread_text(listing.unread):
        click.echo(printable(told), err=True)
    if found:
        return
    if name != "-":
        near = near_names(name, catalog, cluster)
        more = _("; near to it: {names}").format(names=", ".join(near)) if near else ""
        told = _("{name}: nothing of this name is known{more}").format(name=name, more=more)
    elif any(line.strip() for line in lines):
        told = _("no line of standard input names a container, a pod, a workload, a namespace or an image")
    else:
        told = _("standard input is empty: nothing was read")
    click.echo(printable(told), err=True)
    sys.exit(FALLS_SHORT)


def _standard_input() -> list[str]:
    """The lines of standard input; what PowerShell writes into files is UTF-16."""
    read = sys.stdin.buffer.read()
    utf_16 = read.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return read.decode("utf-16" if utf_16 else "utf-8", "replace").splitlines()


@cli.command()
@click.argument("snapshot", type=SNAPSHOT)
@FORMAT
@click.option("--node", help="This node alone.")
@LANGUAGE
def ledger(snapshot: Path, style: str, node: str | None, language: str | None) -> None:
    """Account for every container, and for every process where the host was read: what it is, whose, and why it is classed so."""
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.facts.supervisor import supervisor_parts
    from rkedoc.explain.ledger.ledger import build_ledger
    from rkedoc.explain.ledger.processes import process_ledger
    from rkedoc.explain.ledger.sockets import open_sockets
    from rkedoc.explain.ledger.text import ledger_text, processes_text
    from rkedoc.explain.support_report import support_as_known

    cluster = Cluster(snapshot_of(snapshot), load_catalog(speak(language, style)))
    found = build_ledger(cluster, node)
    asked = [place.name for place in cluster.nodes() if node in (None, place.name)]
    processes = process_ledger(cluster, node)
    unread = [name for name in asked if name not in processes.read]
    screen = screen_of(style)
    if style in DATA:
        told = found.to_json() | support_as_known(cluster)
        if cluster.hosts:
            sockets = [one.to_json() for one in open_sockets(cluster, node)]
            parts = {name: supervisor_parts(cluster, name) for name in cluster.hosts if node in (None, name)}
            told |= {
                "processes": processes.to_json(),
                "hosts_not_read": unread,
                "sockets": sockets,
                "parts": {name: [part.to_json() for part in found] for name, found in parts.items()},
            }
        print_data(told, style)
    elif style == "name":
        print_names(line.name for line in found.lines)
        _say_unseen(found.unseen)
    else:
        click.echo(ledger_text(found, cluster, screen), nl=False)
        if node in cluster.hosts or (node is None and cluster.hosts):
            click.echo("\n" + processes_text(processes, open_sockets(cluster, node), screen), nl=False)
            if unread:
                missing = f"{_('Nodes whose hosts were not read:')} {', '.join(unread)}"
                click.echo("\n" + screen.said(missing, tone="warning"))


def _say_unseen(unseen: Sequence[Message]) -> None:
    """Say beside names, which have no place for it, what these names cannot speak of."""
    if unseen:
        beyond = "; ".join(item.translated for item in unseen)
        told = _("This holds for what was seen. Not seen: {beyond}.").format(beyond=beyond)
        click.echo(printable(told), err=True)


@cli.command()
@click.argument("old", type=SNAPSHOT, required=False)
@click.argument("new", type=SNAPSHOT, required=False)
@answer_format("text", "markdown", "html")
@click.option(
    "--only",
    multiple=True,
    metavar="KIND",
    help="Show this kind alone (deployments, ingresses.networking.k8s.io). Repeatable.",
)
@click.option("--namespace", "namespaces", multiple=True, metavar="NS", help="Show this namespace alone. Repeatable.")
@click.option("--summary", is_flag=True, help="Show counts and versions alone.")
@click.option("--profile", type=FILE, metavar="FILE", help="Rules of your own, which come after those of rkedoc.")
@click.option("--observed", is_flag=True, help="Show what changed by itself too. It does not change the exit code.")
@click.option("--explain-rule", "path", metavar="[KIND:]PATH", help="Say which rules there are for a field, and why.")
@click.option(
    "--across",
    is_flag=True,
    help="Compare two clusters that are not the same one, such as an old one and its successor.",
)
@LANGUAGE
def diff(
    old: Path | None, new: Path | None, style: str, only: tuple[str, ...], namespaces: tuple[str, ...], summary: bool,
    profile: Path | None, observed: bool, path: str | None, across: bool, language: str | None,
) -> None:  # fmt: skip
    """Say what somebody changed between two snapshots. What changes by itself is left out.

    Exits with 0 if nothing was changed, with 1 if something was, with 2 if the two could not be compared.
    """
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.diff.render.formats import formatted
    from rkedoc.diff.run import CompareOptions, compare, require_two

    catalog_language = speak(language, style)
    if path is not None:
        from rkedoc.diff.why import explained

        screen = screen_of(style)
        click.echo("\n".join(screen.said(line) for line in explained(path, profile).splitlines()))
        return
    old, new = require_two(old, new)
    if across:
        _diff_across(old, new, style, CompareOptions(only, namespaces, profile), catalog_language)
        return
    found = compare(old, new, load_catalog(catalog_language), CompareOptions(only, namespaces, profile, observed))
    if style == "name":
        print_names(change.id for change in found.changes)
    else:
        form = "text" if style == "wide" else style
        click.echo(formatted(found, form, summary=summary, screen=screen_of(style)), nl=False)
    if not found.same:
        sys.exit(FALLS_SHORT)


def _diff_across(old: Path, new: Path, style: str, options: CompareOptions, language: str) -> None:
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.diff.across import compare_across
    from rkedoc.diff.render.formats import across_formatted

    found = compare_across(old, new, load_catalog(language), options)
    if style == "name":
        print_names(change.id for change in found.changes)
    else:
        click.echo(across_formatted(found, "text" if style == "wide" else style, screen_of(style)), nl=False)
    if not found.same:
        sys.exit(FALLS_SHORT)


@cli.command()
@click.argument("snapshot", type=SNAPSHOT, metavar="FILE")
@click.option("--annotations", multiple=True, type=FILE, metavar="DIR", help="Entries of your own. Repeatable.")
@CATALOGS
@click.option("--min", "least", type=click.FloatRange(0, 100), metavar="N", help="Fall short below so many percent.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice([kind.value for kind in GapKind]),
    help="Fall short if there is any of these. Repeatable.",
)
@answer_format("table", "sarif", "junit")
@LANGUAGE
def coverage(
    snapshot: Path, annotations: tuple[Path, ...], catalogs: tuple[str, ...], least: float | None, fail_on: tuple[str, ...], style: str,
    language: str | None,
) -> None:  # fmt: skip
    """Say how much of a cluster is documented, and what is not.

    Exits with 0, with 1 if it falls short of --min or --fail-on, with 2 if it could not be found out.
    """
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.coverage import coverage as measure
    from rkedoc.explain.coverage_reports import REPORTS, as_table
    from rkedoc.explain.support_report import support_as_known

    records = snapshot_of(snapshot)
    name = str(records.header.cluster.get("name") or "")
    cluster = Cluster(
        records,
        load_catalog(speak(language, style), (*annotations, *folders(catalogs)), cluster=name, trusted=True),
    )
    found = measure(cluster)
    if style in DATA:
        print_data(found.to_json() | support_as_known(cluster), style)
    elif style == "name":
        print_names(item.subject for item in found.findings)
        _say_unseen(found.unseen)
    else:
        report = REPORTS.get(style)
        click.echo(report(found, named(str(snapshot))) if report else as_table(found, screen_of(style)), nl=False)
    if (least is not None and found.total.percent < least) or any(item.rule in fail_on for item in found.findings):
        sys.exit(FALLS_SHORT)


@cli.command()
@click.argument("snapshot", type=SNAPSHOT, metavar="FILE")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice([*(state.value for state in SupportState if state != SupportState.SUPPORTED), "removed"]),
    help="Fall short if there is any of these today. Repeatable.",
)
@FORMAT
@LANGUAGE
def support(snapshot: Path, fail_on: tuple[str, ...], style: str, language: str | None) -> None:
    """Say what of a cluster is out of support, since when, and what follows.

    Judged by today and by the day of the collection. Exits with 0, with 1 if there is something of --fail-on, with 2 if it could not be found out.
    """
    from datetime import UTC, datetime

    from rkedoc.catalog.loader import load_catalog
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.support_report import support_report, support_text

    cluster = Cluster(snapshot_of(snapshot), load_catalog(speak(language, style)))
    found = support_report(cluster, datetime.now(UTC).date())
    if style in DATA:
        print_data(found.to_json(), style)
    elif style == "name":
        print_names([*(line.now.name for line in found.of(SupportState.ENDED)), *(one.name for one in found.removed)])
    else:
        click.echo(support_text(found, screen_of(style)), nl=False)
    if not found.kinds.isdisjoint(fail_on):
        sys.exit(FALLS_SHORT)


@cli.command()
@click.argument("snapshot", type=SNAPSHOT, metavar="FILE")
@answer_format("text", "markdown")
@LANGUAGE
def migrate(snapshot: Path, style: str, language: str | None) -> None:
    """Say what moving an RKE1 cluster to RKE2 means for this one: what becomes of what stands in it, and what must be decided.

    Of a cluster that is not RKE1 it says that there is nothing to move from.
    """
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.cluster.model import Cluster
    from rkedoc.explain.migration.rules import migration
    from rkedoc.explain.migration.text import migration_markdown, migration_text

    cluster = Cluster(snapshot_of(snapshot), load_catalog(speak(language, style)))
    found = migration(cluster)
    if style in DATA:
        print_data(found.to_json(), style)
    elif style == "name":
        print_names(one.rule.id for one in found.findings)
    elif style == "markdown":
        click.echo(migration_markdown(found, cluster), nl=False)
    else:
        click.echo(migration_text(found, cluster, screen_of(style)), nl=False)

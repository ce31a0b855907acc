"""The commands. Each reads its options, calls one stage, and prints what came of it."""

from __future__ import annotations

import os
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
import orjson

from rkedoc import __version__
from rkedoc.errors import RkedocError, UsageError
from rkedoc.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkedoc.catalog.loader import Catalog
    from rkedoc.explain.model import Cluster

TROUBLE = 2
"""The exit code of a command that could not do what it was asked for."""

DIFFERENT = 1
"""The exit code of a comparison that found differences."""

_FILE = click.Path(path_type=Path)
_FORMAT = click.option(
    "--format", "style", type=click.Choice(["table", "json"]), default="table", help="How to print it."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="rkedoc")
def cli() -> None:
    """Document everything that runs on a Rancher/RKE Kubernetes node, and why.

    Start with `rkedoc demo`, which needs no cluster, or with `rkedoc collect` on a node.
    """


@cli.command()
@click.option(
    "-o",
    "--output",
    type=str,
    help="The file to write; - is standard output.  [default: <cluster>-<UTC time>.ndjson.zst]",
)
@click.option("--cluster", help="The name of the cluster.  [default: the kubeconfig's, or the node's]")
@click.option(
    "--engine",
    metavar="URL",
    help="The container engine's address, or none to leave it out.  [default: as docker has it]",
)
@click.option("--kubeconfig", type=_FILE, help="The kubeconfig to use.  [default: as kubectl has it]")
@click.option("--context", help="The context in the kubeconfig.")
@click.option("--kubernetes", type=click.Choice(["none"]), help="none: do not ask the Kubernetes API.")
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="DIR",
    help="Read dumps (kubectl get -o json, docker inspect) from a folder or file; - is standard input. Repeatable.",
)
@click.option(
    "--namespace", "namespaces", multiple=True, help="This namespace alone, of the API and of dumps. Repeatable."
)
@click.option(
    "--skip", multiple=True, metavar="KIND", help="Leave a kind out (secrets, deployments.apps, images). Repeatable."
)
@click.option("--only", multiple=True, metavar="KIND", help="This kind alone, beside containers. Repeatable.")
@click.option("--strict", is_flag=True, help="Exit with 3 if anything could not be collected.")
@click.option(
    "--fingerprint-key", type=_FILE, help="Keep fingerprints of hidden values under this key (rkedoc keygen)."
)
@click.option("--collected-at", metavar="TIME", help="The time to write down.  [default: SOURCE_DATE_EPOCH, or now]")
@click.option("--spool-dir", type=_FILE, help="Where redacted parts lie meanwhile.  [default: the system's]")
@click.option("--no-exec", is_flag=True, help="Refuse credential plugins in the kubeconfig.")
@click.option("--plan", is_flag=True, help="Print every request that would be sent; send discovery alone.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
def collect(
    output: str | None, cluster: str | None, engine: str | None, kubeconfig: Path | None, context: str | None,
    kubernetes: str | None, sources: tuple[str, ...], namespaces: tuple[str, ...], skip: tuple[str, ...],
    only: tuple[str, ...], strict: bool, fingerprint_key: Path | None, collected_at: str | None,
    spool_dir: Path | None, no_exec: bool, plan: bool, quiet: bool,
) -> None:  # fmt: skip
    """Take a snapshot of a node and its cluster. Only reads; what is secret is taken out before it is written."""
    from rkedoc.collect.progress import make_progress
    from rkedoc.collect.run import Options
    from rkedoc.collect.run import collect as run

    options = Options(
        output=None if output is None else _path_or_dash(output), cluster=cluster, engine=engine, kubernetes=kubernetes is None, kubeconfig=kubeconfig,
        context=context, from_=tuple(_path_or_dash(source) for source in sources), namespaces=namespaces, skip=skip,
        only=only, fingerprint_key=fingerprint_key, collected_at=collected_at, strict=strict, spool_dir=spool_dir,
        no_exec=no_exec, plan=plan, quiet=quiet,
    )  # fmt: skip
    sys.exit(run(options, progress=make_progress(quiet=quiet)).exit_code)


@cli.command()
@click.argument("snapshot", type=_FILE)
@click.option("-o", "--output", type=_FILE, required=True, help="The folder of the site.")
@click.option("--language", default="en", show_default=True, help="The language of the site.")
@click.option("--theme", default=None, help="A Sphinx theme.  [default: pydata_sphinx_theme]")
@click.option("--builder", default="html", show_default=True, help="A Sphinx builder: html, dirhtml, text, epub …")
@click.option("--classification", default="", help="A line on every page, such as: internal.")
@click.option("--annotations", multiple=True, type=_FILE, metavar="DIR", help="Entries of your own. Repeatable.")
@click.option("--templates", type=_FILE, metavar="DIR", help="Templates that take the place of the shipped ones.")
@click.option("--cache", type=_FILE, metavar="DIR", help="Keep what the next build need not read again.")
@click.option("-j", "--jobs", default=1, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
def build(
    snapshot: Path, output: Path, language: str, theme: str | None, builder: str, classification: str,
    annotations: tuple[Path, ...], templates: Path | None, cache: Path | None, jobs: int, quiet: bool,
) -> None:  # fmt: skip
    """Build the site of a snapshot."""
    from rkedoc.redact.check import require_redacted
    from rkedoc.snapshot.reader import open_stream
    from rkedoc.sphinxext.project import THEME, build_site

    require_redacted(snapshot, open_stream(snapshot)[1])
    built = build_site(
        snapshot, output, language=language, theme=theme or THEME, builder=builder, classification=classification,
        annotations=annotations, templates=templates, cache=cache, jobs=jobs, progress=None if quiet else _say,
    )  # fmt: skip
    for warning in built.warnings:
        _say(warning)
    if not quiet:
        click.echo(_where(built.folder, built.pages))


@cli.command()
@click.argument("folder", type=_FILE)
@click.option("--snapshot", type=_FILE, help="The snapshot that the project shows.")
@click.option("--name", default="", help="The name of the project.  [default: the folder's]")
def init(folder: Path, snapshot: Path | None, name: str) -> None:
    """Write a Sphinx project for a snapshot, ready to build: conf.py, index.md, a folder for annotations."""
    from rkedoc.sphinxext.project import init_project

    written = init_project(folder, snapshot=snapshot, name=name)
    for path in written:
        click.echo(printable(str(path)))
    click.echo(f"Build it: sphinx-build {printable(str(folder))} {printable(str(folder / '_build' / 'html'))}" if written
               else "Everything was there already; nothing was changed.")  # fmt: skip


@cli.command()
@click.option(
    "-o", "--output", type=_FILE, default=Path("rkedoc-demo"), show_default=True, help="The folder of the site."
)
@click.option("--language", default="en", show_default=True, help="The language of the site.")
@click.option("-j", "--jobs", default=1, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
def demo(output: Path, language: str, jobs: int, quiet: bool) -> None:
    """Build the site of a recorded real node. Needs no cluster and no network."""
    from rkedoc.resources import resource
    from rkedoc.sphinxext.project import build_site

    built = build_site(
        resource("data", "demo.ndjson.zst"), output, language=language, jobs=jobs, progress=None if quiet else _say
    )
    click.echo(_where(built.folder, built.pages))


@cli.command()
@click.argument("name")
@click.option("--snapshot", type=_FILE, help="Look it up in this snapshot too.")
@_FORMAT
def explain(name: str, snapshot: Path | None, style: str) -> None:
    """Say what a container, pod, workload, namespace or image is.

    NAME may be -: then every line of a listing (docker ps -a, kubectl get pods -A, crictl ps -a) is explained.
    """
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.explain.listing import explain_lines, explain_name
    from rkedoc.explain.terminal import detail_text, explained_text

    catalog = load_catalog()
    cluster = _cluster(snapshot, catalog) if snapshot is not None else None
    if name == "-":
        lines = sys.stdin.buffer.read().decode("utf-8", "replace").splitlines()
        found = list(explain_lines(lines, catalog, cluster))
    else:
        found = [explain_name(name, catalog, cluster)]
    if style == "json":
        _print_json([item.to_json() for item in found])
    elif name == "-":
        click.echo(explained_text(found), nl=False)
    else:
        click.echo(detail_text(found[0], catalog), nl=False)


@cli.command()
@click.argument("snapshot", type=_FILE)
@_FORMAT
@click.option("--node", help="This node alone.")
def ledger(snapshot: Path, style: str, node: str | None) -> None:
    """Account for every container: what it is, whose, and why it is classed so."""
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.explain.ledger import build_ledger
    from rkedoc.explain.terminal import ledger_text

    cluster = _cluster(snapshot, load_catalog())
    found = build_ledger(cluster, node)
    if style == "json":
        _print_json(found.to_json())
    else:
        click.echo(ledger_text(found, cluster), nl=False)


@cli.command()
@click.argument("old", type=_FILE, required=False)
@click.argument("new", type=_FILE, required=False)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "markdown", "json", "html"]),
    default="text",
    show_default=True,
    help="How to print it.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="KIND",
    help="Show this kind alone (deployments, ingresses.networking.k8s.io). Repeatable.",
)
@click.option("--namespace", "namespaces", multiple=True, metavar="NS", help="Show this namespace alone. Repeatable.")
@click.option("--summary", is_flag=True, help="Show counts and versions alone.")
@click.option("--profile", type=_FILE, metavar="FILE", help="Rules of your own, which come after those of rkedoc.")
@click.option("--observed", is_flag=True, help="Show what changed by itself too. It does not change the exit code.")
@click.option("--explain-rule", "path", metavar="[KIND:]PATH", help="Say which rules there are for a field, and why.")
def diff(
    old: Path | None, new: Path | None, style: str, only: tuple[str, ...], namespaces: tuple[str, ...], summary: bool,
    profile: Path | None, observed: bool, path: str | None,
) -> None:  # fmt: skip
    """Say what somebody changed between two snapshots. What changes by itself is left out.

    Exits with 0 if nothing was changed, with 1 if something was, with 2 if the two could not be compared.
    """
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.diff.formats import formatted
    from rkedoc.diff.run import Options, compare, require_two

    if path is not None:
        from rkedoc.diff.reasons import explained

        click.echo(explained(path, profile), nl=False)
        return
    old, new = require_two(old, new)
    found = compare(old, new, load_catalog(), Options(only, namespaces, profile, observed))
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    click.echo(formatted(found, style, summary=summary, colour=colour), nl=False, color=colour)
    if not found.same:
        sys.exit(DIFFERENT)


@cli.command()
@click.argument("snapshots", type=_FILE, nargs=-1, required=True)
def validate(snapshots: tuple[Path, ...]) -> None:
    """Check snapshots: format, digests, order, and that nothing in them should have been hidden."""
    from rkedoc.redact import Redactor
    from rkedoc.redact.audit import audit
    from rkedoc.snapshot.validate import validate as check

    wrong = 0
    for path in snapshots:
        try:
            report = check(path, audit=partial(audit, words=Redactor()))
        except RkedocError as error:
            _complain(error)
            wrong += 1
            continue
        for finding in report.findings:
            click.echo(printable(f"{path}: {finding}"), err=True)
        wrong += bool(report.findings)
        if not report.findings:
            click.echo(
                printable(
                    f"{path}: {report.count} records, format {report.header.format}, intent {report.header.intent_digest[:12]}: good"
                )
            )
    if wrong:
        sys.exit(TROUBLE)


@cli.command()
@click.argument("snapshots", type=_FILE, nargs=-1, required=True)
@click.option("-o", "--output", required=True, help="The file to write; - is standard output.")
def merge(snapshots: tuple[Path, ...], output: str) -> None:
    """Put snapshots of one cluster together: the engines of several nodes, or parts that different accounts may read."""
    from rkedoc.redact.check import require_redacted
    from rkedoc.snapshot.merge import merge as put_together
    from rkedoc.snapshot.reader import open_stream

    for path in snapshots:
        require_redacted(path, open_stream(path)[1])
    header = put_together(snapshots, _path_or_dash(output))
    if output != "-":
        click.echo(printable(f"{output}: {header.records} records of {len(header.captures)} captures"))


@cli.command()
@click.argument("snapshot", type=_FILE)
@click.option("-o", "--output", type=_FILE, required=True, help="The file to write.")
@click.option("--mask", default="", metavar="hosts,ips,people", help="What to replace by names that mean nothing.")
@click.option("--fingerprint-key", type=_FILE, help="Derive these names from a key, the same in every snapshot.")
def redact(snapshot: Path, output: Path, mask: str, fingerprint_key: Path | None) -> None:
    """Write a snapshot again with every rule applied once more, and hosts, addresses or people masked."""
    from rkedoc.redact.fingerprint import load_key_file
    from rkedoc.redact.mask import parse_kinds
    from rkedoc.redact.rewrite import redact_snapshot

    key = load_key_file(fingerprint_key) if fingerprint_key is not None else None
    header = redact_snapshot(snapshot, output, parse_kinds(mask) if mask else (), key)
    click.echo(printable(f"{output}: {header.records} records"))


@cli.command()
@click.argument("file", type=_FILE)
def keygen(file: Path) -> None:
    """Make a key for fingerprints of hidden values. Keep it as you keep passwords."""
    from rkedoc.redact.fingerprint import generate_key_file

    key = generate_key_file(file)
    click.echo(printable(f"{file}: a new key (id {key.id}); give it to rkedoc collect --fingerprint-key"))


@cli.command()
@click.option(
    "--from", "snapshot", type=_FILE, help="Name the resources that this snapshot met.  [default: ask the API]"
)
@click.option("--with-secrets", is_flag=True, help="Add Secrets. Who may list them may read them.")
@click.option("--kubeconfig", type=_FILE, help="The kubeconfig to use.  [default: as kubectl has it]")
@click.option("--context", help="The context in the kubeconfig.")
@click.option("--no-exec", is_flag=True, help="Refuse credential plugins in the kubeconfig.")
def rbac(
    snapshot: Path | None, with_secrets: bool, kubeconfig: Path | None, context: str | None, no_exec: bool
) -> None:
    """Print the least rights that the collector needs, as a ClusterRole: list and get only, every resource named."""
    from rkedoc.collect.progress import make_progress
    from rkedoc.collect.run import Options, rights

    options = Options(engine="none", kubeconfig=kubeconfig, context=context, no_exec=no_exec, quiet=True)
    click.echo(
        rights(options, progress=make_progress(quiet=True), snapshot=snapshot, with_secrets=with_secrets), nl=False
    )


@cli.command()
@click.option("--diff", "of_diff", is_flag=True, help="Print that of rkedoc diff --format json.")
def schema(of_diff: bool) -> None:
    """Print the JSON Schema of a line of a snapshot."""
    if of_diff:
        from rkedoc.diff.schema import json_schema
    else:
        from rkedoc.snapshot.shape import json_schema

    _print_json(json_schema())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. Never ends in a traceback; ``RKEDOC_DEBUG=1`` asks for one."""
    try:
        cli.main(args=arguments, prog_name="rkedoc", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except RkedocError as error:
        _complain(error)
        sys.exit(TROUBLE)
    except BrokenPipeError:
        # Whoever read our output has gone; closing it again would complain about that a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if os.environ.get("RKEDOC_DEBUG"):
            traceback.print_exc()
        name = error.filename if isinstance(error.filename, str) else "the output"
        _complain(f"{name}: cannot be read or written: {error.strerror or type(error).__name__}")
        sys.exit(TROUBLE)
    except Exception as error:  # noqa: BLE001 - a person at a terminal needs a sentence; the debugger asks for more
        if os.environ.get("RKEDOC_DEBUG"):
            traceback.print_exc()
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}, line {where.lineno}"
        _complain(
            f"a mistake in rkedoc ({type(error).__name__} in {place}): please report it; RKEDOC_DEBUG=1 shows more"
        )
        sys.exit(TROUBLE)


def _complain(what: object) -> None:
    click.echo(f"rkedoc: {printable(str(what))}", err=True)


def _say(line: str) -> None:
    click.echo(printable(line), err=True)


def _where(folder: Path, pages: int) -> str:
    index = folder.resolve() / "index.html"
    start = index.as_uri() if index.is_file() else str(folder.resolve())
    return f"{pages} pages. Open {printable(start)}"


def _print_json(value: Any) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode(), nl=False)


def _path_or_dash(name: str) -> Path | Literal["-"]:
    return "-" if name == "-" else Path(name)


def _cluster(path: Path, catalog: Catalog) -> Cluster:
    from rkedoc.explain.model import Cluster
    from rkedoc.redact.check import require_redacted
    from rkedoc.snapshot.reader import load

    if not path.name:
        raise UsageError("the name of the snapshot is empty")
    snapshot = load(path)
    require_redacted(path, snapshot.records)
    return Cluster(snapshot, catalog)

"""Commands that make sites of snapshots."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from rkedoc.cli.common import CATALOGS, FALLS_SHORT, FILE, LANGUAGES, cli, complain, folders, say
from rkedoc.cli.given import SNAPSHOT, SNAPSHOTS, Remote, local
from rkedoc.cli.progress import building
from rkedoc.cli.settings import Permission
from rkedoc.errors import RkedocError, UsageError
from rkedoc.i18n import N_, Message
from rkedoc.printable import printable

if TYPE_CHECKING:
    from rkedoc.store.retention import RetentionRule

_THEME = click.option("--theme", default=None, help="A Sphinx theme.  [default: pydata_sphinx_theme]")
_CLASSIFICATION = click.option("--classification", default="", help="A line on every page, such as: internal.")
_ANNOTATIONS = click.option(
    "--annotations", multiple=True, type=FILE, metavar="DIR", help="Entries of your own. Repeatable."
)
_PAGES = click.option(
    "--page", "pages", multiple=True, metavar="NAME", help="Pages that another package brings. Repeatable."
)
_TRUST = click.option(
    "--trust-annotations",
    cls=Permission,
    is_flag=True,
    help="Take raw HTML, includes and remote images in annotations as they are.",
)
_TEMPLATES = click.option(
    "--templates", type=FILE, metavar="DIR", help="Templates that take the place of the shipped ones."
)
_JOBS = click.option("-j", "--jobs", default=1, show_default=True, type=click.IntRange(1), help="Processes.")
_QUIET = click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
_LOOKS_AGAIN = 1.0
"""Seconds between two looks at what a site is made of."""
_VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Show what Sphinx says while it works.")


@cli.command()
@click.argument("snapshot", type=SNAPSHOT)
@click.option("-o", "--output", type=FILE, required=True, help="The folder of the site.")
@click.option(
    "--since", type=SNAPSHOT, metavar="OLD", help="An earlier snapshot: mark what is new or has changed since."
)
@LANGUAGES
@_THEME
@click.option(
    "--builder", default="html", show_default=True, help="A Sphinx builder: html, dirhtml, markdown, text, epub …"
)
@click.option("--twin", "twin_pages", is_flag=True, help="Put a Markdown file of each page beside it, and llms.txt.")
@_CLASSIFICATION
@_ANNOTATIONS
@CATALOGS
@_PAGES
@_TRUST
@_TEMPLATES
@click.option("--cache", type=FILE, metavar="DIR", help="Keep what the next build need not read again.")
@_JOBS
@_QUIET
@_VERBOSE
def build(
    snapshot: Path, output: Path, since: Path | None, language: str, theme: str | None, builder: str, twin_pages: bool,
    classification: str, annotations: tuple[Path, ...], catalogs: tuple[str, ...], pages: tuple[str, ...], trust_annotations: bool, templates: Path | None, cache: Path | None, jobs: int, quiet: bool, verbose: bool,
) -> None:  # fmt: skip
    """Build the site of a snapshot."""
    from rkedoc.redact.check import require_redacted
    from rkedoc.snapshot.reader import open_stream
    from rkedoc.sphinxext.project import build_site

    require_redacted(snapshot, open_stream(snapshot)[1])
    with building(quiet=quiet, verbose=verbose) as progress:
        built = build_site(
            snapshot, output, since=since, language=language, theme=theme, builder=builder, twin_pages=twin_pages, classification=classification,
            annotations=(*annotations, *folders(catalogs)), pages=pages, trust_annotations=trust_annotations, templates=templates, cache=cache, jobs=jobs, progress=progress,
        )  # fmt: skip
    for warning in built.warnings:
        say(warning)
    if not quiet:
        click.echo(where(built.folder, built.pages))


@cli.command()
@click.argument("snapshots", type=SNAPSHOTS, nargs=-1, metavar="SNAPSHOT...")
@click.option("-o", "--output", type=FILE, required=True, metavar="SITE", help="The folder of all sites.")
@click.option("--cluster", default="", metavar="NAME", help="The cluster's name.  [default: that in the snapshot]")
@click.option(
    "--version", "label", default="", metavar="LABEL", help="The version's name.  [default: the day of collection]"
)
@click.option(
    "--keep",
    multiple=True,
    metavar="RULE",
    help="Drop versions of these clusters that no rule keeps: last=N (or N), daily=N, weekly=N, monthly=N, yearly=N, "
    "within=Nd. Repeatable.  [default: keep all]",
)
@click.option(
    "--renew",
    is_flag=True,
    help="Build versions again for which something else has changed: rkedoc, its catalog, annotations, options, earlier versions. "
    "Without SNAPSHOT: of all clusters.",
)
@click.option(
    "--scheduler",
    metavar="WHERE",
    help="Let Dask build them: local (-j processes), the address of a scheduler, or the file with it.",
)
@click.option(
    "--base-url",
    default="",
    metavar="URL",
    help="Where SITE is served: pages may then be listed by search engines, under the address of the newest version, and there is a sitemap.xml.",
)
@LANGUAGES
@_THEME
@_CLASSIFICATION
@_ANNOTATIONS
@CATALOGS
@_PAGES
@_TRUST
@_TEMPLATES
@_JOBS
@_QUIET
@_VERBOSE
def publish(
    snapshots: tuple[Path | Remote, ...], output: Path, cluster: str, label: str, keep: tuple[str, ...], renew: bool, scheduler: str | None, base_url: str, language: str,
    theme: str | None, classification: str, annotations: tuple[Path, ...], catalogs: tuple[str, ...], pages: tuple[str, ...], trust_annotations: bool, templates: Path | None, jobs: int, quiet: bool, verbose: bool,
) -> None:  # fmt: skip
    """Put sites side by side: SITE/CLUSTER/VERSION, the newest as SITE/CLUSTER/latest, and a page that leads to all.

    A version that is there is not written again without --renew; publishing a snapshot twice changes nothing. Of several
    snapshots, one that is at fault costs itself. Of a URL every snapshot that it names is published; what is published already, or would
    not be kept, is not even fetched.
    """
    from rkedoc.publish.engine import Engine, one_by_one
    from rkedoc.publish.run import publish as put
    from rkedoc.publish.work import require_base_url
    from rkedoc.sphinxext.project import THEME
    from rkedoc.store.retention import parse_rule

    if not snapshots and not renew:
        raise click.UsageError("name the snapshots to publish; --renew alone builds again what is there")
    engine: Engine = one_by_one
    if scheduler is not None:
        from rkedoc.publish import dask

        engine, jobs = dask.engine(scheduler, workers=jobs), 1
    rules = [parse_rule(rule) for rule in keep]
    if base_url:
        require_base_url(base_url)
    given = snapshots if label else _worth_getting(snapshots, output, cluster, rules)
    with building(quiet=quiet, verbose=verbose) as progress:
        came = put(
            [local(one) for one in given], output, cluster=cluster, label=label, keep=rules, renew=renew, engine=engine, language=language,
            theme=theme or THEME, classification=classification, annotations=(*annotations, *folders(catalogs)), pages=pages, trust_annotations=trust_annotations, templates=templates, jobs=jobs,
            base_url=base_url, progress=progress,
        )  # fmt: skip
    for warning in came.warnings:
        say(warning)
    if not quiet:
        for word, names in (
            ("published", came.new),
            ("already published", came.known),
            ("built again", came.renewed),
            ("dropped", came.dropped),
        ):
            for name in names:
                click.echo(f"{word}: {printable(name)}")
        click.echo(f"Open {printable((output.resolve() / 'index.html').as_uri())}")
    for reason in came.failed:
        complain(reason)
    if came.failed:
        raise click.exceptions.Exit(FALLS_SHORT)


def _worth_getting(
    given: Sequence[Path | Remote], output: Path, cluster: str, rules: Sequence[RetentionRule]
) -> list[Path | Remote]:
    """The files, and those snapshots of stores that are neither published already nor dropped again at once."""
    remote = [one.stored for one in given if isinstance(one, Remote)]
    if not remote:
        return list(given)
    from rkedoc.publish.tree import Shelf
    from rkedoc.publish.wanted import wanted

    found = wanted(remote, Shelf(output).clusters(), rules, cluster)
    return [one for one in given if isinstance(one, Path) or one.stored in found]


@cli.command()
@click.argument("cluster")
@click.argument("version", required=False, default="")
@click.option("-o", "--output", type=FILE, required=True, metavar="SITE", help="The folder of all sites.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def purge(cluster: str, version: str, output: Path, dry_run: bool) -> None:
    """Take a version, or all of a cluster, back from SITE: its pages, its snapshot, and what lists, search, feeds and tables say of it."""
    from rkedoc.publish.purge import purge as take_back

    came = take_back(output, cluster, version, dry_run=dry_run)
    for name in came.gone:
        click.echo(f"{'would go' if dry_run else 'gone'}: {printable(name)}")
    for name in came.compared:
        click.echo(f"still tells of it, as it was compared with it: {printable(name)}")
    if came.compared:
        say(f"rkedoc publish --renew -o {output} builds these again")
    say(
        "out of reach, and to be looked at: copies of the site, stores (rkedoc store prune), backups, search engines, readers of feeds"
    )


@cli.command()
@click.argument("site", type=FILE)
@click.option(
    "--snapshot", type=SNAPSHOT, help="Build the site of this first, and again whenever what it is made of changes."
)
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Where to answer; 0: any free one."
)
@LANGUAGES
@_THEME
@_CLASSIFICATION
@_ANNOTATIONS
@CATALOGS
@_PAGES
@_TRUST
@_TEMPLATES
@_JOBS
@_QUIET
@_VERBOSE
def serve(
    site: Path, snapshot: Path | None, port: int, language: str, theme: str | None, classification: str,
    annotations: tuple[Path, ...], catalogs: tuple[str, ...], pages: tuple[str, ...], trust_annotations: bool,
    templates: Path | None, jobs: int, quiet: bool, verbose: bool,
) -> None:  # fmt: skip
    """Look at a site in a browser on this machine, and build it again when its snapshot or its annotations change.

    Nobody else can see it: it answers on 127.0.0.1 alone, below an address that cannot be guessed. Ctrl-C ends it.
    """
    import threading
    from tempfile import TemporaryDirectory

    from rkedoc.publish.serving import SiteServer, stamps
    from rkedoc.redact.check import require_redacted
    from rkedoc.snapshot.reader import open_stream
    from rkedoc.sphinxext.project import build_site

    brought = folders(catalogs)
    watched = tuple(path for path in (snapshot, *annotations, templates) if path is not None)

    def built(cache: Path) -> None:
        if snapshot is None:
            return
        require_redacted(snapshot, open_stream(snapshot)[1])
        with building(quiet=quiet, verbose=verbose) as progress:
            made = build_site(
                snapshot, site, language=language, theme=theme, classification=classification,
                annotations=(*annotations, *brought), pages=pages, trust_annotations=trust_annotations, templates=templates,
                cache=cache, jobs=jobs, progress=progress,
            )  # fmt: skip
        for warning in made.warnings:
            say(warning)
        if not quiet:
            say(f"built: {made.pages} pages")

    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        TemporaryDirectory(prefix="rkedoc-serve-") as room,
        SiteServer(site, port) as server,
    ):
        seen = stamps(watched)
        built(Path(room))
        if not (site / "index.html").is_file():
            raise UsageError(f"{site}: there is no site; rkedoc build makes one, and so does --snapshot FILE")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        click.echo(f"Open {server.address}  (Ctrl-C ends it)")
        while True:
            time.sleep(_LOOKS_AGAIN)
            now = stamps(watched)
            if snapshot is not None and now != seen:
                seen = now
                try:
                    built(Path(room))
                except RkedocError as error:
                    complain(error)


@cli.command()
@click.argument("folder", type=FILE)
@click.option("--snapshot", type=FILE, help="The snapshot that the project shows.")
@click.option("--name", default="", help="The name of the project.  [default: the folder's]")
def init(folder: Path, snapshot: Path | None, name: str) -> None:
    """Write a Sphinx project for a snapshot, ready to build: conf.py, index.md, a folder for annotations."""
    from rkedoc.sphinxext.project import init_project

    if snapshot is not None and not snapshot.is_file():
        raise UsageError(f"--snapshot {snapshot}: there is no such file; rkedoc collect -o {snapshot} makes one")
    written = init_project(folder, snapshot=snapshot, name=name)
    for path in written:
        click.echo(printable(str(path)))
    if written and snapshot is None:
        place = folder / "snapshot.ndjson.zst"
        click.echo(f"Put a snapshot there first: rkedoc collect -o {printable(str(place))}")
    click.echo(f"Build it: sphinx-build {printable(str(folder))} {printable(str(folder / '_build' / 'html'))}" if written
               else "Everything was there already; nothing was changed.")  # fmt: skip


_DEMOS: Mapping[str, tuple[str, Message]] = {
    "rke2": (
        "demo-rke2.ndjson.zst",
        Message(
            N_(
                "This is a demo. Recorded: the container runtime's answers, with images that stand in for the real ones; "
                "composed: the API's objects and the host's files."
            )
        ),
    ),
    "rke1": (
        "demo.ndjson.zst",
        Message(N_("This is a demo. Recorded: the answers of a node's Docker engine and of its API.")),
    ),
}
"""The nodes that the demo shows: the file of each, and what of it was recorded."""


@cli.command()
@click.option(
    "-o", "--output", type=FILE, default=Path("rkedoc-demo"), show_default=True, help="The folder of the site."
)
@click.option(
    "--node", type=click.Choice(list(_DEMOS)), default="rke2", show_default=True,
    help="Which node: one of RKE2 with containerd, or one of RKE1 with Docker.",
)  # fmt: skip
@click.option("--fleet", is_flag=True, help="Sites of five clusters, side by side, in place of one node.")
@LANGUAGES
@_JOBS
@_QUIET
@_VERBOSE
def demo(output: Path, node: str, fleet: bool, language: str, jobs: int, quiet: bool, verbose: bool) -> None:
    """Build the site of a recorded node, or those of a few clusters. Needs no cluster and no network.

    The first page says what of the node was recorded, and what was composed around it.
    """
    from rkedoc.resources import resource
    from rkedoc.sphinxext.project import build_site

    if fleet:
        if click.get_current_context().get_parameter_source("node") is not ParameterSource.DEFAULT:
            raise click.UsageError("--fleet shows five clusters, and --node one: give one of the two")
        _demo_fleet(output, language, jobs, quiet=quiet, verbose=verbose)
        return
    file, note = _DEMOS[node]
    with building(quiet=quiet, verbose=verbose) as progress:
        built = build_site(
            resource("data", file), output, classification=Message(N_("demo")), note=note, language=language, jobs=jobs,
            progress=progress,
        )  # fmt: skip
    for warning in built.warnings:
        say(warning)
    if not quiet:
        click.echo(where(built.folder, built.pages))


def _demo_fleet(output: Path, language: str, jobs: int, *, quiet: bool, verbose: bool) -> None:
    """Publish the recorded nodes, and clusters that are made up, each of these on two days."""
    from rkedoc.publish.run import publish as put
    from rkedoc.resources import resource

    snapshots = [resource("data", file) for file, _note in _DEMOS.values()]
    snapshots += sorted(resource("data", "fleet").rglob("*.ndjson.zst"))
    note = Message(
        N_("This is a demo of five clusters: two nodes that were recorded, and three clusters that are made up.")
    )
    with building(quiet=quiet, verbose=verbose) as progress:
        came = put(
            snapshots,
            output,
            classification=Message(N_("demo")),
            note=note,
            language=language,
            jobs=jobs,
            progress=progress,
        )
    for warning in (*came.warnings, *came.failed):
        say(warning)
    if not quiet:
        click.echo(f"{len(came.new)} sites. Open {printable((output.resolve() / 'index.html').as_uri())}")


def where(folder: Path, pages: int) -> str:
    index = folder.resolve() / "index.html"
    start = index.as_uri() if index.is_file() else str(folder.resolve())
    return f"{pages} pages. Open {printable(start)}"

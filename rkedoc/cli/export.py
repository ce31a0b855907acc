"""Commands that hand a snapshot to other programs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from rkedoc.cli.common import (
    DATA,
    FILE,
    LANGUAGE,
    LANGUAGES,
    answer_format,
    cli,
    print_data,
    print_names,
    screen_of,
    snapshot_of,
    speak,
)
from rkedoc.cli.given import SNAPSHOT
from rkedoc.errors import UsageError

_FOLDER_MODE, _FILE_MODE = 0o750, 0o640


@cli.command()
@click.argument("snapshot", type=SNAPSHOT)
@answer_format("table", "csv", "cyclonedx")
@LANGUAGE
def images(snapshot: Path, style: str, language: str | None) -> None:
    """Say which images a cluster is made of: with their digests, and with what uses them.

    Init containers, sandboxes, static pods and containers outside pods are among the users, and what names an image of which nothing runs.
    cyclonedx is a bill of materials (CycloneDX 1.6, JSON).
    """
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.cluster.model import Cluster
    from rkedoc.export.cyclonedx import bill_of_materials
    from rkedoc.export.images import images as find
    from rkedoc.export.images import images_csv, images_text, not_known_lines

    cluster = Cluster(snapshot_of(snapshot), load_catalog(speak(language, style)))
    if style == "cyclonedx":
        click.echo(bill_of_materials(cluster), nl=False)
        return
    found = find(cluster)
    if style in DATA:
        print_data(found.to_json(), style)
    elif style in ("name", "csv"):
        if style == "name":
            print_names(one.image for one in found.all)
        else:
            click.echo(images_csv(found), nl=False)
        for line in not_known_lines(found.not_known):
            click.echo(line, err=True)
    else:
        click.echo(images_text(found, screen_of(style)), nl=False)


@cli.command()
@click.argument("snapshot", type=SNAPSHOT)
@click.option(
    "-o",
    "--output",
    required=True,
    type=FILE,
    metavar="DIR|FILE.xlsx",
    help="A folder for files of CSV, or a workbook.",
)
@click.option(
    "--since", type=SNAPSHOT, help="An earlier snapshot: the table of changes says what somebody changed since."
)
def tables(snapshot: Path, output: Path, since: Path | None) -> None:
    """Write what a snapshot says as tables for a spreadsheet: clusters, nodes, images, workloads, components, versions, settings, problems, support, coverage, changes.

    The columns are those of rkedoc fleet. In no cell is a formula. Files that are there are replaced.
    """
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.cluster.model import Cluster
    from rkedoc.diff.history import history
    from rkedoc.export.sheets import csv_files, workbook
    from rkedoc.redact.check import require_redacted
    from rkedoc.snapshot.reader import SnapshotFile

    catalog = load_catalog(speak("en"))
    found = snapshot_of(snapshot)
    step = None
    if since is not None:
        with SnapshotFile(since) as file:
            require_redacted(since, file)
        known = history([since], snapshot, found, catalog)
        if not known.steps:
            raise UsageError(f"--since {since}: it is of another cluster, or not older than {snapshot}")
        step = known.steps[-1]
    cluster = Cluster(found, catalog)
    if output.suffix.lower() == ".xlsx":
        _write(output, workbook(cluster, step))
        click.echo(f"wrote {output}")
        return
    output.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
    files = dict(csv_files(cluster, step))
    for name, text in files.items():
        # Spreadsheets take CSV for the machine's old character set, unless it begins so.
        _write(output / name, text.encode("utf-8-sig"))
    click.echo(f"wrote {len(files)} tables into {output}")


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fresh.write_bytes(content)
        fresh.chmod(_FILE_MODE)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


@cli.command()
@click.argument("snapshot", type=SNAPSHOT)
@click.option(
    "-o", "--output", required=True, type=FILE, metavar="DIR", help="The folder to write, such as that of a repository."
)
@click.option(
    "--owner",
    default="unknown",
    show_default=True,
    metavar="GROUP",
    help="The group that owns what nobody is named for.",
)
@click.option(
    "--annotations",
    multiple=True,
    type=FILE,
    metavar="DIR",
    help="Entries of your own, which may name owners. Repeatable.",
)
@LANGUAGES
def backstage(snapshot: Path, output: Path, owner: str, annotations: tuple[Path, ...], language: str) -> None:
    """Write a cluster for Backstage: catalog-info.yaml with its entities, and mkdocs.yml with the pages in docs, from which TechDocs builds.

    The cluster becomes a Resource, each namespace with workloads a System, each workload a Component with its owner and what it talks to. The folder docs
    is replaced as a whole.
    """
    from rkedoc.catalog.loader import load_catalog
    from rkedoc.cluster.model import Cluster
    from rkedoc.export.backstage import catalog_info, mkdocs
    from rkedoc.sphinxext.project import build_site

    if "," in language:
        raise click.UsageError("--language: name one language: Backstage shows one folder of documents")
    found = snapshot_of(snapshot)
    name = str(found.header.cluster.get("name") or "")
    cluster = Cluster(found, load_catalog(language, annotations, cluster=name))
    output.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
    built = build_site(snapshot, output / "docs", builder="markdown", language=language, annotations=annotations)
    _write(output / "catalog-info.yaml", catalog_info(cluster, owner).encode())
    _write(output / "mkdocs.yml", mkdocs(cluster).encode())
    click.echo(f"wrote catalog-info.yaml, mkdocs.yml and {built.pages} pages into {output}")

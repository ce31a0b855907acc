"""The command that prints what collects a cluster from inside."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rkedoc.cli.common import FILE, cli, complain, say
from rkedoc.cli.settings import Permission
from rkedoc.errors import UsageError

if TYPE_CHECKING:
    from rkedoc.deploy.rights import Rights

_DISTRIBUTIONS = ("rke2", "k3s", "kubeadm", "rke1")


@cli.command()
@click.option("--image", required=True, metavar="REF", help="The image of rkedoc, by its digest: HOST/NAME@sha256:…")
@click.option(
    "--distribution",
    type=click.Choice(_DISTRIBUTIONS),
    help="What the nodes are: it says where they keep what is read.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["yaml", "kustomize", "helm", "images"]),
    default="yaml",
    show_default=True,
    help="One stream of objects, or a folder: a Kustomize base, or a Helm chart. images: the images that they need.",
)
@click.option(
    "-o", "--output", type=FILE, help="The file or folder to write.  [default for yaml and images: standard output]"
)
@click.option(
    "--part", type=click.Choice(["api", "nodes"]), help="What reads the API alone, or the nodes alone.  [default: both]"
)
@click.option("--namespace", default="rkedoc", show_default=True, help="The namespace; that for the nodes has -nodes.")
@click.option("--cluster", default="cluster", show_default=True, help="The name of the cluster in all snapshots.")
@click.option(
    "--runtime-socket",
    metavar="PATH",
    help="The runtime's socket on the nodes, or none.  [default: the distribution's]",
)
@click.option("--host", is_flag=True, help="Read files and processes of the nodes too.")
@click.option(
    "--host-path",
    "host_paths",
    multiple=True,
    metavar="DIR",
    help="A folder for --host, in place of those of the distribution. Repeatable.",
)
@click.option("--node", "nodes", multiple=True, metavar="NAME", help="This node alone, by a Job. Repeatable.")
@click.option(
    "--run-as",
    cls=Permission,
    metavar="UID:GID",
    help="Who the collector is on the nodes.  [default: the least that suffices]",
)
@click.option("--pull-secret", metavar="NAME", help="The Secret for the registry, which you make in the namespaces.")
@click.option("--store", metavar="URL", help="Write what reads the API into a store: s3://, gs:// or az://.")
@click.option(
    "--store-secret",
    metavar="NAME",
    help="The Secret, which you make, whose keys are variables with the store's credentials.",
)
@click.option(
    "--account-annotation",
    "account_annotations",
    multiple=True,
    metavar="KEY=VALUE",
    help="What ties a cloud's account to the one that reads the API. Repeatable.",
)
@click.option(
    "--schedule", metavar="CRON", help="Collect into the store at these times: '30 3 * * *'.  [default: once]"
)
@click.option("--proxy", metavar="URL", help="The proxy on the way to the store.")
@click.option(
    "--no-proxy",
    "no_proxy",
    multiple=True,
    metavar="HOST",
    help="What is reached without it, beside the API. Repeatable.",
)
@click.option("--ca-config-map", metavar="NAME", help="The ConfigMap whose ca.crt holds the authorities to trust.")
@click.option(
    "--port",
    "ports",
    type=int,
    multiple=True,
    metavar="PORT",
    help="A port to reach beside those of the API. Repeatable.",
)
@click.option(
    "--with-secrets", cls=Permission, is_flag=True, help="Add Secrets to the rights. Who may list them may read them."
)
@click.option(
    "--from", "snapshot", type=FILE, help="Rights for the resources that this snapshot met.  [default: ask the API]"
)
@click.option("--kubeconfig", type=FILE, help="The kubeconfig to use.  [default: as kubectl has it]")
@click.option("--context", help="The context in the kubeconfig.")
@click.option("--no-exec", is_flag=True, help="Refuse credential plugins in the kubeconfig.")
def deploy(
    image: str, distribution: str | None, style: str, output: Path | None, part: str | None, namespace: str,
    cluster: str, runtime_socket: str | None, host: bool, host_paths: tuple[str, ...], nodes: tuple[str, ...],
    run_as: str | None, pull_secret: str | None, with_secrets: bool, snapshot: Path | None, kubeconfig: Path | None,
    context: str | None, no_exec: bool, store: str | None, store_secret: str | None,
    account_annotations: tuple[str, ...], schedule: str | None, proxy: str | None, no_proxy: tuple[str, ...],
    ca_config_map: str | None, ports: tuple[int, ...],
) -> None:  # fmt: skip
    """Print what collects a cluster from inside, for kubectl, Kustomize or Helm. Applies nothing."""
    from rkedoc.deploy import render
    from rkedoc.deploy.request import PARTS, Request, check_request, has_digest

    request = Request(
        image=image, distribution=distribution, parts=tuple(name for name in PARTS if part in (None, name)),
        namespace=namespace, cluster=cluster, runtime_socket=runtime_socket, host=host, host_paths=host_paths,
        nodes=nodes, run_as=run_as, pull_secret=pull_secret, store=store, store_secret=store_secret,
        account_annotations=account_annotations, schedule=schedule, proxy=proxy, no_proxy=no_proxy,
        ca_config_map=ca_config_map, ports=ports,
    )  # fmt: skip
    check_request(request)
    if style in ("kustomize", "helm") and output is None:
        raise UsageError(f"--format {style} writes a folder: name it with -o")
    if not has_digest(image):
        complain(
            "the image is named by a tag, which may come to mean another one: "
            "name it by its digest (name@sha256:…) where it matters who reads your nodes"
        )
    if with_secrets:
        complain(
            "the account of the part that reads the API may read Secrets: so may whoever starts a pod in its namespace"
        )
    rights = None
    if "api" in request.parts:
        rights = _rights(snapshot, kubeconfig, context, no_exec=no_exec, with_secrets=with_secrets)
    objects = render.parts(request, rights)
    if style == "yaml":
        _print(render.stream(objects), output)
    elif style == "images":
        _print(render.image_list(objects), output)
    else:
        _write(render.kustomize(objects) if style == "kustomize" else render.helm(objects), output or Path())


def _rights(
    snapshot: Path | None, kubeconfig: Path | None, context: str | None, *, no_exec: bool, with_secrets: bool
) -> Rights:
    from rkedoc.collect.options import CollectOptions
    from rkedoc.collect.progress import make_progress
    from rkedoc.collect.rights import rights
    from rkedoc.deploy.rights import read_rights

    options = CollectOptions(engine="none", kubeconfig=kubeconfig, context=context, no_exec=no_exec, quiet=True)
    printed = rights(options, progress=make_progress(quiet=True), snapshot=snapshot, with_secrets=with_secrets)
    return read_rights(printed, with_secrets=with_secrets)


def _print(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    output.write_text(text, "utf-8")
    say(f"wrote {output}")


def _write(files: Mapping[str, str], folder: Path) -> None:
    """Write a folder that is not there yet, or is empty: what somebody changed in an earlier one is not lost."""
    if folder.exists() and (not folder.is_dir() or os.listdir(folder)):
        raise UsageError(f"{folder} is there already: name a folder that is not, or that is empty")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    say(f"wrote {folder}: {len(files)} files")

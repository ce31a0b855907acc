"""A package that brings rkedoc a source, entries of the catalog, a page, and rules that hide more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rkedoc.collect.files.formats.format import As, Bundle, Format, Index, Reading
from rkedoc.i18n import Message
from rkedoc.sphinxext.blocks.view import Code, Para, Row, Table, View
from rkedoc.sphinxext.pages import Heading, PageKind, Section
from rkedoc.sphinxext.site import Site


def objects(argument: str) -> Iterator[dict[str, Any]]:
    """One pod in a namespace that the argument names, with a password in clear."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "toy-0", "namespace": argument or "default", "annotations": {"toy/ref": "TOY-X1Y2Z3"}},
        "spec": {
            "containers": [{"name": "toy", "image": "toy:1", "env": [{"name": "DB_PASSWORD", "value": "mobikaza94sa"}]}]
        },
    }
    yield {"apiVersion": "v1", "kind": "List", "items": [pod]}


def bundles(index: Index) -> Iterator[Bundle]:
    """A folder with ``toy.txt``, whose first line is the time at which it was written."""
    for path, head in index.heads.items():
        root = path.rpartition("/")[0]
        yield Bundle(root, reading, time=head.decode().strip(), tool="1.0")


def reading(path: str) -> Reading:
    """A file without ending holds pods; others hold nothing."""
    return Reading(As.NOTHING, reason="no-objects") if "." in path else Reading(version="v1", kind="Pod")


def formats() -> tuple[Format, ...]:
    """The format of dumps that this package knows."""
    words = (Message("the toy's dump"), Message("toy.txt"), Message("Pods"), Message("Everything else"))
    return (Format("toy-dump", *words, keys=frozenset({"toy.txt"}), find=bundles),)


def entries() -> Path:
    """The folder of the entries."""
    return Path(__file__).parent / "entries"


def images_by_pull_policy(site: Site, key: str) -> View:
    """Every container of a pod template with the policy by which its image is pulled."""
    rows = [
        Row(((f"{workload.namespace}/{workload.name}",), (Code(str(each.get("imagePullPolicy", "–"))),)))
        for workload in site.cluster.workloads()
        for each in workload.pod_spec.get("containers", ())
    ]
    return (Para(("Who pulls an image, and when.",)), Table(("Workload", "Policy"), tuple(rows)))


def pages() -> tuple[PageKind, ...]:
    """The page that this package adds to every site."""
    policies = Section("toy-policies", images_by_pull_policy, Heading("toy-policies", "Pull policies"))
    return (PageKind("toy-pulls", "Who pulls images", (policies,)),)


def rules() -> Path:
    """The file of the rules."""
    return Path(__file__).parent / "rules.yaml"

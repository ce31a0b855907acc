"""A package that brings rkedoc a source, entries of the catalog, and rules that hide more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any


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


def entries() -> Path:
    """The folder of the entries."""
    return Path(__file__).parent / "entries"


def rules() -> Path:
    """The file of the rules."""
    return Path(__file__).parent / "rules.yaml"

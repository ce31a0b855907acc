"""A source as small as one can be: a list of namespaces that a program holds, and a container that runs beside Kubernetes."""

from __future__ import annotations

from rkedoc.collect.engine.rows import row_of_inspect
from rkedoc.collect.intake import Intake
from rkedoc.collect.selection import resource_in_file
from rkedoc.collect.source import Kinds, PlannedRequest, Progress
from rkedoc.errors import SourceUnavailable
from rkedoc.snapshot.record import Capture, Scope
from rkedoc.vocabulary import Result


class ToySource:
    """Gives what it was made with, in clear: what of that is written is not its business."""

    name = "files"

    def __init__(self, namespaces: dict[str, str], inspect: dict[str, object], *, progress: Progress) -> None:
        self._namespaces = namespaces
        self._inspect = inspect
        self._progress = progress
        self.cluster = "toy"
        self.kinds = Kinds(("namespaces",), ())

    def connect(self) -> None:
        if not self._namespaces:
            raise SourceUnavailable(self.name, "toy", "it was given nothing")

    def plan(self) -> tuple[PlannedRequest, ...]:
        return (PlannedRequest(self.name, "GET", "toy", "1"),)

    def pods(self) -> frozenset[str]:
        return frozenset()

    def collect(self, intake: Intake) -> tuple[Capture, ...]:
        taken = intake.objects(resource_in_file("core", "Namespace", namespaced=False))
        for name, note in self._namespaces.items():
            metadata = {"name": name, "annotations": {"note": note}}
            taken.take({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        taken.close()
        self._progress.end(self.name, "core/namespaces", Result.COMPLETE)
        lacks = taken.lacks()
        scope = Scope(
            "core/namespaces", "list", "toy", None, Result.PARTIAL if lacks else Result.COMPLETE, lacks, taken.count,
            kind="core/Namespace",
        )  # fmt: skip
        row = row_of_inspect(self._inspect)
        containers = intake.containers("toy-node", [row] if row is not None else [])
        if row is not None:
            containers.take(row, row.raw)
        containers.close()
        held = Scope(
            "engine/containers",
            "list",
            "toy",
            None,
            Result.COMPLETE,
            "",
            containers.count,
            kind="engine/EngineContainer",
        )
        return (
            intake.captures.live(self.name, [scope]),
            intake.captures.live(self.name, [held], node="toy-node"),
        )

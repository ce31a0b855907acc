"""The rights that a run needs, without a run."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path

from rkedoc.collect.kubernetes.rbac import cluster_role, resources_in
from rkedoc.collect.options import CollectOptions
from rkedoc.collect.source import Progress
from rkedoc.collect.sources import kubernetes_of, redactor_of
from rkedoc.snapshot.reader import SnapshotFile


def rights(
    options: CollectOptions, *, progress: Progress, snapshot: Path | None = None, with_secrets: bool = False
) -> str:
    """The least rights that a run with these options needs, as a ClusterRole in YAML.

    What is served is read from the header of ``snapshot`` or, without one, discovered. Raises
    :class:`~rkedoc.errors.SourceUnavailable`, :class:`~rkedoc.errors.SnapshotError` or
    :class:`~rkedoc.errors.UsageError`.
    """
    if snapshot is not None:
        with SnapshotFile(snapshot) as file:
            for _record in file:
                pass  # rights are given by a file that is checked to its end, and by no other
            return cluster_role(resources_in(file.header), with_secrets=with_secrets)
    with ExitStack() as stack:
        source = kubernetes_of(
            options, run_id=secrets.token_hex(4), redactor=redactor_of(options), progress=progress, resources=stack
        )
        source.connect()
        served = tuple((resource.group, resource.name) for resource in source.wanted)
    return cluster_role(served, with_secrets=with_secrets)

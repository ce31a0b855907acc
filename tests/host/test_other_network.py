"""A host that is read from a container with a network of its own: nothing of that network is told of the node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rkedoc.snapshot.reader import Snapshot, load

SCRIPT = """
mkdir -p {root}
mount --rbind /proc {root}/proc || exit 7
exec {python} -m rkedoc collect -q --kubernetes none --engine none --host {root} --node-name n1 -o {out}
"""


def read(folder: Path, *flags: str) -> Snapshot:
    """What is read of this machine through a mounted ``/proc``, in new namespaces of these kinds."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("namespaces are made by root alone")
    root, out = folder / "root", folder / "n.ndjson"
    (root / "proc").mkdir(parents=True)
    script = SCRIPT.format(root=root, python=sys.executable, out=out)
    done = subprocess.run(
        ["unshare", "-m", *flags, "--", "sh", "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode == 7 or "unshare failed" in done.stderr:
        pytest.skip("no mounts can be made here")
    assert done.returncode == 0, done.stderr
    return load(out)


def test_the_settings_of_the_readers_network_are_not_the_nodes(tmp_path: Path) -> None:
    (other,) = read(tmp_path / "other", "-n").by_kind("Host")
    assert [name for name in other.body["sysctls"] if name.startswith("net.")] == []
    assert "vm.overcommit_memory" in other.body["sysctls"]


def test_the_tables_of_process_1_are_read_all_the_same(tmp_path: Path) -> None:
    mine = {record.name for record in read(tmp_path / "mine").by_kind("HostListener")}
    other = {record.name for record in read(tmp_path / "other", "-n").by_kind("HostListener")}
    assert other <= mine or mine <= other

"""``python -m bench [collect] [cri] [dumps] [redact] [diff] [build] [growth] [processes] [rebuild] [fleet] [publish] [sizes] [--quick] [--write FILE]``: measure, and print tables of ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bench.bundle import write_bundle
from bench.cluster import Size, write_snapshot
from bench.hostile import cost, costs, harmless
from bench.measure import Cost, alternately, exponent, python, rkedoc, run, table

_PODS = (2_000, 20_000, 100_000)
_WORKLOADS = (100, 1_000, 3_000)
_LARGE = (1_000, 3_000, 5_000)
_QUICK = 10
_PODS_EACH = 20
_CONTAINERS = 500
_CHANGED = 10
_CLUSTERS = 1_000
_WORKLOADS_EACH = 500
_SIZES = (1_000, 10_000, 30_000)
_PODS_EACH_SIZE = 10
_PUBLISHED = 100
_VERSIONS = 3
_NIGHTLY = 5


def collect(scratch: Path, repeats: int, divisor: int) -> str:
    """Collecting against downloading, decoding, sorting keys and writing the same pages."""
    rows = []
    for size in (pods // divisor for pods in _PODS):
        with _server(size) as url:
            config = scratch / "kubeconfig"
            config.write_text(_KUBECONFIG.format(url=url), "utf-8")
            ours, plain = alternately(
                repeats,
                partial(
                    run,
                    rkedoc(
                        "collect",
                        "-o",
                        str(scratch / "c.ndjson"),
                        "--engine",
                        "none",
                        "--kubeconfig",
                        str(config),
                        "-q",
                    ),
                ),
                partial(run, python("-m", "bench.plain", url, str(scratch / "plain.ndjson"))),
            )
        rows.append([
            f"{size:,}", f"{ours.cpu:.1f}", f"{plain.cpu:.1f}", f"**{ours.cpu / plain.cpu:.2f}**", f"{ours.memory:.0f}",
            f"{plain.memory:.0f}",
        ])  # fmt: skip
    return _section(
        "Collecting",
        "`rkedoc collect` from an API server on loopback, against a program of forty lines that downloads the same pages, "
        "decodes them, sorts their keys and writes them. Aim: at most 2 times its time, and memory that does not grow.",
        table(("pods", "rkedoc, s", "plain program, s", "ratio", "rkedoc, peak MB", "plain program, peak MB"), rows),
    )


def cri(scratch: Path, repeats: int, divisor: int) -> str:
    """Collecting from a container runtime against making the same calls, and both without what starting them costs."""
    rows, costs = [], {}
    for size in (0, _CONTAINERS // divisor):
        with _runtime(size) as url:
            costs[size] = alternately(
                repeats,
                partial(
                    run,
                    rkedoc("collect", "-o", str(scratch / "c.ndjson"), "--kubernetes", "none", "--runtime", url, "-q"),
                ),
                partial(run, python("-m", "bench.plain_cri", url, str(scratch / "plain.ndjson"))),
            )
    ours, plain = costs[_CONTAINERS // divisor]
    for label, started in (("whole programs", (Cost(0, 0, 0), Cost(0, 0, 0))), ("without start-up", costs[0])):
        mine, other = (
            Cost(whole.wall - start.wall, whole.cpu - start.cpu, whole.memory)
            for whole, start in zip((ours, plain), started, strict=True)
        )
        rows.append([
            label, f"{mine.wall:.2f}", f"{other.wall:.2f}", f"**{mine.wall / other.wall:.2f}**", f"{mine.cpu:.2f}", f"{other.cpu:.2f}",
            f"**{mine.cpu / other.cpu:.2f}**", f"{mine.memory:.0f}", f"{other.memory:.0f}",
        ])  # fmt: skip
    return _section(
        "Collecting from a container runtime",
        f"`rkedoc collect --kubernetes none --runtime` from a runtime with {_CONTAINERS // divisor} containers and their sandboxes, made from a "
        "recording, in a process of its own; against a program that makes the same calls, four at a time, decodes the same JSON and writes "
        "it. Start-up is what both cost where the runtime has no containers. Aim: at most 1.3 times its time, and under 5 s on the clock.",
        table(
            ("", "rkedoc, s on the clock", "plain program", "ratio", "rkedoc, s of processors", "plain program", "ratio", "rkedoc, peak MB",
             "plain program, peak MB"), rows,
        ),
    )  # fmt: skip


def dumps(scratch: Path, repeats: int, divisor: int) -> str:
    """Reading a bundle against unpacking and decoding it, and both without what starting them costs."""
    rows = []
    for label, as_yaml, pods in (("JSON", False, _PODS[1]), ("YAML", True, _PODS[0])):
        costs = {}
        for count in (0, pods // divisor):
            bundle = scratch / f"{label}-{count}.tar.gz"
            write_bundle(bundle, count, as_yaml=as_yaml)
            costs[count] = alternately(
                repeats, *(partial(run, python("-m", "bench.bundle", how, str(bundle))) for how in ("ours", "plain"))
            )
        ours, plain = (whole.cpu - start.cpu for whole, start in zip(costs[pods // divisor], costs[0], strict=True))
        memory = [f"{cost.memory:.0f}" for cost in costs[pods // divisor]]
        rows.append([label, f"{pods // divisor:,}", f"{ours:.2f}", f"{plain:.2f}", f"**{ours / plain:.2f}**", *memory])
    return _section(
        "Reading a bundle",
        "What `rkedoc collect --from` does up to the redaction, with a `.tar.gz` of a list of pods for each namespace, against a program that "
        "unpacks each member and decodes it. Start-up is not counted. Aim: at most 1.5 times its time, and memory that does not grow with the bundle.",
        table(
            ("as", "pods", "rkedoc, s", "plain program, s", "ratio", "rkedoc, peak MB", "plain program, peak MB"), rows
        ),
    )


def redact(scratch: Path, repeats: int, divisor: int) -> str:
    """Hostile strings against a harmless one of the same length."""
    del scratch, repeats
    found = [milliseconds for milliseconds, _text in costs(every=divisor)]
    floor = cost(harmless())
    middle, worst = found[len(found) // 2], found[-1]
    row = [f"{len(found):,}", f"{middle:.0f}", f"{worst:.0f}", f"{floor:.1f}", f"**{worst / floor:.0f}**"]
    return _section(
        "Redacting",
        "Strings of 8 KiB that repeat what each rule looks for, with twelve separators and in four places, against a script of that length "
        "that somebody could have written. Aim: no string costs more than 40 ms.",
        table(("strings", "middle, ms", "worst, ms", "harmless script, ms", "worst / harmless"), [row]),
    )


def diff(scratch: Path, repeats: int, divisor: int) -> str:
    """Comparing two snapshots against reading both."""
    rows = []
    for pods in (pods // divisor for pods in _PODS):
        workloads = pods // _PODS_EACH
        size = workloads, max(1, workloads // 20), _PODS_EACH, _CHANGED
        old, new = str(scratch / "old.ndjson.zst"), str(scratch / "new.ndjson.zst")
        run(python("-m", "bench.cluster", *map(str, size), old, new))
        ours, floor = alternately(
            repeats,
            partial(run, rkedoc("diff", old, new), ends_with=1),
            partial(run, python("-m", "bench.reading", old, new)),
        )
        rows.append([
            f"{pods:,}", f"{ours.cpu:.1f}", f"{floor.cpu:.1f}", f"**{ours.cpu / floor.cpu:.2f}**", f"{ours.memory:.0f}",
            f"{floor.memory:.0f}",
        ])  # fmt: skip
    return _section(
        "Comparing",
        "`rkedoc diff` of two snapshots of one cluster, against a program that reads both with the same reader and does nothing "
        f"with them. On the second day every pod was made anew, and {_CHANGED} Deployments have another image. Aim: at most 2 times "
        "its time at 100,000 pods, and memory that does not grow with the cluster.",
        table(("pods", "rkedoc, s", "reading both, s", "ratio", "rkedoc, peak MB", "reading both, peak MB"), rows),
    )


def build(scratch: Path, repeats: int, divisor: int) -> str:
    """Building a site against the same content as ordinary MyST pages."""
    parts = []
    for label, namespaces, counts in (
        ("few large namespaces (5)", lambda _: 5, _WORKLOADS[:2]),
        ("many small namespaces (20 workloads each)", lambda n: max(1, n // 20), _WORKLOADS),
    ):
        sizes = [max(10, count // divisor) for count in counts]
        costs = [_build(scratch, Size(count, namespaces(count)), repeats) for count in sizes]
        rows = [
            [
                f"{count:,}", f"{ours.cpu:.1f}", f"{peer.cpu:.1f}", f"**{ours.cpu / peer.cpu:.2f}**", f"{ours.memory:.0f}",
                f"{peer.memory:.0f}",
            ]
            for count, (ours, peer) in zip(sizes, costs, strict=True)
        ]  # fmt: skip
        growth = [exponent(sizes[-2:], [cost[which].cpu for cost in costs][-2:]) for which in (0, 1)]
        parts.append(
            f"### {label.capitalize()}\n\n"
            + table(
                ("workloads", "rkedoc, s", "written by hand, s", "ratio", "rkedoc, peak MB", "by hand, peak MB"), rows
            )
            + f"\n\nGrowth exponent between the two largest: rkedoc **{growth[0]:.2f}**, by hand {growth[1]:.2f}."
        )
    return _section(
        "Building",
        "`rkedoc build` (which also audits the snapshot), one process, against `sphinx-build` of the same content written as "
        "ordinary MyST pages with Markdown tables, in the same theme with the same stemmer. The peer has neither drawings nor "
        "sidebars, which favours it. "
        "Aim: at most 0.7 times its time, no more memory, exponent at most 1.05.",
        "\n\n".join(parts),
    )


def growth(scratch: Path, repeats: int, divisor: int) -> str:
    """Building ever larger sites: how time and memory grow."""
    sizes = [max(10, count // divisor) for count in _LARGE]
    snapshots = [scratch / f"{count}.ndjson" for count in sizes]
    for count, snapshot in zip(sizes, snapshots, strict=True):
        write_snapshot(Size(count, max(1, count // 20)), snapshot)
    costs = alternately(repeats, *(partial(_site, scratch, snapshot) for snapshot in snapshots))
    rows = [[f"{count:,}", f"{cost.cpu:.1f}", f"{cost.memory:.0f}"] for count, cost in zip(sizes, costs, strict=True)]
    slope = exponent(sizes, [cost.cpu for cost in costs])
    return _section(
        "Building large sites",
        "`rkedoc build` with one process, 20 workloads to a namespace. Aim: exponent at most 1.05, and 5,000 workloads within 500 MB.",
        table(("workloads", "rkedoc, s", "rkedoc, peak MB"), rows) + f"\n\nGrowth exponent: **{slope:.2f}**.",
    )


def processes(scratch: Path, repeats: int, divisor: int) -> str:
    """Building with two processes against building with one, on the clock."""
    rows = []
    for count in (max(10, count // divisor) for count in _WORKLOADS[1:]):
        snapshot = scratch / f"{count}.ndjson"
        write_snapshot(Size(count, max(1, count // 20)), snapshot)
        one, two = alternately(repeats, *(partial(_site, scratch, snapshot, "-j", jobs) for jobs in ("1", "2")))
        rows.append([
            f"{count:,}", f"{one.wall:.1f}", f"{two.wall:.1f}", f"**{one.wall / two.wall:.2f}**", f"{two.cpu / one.cpu:.2f}",
        ])  # fmt: skip
    return _section(
        "Building with two processes",
        "`rkedoc build -j 2` against `-j 1`, on the clock, on a machine with nothing else to do. Aim: at least 1.6 times as fast.",
        table(("workloads", "one process, s", "two, s", "times as fast", "time of processors, two / one"), rows),
    )


def _site(scratch: Path, snapshot: Path, *arguments: str) -> Cost:
    out = scratch / "out"
    run(["rm", "-rf", str(out)])
    return run(rkedoc("build", str(snapshot), "-o", str(out), "-q", *arguments))


def rebuild(scratch: Path, repeats: int, divisor: int) -> str:
    """A rebuild after one change against Sphinx's own rebuild of one page."""
    rows = []
    for count in (max(10, count // divisor) for count in _WORKLOADS[:2]):
        size = Size(count, max(1, count // 20))
        project, peer = scratch / f"project-{count}", scratch / f"peer-{count}"
        snapshots = [scratch / f"{name}-{count}.ndjson" for name in ("a", "b")]
        write_snapshot(size, snapshots[0])
        write_snapshot(size, snapshots[1], changed=(count // 2,))
        current = scratch / f"current-{count}.ndjson"
        current.write_bytes(snapshots[0].read_bytes())
        run(rkedoc("init", str(project), "--snapshot", str(current)))
        run(python("-m", "bench.handmade", str(snapshots[0]), str(peer)))
        for folder in (project, peer):
            _sphinx(folder)
        page = next((peer / "workloads").glob(f"*app-{count // 2}*.md"))
        turn = [0]

        def ours(
            project: Path = project, current: Path = current, snapshots: list[Path] = snapshots, turn: list[int] = turn
        ) -> Cost:
            turn[0] += 1
            current.write_bytes(snapshots[turn[0] % 2].read_bytes())
            return _sphinx(project)

        def theirs(page: Path = page, peer: Path = peer) -> Cost:
            page.write_text(page.read_text("utf-8") + "\nOne more sentence.\n", "utf-8")
            return _sphinx(peer)

        mine, other = alternately(max(2, repeats), ours, theirs)
        rows.append([f"{count:,}", f"{mine.cpu:.2f}", f"{other.cpu:.2f}", f"**{mine.cpu / other.cpu:.2f}**"])
    return _section(
        "Building again after one change",
        "One image of one workload changes. `sphinx-build` of a project with the extension, against `sphinx-build` of the pages "
        "written by hand, one of which was edited. Aim: at most 1.3 times.",
        table(("workloads", "rkedoc, s", "by hand, s", "ratio"), rows),
    )


def sizes(scratch: Path, repeats: int, divisor: int) -> str:
    """What a cluster of some size needs: to collect it, to keep it, to build and keep its site."""
    rows = []
    for pods in (max(10, pods // divisor) for pods in _SIZES):
        snapshot, site = scratch / f"{pods}.ndjson.zst", scratch / "out"
        config = scratch / "kubeconfig"
        with _server(pods) as url:
            config.write_text(_KUBECONFIG.format(url=url), "utf-8")
            command = ("collect", "-o", str(snapshot), "--engine", "none", "--kubeconfig", str(config), "-q")
            (collected,) = alternately(repeats, partial(run, rkedoc(*command)))
        (built,) = alternately(repeats, partial(_site, scratch, snapshot))
        pages = [path for path in site.rglob("*") if path.is_file()]
        rows.append([
            f"{pods:,}", f"{pods // _PODS_EACH_SIZE:,}", f"{snapshot.stat().st_size / 1e6:.1f}", f"{collected.cpu:.1f}", f"{collected.memory:.0f}",
            f"{built.cpu:.1f}", f"{built.memory:.0f}", f"{sum(path.stat().st_size for path in pages) / 1e6:.0f}", f"{len(pages):,}",
        ])  # fmt: skip
    return _section(
        "What a cluster needs",
        f"Clusters on loopback whose pods are like recorded ones, {_PODS_EACH_SIZE} to a workload, 20 workloads to a namespace; each collected, and built with one process. "
        "Seconds are those of processors.",
        table(
            ("pods", "workloads", "snapshot, MB", "collect, s", "peak MB", "build, s", "peak MB", "site, MB", "files"),
            rows,
        ),
    )


def fleet(scratch: Path, repeats: int, divisor: int) -> str:
    """Asking all clusters against asking DuckDB about the same file."""
    clusters = _CLUSTERS // divisor
    run(python("-m", "bench.fleet", str(scratch), str(clusters), str(_WORKLOADS_EACH)))
    run(python("-m", "bench.fleet", "compact", str(scratch)))
    folder = scratch / "snapshots"
    newest = folder / ".rkedoc" / "tables" / "v1" / "newest" / "images.parquet"
    rows = []
    for label, text in (("one image, everywhere", "app-17:"), ("an image of which there is none", "no-such-image")):
        ours, floor = alternately(
            repeats,
            partial(
                run, rkedoc("fleet", "images", str(folder), text, "-o", "json"), ends_with=int(text == "no-such-image")
            ),
            partial(run, python("-m", "bench.fleet", "plain", str(newest), text)),
        )
        rows.append([
            label, f"{clusters:,}", f"{ours.wall:.2f}", f"{ours.cpu:.2f}", f"{floor.cpu:.2f}", f"**{ours.cpu / floor.cpu:.2f}**",
            f"{ours.memory:.0f}", f"{floor.memory:.0f}",
        ])  # fmt: skip
    return _section(
        "Asking many clusters",
        f"`rkedoc fleet images FOLDER TEXT -o json` over clusters with {_WORKLOADS_EACH} workloads each, whose tables have been made, against a "
        "program that asks DuckDB the same of the same Parquet file, and nothing else. Aim: at most 2 s on the clock.",
        table(
            ("asked for", "clusters", "rkedoc, s on the clock", "s of processors", "DuckDB alone, s of processors", "ratio", "rkedoc, peak MB",
             "DuckDB alone, peak MB"), rows,
        ),
    )  # fmt: skip


def publish(scratch: Path, repeats: int, divisor: int) -> str:
    """Publishing a fleet: an engine against a plain loop, two processes against one, and a night in which little changed."""
    clusters = _PUBLISHED // divisor
    changed = max(1, _NIGHTLY // divisor)
    run(python("-m", "tests.support.fleets", str(scratch / "fleet"), str(clusters), str(_VERSIONS)))
    snapshots = sorted(str(path) for path in (scratch / "fleet").rglob("*.ndjson.zst"))
    newest = snapshots[_VERSIONS - 1 :: _VERSIONS]
    site = scratch / "site"

    def published(given: list[str], *arguments: str) -> Cost:
        run(["rm", "-rf", str(site)])
        return run(rkedoc("publish", *given, "-o", str(site), "-q", *arguments))

    each, two, plain, engine = alternately(
        repeats,
        partial(published, newest),
        partial(published, snapshots, "--scheduler", "local", "-j", "2"),
        partial(published, snapshots),
        partial(published, snapshots, "--scheduler", "local"),
    )
    for folder in sorted(path for path in site.iterdir() if (path / "latest").is_dir())[:changed]:
        latest = json.loads((folder / "latest" / "rkedoc-version.json").read_text("utf-8"))["label"]
        run(rkedoc("purge", folder.name, latest, "-o", str(site)))
    night = run(rkedoc("publish", *snapshots, "-o", str(site), "-q"))
    rows = [
        [label, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"**{ratio:.2f}**", compared, f"{cost.memory:.0f}"]
        for label, cost, ratio, compared in (
            ("one after another", plain, 1.0, ""),
            ("by Dask, one worker", engine, engine.wall / plain.wall, "of one after another (aim: at most 1.10)"),
            ("by Dask, two workers", two, plain.wall / two.wall, "times as fast (aim: at least 1.7)"),
            (f"a night: {changed} of {clusters} changed", night, night.wall / each.wall,
             f"of publishing the newest of each anew, {each.wall:.1f} s (aim: at most 0.07)"),
        )
    ]  # fmt: skip
    return _section(
        "Publishing many clusters",
        f"`rkedoc publish` of {clusters} clusters with {_VERSIONS} versions each, made by `python -m tests.support.fleets`, on a machine with nothing else "
        "to do. Memory is that of the process which was started.",
        table(("", "s on the clock", "s of processors", "ratio", "", "peak MB"), rows),
    )


def _build(scratch: Path, size: Size, repeats: int) -> tuple[Cost, Cost]:
    snapshot, peer = scratch / "build.ndjson", scratch / "peer"
    write_snapshot(size, snapshot)
    run(["rm", "-rf", str(peer)])
    run(python("-m", "bench.handmade", str(snapshot), str(peer)))

    def theirs() -> Cost:
        run(["rm", "-rf", str(peer / "_build")])
        return _sphinx(peer)

    mine, other = alternately(repeats, partial(_site, scratch, snapshot), theirs)
    return mine, other


def _sphinx(folder: Path) -> Cost:
    return run(python("-m", "sphinx", "-q", "-b", "html", str(folder), str(folder / "_build" / "html")))


_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: bench
contexts: [{{name: bench, context: {{cluster: bench, user: bench}}}}]
clusters: [{{name: bench, cluster: {{server: "{url}"}}}}]
users: [{{name: bench, user: {{token: bench}}}}]
"""


@contextmanager
def _runtime(containers: int) -> Iterator[str]:
    process = subprocess.Popen(
        python("-m", "bench.runtime", str(containers)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.communicate()  # it ends with its input


@contextmanager
def _server(pods: int) -> Iterator[str]:
    process = subprocess.Popen(python("-m", "bench.server", str(pods)), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def _section(title: str, about: str, body: str) -> str:
    return f"## {title}\n\n{about}\n\n{body}\n"


_ALL: dict[str, Callable[[Path, int, int], str]] = {
    "collect": collect,
    "cri": cri,
    "dumps": dumps,
    "redact": redact,
    "diff": diff,
    "build": build,
    "growth": growth,
    "processes": processes,
    "rebuild": rebuild,
    "fleet": fleet,
    "publish": publish,
    "sizes": sizes,
}
_HEAD = """\
# Benchmarks

Ratios against a floor or a peer, measured in the same run on the same machine; seconds (of processors) are there for scale alone. Each figure
is the best of {repeats} runs, taken in turns. To measure them again: `nox -s bench`, or `python -m bench` in an environment
with the project installed{quick}.

Machine: {cores} processors, Python {python}, Sphinx {sphinx}, pydata-sphinx-theme {theme}.
"""


def main() -> None:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*_ALL, []], help="which benchmarks (default: all)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--write", type=Path, help="write the tables to this file too")
    arguments = parser.parse_args()
    head = _HEAD.format(
        repeats=arguments.repeats, quick=" (`--quick`: a tenth of the sizes)" if not arguments.quick else ", `--quick`",
        cores=os.cpu_count(), python=platform.python_version(), sphinx=version("sphinx"), theme=version("pydata-sphinx-theme"),
    )  # fmt: skip
    parts = [head]
    for name in arguments.what or _ALL:
        with tempfile.TemporaryDirectory(prefix="rkedoc-bench-") as scratch:
            parts.append(_ALL[name](Path(scratch), arguments.repeats, _QUICK if arguments.quick else 1))
        print(parts[-1], flush=True)
    if arguments.write:
        arguments.write.write_text("\n".join(parts), "utf-8")


if __name__ == "__main__":
    main()

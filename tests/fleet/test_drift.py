"""Clusters that are not like the others of their group are found, what was not looked at is not known, and nothing else is said."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from rkedoc.errors import FleetError
from rkedoc.fleet.accepted import Accepted, read_accepted
from rkedoc.fleet.ask import Asked
from rkedoc.fleet.drift import Compared, Drift, drift
from rkedoc.fleet.keeping import Keeping
from rkedoc.fleet.text import drift_rows, drift_text
from rkedoc.vocabulary import Likeness
from tests.support.fleets import RELEASES, Fleet, Planned, _World, plan, write_version

TODAY = date(2026, 11, 30)
RKE2 = RELEASES[1][1]
FLEET = Fleet(clusters=9)


def alike(**unlike: dict[str, object]) -> list[Planned]:
    """Nine clusters of one release of which everything was read; ``unlike`` says by number what is different."""
    return [
        replace(one, **({"release": RKE2, "refused": ""} | unlike.get(f"c{number}", {})))  # type: ignore[arg-type]
        for number, one in enumerate(plan(FLEET))
    ]


def compared(folder: Path, planned: list[Planned], versions: int = 1, **options: object) -> Drift:
    fleet = replace(FLEET, versions=versions)
    for one in planned:
        for version in range(versions):
            write_version(folder / "snapshots" / one.name, one, version, fleet)
    return again(folder, **options)


def again(folder: Path, **options: object) -> Drift:
    keeping = Keeping(folder / "tables")
    with closing(Asked(keeping, keeping.make(folder / "snapshots"))) as asked:
        return drift(asked, TODAY, **options)  # type: ignore[arg-type]


def thing(found: Drift, what: str) -> Compared:
    return next(one for group in found.groups for one in group.things if one.what == what)


def states(row: Compared) -> dict[str, str]:
    return {cell.cluster: cell.state.value for cell in row.cells}


def test_what_has_drifted_is_what_was_made_to_drift(tmp_path: Path) -> None:
    planned = alike()
    found = compared(tmp_path, planned)
    flags = {
        one.name: dict(flag[2:].partition("=")[::2] for flag in _World(one, 0, 6)._flags("kube-apiserver"))
        for one in planned
    }
    for flag in ("profiling", "audit-log-maxage"):
        told = {name: own.get(flag) for name, own in flags.items()}
        usual = Counter(told.values()).most_common(1)[0][0]
        row = thing(found, f"flag/kube-apiserver/{flag}")
        assert row.usual == ((usual,) if usual is not None else ())
        assert states(row) == {name: "same" if value == usual else "differs" for name, value in told.items()}
    assert set(states(thing(found, "version/kubelet")).values()) == {"same"}
    assert set(states(thing(found, "component/rke2-kube-apiserver")).values()) == {"same"}


def test_what_was_not_seen_is_never_the_same(tmp_path: Path) -> None:
    planned = alike(c2={"refused": "core/Pod"}, c4={"refused": "core/Node"})
    pods, nodes = planned[2].name, planned[4].name
    found = compared(tmp_path, planned)
    for group in found.groups:
        for row in group.things:
            aspect = row.what.partition("/")[0]
            for cell in row.cells:
                if cell.cluster == pods and aspect in ("component", "flag"):
                    assert cell.state != Likeness.SAME, row.what
                if cell.cluster == nodes and row.what == "version/kubelet":
                    assert (cell.state, cell.why, cell.values) == (Likeness.NOT_KNOWN, "core/nodes:forbidden", ())
    assert states(thing(found, "version/Kubernetes"))[nodes] == "same"


def test_it_is_said_since_when_something_is_not_known(tmp_path: Path) -> None:
    planned = alike()
    found = compared(tmp_path, planned)
    assert set(states(thing(found, "version/kubelet")).values()) == {"same"}
    blind = replace(planned[3], refused="core/Node", seen=planned[3].seen + timedelta(days=1))
    write_version(tmp_path / "snapshots" / blind.name, blind, 0, FLEET)
    cell = next(cell for cell in thing(again(tmp_path), "version/kubelet").cells if cell.cluster == blind.name)
    assert (cell.state, cell.why) == (Likeness.NOT_KNOWN, "core/nodes:forbidden")
    assert cell.last_known is not None
    assert cell.last_known == planned[3].seen.replace(tzinfo=None)


def test_groups_are_made_by_label_by_names_and_beside_a_reference(tmp_path: Path) -> None:
    planned = alike(c0={"release": RELEASES[1][2]})
    by_label = compared(tmp_path, planned, label="environment")
    assert [(group.name, len(group.clusters)) for group in by_label.groups] == [
        ("environment=dev", 3), ("environment=prod", 3), ("environment=staging", 3),
    ]  # fmt: skip
    names = again(tmp_path, names=("prod-*", "dev-*"))
    assert [(group.name, len(group.clusters)) for group in names.groups] == [("prod-*", 3), ("dev-*", 3)]
    odd = planned[0].name
    beside = again(tmp_path, reference=odd)
    row = thing(beside, "version/Kubernetes")
    assert row.usual == (RELEASES[1][2].version,)
    assert states(row) == {one.name: "same" if one.name == odd else "differs" for one in planned}
    with pytest.raises(FleetError, match=r"--reference"):
        again(tmp_path, reference="prod-nowhere")


def test_two_clusters_of_one_name_are_two(tmp_path: Path) -> None:
    planned = alike()
    twins = [planned[0], replace(planned[1], name=planned[0].name, release=RELEASES[1][2]), *planned[2:4]]
    (group,) = compared(tmp_path, twins, names=("prod-*",)).groups
    for one in group.things:
        assert len(one.cells) == len(group.clusters)
    assert sum(name.startswith(f"{planned[0].name} (") for name in group.clusters) == 2


def test_where_no_value_is_what_most_have_none_of_them_is_the_same(tmp_path: Path) -> None:
    planned = alike(c0={"release": RELEASES[1][2]})[:2]
    row = thing(compared(tmp_path, planned), "version/Kubernetes")
    assert row.usual is None
    assert set(states(row).values()) == {"differs"}


def test_a_reference_of_which_something_is_not_known_makes_nothing_the_same(tmp_path: Path) -> None:
    planned = alike(c0={"refused": "core/Node"})
    row = thing(compared(tmp_path, planned, reference=planned[0].name), "version/kubelet")
    assert set(states(row).values()) == {"not-known"}


def test_accepted_differences_are_counted_until_their_day_is_over(tmp_path: Path) -> None:
    planned = alike(c0={"release": RELEASES[1][2]})
    odd = planned[0].name
    plain = compared(tmp_path, planned)
    rules = [
        Accepted("version/Kubernetes", odd, "it goes first", "platform", TODAY),
        Accepted("version/kubelet", odd, "it went first", "platform", TODAY - timedelta(days=1)),
        Accepted("component/nothing", "*", "left over", "platform", TODAY),
    ]
    found = again(tmp_path, accepted=rules)
    cells = {
        what: next(c for c in thing(found, what).cells if c.cluster == odd)
        for what in ("version/Kubernetes", "version/kubelet")
    }
    assert [(cell.counts, cell.expired) for cell in cells.values()] == [(False, False), (True, True)]
    assert found.counts == {**plain.counts, "accepted": 1, "expired": 1}
    assert found.unused == (rules[2],)
    assert sum(cell.counts for cell in found.cells) == sum(cell.counts for cell in plain.cells) - 1
    text = drift_text(found)
    assert "it goes first (platform)" in text
    assert "which is over: it went first" in text


def test_every_cell_is_in_the_matrix(tmp_path: Path) -> None:
    found = compared(tmp_path, alike(c2={"refused": "engine"}))
    rows = list(drift_rows(found))
    assert len(rows) == len(found.cells) == sum(found.counts[state.value] for state in Likeness)
    shown = found.to_json()["groups"][0]
    for one in shown["things"]:
        assert len(one["same"]) + len(one["differs"]) + len(one["not_known"]) == len(shown["clusters"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accepted: 3", "there is no list under accepted"),
        ("[1, 2]", "there is no list under accepted"),
        ("a: [", "this is no YAML"),
        (
            "accepted: [{what: a, cluster: b, reason: c, until: 2026-01-01}]",
            "number 1: it needs what, cluster, reason, owner, until",
        ),
        (
            "accepted: [{what: a, cluster: b, reason: ' ', owner: d, until: 2026-01-01}]",
            "number 1: reason has to be a text",
        ),
        ("accepted: [{what: a, cluster: b, reason: c, owner: d, until: soon}]", "number 1: until has to be a day"),
    ],
)
def test_a_file_of_accepted_differences_is_refused_with_a_reason(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    with pytest.raises(FleetError, match=said):
        read_accepted(tmp_path / "a.yaml")

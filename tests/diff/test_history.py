"""A row of snapshots tells what happened to each thing, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import zstandard

from rkedoc.catalog.loader import load_catalog
from rkedoc.diff.history import History, history
from rkedoc.snapshot.reader import load
from tests.diff.world import find, objects, workload
from tests.support.days import write_day

CATALOG = load_catalog()


def with_image(image: str) -> list[dict[str, Any]]:
    found = objects()
    find(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return found


def row(paths: list[Path], current: Path) -> History:
    return history(paths, current, load(current), CATALOG)


def test_snapshots_are_put_in_the_order_of_their_times(tmp_path: Path) -> None:
    days = [write_day(tmp_path, day) for day in ("2026-11-02", "2026-09-01", "2026-10-02")]
    found = row(days[1:], days[0])
    assert [point.label for point in found.points] == ["2026-09-01", "2026-10-02", "2026-11-02"]
    assert [(step.old.label, step.new.label, step.diff.same) for step in found.steps] == [
        ("2026-09-01", "2026-10-02", True),
        ("2026-10-02", "2026-11-02", True),
    ]


def test_a_folder_stands_for_the_snapshots_in_it(tmp_path: Path) -> None:
    write_day(tmp_path, "2026-10-02")
    current = write_day(tmp_path, "2026-11-02")
    (tmp_path / "notes.txt").write_text("not a snapshot")
    found = row([tmp_path], current)
    assert len(found.points) == 2
    assert found.left_out == ()


def test_the_same_snapshot_packed_and_not_is_one(tmp_path: Path) -> None:
    current, old = write_day(tmp_path, "2026-11-02"), write_day(tmp_path, "2026-10-02")
    unpacked = tmp_path / "same.ndjson"
    with old.open("rb") as packed:
        unpacked.write_bytes(zstandard.ZstdDecompressor().stream_reader(packed).read())
    assert len(row([old, unpacked, current], current).points) == 2


def test_what_was_collected_later_does_not_belong_to_the_row(tmp_path: Path) -> None:
    current, later = write_day(tmp_path, "2026-10-02"), write_day(tmp_path, "2026-11-02")
    found = row([later], current)
    assert [point.label for point in found.points] == ["2026-10-02"]


def test_snapshots_of_one_day_are_told_apart_by_the_time_of_day(tmp_path: Path) -> None:
    first, second = write_day(tmp_path, "2026-10-02T05:00:00"), write_day(tmp_path, "2026-10-02T06:00:00")
    third = write_day(tmp_path, "2026-10-03")
    labels = [point.label for point in row([first, second], third).points]
    assert labels == ["2026-10-02 05:00", "2026-10-02 06:00", "2026-10-03"]


def test_snapshots_of_one_moment_have_keys_of_their_own(tmp_path: Path) -> None:
    first = write_day(tmp_path / "a", "2026-10-02")
    second = write_day(tmp_path / "b", "2026-10-02", with_image("registry.example.com/shop/web:9"))
    found = row([first], second)
    assert len({point.key for point in found.points}) == len({point.label for point in found.points}) == 2
    assert found.points[-1].path == second


def test_a_snapshot_of_another_cluster_is_left_out_and_said_to_be(tmp_path: Path) -> None:
    current, other = write_day(tmp_path, "2026-11-02"), write_day(tmp_path / "x", "2026-10-02", cluster="other")
    found = row([other], current)
    assert [(item.path, item.reason) for item in found.left_out] == [(other, "it is of another cluster")]
    assert row([tmp_path / "x"], current).left_out == ()


def test_a_snapshot_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    days = [write_day(tmp_path, day) for day in ("2026-09-01", "2026-10-02", "2026-11-02")]
    days[1].write_bytes(days[1].read_bytes()[:-40])
    found = row(days[:2], days[2])
    assert [point.label for point in found.points] == ["2026-09-01", "2026-11-02"]
    assert [item.path for item in found.left_out] == [days[1]]
    days[0].write_bytes(b"no snapshot")
    assert len(row(days[:2], days[2]).points) == 1


def test_the_history_of_a_workload_is_what_happened_to_it(tmp_path: Path) -> None:
    images = ["registry.example.com/shop/web:1.4.0", "registry.example.com/shop/web:1.5.0"]
    first = write_day(tmp_path, "2026-10-02", with_image(images[0]))
    second = write_day(tmp_path, "2026-11-02", with_image(images[1]))
    third = write_day(tmp_path, "2026-11-23", with_image(images[1]))
    (event,) = row([first, second], third).of(["apps/Deployment/shop/web"])
    assert event.step.new.label == "2026-11-02"
    assert [(edit.old, edit.new) for edit in event.change.edits] == [tuple(images)]


def test_the_history_follows_a_thing_through_its_names(tmp_path: Path) -> None:
    moved = [item for item in objects() if item["kind"] != "Deployment"]
    moved.append(workload("StatefulSet", "web", serviceName="web"))
    first = write_day(tmp_path, "2026-10-02", with_image("registry.example.com/shop/web:1.0.0"))
    second = write_day(tmp_path, "2026-11-02")
    third = write_day(tmp_path, "2026-11-23", moved)
    events = row([first, second], third).of(["apps/StatefulSet/shop/web"])
    assert [(event.step.new.label, event.change.change) for event in events] == [
        ("2026-11-23", "moved"),
        ("2026-11-02", "changed"),
    ]

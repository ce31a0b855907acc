"""Rows are sorted by what their cells are worth: amounts by their units, addresses by their numbers, the rest as words."""

from __future__ import annotations

import pytest

from rkedoc.cluster.fields import natural
from rkedoc.sphinxext.blocks.html import table
from rkedoc.sphinxext.blocks.sorting import sort_values
from rkedoc.sphinxext.blocks.view import Badge, Code, Row, Table
from rkedoc.sphinxext.views.pages.capacity import amount
from rkedoc.sphinxext.views.parts.cells import DASH, size


def column(*texts: str) -> Table:
    return Table(("Value",), tuple(Row(((text,),)) for text in texts))


def numbers(*texts: str) -> list[float]:
    return [float(value) for value in sort_values(column(*texts))[0]]


@pytest.mark.parametrize(
    "rising",
    [
        ("0", "745 KiB", "54.8 MiB", "1.2 GiB", "2.0 TiB"),
        ("100m", "250m", "1", "1500m", "1,024"),
        ("64Mi", "100M", "128Mi", "1Gi", "24684084Ki"),
        ("900ms", "30s", "5m", "1h30m", "2d"),
        tuple(size(1024**power * 3) for power in range(5)),
        tuple(amount("cpu", value * 10**6) for value in (1, 250, 1000, 64_000)),
    ],
)
def test_amounts_are_sorted_by_their_units(rising: tuple[str, ...]) -> None:
    found = numbers(*rising)
    assert found == sorted(found)
    assert len(set(found)) == len(found)


def test_addresses_are_sorted_by_their_numbers() -> None:
    rising = ("9.255.0.1", "10.42.0.9", "10.42.0.10", "10.42.0.0/24", "fe80::9", "fe80::10")
    found = dict(zip(rising, sort_values(column(*rising))[0], strict=True))
    assert [name for name in sorted(found, key=lambda name: found[name]) if "/" not in name] == [
        name for name in rising if "/" not in name
    ]


def test_a_dash_and_what_stands_behind_an_amount_do_not_hinder() -> None:
    rows = (Row((("2.0 GiB ", Badge("95 %", "warn")),)), Row((DASH,)), Row(((Code("512Mi"),),)))
    assert sort_values(Table(("Value",), rows)) == ((str(2 << 30), "", str(512 << 20)),)


@pytest.mark.parametrize("texts", [("web", "1"), ("v1.9.0", "v1.10.0"), ("–", "–"), ("2379/TCP", "443/TCP")])
def test_words_are_left_to_the_page(texts: tuple[str, ...]) -> None:
    assert sort_values(column(*texts)) == ((),)


def test_a_cell_that_is_sorted_by_a_value_has_it_beside_what_it_shows() -> None:
    shown = table(column("54.8 MiB", "745 KiB", "1 KiB", "2 KiB"), lambda _ref: None)
    assert '<td data-label="Value" data-sort="762880">745 KiB</td>' in shown


@pytest.mark.parametrize(
    "rising", [("team-2", "team-10"), ("app-12", "app-108"), ("node", "node1"), ("a", "b1", "b1c2", "b1c10")]
)
def test_names_are_sorted_as_people_sort_them(rising: tuple[str, ...]) -> None:
    keys = [natural(name) for name in rising]
    assert len(set(keys)) == len(keys)
    assert keys == sorted(keys)

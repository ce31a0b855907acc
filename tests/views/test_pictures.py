"""Pictures are plain values: well-formed, bounded, deterministic, and safe whatever the names hold."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from rkedoc.sphinxext.blocks.html import block
from rkedoc.sphinxext.blocks.view import Picture, Ref, SvgPicture, Table
from rkedoc.sphinxext.pictures.route import Stop, route
from rkedoc.sphinxext.pictures.shapes import fit, number, width
from rkedoc.sphinxext.pictures.star import Spoke, star
from rkedoc.sphinxext.pictures.tiles import WIDTH, Mark, Strip, tile
from rkedoc.sphinxext.pictures.waterfall import Bar, waterfall

HOSTILE = "<script>alert(1)</script>\"'&\u202e\x00\ud800]]>"
TABLE = Table(("name",), ())


def markup(drawing: SvgPicture) -> str:
    """The picture as a page shows it, with a link for every reference."""
    return block(Picture(drawing, "title", TABLE), lambda ref: "page.html#anchor", 2)


def parsed(drawing: SvgPicture) -> ElementTree.Element:
    html = markup(drawing)
    return ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])


def everything(name: str) -> list[SvgPicture]:
    ref = Ref("pod", "ns/name")
    return [
        waterfall("all", 3, [Bar(name, 2, "workload", ref)], "rest"),
        star(name, name, [Spoke("mounts", name, name, ref)], [Spoke("", name, name)], "{count} more", tone="platform"),
        route([(name, [Stop("a", name, name)]), (name, [Stop("b", name, name, ("a",), ref, "bad")])]),
        tile(name, name, [Strip(name, (Mark("app", "workload", "ill", name, ref),), ref)], ref=ref, last=name),
    ]


@given(st.text(max_size=400))
def test_names_of_any_kind_give_well_formed_pictures(name: str) -> None:
    for drawing in everything(name):
        parsed(drawing)


def test_hostile_names_stay_text() -> None:
    for drawing in everything(HOSTILE):
        html = markup(drawing)
        assert "<script" not in html
        assert "\u202e" not in html
        assert {element.tag.rpartition("}")[2] for element in parsed(drawing).iter()} <= {
            "svg", "g", "a", "rect", "path", "circle", "text", "title",
        }  # fmt: skip


def test_no_shape_carries_a_colour_or_a_handler() -> None:
    for drawing in everything("web"):
        for element in parsed(drawing).iter():
            assert not {"fill", "stroke", "style"} & set(element.attrib)
            assert not [name for name in element.attrib if name.startswith("on")]


def test_the_same_content_gives_the_same_picture() -> None:
    assert everything("web") == everything("web")


def test_the_steps_of_the_waterfall_join_without_a_gap() -> None:
    drawing = parsed(waterfall("all", 50, [Bar("a", 18, "x"), Bar("b", 20, "y"), Bar("c", 12, "z")], "rest"))
    bars = [e for e in drawing.iter() if "rk-bar" in e.get("class", "")]
    places = [(float(bar.attrib["x"][:-1]), float(bar.attrib["width"][:-1])) for bar in bars[1:]]
    assert places[0][0] == 0
    for (start, share), (following, _next) in pairwise(places):
        assert abs(start + share - following) < 0.02
    assert abs(sum(places[-1]) - 100) < 0.02


def test_an_empty_ledger_has_a_picture_too() -> None:
    parsed(waterfall("all", 0, [], "rest"))


def test_a_column_of_many_neighbours_ends_in_a_number() -> None:
    spokes = [Spoke("mounts", "Secret", f"s{index}") for index in range(40)]
    drawing = parsed(star("Deployment", "web", (), spokes, "and {count} more"))
    texts = ["".join(element.itertext()) for element in drawing.iter() if element.tag.endswith("text")]
    assert "and 29 more" in texts
    assert "s10" in texts
    assert "s11" not in texts


def test_a_tile_says_how_many_marks_it_leaves_out() -> None:
    marks = tuple(Mark("app", "workload", "running", str(index)) for index in range(30))
    drawing = parsed(tile("ns", "", [Strip("web", marks)]))
    assert sum(1 for element in drawing.iter() if "rk-mark" in element.get("class", "")) == 7
    assert any(element.text == "+23" for element in drawing.iter())


def test_state_and_role_of_a_mark_show_without_colour() -> None:
    def shape(role: str, state: str) -> set[str]:
        drawn = parsed(tile("ns", "", [Strip("p", (Mark(role, "platform", state, "x"),))]))
        return {
            element.tag.rpartition("}")[2] + " ".join(c for c in element.get("class", "").split() if "tone" not in c)
            for element in drawn.iter()
        }

    kinds = [shape(role, state) for role in ("sandbox", "init", "app") for state in ("running", "stopped", "ill")]
    assert len({frozenset(kind) for kind in kinds}) == 9


@given(st.text(max_size=300), st.floats(20, 400))
def test_text_is_cut_to_its_room(text: str, room: float) -> None:
    shown = fit(text, room)
    assert width(shown) <= room or shown == "…"


def test_a_cut_name_keeps_both_ends() -> None:
    shown = fit("calico-kube-controllers-7fbff695b4-2975s", 150)
    assert shown.startswith("calico-")
    assert shown.endswith("2975s")


def test_long_names_stay_inside_of_their_tile() -> None:
    drawing = parsed(tile("n" * 300, "3 containers", [Strip("w" * 300, ())]))
    for element in drawing.iter():
        if element.tag.endswith("text") and element.get("text-anchor") is None:
            assert float(element.attrib["x"]) + width(element.text or "") * 0.9 <= WIDTH


def test_coordinates_are_short_and_never_in_exponents() -> None:
    assert [number(value) for value in (3, 2.5, 1 / 3, 1e-9, 123456.78)] == ["3", "2.5", "0.3", "0", "123456.8"]

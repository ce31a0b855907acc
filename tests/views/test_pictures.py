"""Pictures are plain values: drawn well-formed, whole, deterministic and safe whatever the names hold, and the same in every form."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc import i18n
from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record
from rkedoc.sphinxext.blocks.drawings import (
    Arrow,
    Bar,
    Box,
    Drawing,
    Graph,
    Lane,
    Mark,
    Moment,
    Strip,
    Sum,
    Tile,
    TileMap,
    Timeline,
    references,
)  # fmt: skip
from rkedoc.sphinxext.blocks.html import STEPS, block
from rkedoc.sphinxext.blocks.images import with_images
from rkedoc.sphinxext.blocks.view import Details, Image, Part, Picture, Ref, Table
from rkedoc.sphinxext.pictures import image
from rkedoc.sphinxext.pictures.draw import drawn
from rkedoc.sphinxext.pictures.exchange import drawio, graph_of, mermaid
from rkedoc.sphinxext.pictures.flow import NARROW, bundles
from rkedoc.sphinxext.pictures.graphs import shortened
from rkedoc.sphinxext.pictures.measure import NORMAL, SMALL, width, wrap
from rkedoc.sphinxext.pictures.shapes import Svg, number
from rkedoc.sphinxext.site import Site
from rkedoc.sphinxext.views.parts.concept_pictures import control_plane
from rkedoc.sphinxext.views.parts.nodemap import node_maps
from rkedoc.vocabulary import Origin
from tests.support.nodes import cluster_of
from tests.views.cluster import engine, record, web
from tests.views.read import flat

HOSTILE = "<script>alert(1)</script>\"'&\u202e\x00\ud800]]>"
TABLE = Table(("name",), ())
REF = Ref("pod", "ns/name")


def everything(name: str) -> list[Drawing]:
    """A picture of each kind, with the name wherever a name can be."""
    mark = Mark("app", "workload", "ill", name, REF)
    return [
        Sum(name, 3, (Bar(name, 2, "workload", REF),), name),
        Timeline((Moment(name, name, (("version", 3), ("access", 1)), REF), Moment(name, name))),
        Graph(
            (Lane(name, (Box("a", name, name, REF), Box("b", "", name))), Lane(name, (Box("c", name, name, None, "bad", strong=True),)),
             Lane("", (Box("d", name, name, REF, "platform"),))),
            (Arrow("a", "c", name), Arrow("b", "c", "asks"), Arrow("a", "d"), Arrow("c", "d", name)),
        ),
        TileMap((Tile(name, name, (Strip(name, (mark,) * 3, REF), Strip(name, (mark,) * 40)), REF, name),), (mark,)),
    ]  # fmt: skip


def svgs(drawing: Drawing) -> list[Svg]:
    shown = drawn(drawing, lambda ref: "page.html#anchor")
    return [svg for svg in (shown.wide, shown.narrow, *shown.tiles) if svg is not None]


def parsed(svg: Svg) -> ElementTree.Element:
    return ElementTree.fromstring(f"<svg>{svg.markup}</svg>")


def tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def texts(svg: Svg) -> list[ElementTree.Element]:
    return [element for element in parsed(svg).iter() if tag(element) == "text"]


def extent(element: ElementTree.Element) -> tuple[float, float]:
    """Where a text begins and ends, measured as the drawing itself measures it."""
    kinds = element.get("class", "").split()
    size = SMALL if "rk-small" in kinds else NORMAL
    room = width(element.text or "", size, bold="rk-head" in kinds or "rk-lane" in kinds)
    x = float(element.attrib["x"])
    start = {"start": x, "middle": x - room / 2, "end": x - room}[element.get("text-anchor", "start")]
    return start, start + room


# -- every drawing ------------------------------------------------------------------------------------------------------


@given(st.text(max_size=300))
def test_names_of_any_kind_give_well_formed_pictures_in_every_form(name: str) -> None:
    for drawing in everything(name):
        for svg in svgs(drawing):
            parsed(svg)
        ElementTree.fromstring(drawio(graph_of(drawing), name))
        ElementTree.fromstring(image.document(drawing))


@given(st.text(max_size=300))
def test_no_text_is_cut_and_none_leaves_its_drawing(name: str) -> None:
    for drawing in everything(name):
        for svg in svgs(drawing):
            for element in texts(svg):
                start, end = extent(element)
                assert start >= -0.5, (element.text, start)
                assert end <= svg.width + 0.5, (element.text, end, svg.width)
                assert 0 < float(element.attrib["y"]) < svg.height
                assert "…" not in (element.text or "") or "…" in name


@pytest.mark.parametrize("name", ["fleet-agent-" * 20, "集群代理" * 30, "A" * 253])
def test_a_long_name_is_drawn_whole(name: str) -> None:
    for drawing in everything(name):
        for svg in svgs(drawing):
            read = "".join(element.text or "" for element in texts(svg))
            assert name in read.replace(" ", "")


def test_hostile_names_stay_text() -> None:
    for drawing in everything(HOSTILE):
        html = block(Picture(drawing, HOSTILE, TABLE), lambda ref: "page.html#anchor", 2)
        assert "<script" not in html
        assert "\u202e" not in html
        assert {tag(element) for svg in svgs(drawing) for element in parsed(svg).iter()} <= {
            "svg", "g", "a", "rect", "path", "circle", "line", "text", "title",
        }  # fmt: skip


def test_no_shape_carries_a_colour_or_a_handler() -> None:
    for drawing in everything("web"):
        for element in (element for svg in svgs(drawing) for element in parsed(svg).iter()):
            assert not {"fill", "stroke", "style"} & set(element.attrib)
            assert not [name for name in element.attrib if name.startswith("on")]


def test_every_reference_of_a_picture_becomes_a_link() -> None:
    for drawing in everything("web"):
        asked: list[Ref] = []
        drawn(drawing, lambda ref, asked=asked: asked.append(ref))  # type: ignore[misc]
        assert set(references(drawing)) == set(asked) == {REF}


def test_coordinates_are_short_and_never_in_exponents() -> None:
    assert [number(value) for value in (3, 2.5, 1 / 3, 1e-9, 123456.78)] == ["3", "2.5", "0.3", "0", "123456.8"]


# -- text ---------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=300), st.integers(40, 400))
def test_lines_have_room_and_lose_nothing(text: str, room: int) -> None:
    lines = wrap(text, room)
    assert all(width(line) <= room or len(line) == 1 for line in lines)
    assert "".join(lines).replace(" ", "") == wrap(text, 1e9)[0].replace(" ", "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("kube-controller-manager", ("kube-controller-", "manager")),
        ("HorizontalPodAutoscaler", ("HorizontalPod", "Autoscaler")),
        ("kube-system/rke-job-deployer", ("kube-system/rke-", "job-deployer")),
        ("要么全部成功了吗，要么全部失败", ("要么全部成功了", "吗，要么全部失败")),
    ],
)
def test_names_are_broken_where_people_would_break_them(text: str, lines: tuple[str, ...]) -> None:
    assert wrap(text, 116) == lines


# -- graphs -------------------------------------------------------------------------------------------------------------


def lanes(*sizes: int) -> tuple[Lane, ...]:
    return tuple(
        Lane(f"lane {at}", tuple(Box(f"{at}.{row}", "kind", f"name-{at}-{row}") for row in range(size)))
        for at, size in enumerate(sizes)
    )


def all_to_all(sizes: tuple[int, ...], label: str) -> Graph:
    made = lanes(*sizes)
    arrows = [Arrow(a.id, b.id, label) for near, far in pairwise(made) for a in near.boxes for b in far.boxes]
    return Graph(made, tuple(arrows))


def test_what_says_the_same_between_the_same_is_one_bundle() -> None:
    assert len(bundles(all_to_all((5, 6, 7), "asks"))) == 2


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    made = lanes(*draw(st.lists(st.integers(1, 5), min_size=2, max_size=5)))
    ends = [(a.id, b.id) for near, far in itertools.combinations(made, 2) for a in near.boxes for b in far.boxes]
    chosen = draw(st.lists(st.sampled_from(ends), max_size=12, unique=True))
    words = st.sampled_from(["", "asks", "sends what it has read to"])
    return Graph(made, tuple(Arrow(source, target, draw(words)) for source, target in chosen))  # fmt: skip


@given(graphs())
def test_bundles_hold_each_arrow_once(graph: Graph) -> None:
    held = [Arrow(a, b, bundle.label) for bundle in bundles(graph) for a in bundle.sources for b in bundle.targets]
    assert sorted(held, key=repr) == sorted(graph.arrows, key=repr)


@given(graphs())
def test_in_every_drawing_of_a_graph_no_two_texts_and_no_two_boxes_overlap(graph: Graph) -> None:
    for svg in svgs(graph):
        root = parsed(svg)
        boxes = [
            tuple(float(element.attrib[name]) for name in ("x", "y", "width", "height"))
            for element in root.iter()
            if "rk-node" in element.get("class", "")
        ]
        assert len(boxes) == sum(len(lane.boxes) for lane in graph.lanes)
        for (x, y, w, h), (left, top, across, down) in itertools.combinations(boxes, 2):
            assert x + w <= left or left + across <= x or y + h <= top or top + down <= y
        places = [(*extent(element), float(element.attrib["y"])) for element in texts(svg)]
        for (start, end, y), (left, right, line) in itertools.combinations(places, 2):
            assert end <= left + 0.5 or right <= start + 0.5 or abs(y - line) >= 11


@given(graphs())
def test_an_arrow_ends_at_each_box_that_something_leads_to(graph: Graph) -> None:
    for svg in svgs(graph):
        heads = sum(1 for element in parsed(svg).iter() if element.get("class") == "rk-arrow")
        assert heads >= (1 if graph.arrows else 0)
        assert heads <= len(graph.arrows)


def test_an_arrow_back_is_refused_with_its_ends() -> None:
    with pytest.raises(ValueError, match=r"from 1\.0 to 0\.0"):
        bundles(Graph(lanes(1, 1), (Arrow("1.0", "0.0"),)))


def test_the_narrow_drawing_fits_a_telephone_and_the_wide_one_a_page() -> None:
    for sizes in ((1, 1), (4, 1, 9), (8, 8, 8, 8), (1, 1, 1, 1, 1, 1)):
        shown = drawn(all_to_all(sizes, "sends requests to"), lambda ref: None)
        assert shown.narrow is not None
        assert shown.narrow.width == NARROW <= 360 - 2 * 16
        assert shown.wide is None or shown.wide.width <= 940


def test_a_lane_of_many_ends_in_a_number_that_stands_for_the_rest() -> None:
    graph = shortened(all_to_all((1, 40), "mounts"), "and {count} more", 12)
    assert [box.name for box in graph.lanes[1].boxes][-2:] == ["name-1-10", "and 29 more"]
    assert len(graph.arrows) == 12
    assert len(bundles(graph)) == 1


# -- sums and timelines -------------------------------------------------------------------------------------------------


def test_the_steps_of_the_sum_join_without_a_gap() -> None:
    steps = (Bar("a", 18, "x"), Bar("b", 20, "y"), Bar("c", 12, "z"))
    for svg in svgs(Sum("all", 50, steps, "rest")):
        bars = [element for element in parsed(svg).iter() if "rk-bar" in element.get("class", "")]
        places = [(float(bar.attrib["x"]), float(bar.attrib["width"])) for bar in bars[1:]]
        assert places[0][0] == 0
        for (start, share), (following, _next) in pairwise(places):
            assert abs(start + share - following) < 0.21
        assert abs(sum(places[-1]) - svg.width) < 0.21


def test_an_empty_ledger_has_a_picture_too() -> None:
    assert all(parsed(svg) is not None for svg in svgs(Sum("all", 0, (), "rest")))


# -- the map ------------------------------------------------------------------------------------------------------------


def test_state_and_role_of_a_mark_show_without_colour() -> None:
    def shape(role: str, state: str) -> set[str]:
        (svg,) = svgs(TileMap((Tile("ns", "", (Strip("p", (Mark(role, "platform", state, "x"),)),)),)))
        return {
            tag(element) + " ".join(c for c in element.get("class", "").split() if "tone" not in c)
            for element in parsed(svg).iter()
        }

    kinds = [shape(role, state) for role in ("sandbox", "init", "app") for state in ("running", "stopped", "ill")]
    assert len({frozenset(kind) for kind in kinds}) == 9


def cluster_of_many(nodes: int, namespaces: int = 30, workloads: int = 400) -> Site:
    """A cluster of so many nodes, each with the containers of the platform outside pods and of workloads in them; every
    fiftieth node is not ready."""
    records: dict[str, Record] = {}

    def add(found: Record, place: str) -> None:
        moved = found.id.replace("/n1/", f"/{place}/")
        spec = found.intent.get("spec", {})
        intent = {**found.intent, "spec": {**spec, "nodeName": place}} if found.kind == "Pod" else found.intent
        records[moved] = replace(found, id=moved, intent=intent)

    for at in range(nodes):
        ready = {"type": "Ready", "status": "True" if at % 50 else "False"}
        add(record(f"core/Node/-/node-{at}", {"status": {"conditions": [ready]}}), f"node-{at}")
        for name in ("kubelet", "kube-proxy"):
            labels = {"io.rancher.rke.container.name": name}
            add(engine(name, image="rancher/hyperkube:v1.20.9", labels=labels), f"node-{at}")
    for at in range(workloads):
        for found in web(f"app-{at}", namespace=f"team-{at % namespaces}"):
            add(found, f"node-{at % nodes}")
    return Site(cluster_of(records.values(), engines=[f"node-{at}" for at in range(nodes)]))


@pytest.mark.parametrize("nodes", [1, 3])
def test_few_nodes_have_a_map_each_and_one_legend(nodes: int) -> None:
    maps = node_maps(cluster_of_many(nodes))
    assert len(maps) == nodes
    assert [bool(picture.drawing.legend) for picture in maps] == [True] + [False] * (nodes - 1)  # type: ignore[union-attr]


@pytest.mark.parametrize("nodes", [4, 300])
def test_the_map_of_many_nodes_stays_readable(nodes: int) -> None:
    (picture,) = node_maps(cluster_of_many(nodes))
    drawing = picture.drawing
    assert isinstance(drawing, TileMap)
    assert len(drawing.tiles) <= 30
    height = sum(svg.height for svg in svgs(drawing))
    assert height / 3 <= 4_000, "three columns on a page of usual width"
    shown = {mark.label.partition(":")[0] for tile in drawing.tiles for strip in tile.strips for mark in strip.marks}
    assert {f"node-{at}" for at in range(nodes)} <= shown
    ill = next(tile for tile in drawing.tiles if tile.ref == Ref("page", "nodes"))
    assert ill.strips[0].marks[0].state == "ill"


def test_the_map_calls_things_as_people_do() -> None:
    demo = recorded()
    (picture,) = node_maps(demo)
    labels = {strip.label for tile in picture.drawing.tiles for strip in tile.strips}  # type: ignore[union-attr]
    assert {"canal", "coredns", "etcd", "kubelet", "Rancher server", "webapp ×2"} <= labels
    assert "nostalgic_galileo" not in labels
    pods = {pod.name for workload in demo.cluster.workloads() for pod in workload.pods}
    bare = {workload.name for workload in demo.cluster.workloads()}
    assert not labels & (pods - bare)


# -- this cluster's own -------------------------------------------------------------------------------------------------


def recorded() -> Site:
    return Site(Cluster(load(resource("data", "demo.ndjson.zst")), load_catalog()))


def pictures(site: Site) -> Iterator[Picture]:
    """Every picture of a site's pages."""
    for page in site.pages.values():
        for section in site.declared.kind_of(page).sections:
            yield from (item for item in flat(section.shows(site, page.key)) if isinstance(item, Picture))


def test_the_control_plane_shows_who_talks_to_whom() -> None:
    picture = control_plane(recorded())
    assert picture is not None
    assert isinstance(picture.drawing, Graph)
    ways = {(arrow.source, arrow.target) for arrow in picture.drawing.arrows}
    asking = ("kubelet", "kube-proxy", "kube-controller-manager", "kube-scheduler")
    assert {("kube-apiserver", "etcd"), *((name, "kube-apiserver") for name in asking)} <= ways
    assert all(arrow.label for arrow in picture.drawing.arrows)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_arrow_of_a_concept_says_what_happens(language: str) -> None:
    i18n.set_language(language)
    for picture in pictures(recorded()):
        if isinstance(picture.drawing, Graph):
            assert all(arrow.label for arrow in picture.drawing.arrows), picture.title


def test_different_things_that_a_picture_colours_are_in_its_legend() -> None:
    (picture,) = node_maps(recorded())
    drawing = picture.drawing
    assert isinstance(drawing, TileMap)
    used = {mark.tone for tile in drawing.tiles for strip in tile.strips for mark in strip.marks}
    assert used <= {mark.tone for mark in drawing.legend}
    assert len({mark.label for mark in drawing.legend}) == len(drawing.legend)


# -- colours ------------------------------------------------------------------------------------------------------------

Colour = tuple[float, float, float]

# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency (2009), severity 1.0.
SEEN: dict[str, tuple[Colour, Colour, Colour]] = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}


def linear(colour: str) -> Colour:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue))  # type: ignore[return-value]


def lab(colour: Colour) -> Colour:
    r, g, b = (min(1.0, max(0.0, part)) for part in colour)
    x, y, z = (
        (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047,
        0.2126729 * r + 0.7151522 * g + 0.0721750 * b,
        (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883,
    )
    fx, fy, fz = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def contrast(one: str, other: str) -> float:
    low, high = sorted(0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2] for c in (linear(one), linear(other)))
    return (high + 0.05) / (low + 0.05)


def palettes() -> dict[str, dict[str, str]]:
    """The variables of the style sheets by mode."""
    found: dict[str, dict[str, str]] = {"light": {}, "dark": {}}
    for name in ("rkedoc.css", "rkedoc-pictures.css"):
        text = resource("sphinxext", "assets", "static", name).read_text("utf-8")
        for variable, light, dark in re.findall(r"(--rk-[a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", text):
            found["light"][variable], found["dark"][variable] = light, dark
    return found


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_origins_differ_for_every_eye_and_from_what_is_behind_them(mode: str) -> None:
    colours = {origin: palettes()[mode][f"--rk-o-{origin}"] for origin in Origin}
    for eye, rows in SEEN.items():
        seen = {
            origin: lab(tuple(sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in rows))  # type: ignore[arg-type]
            for origin, colour in colours.items()
        }
        for one, other in itertools.combinations(Origin, 2):
            assert math.dist(seen[one], seen[other]) >= 30, (eye, one, other)
    for origin, colour in colours.items():
        for back in ("--rk-back", "--rk-soft"):
            assert contrast(colour, palettes()[mode][back]) >= 3, (origin, back)


# -- files and images ---------------------------------------------------------------------------------------------------


def test_a_picture_can_be_had_for_other_programs_from_the_page_itself() -> None:
    html = block(Picture(all_to_all((1, 2), "asks"), "Who asks", TABLE), lambda ref: None, 2)
    files = dict(re.findall(r'download="([^"]+)" href="data:[^,]+,([^"]*)"', html))
    assert sorted(files) == [name for name in sorted(files) if name.endswith((".mmd", ".drawio"))]
    texts = {name.rpartition(".")[2]: unquote(text) for name, text in files.items()}
    assert texts["mmd"].startswith("flowchart LR\n")
    assert 'n0 -->|"asks"| n1' in texts["mmd"]
    cells = ElementTree.fromstring(texts["drawio"]).iter("mxCell")
    assert {cell.get("value") for cell in cells if cell.get("edge")} == {"asks"}


@given(st.text(max_size=60))
def test_mermaid_takes_any_name_as_text(name: str) -> None:
    for drawing in everything(name):
        for line in mermaid(graph_of(drawing)).splitlines()[1:]:
            assert re.fullmatch(
                r'\s*(?:subgraph g\d+ \["[^"\[\]{}|`]*"\]|direction TB|end|n\d+\["[^"\[\]{}|`]*"\]|n\d+ -->(?:\|"[^"|]*"\|)? n\d+)',
                line,
            ), line


def test_every_form_names_every_box_and_arrow() -> None:
    for picture in pictures(recorded()):
        graph = graph_of(picture.drawing)
        boxes = sum(len(lane.boxes) for lane in graph.lanes)
        text = mermaid(graph)
        assert len(re.findall(r"^\s+n\d+\[", text, re.MULTILINE)) == boxes
        assert text.count("-->") == len(graph.arrows)
        cells = list(ElementTree.fromstring(drawio(graph, picture.title)).iter("mxCell"))
        assert sum(1 for cell in cells if cell.get("edge")) == len(graph.arrows)
        ids = {cell.get("id") for cell in cells}
        assert all(cell.get(end) in ids for cell in cells if cell.get("edge") for end in ("source", "target"))
        assert all(cell.get("parent") in ids for cell in cells if cell.get("parent"))


def test_images_are_drawn_with_the_colours_of_the_day() -> None:
    style = image.style_sheet()
    assert "var(" not in style
    assert palettes()["light"]["--rk-o-platform"] in style
    assert ".rk-stripe.rk-tone-control-plane{" in style.replace(" {", "{")


def test_an_image_stands_in_the_place_of_its_picture_with_the_table_behind_it() -> None:
    picture = Picture(everything("web")[0], "Sum", TABLE)
    shown = with_images((Part("a", "b", (picture,)),), lambda found: Image("x.png", found.title, 3, 4))
    (part,) = shown
    assert isinstance(part, Part)
    assert part.body == (Image("x.png", "Sum", 3, 4), Details(("The picture as a table",), (TABLE,)))
    assert with_images((picture,), lambda _picture: None) == (picture,)


needs_resvg = pytest.mark.skipif(not image.installed(), reason="resvg is not installed")


@needs_resvg
@pytest.mark.parametrize("kind", range(4))
def test_an_image_is_a_png_that_says_its_size_on_paper(kind: int) -> None:
    svg = image.document(everything("web")[kind])
    content = image.png(svg)
    assert content.startswith(b"\x89PNG")
    across, down = image.size(svg)
    assert int.from_bytes(content[16:20], "big") == across * image.SCALE
    assert int.from_bytes(content[20:24], "big") == down * image.SCALE
    assert b"pHYs" in content[:60]
    assert image.png(svg) == content


@needs_resvg
def test_what_no_font_has_is_told() -> None:
    svg = image.document(Sum("all \U0001017f", 1, (), "rest"))
    assert image.unseen(svg) in ("", "\U0001017f")
    assert image.png(svg, "\U0001017f").startswith(b"\x89PNG")


def test_the_style_sheet_knows_each_width_from_which_a_drawing_is_shown() -> None:
    text = resource("sphinxext", "assets", "static", "rkedoc-pictures.css").read_text("utf-8")
    known = re.findall(r"@container \(min-width: (\d+)px\) \{ \.rkedoc-svg\.rkedoc-from-(\d+) ", text)
    assert [(str(step), str(step)) for step in STEPS] == known

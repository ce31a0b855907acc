"""Pictures as PNG files, for formats that can show no drawing of ours: PDF, epub, Confluence.

resvg (MPL-2.0) draws them; it comes with the extra ``pictures``. It knows no variables of CSS, so the style sheet of the
pages is written out for it: the images have the colours that pages have by day.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from functools import cache
from html import unescape

from rkedoc.resources import resource
from rkedoc.sphinxext.blocks.drawings import Drawing
from rkedoc.sphinxext.pictures.draw import sheet

SCALE = 2
"""Pixels of an image for each of its drawing: sharp on paper and on fine screens."""
_PER_METRE = round(SCALE * 96 / 0.0254)
_FACES = "DejaVu Sans, Verdana, Noto Sans, Liberation Sans, Arial, Helvetica, Segoe UI, sans-serif"
_MARGIN = 4


def installed() -> bool:
    """Whether images can be made."""
    try:
        import resvg_py  # noqa: F401 - only looked for
    except ImportError:
        return False
    return True


def document(drawing: Drawing) -> str:
    """A picture as an SVG document of its own."""
    svg = sheet(drawing)
    width, height = svg.width + 2 * _MARGIN, svg.height + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="{-_MARGIN} {-_MARGIN} {width} {height}"><style>{style_sheet()}</style>'
        f'<rect x="{-_MARGIN}" y="{-_MARGIN}" width="{width}" height="{height}" fill="#ffffff"/>'
        f'<g class="rkedoc-svg" font-family="{_FACES}" font-size="13" fill="{_variables()["--rk-text"]}">{svg.markup}</g></svg>'
    )


def size(svg: str) -> tuple[int, int]:
    """The width and height of an SVG document of :func:`document`, in pixels of a page."""
    found = re.search(r'width="(\d+)" height="(\d+)"', svg)
    assert found is not None
    return int(found[1]), int(found[2])


def unseen(svg: str) -> str:
    """The characters of a document that no font of this machine has."""
    return "".join(char for char in sorted(set(unescape(_TEXT_OF.sub("", svg)))) if char > " " and not _has(char))


def png(svg: str, missing: str = "") -> bytes:
    """A document as an image; the ``missing`` characters are drawn as question marks."""
    return _with_density(_render(svg.translate(dict.fromkeys(map(ord, missing), "?")), SCALE))


_TEXT_OF = re.compile(r"<style>.*?</style>|<title>.*?</title>|<[^>]*>", re.DOTALL)


def _render(svg: str, scale: float) -> bytes:
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale))


@cache
def _has(char: str) -> bool:
    """Whether some font of this machine has a character: resvg draws nothing for one that none has."""
    return _probe(f"&#{ord(char)};") != _probe("")


@cache
def _probe(content: str) -> bytes:
    return _render(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><text x="4" y="18" font-family="{_FACES}">{content}</text></svg>',
        1,
    )


def _with_density(content: bytes) -> bytes:
    """The image with a chunk that says how large a pixel is (PNG 1.2, 4.2.4.2), so that print shows it in its own size."""
    data = b"pHYs" + _PER_METRE.to_bytes(4, "big") * 2 + b"\x01"
    chunk = (len(data) - 4).to_bytes(4, "big") + data + zlib.crc32(data).to_bytes(4, "big")
    head = 8 + 25  # the signature, and the chunk IHDR that comes first
    return content[:head] + chunk + content[head:]


# -- the style sheet without variables ----------------------------------------------------------------------------------

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_VARIABLE = re.compile(r"(--rk-[a-z-]+):\s*light-dark\((#[0-9a-f]+), #[0-9a-f]+\);")
_USE = re.compile(r"var\((--rk-[a-z-]+)\)")
_TONE = re.compile(r"\.rk-tone-([a-z-]+)")


@cache
def _sheet(name: str) -> str:
    """A style sheet without its comments and without what holds on some screens alone."""
    text = resource("sphinxext", "assets", "static", name).read_text("utf-8")
    return re.sub(r"@[a-z]+ [^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


@cache
def _variables() -> Mapping[str, str]:
    """The variables of the pages by day."""
    found: dict[str, str] = {}
    for name in ("rkedoc.css", "rkedoc-pictures.css"):
        root = next(rule[2] for rule in _RULE.finditer(_sheet(name)) if rule[1].strip() == ":root")
        found.update(_VARIABLE.findall(root))
    return found


@cache
def style_sheet() -> str:
    """The rules of drawings, each colour written out."""
    rules = [(rule[1].strip(), rule[2].strip()) for rule in _RULE.finditer(_sheet("rkedoc-pictures.css"))]
    tones = {
        tone: _USE.sub(lambda use: _variables()[use[1]], body.partition("--rk-c:")[2].strip(" ;"))
        for selector, body in rules
        for tone in _TONE.findall(selector)
    }
    out = []
    for selector, body in rules:
        if not selector.startswith(".rkedoc-svg .") or ":" in selector:
            continue
        if "var(--rk-c)" in body:
            out += [f"{selector}.rk-tone-{tone}{{{_written(body, colour)}}}" for tone, colour in tones.items()]
        else:
            out.append(f"{selector}{{{_written(body, '')}}}")
    return "".join(out)


def _written(body: str, tone: str) -> str:
    return _USE.sub(lambda use: tone if use[1] == "--rk-c" else _variables()[use[1]], body)

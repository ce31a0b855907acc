"""Images in the place of pictures, for the output formats that show no drawings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging
from sphinx.util.osutil import ensuredir, relative_uri

from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.view import Block, Callout, Details, Image, Part, Picture
from rkedoc.sphinxext.pictures import image

if TYPE_CHECKING:
    from sphinx.builders import Builder

logger = logging.getLogger(__name__)

FORMATS = frozenset({"latex", "texinfo", "confluence_storage"})
"""Formats whose builders copy the images that they are told of."""

Make = Callable[[Picture], Image | None]
"""Gives the image of a picture, or None where there can be none."""


def takes_images(builder: Builder) -> bool:
    """Whether pictures become images: in the formats above, and in epub, whose readers know little of drawings."""
    return builder.format in FORMATS or builder.name == "epub"


def with_images(blocks: Iterable[Block], make: Make) -> tuple[Block, ...]:
    """The blocks with the image of each picture before its table; a picture that has none stays what it is."""
    return tuple(found for block in blocks for found in _with_image(block, make))


def _with_image(block: Block, make: Make) -> Iterator[Block]:
    match block:
        case Picture(table=table):
            shown = make(block)
            if shown is None:
                yield block
                return
            yield shown
            yield Details((_("The picture as a table"),), (table,))
        case Part(body=body) | Callout(body=body) | Details(body=body):
            yield replace(block, body=with_images(body, make))
        case _:
            yield block


def maker(builder: Builder, docname: str) -> Make:
    """Makes images for a page of a builder; none where resvg or too many characters of the fonts are missing."""

    def make(picture: Picture) -> Image | None:
        if not image.installed():
            logger.warning(
                _(
                    "pictures are left out, and their tables shown: pip install 'rkedoc[pictures]' brings what makes images"
                ),
                type="rkedoc",
                subtype="pictures",
                once=True,
            )
            return None
        svg = image.document(picture.drawing)
        name = f"picture-{blake2b(svg.encode('utf-8', 'surrogatepass'), digest_size=12).hexdigest()}.png"
        if builder.name == "epub":  # it packs every file that it finds among its own
            path = Path(builder.outdir) / "_images" / name
            file = relative_uri(builder.get_target_uri(docname), "_images/") + name
        else:
            path = Path(builder.doctreedir) / "rkedoc-pictures" / name
            file = str(path)
        if not path.exists():
            missing = image.unseen(svg)
            if len(missing) > _FEW:
                logger.warning(
                    _("pictures are left out: no font of this machine has %s; install one such as Noto Sans CJK"),
                    missing[:_FEW] + "…",
                    type="rkedoc",
                    subtype="picture_font",
                    once=True,
                )
                return None
            _write(path, image.png(svg, missing))
        if builder.name != "epub":
            builder.images[file] = name
        return Image(file, picture.title, *image.size(svg))

    return make


_FEW = 8
"""Characters that a picture may lack: with more of them it cannot be read."""


def _write(path: Path, content: bytes) -> None:
    ensuredir(path.parent)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(path)

"""The words of the extension can be translated: the template for translators has all of them, and no others."""

from __future__ import annotations

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from rkedoc.resources import resource


def test_the_template_for_translators_holds_every_marked_message() -> None:
    # To write it anew: pybabel extract -k _ -k N_ -k lazy --no-location --omit-header -o rkedoc/sphinxext/locale/rkedoc.pot rkedoc/sphinxext
    with resource("sphinxext", "locale", "rkedoc.pot").open("rb") as stream:
        known = {message.id for message in read_po(stream) if message.id}
    keywords = {"_": None, "N_": None, "lazy": None}
    marked = {found[2] for found in extract_from_dir(str(resource("sphinxext")), keywords=keywords)}
    assert marked == known

"""Bring the messages up to date: ``python -m tests.support.words``.

Writes the template with every message that the code marks, brings each translation up to it (messages that are gone
are dropped, new ones stand empty), and compiles it.
"""

from __future__ import annotations

import datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from rkedoc.resources import resource
from rkedoc.words import DOMAIN, LANGUAGES

_HEADER = "# The words of rkedoc. What comes from a cluster is never among them."
_KEYWORDS = {"_": None, "N_": None, "lazy": None}


def template() -> Catalog:
    """Every message that is marked in the package."""
    catalog = Catalog(domain=DOMAIN, header_comment=_HEADER, project="rkedoc", charset="utf-8", fuzzy=False)
    for file, _line, message, comments, _context in sorted(
        extract_from_dir(str(resource()), keywords=_KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True),
        key=lambda found: (found[0], found[1]),
    ):
        catalog.add(message, locations=((f"rkedoc/{file}", None),), auto_comments=comments)
    return catalog


def po_file(language: str) -> Path:
    """The file that a translator edits."""
    return resource("locale") / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def translation(language: str) -> Catalog:
    """The messages of a language, as its translators left them."""
    with po_file(language).open("rb") as stream:
        return read_po(stream, locale=language, domain=DOMAIN)


def compiled(catalog: Catalog) -> bytes:
    """The catalog in the form that programs read: the same bytes for the same messages, on any day."""
    catalog.creation_date = catalog.revision_date = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def _written(catalog: Catalog, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    write_po(buffer, catalog, omit_header=False, width=120, ignore_obsolete=True)
    dated = (
        "POT-Creation-Date", "PO-Revision-Date", "Generated-By", "Last-Translator", "Language-Team", "Project-Id-Version",
        "Report-Msgid-Bugs-To",
    )  # fmt: skip
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    file.write_text(
        "".join(line for line in lines if not line.startswith(tuple(f'"{name}' for name in dated))), "utf-8"
    )


def main() -> None:
    """Write the template, the translations and their compiled forms."""
    messages = template()
    _written(messages, resource("locale") / f"{DOMAIN}.pot")
    for language in LANGUAGES:
        if language == "en":
            continue
        known = Catalog(language, domain=DOMAIN, header_comment=_HEADER, project="rkedoc", fuzzy=False)
        if po_file(language).exists():
            for message in translation(language):
                if message.id:
                    known.add(message.id, message.string)
        known.update(messages, no_fuzzy_matching=True)
        _written(known, po_file(language))
        po_file(language).with_suffix(".mo").write_bytes(compiled(translation(language)))
        missing = sum(1 for message in known if message.id and not message.string)
        print(f"{language}: {len(known)} messages, {missing} without a translation")


if __name__ == "__main__":
    main()

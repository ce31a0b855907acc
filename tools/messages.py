"""Bring the messages up to date: ``python -m tools.messages``.

Writes the template with every message that the code marks, brings each translation up to it (messages that are gone
are dropped, new ones stand empty), and compiles it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from hatch_build import compile_messages
from rkedoc.i18n import DOMAIN, LANGUAGES
from rkedoc.resources import resource

_HEADER = "# The words of rkedoc. What comes from a cluster is never among them."
_KEYWORDS = ("_", "N_", "lazy", "Message")
"""Calls whose first argument is a message."""


def template() -> Catalog:
    """Every message that is marked in the package.

    The syntax tree is asked, because what extracts messages from text does not look into f-strings.
    """
    catalog = Catalog(domain=DOMAIN, header_comment=_HEADER, project="rkedoc", charset="utf-8", fuzzy=False)
    for file in sorted(resource().rglob("*.py")):
        name = f"rkedoc/{file.relative_to(resource()).as_posix()}"
        for message in _marked(ast.parse(file.read_text("utf-8"))):
            catalog.add(message, locations=((name, 0),))
    return catalog


def _marked(tree: ast.AST) -> Iterator[str]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if isinstance(call.func, ast.Name) and call.func.id in _KEYWORDS and call.args:
            argument = call.args[0]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
                yield argument.value


def po_file(language: str, domain: str = DOMAIN) -> Path:
    """The file that a translator edits. The domain ``sphinx`` has the words of a theme that lack a translation."""
    return resource("locale") / language / "LC_MESSAGES" / f"{domain}.po"


def translation(language: str, domain: str = DOMAIN) -> Catalog:
    """The messages of a language, as its translators left them."""
    with po_file(language, domain).open("rb") as stream:
        return read_po(stream, locale=language, domain=domain)


def compile_stale() -> None:
    """Compile each translation that has changed since it was compiled, or never was: a checkout may have moved on."""
    for source in sorted(resource("locale").glob("*/LC_MESSAGES/*.po")):
        done = source.with_suffix(".mo")
        if not done.exists() or done.stat().st_mtime < source.stat().st_mtime:
            compile_messages(source)


def _written(catalog: Catalog, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    write_po(buffer, catalog, omit_header=False, width=120, ignore_obsolete=True, include_lineno=False)
    dated = (
        "POT-Creation-Date", "PO-Revision-Date", "Generated-By", "Last-Translator", "Language-Team", "Project-Id-Version",
        "Report-Msgid-Bugs-To",
    )  # fmt: skip
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    file.write_text(
        "".join(line for line in lines if not line.startswith(tuple(f'"{name}' for name in dated))), "utf-8"
    )


def main() -> None:
    """Write the template and the translations, and compile these."""
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
        missing = sum(1 for message in known if message.id and not message.string)
        compile_stale()
        print(f"{language}: {len(known)} messages, {missing} without a translation")


if __name__ == "__main__":
    main()

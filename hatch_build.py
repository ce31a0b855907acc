"""Compiles the translators' files when a wheel is built, or an editable installation made.

What programs read is made from what translators write, and is no part of the sources: its bytes depend on the version of
whatever compiles it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileMessages(BuildHookInterface[Any]):
    """Writes ``*.mo`` beside each ``*.po``."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each build; the compiled files are artifacts of it."""
        del version, build_data
        for source in sorted(Path(self.root, "rkedoc", "locale").glob("*/LC_MESSAGES/*.po")):
            compile_messages(source)


def compile_messages(source: Path) -> None:
    """Compile one translators' file."""
    with source.open("rb") as stream:
        catalog = read_po(stream, locale=source.parts[-3], domain=source.stem)
    with source.with_suffix(".mo").open("wb") as stream:
        write_mo(stream, catalog)

"""How text from a cluster is made fit to be shown: nothing invisible, nothing endless, nothing that could be markup.

The functions here take any string, lone surrogates and a megabyte included, and give text that every output format can
hold. They do not escape: each format does that last.
"""

from __future__ import annotations

import re

from rkedoc.cluster.fields import plain

LONG = 300
"""Characters of a value that are shown at once; the rest is folded away."""
LONGEST = 8_000
"""Characters of a value that are shown at all; what is longer is cut, with the number of characters that it has."""
LONGEST_TITLE = 160
"""Characters of a name in a title, a heading or the navigation."""

# Controls, the bidirectional controls, zero-width characters, line separators, tags, noncharacters, surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
# What must not reach places that scripts of others insert as HTML, such as the titles in search results.
_ACTIVE = str.maketrans({"<": "‹", ">": "›", "&": "＆", '"': "”", "'": "’", "`": "ˋ", "\\": "＼"})
_SPACE = re.compile(r"\s+")
# Digests, uids and other long runs of hexadecimal digits: of no use as search terms, and there are very many of them.
_NOT_WORDS = re.compile(
    r"\b(?:sha(?:256|512):)?(?:[0-9a-fA-F]{12,}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})\b"
)


def visible(text: str) -> str:
    """The text with each invisible or direction-changing character replaced by its number: ``⟨U+202E⟩``.

    Fingerprints of hidden values are left out: the placeholder alone is shown.
    """
    if text.isascii() and text.isprintable():
        return text
    if "‹" in text:
        text = plain(text)
    return _INVISIBLE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def cut(text: str, limit: int = LONGEST) -> tuple[str, int]:
    """The visible text, cut to ``limit`` characters, and how many characters of the original were left out."""
    left_out = max(0, len(text) - limit)
    return visible(text[:limit] if left_out else text), left_out


def one_line(text: str, limit: int = LONGEST) -> str:
    """The visible text on one line, ending in an ellipsis where it was cut."""
    shown, left_out = cut(text, limit)
    return _SPACE.sub(" ", shown).strip() + ("…" if left_out else "")


def title(text: str) -> str:
    """A name fit for titles: on one line, bounded, and without a character that any script could take for markup."""
    return one_line(text, LONGEST_TITLE).translate(_ACTIVE)


def searchable(text: str, limit: int = 2_000) -> str:
    """The words of a text that are worth searching for: no uids, no digests, no placeholder."""
    if len(text) >= 12:
        text = _NOT_WORDS.sub(" ", text[:limit])
    return visible(text)


def plain_name(text: str) -> bool:
    """Whether a name may stand in an inventory or in the objects of the search index, which escape nothing."""
    return _PLAIN_NAME.fullmatch(text) is not None


_PLAIN_NAME = re.compile(r"[\w.:/@%+~-]{1,400}", re.ASCII)

"""The words of rkedoc in the language of whoever reads, through gettext (catalog ``rkedoc`` in ``rkedoc/locale``).

What comes from a cluster is never translated, and neither is what machines read: JSON, rules, kinds, states.

The language is a property of the task at hand (one site, one command), set once at its edge with :func:`set_language`, and
then the same for everything that the task says. A context variable holds it, so that two tasks in one process, and
the worker processes of a build, each keep their own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from typing import Final, Self

from rkedoc.errors import UsageError
from rkedoc.resources import resource

DOMAIN: Final = "rkedoc"
"""The name of the gettext catalog."""

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "zh_CN": "简体中文"}
"""The languages that rkedoc speaks, by the codes that Sphinx uses, each with its own name for itself."""

_current: ContextVar[str] = ContextVar("rkedoc language", default="en")


def set_language(language: str) -> None:
    """Say everything in this language from now on: one of :data:`LANGUAGES`, or anything that :func:`closest` knows."""
    _current.set(closest(language))


def language() -> str:
    """The language in use, a key of :data:`LANGUAGES`."""
    return _current.get()


def closest(name: str) -> str:
    """The language of :data:`LANGUAGES` that serves a reader of ``name`` best; English for any that is not known.

    >>> closest("zh-Hans"), closest("zh_CN.UTF-8"), closest("de_DE"), closest("C")
    ('zh_CN', 'zh_CN', 'en', 'en')
    """
    base = name.partition(".")[0].partition("@")[0].replace("-", "_").partition("_")[0].lower()
    return next((known for known in LANGUAGES if known.partition("_")[0] == base), "en")


def named_language(name: str) -> str:
    """The language that somebody asked for by name: a code of :data:`LANGUAGES`, or a name for one of them.

    >>> named_language("zh"), named_language("zh-CN"), named_language("zh_Hans"), named_language("EN-gb")
    ('zh_CN', 'zh_CN', 'zh_CN', 'en')

    Raises :class:`~rkedoc.errors.UsageError` for any other.
    """
    plain = name.strip().replace("-", "_").lower()
    if plain in ("zh", "zh_cn", "zh_hans", "zh_hans_cn"):
        return "zh_CN"
    if re.fullmatch(r"en(_[a-z]{2})?", plain):
        return "en"
    spoken = ", ".join(f"{code} ({own})" for code, own in LANGUAGES.items())
    raise UsageError(f"--language: there is no language {name[:40]!r}; rkedoc speaks {spoken}")


def environment_language(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the locale of the terminal asks for (POSIX.1-2017, section 8.2; gettext's ``LANGUAGE``)."""
    locale = next((value for key in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(key))), "C")
    if locale.partition(".")[0] in ("C", "POSIX"):
        return "en"
    first = environment.get("LANGUAGE", "").partition(":")[0]
    return closest(first or locale)


def _(message: str, /) -> str:
    """The message in the language in use; looked up now, at the time of the call."""
    return _catalog(_current.get()).gettext(message) if message else ""


def message_in(name: str, message: str) -> str:
    """The message in a language that is not, or not yet, in use."""
    return _catalog(closest(name)).gettext(message)


def N_(message: str, /) -> str:
    """Mark a message for extraction; whoever shows it looks it up with :func:`_`."""
    return message


def counted(count: int, one: str, many: str) -> str:
    """A number with its noun: ``one`` and ``many`` hold ``{count}``."""
    return (one if count == 1 else many).format(count=count)


_SEPARATORS: Final[Mapping[str, str]] = {
    ", ": N_("{before}, {after}"), "; ": N_("{before}; {after}"), ": ": N_("{before}: {after}"),
}  # fmt: skip


def between(separator: str = ", ") -> str:
    """A comma, a semicolon or a colon of the language in use, with the blank that belongs to it; any other separator as it is."""
    told = _SEPARATORS.get(separator)
    return _(told).format(before="", after="") if told is not None else separator


def in_brackets(text: str, inside: str) -> str:
    """A text with something in brackets behind it."""
    return _("{text} ({inside})").format(text=text, inside=inside)


def of_what(what: str, name: str) -> str:
    """A name with what it is the name of before it."""
    return f"{what}{between(': ')}{name}"


class Message(str):
    """A sentence that was found before anybody asked for a language: English as text, :attr:`translated` in the one in use.

    ``message`` is one that :func:`N_` marks; ``values`` fill its fields, and may be sentences themselves.
    """

    __slots__ = ("message", "values")

    message: str
    values: Mapping[str, object]

    def __new__(cls, message: str, **values: object) -> Self:
        """The sentence, in English."""
        said = super().__new__(cls, message.format(**values) if values else message)
        said.message, said.values = message, values
        return said

    def __reduce__(self) -> tuple[object, ...]:
        """Worker processes of a build hand it on with its values."""
        return _said, (self.message, dict(self.values))

    @property
    def translated(self) -> str:
        """The sentence in the language in use."""
        message = _(self.message)
        return (
            message.format(**{key: translated(value) for key, value in self.values.items()}) if self.values else message
        )


def _said(message: str, values: dict[str, object]) -> Message:
    return Message(message, **values)


def translated(value: object) -> object:
    """A value of a sentence in the language in use; what comes from a cluster as it is."""
    return value.translated if isinstance(value, Message) else value


@lru_cache(maxsize=len(LANGUAGES))
def _catalog(name: str) -> NullTranslations:
    """The messages of a language. English is what stands in the code."""
    if name == "en":
        return NullTranslations()
    with resource("locale", name, "LC_MESSAGES", f"{DOMAIN}.mo").open("rb") as stream:
        return GNUTranslations(stream)

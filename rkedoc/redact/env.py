"""Environment variables, as a list of name and value and in Docker's ``NAME=value`` form."""

from __future__ import annotations

from rkedoc.redact.commandline import named_value
from rkedoc.redact.settled import Mark
from rkedoc.redact.strings import Strings
from rkedoc.snapshot.record import HIDDEN_RE


def env_value(name: str, value: str, strings: Strings, mark: Mark) -> str:
    """The value of an environment variable, with what is secret in it replaced."""
    return named_value(name, value, strings, mark, rule="environment")


def split_entry(entry: str) -> tuple[str, str | None]:
    """The name and the value of a ``NAME=value`` entry; the value is ``None`` where there is no ``=``."""
    name, equals, value = entry.partition("=")
    return name, value if equals else None


def env_entry(entry: str, strings: Strings, mark: Mark) -> str:
    """One ``NAME=value`` entry. An entry without ``=`` has no name that may be shown: it may be a value gone astray."""
    if HIDDEN_RE.fullmatch(entry):
        return entry
    name, value = split_entry(entry)
    if value is None:
        return (
            strings.clean(name, mark)
            if name.isupper() and name.isidentifier() and len(name) <= 40
            else mark("entry-without-name", name)
        )
    shown, hidden = strings.clean(name, mark), env_value(name, value, strings, mark)
    # A name in which something was hidden is another one to whoever looks again, and may say more of its value.
    return f"{shown}={hidden if shown == name else env_value(shown, hidden, strings, mark)}"

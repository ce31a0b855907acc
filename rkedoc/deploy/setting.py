"""Places in an object at which the user of a chart may choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that a chart's user may change; elsewhere its default stands."""

    name: str
    """Where it stands in the chart's ``values.yaml``: ``image``, or ``nodes.socket`` for one of a group."""
    value: Any
    """Its default: whatever JSON can say."""
    note: str
    """What it means, in one sentence."""
    before: str = ""
    """What stands before the value where it is used, if that is text: ``unix://``."""

    @property
    def default(self) -> Any:
        """What stands at the place if nobody chooses."""
        return f"{self.before}{self.value}" if self.before else self.value


def replaced(value: Any, by: Callable[[Setting], Any]) -> Any:
    """An object with each setting in it replaced."""
    if isinstance(value, Setting):
        return by(value)
    if isinstance(value, dict):
        return {key: replaced(item, by) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(item, by) for item in value]
    return value


def plain(value: Any) -> Any:
    """An object with the default of each setting."""
    return replaced(value, lambda setting: setting.default)


def settings_in(value: Any) -> Iterator[Setting]:
    """The settings in an object, in its order, as often as they are used."""
    if isinstance(value, Setting):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from settings_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from settings_in(item)

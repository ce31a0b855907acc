"""Keeps what is equal in many records once.

The pods of a workload have one specification, and names, labels and phases come again and again. Records are never changed, so equal parts of them
can be one value: a cluster of 10,000 pods then takes half of the memory.
"""

from __future__ import annotations

from typing import Any

_CONTAINERS = (str, dict, list)


class Sharing:
    """Gives for each part the equal one that it has met first. ``part`` must be what JSON has, and belong to nobody else."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._parts: dict[tuple[Any, ...], Any] = {}

    def __call__(self, part: Any) -> Any:
        """The part, or the equal one. Parts of it are one value already, so that two are equal if these are the same ones."""
        kind = part.__class__
        if kind is str:
            return self._texts.setdefault(part, part)
        key: list[Any] = [kind]
        if kind is dict:
            for name, value in part.items():
                if value.__class__ in _CONTAINERS:
                    part[name] = shared = self(value)
                    key += (name, id(shared))
                else:
                    # 1, 1.0 and true are equal in Python, and are not the same.
                    key += (name, value, value.__class__)
        elif kind is list:
            for place, value in enumerate(part):
                if value.__class__ in _CONTAINERS:
                    part[place] = shared = self(value)
                    key.append(id(shared))
                else:
                    key += (value, value.__class__)
        else:
            return part
        # What is kept here lives as long as this, so that an id never comes to mean something else.
        return self._parts.setdefault(tuple(key), part)

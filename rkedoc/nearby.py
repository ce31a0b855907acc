"""What to say of a name that somebody gave and that means nothing here: what there is, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 12


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The names that are nearest to one, likeliest first; none that is not near."""
    return get_close_matches(name, sorted(set(known)), n=count, cutoff=0.6)


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """For an error: ``there is no namespace 'kube-sytem'; did you mean kube-system? There are: …``."""
    names = sorted(set(known))
    near = nearest(name, names, 1)
    meant = f"; did you mean {near[0]}?" if near else "."
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return f"there is no {what} {name[:60]!r}{meant} There are: {shown or 'none'}"

"""The one way to the data files of the package: templates, catalog, assets, locale, the demo snapshot.

In an installed wheel all of them lie inside the package. In a checkout (an editable installation) ``templates/`` lies
beside it, at the top of the repository, where whoever opens the repository sees it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rkedoc.errors import ResourceError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one written in C, where there is one: every command reads data files when it starts."""

_PACKAGE = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """The path of a data file or folder, such as ``resource("templates", "page")``.

    Raises :class:`~rkedoc.errors.ResourceError` if it is not there.
    """
    for root in (_PACKAGE, _PACKAGE.parent) if parts[:1] == ("templates",) else (_PACKAGE,):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise ResourceError(f"the data file {'/'.join(parts)} is missing from the installation: install rkedoc again")


@cache
def load_yaml(*parts: str) -> Any:
    """The content of a YAML data file. It is read once a process and must not be changed by the caller."""
    with resource(*parts).open(encoding="utf-8") as stream:
        return yaml.load(stream, _LOADER)  # noqa: S506 - a safe one

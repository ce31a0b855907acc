"""Stands between the publisher and a wiki when nothing may be written: reads go through, writes are answered here.

So a dry run decides by what is there, exactly as the run does that it tells of.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sphinxcontrib.confluencebuilder.exceptions import ConfluenceBadApiError
from sphinxcontrib.confluencebuilder.rest import Rest

_FIRST: Final = -9_000_000_000
"""Ids of what would have been made go down from here: no wiki has such ones."""
_TO_COME: Final = re.compile(r"(?:/|^ancestor=)-9\d{9}(?:$|/)")
"""Where such an id stands: in a path, or in a question for what lies below it."""
_NOT_FOUND: Final = 404


class Rehearsal:
    """What :class:`~sphinxcontrib.confluencebuilder.rest.Rest` is asked, without what it would change."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._last = _FIRST
        self.url = rest.url

    def get(self, path: str, params: dict[str, Any] | None = None, *, url: str | None = None) -> Any:
        """Ask the wiki; what it cannot know yet has no content, no properties and nobody below it."""
        if not _TO_COME.search(path) and not _TO_COME.search(str((params or {}).get("cql", ""))):
            return self._rest.get(path, params, url=url)
        if "/property" in path:
            raise ConfluenceBadApiError(_NOT_FOUND, "nothing is there yet")
        return self._answer(path.rstrip("/").rsplit("/", 1)[-1])

    def post(self, path: str, data: Any, form_data: Any = None, files: Any = None, *, url: str | None = None) -> Any:
        """Answer as if it had been made."""
        self._last -= 1
        return self._answer(str(self._last), made=True)

    def put(self, path: str, value: Any, data: Any = None, *, url: str | None = None) -> Any:
        """Answer as if it had been changed."""
        return {}

    def delete(self, path: str, value: Any, *, url: str | None = None) -> None:
        """Answer as if it were gone."""

    def close(self) -> None:
        """Let the connection go."""
        self._rest.close()

    def _answer(self, name: str, *, made: bool = False) -> dict[str, Any]:
        results = [{"id": name, "title": ""}] if made else []
        return {"id": name, "title": "", "ancestors": [], "version": {"number": 1}, "results": results}

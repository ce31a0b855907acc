"""Stands between the publisher and a wiki when nothing may be written: reads go through, writes are answered here.

So a dry run decides by what is there, exactly as the run does that it tells of.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sphinxcontrib.confluencebuilder.exceptions import ConfluenceBadApiError
from sphinxcontrib.confluencebuilder.rest import Rest

_TO_COME: Final = re.compile(r"(?:^|[/=])-\d+(?:$|/)")
"""Where something is named that would have been made: its id is a negative number."""
_NOT_FOUND: Final = 404


class Rehearsal:
    """What :class:`~sphinxcontrib.confluencebuilder.rest.Rest` is asked, without what it would change."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._made = 0
        self.url = rest.url

    def get(self, path: str, params: dict[str, Any] | None = None, *, url: str | None = None) -> Any:
        """Ask the wiki; what it cannot know yet has no content, no properties and nobody below it."""
        asked = " ".join([path, *(str(value) for value in (params or {}).values())])
        if not any(_TO_COME.search(part) for part in asked.split()):
            return self._rest.get(path, params, url=url)
        if "/property" in path:
            raise ConfluenceBadApiError(_NOT_FOUND, "nothing is there yet")
        return self._answer(path.rstrip("/").rsplit("/", 1)[-1])

    def post(self, path: str, data: Any, form_data: Any = None, files: Any = None, *, url: str | None = None) -> Any:
        """Answer as if it had been made."""
        self._made += 1
        return self._answer(f"-{self._made}")

    def put(self, path: str, value: Any, data: Any = None, *, url: str | None = None) -> Any:
        """Answer as if it had been changed."""
        return {}

    def delete(self, path: str, value: Any, *, url: str | None = None) -> None:
        """Answer as if it were gone."""

    def close(self) -> None:
        """Let the connection go."""
        self._rest.close()

    def _answer(self, name: str) -> dict[str, Any]:
        return {
            "id": name, "title": "", "finished": True, "ancestors": [], "version": {"number": 1},
            "results": [{"id": name, "title": ""}] if self._is_new(name) else [],
        }  # fmt: skip

    def _is_new(self, name: str) -> bool:
        return name == f"-{self._made}"

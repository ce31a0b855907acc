"""What sends pages to Confluence: that of sphinxcontrib-confluencebuilder, which writes a page again only if its content has changed, with more care for what
is there.

What people have marked in a page is carried into the new one. A page that nobody made with it is never written over. Each page says in its property of
what it tells, so that later nobody need guess what a page was about whose subject is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from sphinxcontrib.confluencebuilder.config.exceptions import ConfluenceConfigError
from sphinxcontrib.confluencebuilder.exceptions import ConfluenceBadApiError, ConfluencePublishTrampleError
from sphinxcontrib.confluencebuilder.publisher import CB_PROP_KEY, ConfluencePublisher

from rkedoc.bearer import read_token
from rkedoc.errors import BuildError
from rkedoc.publish.confluence.comments import carry_over
from rkedoc.publish.confluence.rehearsal import Rehearsal

_OWN: Final = "rkedoc"
"""The field of the property that is ours."""
MADE_BY: Final = "rkedoc: "
"""How the comments of versions begin that are ours."""


class About(NamedTuple):
    """What a page tells of: the cluster, by its uid (empty where no API told it), and the record that is its subject, by its id, if there is one."""

    cluster: str
    record: str = ""

    def is_of(self, other: About) -> bool:
        """Whether both can be of one cluster, as far as their uids tell."""
        return not (self.cluster and other.cluster and self.cluster != other.cluster)

    def to_property(self) -> dict[str, Any]:
        """As it stands in the property of a page."""
        return {"cluster": self.cluster, "record": self.record}


@dataclass(slots=True)
class Done:
    """What was written, by the titles of pages, and what became of the marks in them."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    comments_kept: int = 0
    comments_lost: list[tuple[str, str]] = field(default_factory=list)


class Publisher(ConfluencePublisher):  # type: ignore[misc,unused-ignore]
    """Sends pages; ``about`` is what the page tells of that is sent next."""

    rest: Any

    def __init__(self) -> None:
        super().__init__()
        self.token_file = Path()
        self.about = About("")
        self.done = Done()

    def connect(self) -> None:
        """Open the connection. The token is in the configuration for no longer than that: Sphinx writes the configuration down."""
        config = self.config
        token = read_token(self.token_file)
        user = config.rkedoc_wiki_user

        def sign(request: Any) -> Any:
            # As the session's own way to sign, not as a header of it: requests writes over those what a ~/.netrc has for the host.
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        try:
            if user:
                config.confluence_server_user, config.confluence_api_token = user, token
            else:
                config.confluence_request_session_override = lambda session: setattr(session, "auth", sign)
            super().connect()
        finally:
            config.confluence_server_user = config.confluence_api_token = None
            config.confluence_request_session_override = None
        if config.rkedoc_wiki_dry_run:
            self.rest = Rehearsal(self.rest)

    def store_page(
        self, page_name: str, data: dict[str, Any], parent_id: str | None = None, *, force: bool = False
    ) -> tuple[str, bool]:
        """Send a page, unless it is there as it is; gives its id, and whether it is new."""
        page_id, is_new = super().store_page(page_name, data, parent_id, force=force)
        if is_new:
            self.done.new.append(page_name)
        return page_id, is_new

    def remove_page(self, page_id: str) -> None:
        """Never: one that is archived under the title of a page that is to be made is left for people to decide on."""
        raise BuildError(
            f"the archive of the space has the page {self._name_cache.get(page_id, page_id)!r} (id {page_id}), which is to be made anew: restore it, or "
            "delete it there, and run again"
        )

    def archive_page(self, page_id: str) -> None:
        """Ask for a page to be archived; Confluence does so in its own time."""
        self.rest.post(f"{self.APIV1}content/archive", {"pages": [{"id": page_id}]})

    def get_base_page_id(self) -> Any:
        """The id of the page below which all lie."""
        try:
            return super().get_base_page_id()
        except (ConfluenceConfigError, ConfluenceBadApiError):
            raise BuildError(
                f"the space has no page {self.parent_ref!r}: name the title or the id of one with --parent"
            ) from None

    def about_of(self, page_id: str) -> About | None:
        """What a page tells of; nothing if it was not published by rkedoc."""
        value = self.get_page_property(page_id, CB_PROP_KEY, default={})["value"] or {}
        own = value.get(_OWN)
        if not isinstance(own, dict):
            return None
        return About(str(own.get("cluster") or ""), str(own.get("record") or ""))

    def below(self, page_id: str) -> tuple[tuple[str, str], ...]:
        """The pages below one: the id and the title of each, in the order of the titles."""
        found = [(str(one), str(self._name_cache.get(one, ""))) for one in self.get_descendants(page_id, "search")]
        return tuple(sorted(found, key=lambda one: (one[1], one[0])))

    def _update_page(self, page: dict[str, Any], page_name: str, data: dict[str, Any], parent_id: Any = None) -> None:
        self._require_own(page, page_name)
        carried = carry_over(self._stored(page), data["content"])
        super()._update_page(page, page_name, {**data, "content": carried.content}, parent_id=parent_id)
        self.done.changed.append(page_name)
        self.done.comments_kept += carried.kept
        self.done.comments_lost += [(page_name, words) for words in carried.lost]

    def _post_page_actions(self, page_id: str, cb_props: dict[str, Any]) -> None:
        cb_props["value"][_OWN] = self.about.to_property()
        super()._post_page_actions(page_id, cb_props)

    def _check_allowed_page_update(self, page: dict[str, Any], parent_id: Any) -> bool:
        try:
            return bool(super()._check_allowed_page_update(page, parent_id))
        except ConfluencePublishTrampleError:
            raise BuildError(
                f"the page {page['title']!r} (id {page['id']}) lies elsewhere in the space than the pages of this cluster: move it back below "
                "them if it was moved, rename it if it is another, or give the cluster another name with --cluster"
            ) from None

    def _require_own(self, page: dict[str, Any], title: str) -> None:
        there = self.about_of(page["id"])
        if there is None and str(page["version"].get("message") or "").startswith(MADE_BY):
            return  # a run was broken off before it could say of what the page tells
        if there is None:
            raise BuildError(
                f"the space has a page {title!r} that rkedoc did not make, and leaves alone: rename it, or give the cluster another name with --cluster"
            )
        if not there.is_of(self.about):
            raise BuildError(
                f"the space has a page {title!r} of another cluster: give this one a name of its own with --cluster"
            )

    def _stored(self, page: dict[str, Any]) -> str:
        """The content of a page as it is in the wiki, with the marks of those who comment."""
        there = page.get("body", {}).get("storage", {}).get("value")
        if there is None:
            if self.api_mode == "v2":
                there = self.rest.get(f"{self.APIV2}pages/{page['id']}", {"body-format": "storage"})
            else:
                there = self.rest.get(f"{self.APIV1}content/{page['id']}", {"expand": "body.storage"})
            there = there["body"]["storage"]["value"]
        return str(there)

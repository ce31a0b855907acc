"""Publishes the site of a snapshot into a Confluence space."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from rkedoc.bearer import read_token, server_address
from rkedoc.errors import UsageError
from rkedoc.snapshot.reader import SnapshotFile
from rkedoc.sphinxext.blocks.sanitize import title
from rkedoc.sphinxext.project import build_site

if TYPE_CHECKING:
    from rkedoc.publish.confluence.extension import Report

REMOVED: Final = ("keep", "note", "archive")
"""What may become of pages whose subject is gone."""
_CLOUD: Final = ".atlassian.net"
_SPACE: Final = re.compile(r"~?[A-Za-z0-9._-]{1,255}")


@dataclass(frozen=True, slots=True)
class Wiki:
    """Where pages go, and how.

    ``user`` is the account of the token at Confluence Cloud; without one the token is a personal access token of Data Center. ``parent`` is the title or
    the id of the page below which they lie; without one they lie at the top of the space. ``pause`` is in seconds, before each request.
    """

    url: str
    space: str
    token_file: Path
    user: str = ""
    parent: str = ""
    removed: str = "keep"
    pause: float = 0.0
    dry_run: bool = False


def to_confluence(
    snapshot: Path,
    wiki: Wiki,
    *,
    cluster: str = "",
    language: str = "en",
    classification: str = "",
    annotations: Sequence[Path] = (),
    progress: Callable[[str], None] | None = None,
) -> tuple[Report, tuple[str, ...]]:
    """Send what has changed of the site of a snapshot, and settle pages whose subject is gone; gives what was done and Sphinx' warnings.

    ``cluster`` is the name that stands in the title of every page, where that in the snapshot is not to. Raises
    :class:`~rkedoc.errors.RkedocError`.
    """
    address = _checked(wiki)
    if "," in language:
        raise UsageError(
            "--language: name one language: each is a tree of pages of its own, below a --parent of its own"
        )
    try:
        import resvg_py  # noqa: F401 - without it pages would have tables in place of pictures, and be other pages

        from rkedoc.publish.confluence.extension import Report
        from rkedoc.publish.confluence.publisher import MADE_BY
    except ImportError:
        raise UsageError("Confluence needs a package more: install it with pip install 'rkedoc[confluence]'") from None
    with SnapshotFile(snapshot) as file:
        header = file.header
    name = title(cluster or str(header.cluster.get("name") or "")) or "cluster"
    configuration: dict[str, Any] = {
        "confluence_publish": True, "confluence_server_url": f"{address}/", "confluence_space_key": wiki.space, "confluence_cloud": bool(wiki.user),
        "confluence_parent_page": wiki.parent or None, "confluence_publish_delay": wiki.pause or None, "confluence_disable_env_conf": True,
        # The list of anchors has the time of collection in it, and nobody asks a wiki for it.
        "confluence_publish_intersphinx": False,
        "confluence_version_comment": f"{MADE_BY}collected {header.time}",
        # Between a rehearsal and what it tells of nothing may differ but what is written.
        "confluence_adv_disable_cloud_prop_delay": wiki.dry_run,
        "rkedoc_wiki_token_file": str(wiki.token_file.absolute()), "rkedoc_wiki_user": wiki.user, "rkedoc_wiki_title": name, "rkedoc_wiki_removed": wiki.removed,
        "rkedoc_wiki_dry_run": wiki.dry_run,
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="rkedoc-confluence-") as room:
        built = build_site(
            snapshot, Path(room) / "pages", builder="confluence", language=language, classification=classification, annotations=annotations,
            extensions=["rkedoc.publish.confluence.extension"], configuration=configuration, progress=progress,
        )  # fmt: skip
        report = Report.read(built.folder)
    return report, built.warnings


def _checked(wiki: Wiki) -> str:
    """The address of the wiki. Raises :class:`~rkedoc.errors.UsageError` for what cannot be, before anything is built."""
    address = server_address(wiki.url, "--url", "https://example.atlassian.net/wiki")
    if not _SPACE.fullmatch(wiki.space):
        raise UsageError("--space takes the key of a space, such as OPS: it stands in the address of its pages")
    is_cloud = (urlsplit(address).hostname or "").endswith(_CLOUD)
    if is_cloud and not wiki.user:
        raise UsageError(
            "--user is missing: at Confluence Cloud a token is that of an account, such as ops@example.org"
        )
    if wiki.removed == "archive" and not wiki.user:
        raise UsageError(
            "--removed archive: Data Center has no archive of pages that a program may use; --removed note is there for both"
        )
    read_token(wiki.token_file)
    return address

"""The Sphinx extension that publishes into Confluence: the builder ``confluence`` of sphinxcontrib-confluencebuilder, made fit for pages that are sent every night.

A page is sent only if it tells something else than before. So the time of collection stands on the first page alone, as an excerpt, which all others show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinxcontrib.confluencebuilder import exceptions
from sphinxcontrib.confluencebuilder.builder import ConfluenceBuilder
from sphinxcontrib.confluencebuilder.nodes import confluence_excerpt, confluence_excerpt_include
from sphinxcontrib.confluencebuilder.std.confluence import CONFLUENCE_MAX_TITLE_LEN

from rkedoc import __version__
from rkedoc.errors import BuildError, RkedocError
from rkedoc.i18n import N_, message_in
from rkedoc.publish.confluence.publisher import MADE_BY, About, Publisher
from rkedoc.snapshot.identity import parse_id
from rkedoc.snapshot.kinds import SCOPES
from rkedoc.sphinxext.banner import BANNER, SAME, said
from rkedoc.sphinxext.blocks.sanitize import one_line
from rkedoc.sphinxext.config import Settings
from rkedoc.sphinxext.events import run_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

    from rkedoc.cluster.model import Cluster
    from rkedoc.sphinxext.layout import Page

_REPORT: Final = "rkedoc-confluence.json"
KEEP, NOTE, ARCHIVE = "keep", "note", "archive"
"""What may become of pages whose subject is gone."""
_TITLE_DIGEST: Final = 8


@dataclass(frozen=True, slots=True)
class Report:
    """What was sent, by the titles of pages; ``removed`` are those whose subject is gone, ``unseen`` those of which this snapshot cannot say.

    ``comments_lost`` are titles with the words that somebody had marked there and that stand there no longer. ``address`` is that of the first page.
    """

    address: str
    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]
    unseen: tuple[str, ...]
    comments_kept: int
    comments_lost: tuple[tuple[str, str], ...]

    def write(self, folder: Path) -> None:
        """Write it down beside what the builder has made."""
        (folder / _REPORT).write_bytes(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2))

    @classmethod
    def read(cls, folder: Path) -> Report:
        """The one that was written there."""
        found: dict[str, Any] = orjson.loads((folder / _REPORT).read_bytes())
        found["comments_lost"] = map(tuple, found["comments_lost"])
        listed = ("new", "changed", "removed", "unseen", "comments_lost")
        found |= {key: tuple(found[key]) for key in listed}
        return cls(**found)


class Builder(ConfluenceBuilder):  # type: ignore[misc,unused-ignore]
    """The builder ``confluence``: sends what has changed, and settles what is left over."""

    def __init__(self, app: Sphinx, env: Any) -> None:
        super().__init__(app, env)
        self.publisher = Publisher()
        self._of = app

    def init(self) -> None:
        """Check the configuration and open the connection."""
        with _told(self._of):
            self.config.confluence_version_comment = self.config.confluence_version_comment or f"{MADE_BY}published"
            self.publisher.token_file = Path(self._of.confdir) / self.config.rkedoc_wiki_token_file
            super().init()

    def prepare_writing(self, docnames: AbstractSet[str]) -> None:
        """Give every page a title that no other page of the space has, and that is the same in every run."""
        name = self.config.rkedoc_wiki_title
        own: dict[str, str] = {}
        taken: set[str] = set()
        for docname in sorted(self.env.titles):
            title = _page_title(self._called(docname), name, docname)
            if title.casefold() in taken:
                title = _page_title(f"{self._called(docname)} {_digest(docname)}", name, docname)
            taken.add(title.casefold())
            own[docname] = title
        if name:
            words = message_in(self.config.language, N_("Kubernetes cluster {name}"))
            own[self.config.root_doc] = words.format(name=name)
        self.config.confluence_title_overrides = own | dict(self.config.confluence_title_overrides or {})
        super().prepare_writing(docnames)

    def _called(self, docname: str) -> str:
        """The title of a document; of a container outside pods with its node, on each of which may be one of the name."""
        title = str(self.env.titles[docname].astext())
        page = self._pages.get(docname)
        if page is None or page.kind != "container" or not page.title:
            return title
        return title.replace(page.title, f"{page.title} @ {page.detail}", 1)

    @cached_property
    def _pages(self) -> Mapping[str, Page]:
        """The pages of the site by their documents."""
        site = run_of(self._of).site
        return {} if site is None else {page.docname: page for page in site.pages.values()}

    def publish_doc(self, docname: str, output: str, *, force: bool = False) -> bool:
        """Send a page, if it tells something else than the one that is there."""
        self.publisher.about = self._about(docname)
        return bool(super().publish_doc(docname, output, force=force))

    def finish(self) -> None:
        """Send the pages, then settle those that nothing stands behind any more, and write down what was done."""
        with _told(self._of):
            super().finish()
            if self.publish:
                self._write_report(*self._left_over())

    def _about(self, docname: str) -> About:
        site, page = run_of(self._of).site, self._pages.get(docname)
        record = page.record_ids[0] if page is not None and page.record_ids else ""
        return About("" if site is None else str(site.cluster.header.cluster.get("uid") or ""), record)

    def _left_over(self) -> tuple[list[str], list[str]]:
        """What is done with pages below the first one that this site has not: titles of those whose subject is gone, and of those of which nobody knows."""
        site, root = run_of(self._of).site, self.root_doc_page_id
        removed: list[str] = []
        unseen: list[str] = []
        if site is None or not root:
            return removed, unseen
        titles = {title.lower() for title in self.state.doc2title.values()}
        own = self._about(self.config.root_doc)
        for page_id, title in self.publisher.below(root):
            about = None if title.lower() in titles else self.publisher.about_of(page_id)
            if about is None or not about.is_of(own):
                continue
            if not _is_gone(site.cluster, about):
                unseen.append(title)
            else:
                self._settle(page_id, title, about)
                removed.append(title)
        return removed, unseen

    def _settle(self, page_id: str, title: str, about: About) -> None:
        wanted = self.config.rkedoc_wiki_removed
        if wanted == NOTE:
            self.publisher.about = about
            # Without a date: a note that is there is not written again.
            words = message_in(
                self.config.language,
                N_(
                    "What this page told of is no longer in the cluster. How it was stands in the history of this page."
                ),
            )
            content = f'{self._banner()}<ac:structured-macro ac:name="note"><ac:rich-text-body><p>{words}</p></ac:rich-text-body></ac:structured-macro>'
            self.publisher.store_page_by_id(title, page_id, self._prepare_page_data(self.config.root_doc, content))
        elif wanted == ARCHIVE:
            self.publisher.archive_page(page_id)

    def _banner(self) -> str:
        """What stands the same on every page, for those that have no document."""
        site = run_of(self._of).site
        pieces = () if site is None else said(site, Settings.of(self.config).classification)
        words = ("".join(map(str, piece.words)) for piece in pieces if piece.what in SAME)
        return f"<p>{' · '.join(f'<strong>{escape(text)}</strong>' for text in words)}</p>"

    def _write_report(self, removed: list[str], unseen: list[str]) -> None:
        done = self.publisher.done
        # What points to a page that is only now there is sent a second time; a note is no news of its page.
        changed = [title for title in dict.fromkeys(done.changed) if title not in {*done.new, *removed}]
        new = list(dict.fromkeys(done.new))
        Report(
            self._address(), tuple(new), tuple(changed), len(self.publish_docnames) - len(new) - len(changed), tuple(removed), tuple(unseen),
            done.comments_kept, tuple(done.comments_lost),
        ).write(self.out_dir)  # fmt: skip

    def _address(self) -> str:
        """Where the first page is; nothing if it is not there yet."""
        root = str(self.root_doc_page_id or "-")
        if root.startswith("-"):
            return ""
        config = self.config
        place = (
            f"spaces/{config.confluence_space_key}/pages/{root}"
            if config.confluence_cloud
            else f"pages/viewpage.action?pageId={root}"
        )
        return f"{config.confluence_server_url}{place}"


def _page_title(title: str, cluster: str, docname: str) -> str:
    """A page's title within a space: with the cluster's name, and, where it is too long for a wiki, a digest of what was cut."""
    text = one_line(f"{title} · {cluster}" if cluster else title, 10 * CONFLUENCE_MAX_TITLE_LEN)
    if len(text) <= CONFLUENCE_MAX_TITLE_LEN:
        return text
    return f"{text[: CONFLUENCE_MAX_TITLE_LEN - _TITLE_DIGEST - 2]}… {_digest(docname)}"


def _digest(docname: str) -> str:
    return hashlib.blake2b(docname.encode(), digest_size=_TITLE_DIGEST // 2).hexdigest()


def _is_gone(cluster: Cluster, about: About) -> bool:
    """Whether what a page tells of is no longer there: its list was read, all of it, and it is not in it.

    Of pages that tell of no one object nothing says so: what they were made of may not have been read this time.
    """
    try:
        _group, kind, namespace, _name = parse_id(about.record)
    except ValueError:
        return False
    return kind in SCOPES and cluster.covers(kind, namespace) and cluster.snapshot.get(about.record) is None


def say_when_once(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Put what every collection changes into an excerpt of the first page, and show that on all others."""
    if app.builder.name != Builder.name:
        return
    banner = next((node for node in document.findall(nodes.paragraph) if node.get(BANNER)), None)
    if banner is None:
        return
    if docname == app.config.root_doc:
        excerpt = confluence_excerpt("")
        banner.replace_self(excerpt)
        excerpt += banner
        return
    site = run_of(app).site
    assert site is not None, "what has a banner has a site"
    same = nodes.paragraph("", "")
    for piece in said(site, Settings.of(app.config).classification):
        if piece.what in SAME:
            same += [nodes.Text(" · "), nodes.strong("", "".join(map(str, piece.words)))][not same.children :]
    shown = confluence_excerpt_include()
    shown["doclink"] = f"!{app.config.root_doc}"
    shown.params["nopanel"] = "true"
    banner.replace_self([same, shown])


@contextmanager
def _told(app: Sphinx) -> Iterator[None]:
    """Errors as Sphinx tells them: in a line, without a trace."""
    try:
        with _in_words(app):
            yield
    except RkedocError as error:
        raise ExtensionError(str(error)) from error


@contextmanager
def _in_words(app: Sphinx) -> Iterator[None]:
    """Errors of the publisher as sentences about the wiki."""
    config = app.config
    where = f"{config.confluence_server_url} (space {config.confluence_space_key})"
    try:
        yield
    except RkedocError:
        raise
    except (
        exceptions.ConfluenceAuthenticationFailedUrlError,
        exceptions.ConfluenceSeraphAuthenticationFailedUrlError,
    ):
        raise BuildError(
            f"{where}: the token is not accepted: is it expired? With --user it is one of Confluence Cloud, without one of Data Center"
        ) from None
    except exceptions.ConfluencePermissionError:
        raise BuildError(
            f"{where}: the account of the token may not do that: it needs to add pages and attachments in this space, and to archive where that is asked for"
        ) from None
    except exceptions.ConfluenceUnknownInstanceError:
        raise BuildError(f"{where}: there is no such space, or the account of the token may not see it") from None
    except exceptions.ConfluenceRateLimitedError:
        raise BuildError(
            f"{where}: it asks for fewer requests: run again later, with a longer --pause; what was sent is not sent again"
        ) from None
    except exceptions.ConfluenceSslError:
        raise BuildError(
            f"{where}: its certificate is not trusted: SSL_CERT_FILE names an authority of your own"
        ) from None
    except (exceptions.ConfluenceTimeoutError, exceptions.ConfluenceBadServerUrlError):
        raise BuildError(f"{where}: it does not answer, or not as Confluence does: is the address right?") from None
    except exceptions.ConfluenceError as error:
        raise BuildError(
            f"{where}: {one_line(str(error), 300)}; what was sent is not sent again by the next run"
        ) from None
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise BuildError(f"{where}: it answers something else than Confluence does ({type(error).__name__})") from error


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the builder; ``extensions = [..., "rkedoc.publish.confluence.extension"]``."""
    app.setup_extension("sphinxcontrib.confluencebuilder")
    app.add_config_value("rkedoc_wiki_token_file", "", "", (str,))
    app.add_config_value("rkedoc_wiki_user", "", "", (str,))
    app.add_config_value("rkedoc_wiki_title", "", "env", (str,))
    app.add_config_value("rkedoc_wiki_removed", KEEP, "", (str,))
    app.add_config_value("rkedoc_wiki_dry_run", False, "", (bool,))
    app.add_builder(Builder, override=True)
    # After the extension has put the banner there.
    app.connect("doctree-resolved", say_when_once, priority=900)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}

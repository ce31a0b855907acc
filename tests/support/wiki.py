"""A server that plays Confluence: Cloud (API v2, and of v1 what Cloud still has for content), and Data Center (v1).

Paths, fields and refusals are those of "The Confluence Cloud REST API v2", "The Confluence Cloud REST API" and "Confluence Data Center REST API 9.2" (Atlassian): a title
is there once in a space, a version follows the one before, a property too, and what is stored comes back with identifiers of macros put into it.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SPACE, SPACE_ID = "OPS", "77"
USER, TOKEN = "ops@example.org", "sesame-token"
Json = dict[str, Any]


@dataclass
class Page:
    id: str
    title: str
    body: str
    parent: str | None
    version: int = 1
    status: str = "current"
    labels: list[str] = field(default_factory=list)
    properties: dict[str, Json] = field(default_factory=dict)
    attachments: dict[str, Json] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)


@dataclass
class Wiki:
    """A wiki with one space, and what it was asked."""

    cloud: bool
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path with query, and body of each request."""
    refuse: dict[tuple[str, str], list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    """Answers to give first, by method and a part of the path: status and headers."""
    url: str = ""
    _ids: int = 1000

    def add(self, title: str, body: str = "<p>by hand</p>", parent: str | None = None) -> Page:
        """A page that somebody wrote."""
        self._ids += 1
        page = self.pages[str(self._ids)] = Page(str(self._ids), title, stored(body), parent)
        return page

    def titled(self, title: str) -> Page:
        return next(page for page in self.pages.values() if page.title == title and page.status == "current")

    def writes(self) -> list[tuple[str, str]]:
        """What would have changed pages: method and path, without watches."""
        return [
            (method, urlsplit(path).path)
            for method, path, _body in self.requests
            if method != "GET" and "/user/watch/" not in path
        ]

    def sent(self) -> list[str]:
        """Titles of the pages that were written, one for each time."""
        found = []
        for method, path, body in self.requests:
            if method in ("POST", "PUT") and re.search(r"/(pages|content)(/\d+)?$", urlsplit(path).path):
                found.append(json.loads(body)["title"])
        return found

    def ancestors(self, page: Page) -> list[Page]:
        found: list[Page] = []
        while page.parent:
            page = self.pages[page.parent]
            found.insert(0, page)
        return found

    def new_id(self) -> str:
        self._ids += 1
        return str(self._ids)


def stored(body: str) -> str:
    """As Confluence gives back what it was given: with an id in each macro."""
    return re.sub(r"<ac:structured-macro (?!ac:macro-id)", '<ac:structured-macro ac:macro-id="0f0e" ', body)


class Refused(Exception):
    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status


@contextmanager
def playing(*, cloud: bool) -> Iterator[Wiki]:
    """The wiki while it answers, on this machine alone."""
    wiki = Wiki(cloud)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(wiki))
    server.daemon_threads = True
    wiki.url = f"http://127.0.0.1:{server.server_address[1]}" + ("/wiki" if cloud else "")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield wiki
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(wiki: Wiki) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # an answer goes in one piece, and is not waited for

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def _do(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            wiki.requests.append((self.command, self.path, content.decode("utf-8", "replace")))
            headers: dict[str, str] = {}
            try:
                for (method, part), answers in wiki.refuse.items():
                    if method == self.command and part in self.path and answers:
                        status, headers = answers.pop(0)
                        raise Refused(status, "refused on purpose")
                basic = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
                if self.headers.get("Authorization") != (basic if wiki.cloud else f"Bearer {TOKEN}"):
                    raise Refused(401)
                answer: Any = _answer(wiki, self.command, self.path, content, self.headers.get("Content-Type") or "")
                status = 200
            except Refused as refused:
                status, answer = refused.status, {"message": str(refused)}
            body = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(204 if answer is None else status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _do

    return Handler


def _answer(wiki: Wiki, method: str, path: str, content: bytes, kind: str) -> Any:
    parts = urlsplit(path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    route = parts.path.removeprefix("/wiki" if wiki.cloud else "")
    if route.startswith("/api/v2/") and wiki.cloud:
        return _v2(wiki, method, route.removeprefix("/api/v2/").split("/"), query, json.loads(content or b"null"))
    if route.startswith("/rest/api/"):
        data = content if kind.startswith("multipart/") else json.loads(content or b"null")
        return _v1(wiki, method, route.removeprefix("/rest/api/").split("/"), query, data, kind)
    raise Refused(404)


def _current(wiki: Wiki, page_id: str) -> Page:
    page = wiki.pages.get(page_id)
    if page is None or page.status == "trashed":
        raise Refused(404, f"No content found with id {page_id}")
    return page


def _require_free(wiki: Wiki, title: str, own: str = "") -> None:
    if any(
        page.title.lower() == title.lower() and page.status == "current" and page.id != own
        for page in wiki.pages.values()
    ):
        raise Refused(400, "A page with this title already exists: title already exists")


def _create(wiki: Wiki, data: Json, parent: str | None) -> Page:
    _require_free(wiki, data["title"])
    parent = None if parent is None else _current(wiki, str(parent)).id
    page = Page(wiki.new_id(), data["title"], stored(data["body"]["storage"]["value"]), parent)
    page.messages.append(data["version"].get("message") or "")
    wiki.pages[page.id] = page
    return page


def _update(wiki: Wiki, page: Page, data: Json, parent: str | None) -> None:
    if data["version"]["number"] != page.version + 1:
        raise Refused(409, "Version must be incremented on update")
    _require_free(wiki, data["title"], page.id)
    page.title, page.body, page.version = data["title"], stored(data["body"]["storage"]["value"]), page.version + 1
    page.messages.append(data["version"].get("message") or "")
    if parent is not None:
        page.parent = str(parent)


def _property(page: Page, key: str, data: Json) -> Json:
    there = page.properties.get(key)
    if data["version"]["number"] != (there["version"]["number"] + 1 if there else 1):
        raise Refused(409, "wrong version of the property")
    found = page.properties[key] = {
        "id": f"{page.id}{len(page.properties)}" if there is None else there["id"], "key": key, "value": data["value"], "version": {"number": data["version"]["number"]},
    }  # fmt: skip
    return found


def _v2(wiki: Wiki, method: str, parts: list[str], query: dict[str, str], data: Json) -> Any:
    def shown(page: Page) -> Json:
        return {
            "id": page.id, "title": page.title, "status": page.status, "parentId": page.parent, "spaceId": SPACE_ID, "version": {"number": page.version, "message": page.messages[-1] if page.messages else ""},
            "body": {"storage": {"value": page.body, "representation": "storage"}}, "_links": {"webui": f"/spaces/{SPACE}/pages/{page.id}"},
        }  # fmt: skip

    match method, parts:
        case "GET", ["spaces"]:
            found = (
                [{"id": SPACE_ID, "key": SPACE, "name": "Operations", "type": "global"}]
                if query["keys"] == SPACE
                else []
            )
            return {"results": found}
        case "GET", ["pages"]:
            assert query["space-id"] == SPACE_ID
            return {
                "results": [
                    shown(one)
                    for one in wiki.pages.values()
                    if one.title == query["title"] and one.status == query["status"]
                ]
            }
        case "POST", ["pages"]:
            return shown(_create(wiki, data, data.get("parentId")))
        case _, ["pages", page_id, *rest]:
            page = _current(wiki, page_id)
            match method, rest:
                case "GET", []:
                    return shown(page)
                case "PUT", []:
                    _update(wiki, page, data, data.get("parentId"))
                    return shown(page)
                case "DELETE", []:
                    page.status = "trashed"
                    return None
                case "GET", ["ancestors"]:
                    return {"results": [{"id": one.id, "type": "page"} for one in wiki.ancestors(page)]}
                case "GET", ["labels"]:
                    return {"results": [{"name": name} for name in page.labels]}
                case "GET", ["attachments"]:
                    return {
                        "results": [
                            one for name, one in page.attachments.items() if query.get("filename", name) == name
                        ]
                    }
                case "GET", ["properties"]:
                    return {"results": [one for key, one in page.properties.items() if query.get("key", key) == key]}
                case "POST", ["properties"]:
                    return _property(page, data["key"], data)
                case "PUT", ["properties", property_id]:
                    key = next(key for key, one in page.properties.items() if one["id"] == property_id)
                    return _property(page, key, data)
    raise Refused(404)


def _v1(wiki: Wiki, method: str, parts: list[str], query: dict[str, str], data: Any, kind: str) -> Any:
    def shown(page: Page) -> Json:
        expand = query.get("expand", "").split(",")
        answer: Json = {
            "id": page.id, "title": page.title, "type": "page", "status": page.status,
            "version": {"number": page.version, "message": page.messages[-1] if page.messages else ""}, "_links": {"webui": f"/pages/viewpage.action?pageId={page.id}"},
        }  # fmt: skip
        if "ancestors" in expand:
            answer["ancestors"] = [{"id": one.id, "title": one.title} for one in wiki.ancestors(page)]
        if "body.storage" in expand:
            answer["body"] = {"storage": {"value": page.body, "representation": "storage"}}
        if "metadata.labels" in expand:
            answer["metadata"] = {"labels": {"results": [{"name": name} for name in page.labels]}}
        return answer

    match method, parts:
        case "GET", ["space", key] if not wiki.cloud:
            if key != SPACE:
                raise Refused(404, "no such space")
            return {"id": int(SPACE_ID), "key": SPACE, "name": "Operations", "type": "global"}
        case "GET", ["content", "search"]:
            asked = re.fullmatch(r"ancestor=(\d+)", query["cql"])
            if asked is None:
                title = re.search(r'title[~=]{1,2}"([^"]*)"', query["cql"])
                found = [one for one in wiki.pages.values() if title and one.title.lower() == title[1].lower()]
            else:
                found = [one for one in wiki.pages.values() if any(up.id == asked[1] for up in wiki.ancestors(one))]
            start, limit = int(query.get("start", 0)), int(query.get("limit", 25))
            found = [one for one in found if one.status == "current"]
            answer: Json = {
                "results": [shown(one) for one in found[start : start + limit]],
                "totalSize": len(found),
                "_links": {},
            }
            if start + limit < len(found):
                answer["_links"]["next"] = (
                    f"/rest/api/content/search?cql={query['cql']}&limit={limit}&start={start + limit}"
                )
            return answer
        case "POST", ["content", "archive"] if wiki.cloud:
            for one in data["pages"]:
                _current(wiki, one["id"]).status = "archived"
            return {"id": "long-1"}
        case "GET", ["longtask", name] if wiki.cloud:
            return {"id": name, "finished": True}
        case "GET", ["content"] if not wiki.cloud:
            found = [
                one for one in wiki.pages.values() if one.title == query["title"] and one.status == query["status"]
            ]
            return {"results": [shown(one) for one in found]}
        case "POST", ["content"] if not wiki.cloud:
            return shown(_create(wiki, data, (data.get("ancestors") or [{"id": None}])[-1]["id"]))
        case "DELETE", ["user", "watch", "content", _page]:
            return None
        case _, ["content", page_id, *rest]:
            page = _current(wiki, page_id)
            match method, rest:
                case "GET", [] if not wiki.cloud:
                    return shown(page)
                case "PUT", [] if not wiki.cloud:
                    _update(wiki, page, data, (data.get("ancestors") or [{"id": None}])[-1]["id"])
                    return shown(page)
                case "POST", ["label"]:
                    page.labels += [one["name"] for one in data if one["name"] not in page.labels]
                    return {"results": [{"name": name} for name in page.labels]}
                case "GET", ["property", key]:
                    if key not in page.properties:
                        raise Refused(404, "no such property")
                    return page.properties[key]
                case "PUT", ["property", key]:
                    return _property(page, key, data)
                case "GET", ["child", "attachment"] if not wiki.cloud:
                    return {
                        "results": [
                            one for name, one in page.attachments.items() if query.get("filename", name) == name
                        ]
                    }
                case "POST", ["child", "attachment", *_which]:
                    return _attach(wiki, page, data, kind, *_which[:1])
    raise Refused(404)


def _attach(wiki: Wiki, page: Page, data: bytes, kind: str, there: str = "") -> Json:
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + data, policy=email.policy.HTTP)
    fields = {str(part.get_param("name", header="content-disposition")): part for part in message.iter_parts()}
    file, comment = fields["file"], str(fields["comment"].get_payload())
    name = str(file.get_filename())
    found: Json = {
        "id": there or f"att{wiki.new_id()}", "title": name, "mediaType": file.get_content_type(), "comment": comment, "metadata": {"comment": comment},
        "content": (file.get_payload(decode=True) or b"")[:8].hex(),
    }  # fmt: skip
    page.attachments[name] = found
    return found if there else {"results": [found]}

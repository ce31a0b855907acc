"""The documented configuration of nginx: pages work under its policy, a cluster is for those alone who may see it, and the snapshots are for nobody."""

from __future__ import annotations

import base64
import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from rkedoc.publish.run import publish
from tests.publish.test_publish import with_image
from tests.support.days import write_day

CONFIGURATION = Path(__file__).resolve().parents[2] / "docs" / "howto" / "hosting" / "nginx.conf"
LOGIN = {"Authorization": "Basic " + base64.b64encode(b"reader:sesame").decode()}
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

pytestmark = [pytest.mark.nginx, pytest.mark.skipif(not Path(NGINX).exists(), reason="nginx is not installed")]


@dataclass(frozen=True)
class Served:
    port: int
    root: Path

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hosting")
    root = folder / "SITE"
    for cluster in ("shop", "payments"):
        for day, tag in (("2026-09-01", "1.0"), ("2026-10-02", "2.0")):
            publish([write_day(folder, day, with_image(tag), cluster=cluster)], root)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "htpasswd").write_text("reader:{PLAIN}sesame\n")
    text = CONFIGURATION.read_text("utf-8")
    for documented, here in (
        ("listen 8080", f"listen 127.0.0.1:{port}"), ("/srv/www/clusters", str(root)), ("/etc/nginx/payments.htpasswd", str(folder / "htpasswd")),
    ):  # fmt: skip
        assert documented in text
        text = text.replace(documented, here)
    (folder / "clusters.conf").write_text(text, "utf-8")
    places = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if Path("/root").owner() == Path(folder).owner() else ""
    types = "include /etc/nginx/mime.types; default_type application/octet-stream;"
    (folder / "nginx.conf").write_text(
        f"{user} pid {folder}/pid; error_log stderr; daemon off; events {{}} http {{ access_log off; {types} {places} include {folder}/clusters.conf; }}"
    )
    running = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until and running.poll() is None, running.stderr and running.stderr.read()
                time.sleep(0.05)
        yield Served(port, root)
    finally:
        running.terminate()
        running.communicate()


def _is_icon(said: Any) -> bool:
    """Whether a message is about the icon that browsers ask a host for by themselves."""
    return str(said.location.get("url", "")).endswith("/favicon.ico")


@pytest.mark.browser
def test_pages_of_every_kind_work_under_the_policy(served: Served, browser: Browser) -> None:
    site = served.root / "shop" / "latest"
    kinds = {path.parent: path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}
    pages = [path.name for path in served.root.glob("*.html")]
    pages += [f"shop/latest/{path.name}" for path in site.glob("*.html")]
    pages += [path.relative_to(served.root).as_posix() for path in kinds.values()]
    violations: list[Any] = []
    page = browser.new_page()
    page.on(
        "console",
        lambda said: said.type == "error" and not _is_icon(said) and violations.append((page.url, said.text)),
    )
    for name in pages:
        page.goto(f"http://127.0.0.1:{served.port}/{name}")
    page.goto(f"http://127.0.0.1:{served.port}/shop/latest/search.html?q=web")
    page.wait_for_selector("#search-results a")
    page.goto(f"http://127.0.0.1:{served.port}/shop/2026-09-01/index.html")
    page.wait_for_selector(".rkedoc-banner-newer")
    page.goto(f"http://127.0.0.1:{served.port}/index.html")
    page.locator("#find").type("web:2")
    page.wait_for_selector("#found a")
    page.close()
    assert len(pages) > 25
    assert violations == []


def test_a_cluster_is_for_those_alone_who_may_see_it(served: Served) -> None:
    paths = [
        path.relative_to(served.root).as_posix() for path in (served.root / "payments").rglob("*") if path.is_file()
    ]
    assert {
        "payments/feed.xml",
        "payments/versions.js",
        "payments/latest/rkedoc.json",
        "payments/latest/objects.inv",
    } <= set(paths)
    assert {served.get(f"/{path}")[0] for path in paths} == {401}
    assert {served.get(f"/{path}", **LOGIN)[0] for path in paths} == {200}
    assert served.get("/shop/latest/index.html")[0] == 200


def test_snapshots_are_for_nobody(served: Served) -> None:
    paths = [
        path.relative_to(served.root).as_posix() for path in (served.root / ".rkedoc").rglob("*") if path.is_file()
    ]
    assert any(path.endswith(".zst") for path in paths)
    assert {served.get(f"/{path}", **LOGIN)[0] for path in paths} == {404}


@pytest.mark.parametrize(
    "path", ["/", "/shop/latest/index.html", "/payments/", "/no-such-page.html", "/.rkedoc/", "/shop/feed.xml"]
)
def test_every_answer_has_the_headers(served: Served, path: str) -> None:
    _status, headers, _content = served.get(path)
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"


def test_what_never_changes_is_kept_and_the_rest_is_asked_for(served: Served) -> None:
    text = served.get("/shop/latest/index.html")[2].decode()
    address = next(part for part in text.split('"') if "_static/" in part and "?v=" in part)
    assert "immutable" in served.get(f"/shop/latest/{address}")[1]["cache-control"]
    assert served.get("/shop/latest/_static/rkedoc.css")[1]["cache-control"] == "no-cache"
    _status, headers, content = served.get("/shop/latest/ledger.html", **{"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip" and content[:2] == b"\x1f\x8b"

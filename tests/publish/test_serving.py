"""A site is looked at from this machine alone, is built again when it changes, and ends when it is told to."""

from __future__ import annotations

import http.client
import itertools
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rkedoc.errors import UsageError
from rkedoc.publish.serving import SiteServer, stamps
from rkedoc.resources import resource


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "pages").mkdir(parents=True)
    (folder / "index.html").write_text("<p>first page</p>", "utf-8")
    (folder / "pages" / "etcd.html").write_text("etcd", "utf-8")
    (folder / ".rkedoc").mkdir()
    (folder / ".rkedoc" / "secret.ndjson").write_text("secret", "utf-8")
    (tmp_path / "outside.txt").write_text("outside", "utf-8")
    (folder / "leads-out.txt").symlink_to(tmp_path / "outside.txt")
    return folder


@pytest.fixture
def server(site: Path) -> Iterator[SiteServer]:
    with SiteServer(site, 0) as found:
        threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield found
        found.shutdown()


def asked(server: SiteServer, path: str, method: str = "GET", host: str | None = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host if host is not None else f"127.0.0.1:{server.server_port}")
    connection.endheaders()
    return connection.getresponse()


def test_pages_are_shown_below_an_address_that_cannot_be_guessed(server: SiteServer) -> None:
    path = urlsplit(server.address).path
    assert re.fullmatch(r"/[\w-]{16}/", path)
    assert asked(server, path).read() == b"<p>first page</p>"
    assert asked(server, f"{path}pages/etcd.html?x=1").read() == b"etcd"
    assert asked(server, path, "HEAD").status == 200


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/pages/etcd.html", "//", "/x/index.html", "/..", "/%2e%2e/outside.txt", ""]
)
def test_without_the_token_nothing_is_there(server: SiteServer, path: str) -> None:
    assert asked(server, path).status in (400, 404)


@pytest.mark.parametrize(
    "path",
    [
        ".rkedoc/secret.ndjson", "./.rkedoc/secret.ndjson", "pages/../.rkedoc/secret.ndjson", "%2erkedoc/secret.ndjson",
        "../outside.txt", "..%2foutside.txt", "%2e%2e/outside.txt", "pages/../../outside.txt", "leads-out.txt", "/etc/passwd",
        "pages/", "nothing.html",
    ],
)  # fmt: skip
def test_what_is_no_page_is_not_shown(server: SiteServer, path: str) -> None:
    answer = asked(server, urlsplit(server.address).path + path)
    assert answer.status == 404
    assert not re.search(b"secret|outside|root:", answer.read())


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "[::1]:{port}"]
)
def test_a_name_that_was_pointed_here_is_refused(server: SiteServer, host: str) -> None:
    answer = asked(server, urlsplit(server.address).path, host=host.format(port=server.server_port))
    assert (answer.status, b"first page" in answer.read()) == (421, False)
    assert asked(server, urlsplit(server.address).path, host=f"localhost:{server.server_port}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_written(server: SiteServer, method: str) -> None:
    assert asked(server, urlsplit(server.address).path, method).status == 501


def test_other_origins_get_nothing(server: SiteServer) -> None:
    for path in ("", "nothing.html"):
        headers = asked(server, urlsplit(server.address).path + path).headers
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"


def test_it_is_bound_to_this_machine_and_a_port_that_is_taken_is_told(site: Path, server: SiteServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(UsageError, match=rf"--port {server.server_port}: .*in use; --port 0 takes one"):
        SiteServer(site, server.server_port)


def test_a_change_of_any_file_is_seen(tmp_path: Path) -> None:
    (tmp_path / "notes" / "more").mkdir(parents=True)
    watched = (tmp_path / "notes", tmp_path / "file")
    seen = [stamps(watched)]
    (tmp_path / "file").write_text("x", "utf-8")
    seen.append(stamps(watched))
    (tmp_path / "notes" / "more" / "etcd.md").write_text("one", "utf-8")
    seen.append(stamps(watched))
    (tmp_path / "notes" / "more" / "etcd.md").write_text("other", "utf-8")
    seen.append(stamps(watched))
    (tmp_path / "notes" / "more" / "etcd.md").unlink()
    seen.append(stamps(watched))
    assert all(one != other for one, other in itertools.pairwise(seen))
    assert stamps(watched) == seen[-1]


def line(process: subprocess.Popen[str], beginning: str) -> str:
    """The next line that begins so."""
    assert process.stdout is not None
    for told in process.stdout:
        if told.startswith(beginning):
            return told
    raise AssertionError(f"it ended without saying {beginning!r}")


def test_a_site_is_built_again_when_an_annotation_changes_and_ends_cleanly(tmp_path: Path) -> None:
    notes, rooms = tmp_path / "notes", tmp_path / "tmp"
    notes.mkdir()
    rooms.mkdir()
    program = [
        sys.executable,
        "-c",
        # What runs in the background of a script inherits SIGINT as ignored.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from rkedoc.cli import main; main()",
        "serve",
        str(tmp_path / "site"),
        "--port",
        "0",
    ]
    program += ["--snapshot", str(resource("data", "demo.ndjson.zst")), "--annotations", str(notes)]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path(__file__).parents[2],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(rooms), "PYTHONUNBUFFERED": "1", "HOME": str(tmp_path)},
    ) as process:  # fmt: skip
        try:
            line(process, "built: ")
            address = urlsplit(line(process, "Open ").split()[1])

            def page() -> str:
                connection = http.client.HTTPConnection(address.netloc, timeout=10)
                connection.request("GET", f"{address.path}containers/rancher01-etcd.html")
                return connection.getresponse().read().decode()

            assert "Call the storage team." not in page()
            (notes / "broken.md").write_text("no front matter", "utf-8")
            assert "broken.md" in line(process, "rkedoc: ")
            assert "Call the storage team." not in page()
            (notes / "broken.md").unlink()
            (notes / "etcd.md").write_text("---\nid: etcd\n---\n\n## If it stops\n\nCall the storage team.\n", "utf-8")
            ends = time.monotonic() + 300
            while "Call the storage team." not in page() and time.monotonic() < ends:
                line(process, "built: ")
            assert "Call the storage team." in page()
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert list(rooms.iterdir()) == []

"""The server speaks the protocol with the SDK's own client: over standard input and output, and over HTTP on loopback alone."""

from __future__ import annotations

import asyncio
import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from rkedoc.resources import resource

PROGRAM = "from rkedoc.cli import main; main()"
DEMOS = [str(resource("data", name)) for name in ("demo.ndjson.zst", "demo-rke2.ndjson.zst")]
TOOLS = {"clusters", "explain", "find", "show", "users", "ledger", "diff", "support", "problems"}


def asked(connection: Any, questions: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """What the server says to each question; the list of its tools first."""

    async def talk() -> list[Any]:
        async with Client(connection) as client:
            tools = (await client.list_tools()).tools
            return [tools, *[await client.call_tool(name, arguments) for name, arguments in questions]]

    return asyncio.run(talk())


def over_pipes(*given: str) -> Any:
    return stdio_client(StdioServerParameters(command=sys.executable, args=["-c", PROGRAM, "mcp", *given]))


def test_every_tool_only_reads_and_answers(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    for path in DEMOS:
        shutil.copy(path, folder)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()}
    questions: list[tuple[str, dict[str, Any]]] = [
        ("clusters", {}),
        ("explain", {"name": "etcd", "cluster": "rancher-demo"}),
        ("find", {"text": "10.43.0.10", "cluster": "rancher-demo"}),
        ("show", {"id": "core/Namespace/-/default", "cluster": "rke2-demo"}),
        ("users", {"of": "pause", "cluster": "rancher-demo"}),
        ("ledger", {"cluster": "rke2-demo"}),
        ("support", {"cluster": "rancher-demo"}),
        ("problems", {"cluster": "rancher-demo"}),
        ("diff", {"cluster": "rancher-demo"}),
    ]
    tools, *told = asked(over_pipes(str(folder)), questions)
    assert {tool.name for tool in tools} == TOOLS == {name for name, _arguments in questions}
    assert all(tool.annotations.read_only_hint and not tool.annotations.destructive_hint for tool in tools)
    *answered, compared = told
    assert not any(one.is_error for one in answered)
    assert [one["cluster"] for one in answered[0].structured_content["data"]] == ["rancher-demo", "rke2-demo"]
    assert "etcd" in answered[1].structured_content["explanation"][0]["text"]
    assert compared.is_error and "no version before" in compared.content[0].text
    assert {
        path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()
    } == before


def test_a_question_that_goes_wrong_is_a_sentence_and_the_next_is_answered() -> None:
    _tools, wrong, right = asked(over_pipes(DEMOS[0]), [("show", {"id": "/etc/passwd"}), ("ledger", {})])
    assert wrong.is_error and "there is no object '/etc/passwd'" in wrong.content[0].text
    assert "Traceback" not in wrong.content[0].text
    assert not right.is_error and right.structured_content["sums"]["closes"]


def test_a_broken_snapshot_is_named_and_the_others_answer(tmp_path: Path) -> None:
    shutil.copy(DEMOS[0], tmp_path)
    (tmp_path / "broken.ndjson").write_text('{"rkedoc":"snapshot"\n')
    _tools, told = asked(over_pipes(str(tmp_path)), [("clusters", {})])
    assert [one["file"] for one in told.structured_content["left_out"]] == ["broken.ndjson"]
    assert told.structured_content["found"] == 1


@contextmanager
def listening(*given: str) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "mcp", *given, "--http", str(port)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until and process.poll() is None
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.communicate()


def posted(port: int, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})
    sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **headers}
    connection.request("POST", "/mcp", body, sent)
    status = connection.getresponse().status
    connection.close()
    return status


def test_over_http_it_answers_on_loopback_and_hears_no_page_of_a_browser() -> None:
    with listening(DEMOS[0]) as port:
        _tools, told = asked(f"http://127.0.0.1:{port}/mcp", [("support", {})])
        assert not told.is_error and told.structured_content["data"]
        # A page whose name was led to this machine (DNS rebinding), and one that sends across origins.
        assert posted(port, Host="attacker.example") == 421
        assert posted(port, Origin="https://attacker.example") == 403
        others = [address[4][0] for address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
        for other in others:
            if not other.startswith("127."):
                with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
                    socket.create_connection((other, port), 2).close()


def test_without_the_sdk_it_says_what_to_install() -> None:
    code = f"import sys; sys.modules['mcp'] = None; {PROGRAM}"
    done = subprocess.run([sys.executable, "-c", code, "mcp", DEMOS[0]], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "pip install 'rkedoc[mcp]'" in done.stderr and "Traceback" not in done.stderr


def test_nothing_to_answer_from_is_a_mistake(tmp_path: Path) -> None:
    for given in (str(tmp_path), str(tmp_path / "none")):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "mcp", given], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2 and done.stderr.startswith("rkedoc: ") and "Traceback" not in done.stderr

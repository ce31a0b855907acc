"""The commands as a person types them: what they print, where, and how they end."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
import zstandard

from rkedoc import __version__
from rkedoc.cli.common import wanted_colour
from rkedoc.resources import resource
from rkedoc.snapshot.record import Record
from rkedoc.snapshot.writer import HeaderParts, write
from tests.support.commands import Ended, Run
from tests.support.nodes import Pod, container, rke

DEMO = resource("data", "demo.ndjson.zst")
RKE2_DEMO = resource("data", "demo-rke2.ndjson.zst")
LISTED = Path(__file__).parent / "data" / "listings" / "recorded"
SECRET = "CANARY-c11-5up3rs3cr3tV4lue"


def refused(ended: Ended) -> None:
    """A command that could not do what it was asked for: one line, no traceback, the code that says so."""
    assert ended.code == 2, ended
    assert ended.out == ""
    assert ended.err.startswith("rkedoc: ")
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    assert "a mistake in rkedoc" not in ended.err


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """A small snapshot."""
    pod = Pod("web-645d6dcdd5-4677w", owner=("ReplicaSet", "web-645d6dcdd5"))
    return snapshot(
        tmp_path / "node.ndjson", [rke("kubelet"), container("blog", "nginx:1.19"), pod.record(), *pod.parts()]
    )


def snapshot(path: Path, records: list[Record]) -> Path:
    write(path, HeaderParts({"name": "test", "uid": "u"}, (), {"rules": {}, "key": None, "masked": []}),
          [sorted(records, key=lambda record: record.id.encode())])  # fmt: skip
    return path


def bad_files(folder: Path, good: Path) -> Iterator[tuple[str, Path]]:
    """Files that are no whole snapshot."""
    packed = DEMO.read_bytes()
    plain = good.read_bytes()
    contents = {
        "empty": b"", "empty.zst": b"", "truncated.zst": packed[: len(packed) // 2], "flipped.zst": packed[:2000] + b"\xff" + packed[2001:],
        "header-alone.ndjson": plain.partition(b"\n")[0] + b"\n", "cut-at-a-line": plain[: plain.rstrip(b"\n").rindex(b"\n") + 1],
        "cut": plain[:-20], "list.json": b"[]", "text": b"hello\n", "latin": b'{"rkedoc": "\xe9"}\n', "zeros": bytes(5000), "null": b"null\n",
        "inspect.json": json.dumps([{"Id": "x", "Config": {"Env": [f"DB_PASSWORD={SECRET}"]}}]).encode(),
        "deep": b"[" * 100_000 + b"\n", "bomb.zst": zstandard.ZstdCompressor().compress(bytes(50_000_000)),
    }  # fmt: skip
    for name, content in contents.items():
        path = folder / name
        path.write_bytes(content)
        yield name, path
    (folder / "folder").mkdir()
    yield "folder", folder / "folder"
    yield "missing", folder / "missing"
    yield "below a file", good / "x"
    yield "no name", Path()


# Help, and what no command understands -----------------------------------------------------------------------------


def test_it_says_its_version_and_its_commands(run: Run) -> None:
    assert run("--version").out == f"rkedoc, version {__version__}\n"
    help_text = run("--help").out
    for name in (
        "collect",
        "build",
        "init",
        "demo",
        "explain",
        "ledger",
        "validate",
        "merge",
        "redact",
        "keygen",
        "rbac",
        "schema",
    ):
        assert re.search(rf"^  {name} ", help_text, re.MULTILINE)
        told = run(name, "-h")
        assert told.code == 0
        assert told.out.startswith("Usage: rkedoc")


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["ledger"], ["ledger", "--format", "xml", "x"], ["collect", "--nonsense"], ["merge", "x"]],
)
def test_what_is_typed_wrong_is_said_with_code_two(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage:" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("command", ["ledger", "validate", "merge", "redact", "build", "explain", "rbac"])
def test_no_bad_file_gives_a_traceback_or_a_part_of_anything(
    run: Run, node: Path, tmp_path: Path, command: str
) -> None:
    target = tmp_path / "target"
    for name, path in bad_files(tmp_path, node):
        arguments = {
            "ledger": ["ledger", path], "validate": ["validate", path], "merge": ["merge", node, path, "-o", target],
            "redact": ["redact", path, "-o", target], "build": ["build", path, "-o", target],
            "explain": ["explain", "kubelet", "--snapshot", path], "rbac": ["rbac", "--from", path],
        }[command]  # fmt: skip
        ended = run(*arguments)
        try:
            refused(ended)
            assert SECRET not in ended.err
            assert not target.exists()
        except AssertionError as error:
            raise AssertionError(f"{name}: {ended}") from error


def test_a_file_that_may_not_be_read_is_refused(run: Run, node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def forbidden(path: Path, *arguments: Any, **named: Any) -> object:
        if path == node:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", forbidden)  # root, whom tests may run as, may read every file
    for arguments in (
        ["ledger", node],
        ["validate", node],
        ["explain", "kubelet", "--snapshot", node],
        ["rbac", "--from", node],
    ):
        ended = run(*arguments)
        refused(ended)
        assert "Permission denied" in ended.err


@pytest.mark.parametrize("command", ["merge", "redact", "keygen", "init", "build", "collect"])
def test_a_place_that_cannot_be_written_is_refused(run: Run, node: Path, command: str) -> None:
    ended = run(*{
        "merge": ["merge", node, node, "-o", node / "x"], "redact": ["redact", node, "-o", node / "x"], "keygen": ["keygen", node / "x"],
        "init": ["init", node / "x"], "build": ["build", node, "-o", node / "x", "--quiet"],
        "collect": ["collect", "--from", "-", "-o", node / "x", "--quiet"],
    }[command], stdin=json.dumps(INSPECT).encode())  # fmt: skip
    refused(ended)


# ledger ---------------------------------------------------------------------------------------------------------------


def test_the_ledger_as_json(run: Run) -> None:
    told = json.loads(run("ledger", DEMO, "--format", "json").out)
    assert list(told) == ["total", "running", "by_role", "by_origin", "by_node", "made_of", "closes", "closes_for_what_was_seen",
                          "not_seen", "unexplained", "mismatches", "not_collected", "runtimes", "containers", "support_on",
                          "support", "removed"]  # fmt: skip
    assert (told["total"], told["running"], told["closes"], told["unexplained"]) == (50, 38, True, [])
    keys = {
        "id",
        "name",
        "node",
        "state",
        "role",
        "origin",
        "component",
        "rule",
        "evidence",
        "made_of",
        "pod",
        "namespace",
    }
    assert all(set(item) == keys for item in told["containers"])
    assert len({item["id"] for item in told["containers"]}) == 50


def test_the_ledger_as_json_tells_of_processes_where_hosts_were_read(run: Run) -> None:
    told = json.loads(run("ledger", RKE2_DEMO, "--format", "json").out)
    assert told["processes"]["closes"]
    assert told["processes"]["unexplained"] == ["node_exporter (853)"]
    assert len(told["processes"]["processes"]) == told["processes"]["total"]
    assert (told["hosts_not_read"], set(told["parts"])) == ([], set(told["processes"]["by_node"]))
    page = (Path(__file__).parents[1] / "docs" / "reference" / "commands.md").read_text("utf-8")
    section = page.split("## rkedoc ledger\n")[1].split("\n## ")[0]
    assert [name for name in told if f"`{name}`" not in section] == []


def test_the_ledger_as_a_table_and_of_one_node(run: Run) -> None:
    whole = run("ledger", DEMO)
    assert (whole.code, whole.err) == (0, "")
    assert whole.out.startswith("50 containers (38 running, 12 not) − 18 pod sandboxes")
    assert run("ledger", DEMO, "--node", "rancher01").out == whole.out
    ended = run("ledger", DEMO, "--node", "other")
    refused(ended)
    assert "rancher01" in ended.err


def test_no_word_of_the_command_line_reaches_the_terminal_as_a_command(run: Run) -> None:
    for arguments in (
        ["ledger", DEMO, "--node", "x\x1b[31m\u202e\n"],
        ["ledger", "x\x1b[31m\n"],
        ["explain", "x\x1b[31m\u202e"],
    ):
        ended = run(*arguments)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", ended.out + ended.err)
        assert ended.err.count("\n") <= 1


# explain --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "listing", sorted(LISTED.glob("*.docker-ps-a.txt")), ids=lambda path: path.name.partition(".")[0]
)
def test_every_line_of_docker_ps_is_explained(run: Run, listing: Path) -> None:
    ended = run("explain", "-", "--format", "json", stdin=listing.read_bytes())
    told = json.loads(ended.out)
    names = [line.split()[-1] for line in listing.read_text().splitlines()[1:] if line.strip()]
    assert (ended.code, [item["name"] for item in told]) == (0, names)
    for item in told:
        assert list(item) == ["line", "name", "role", "origin", "component", "components", "summary"]
        assert item["summary"]
        assert item["origin"] != "unexplained"
    assert len(run("explain", "-", stdin=listing.read_bytes()).out.splitlines()) == len(names) + 1


@pytest.mark.parametrize(
    ("pasted", "said"),
    [(b"", "is empty"), (b"\n \n", "is empty"), (b"\xff\xfe\x00\n" * 3, "no line"), (b"# ls\n", "no line")],
)
@pytest.mark.parametrize("style", ["table", "json"])
def test_input_that_names_nothing_is_said_to(run: Run, pasted: bytes, said: str, style: str) -> None:
    ended = run("explain", "-", "--format", style, stdin=pasted)
    assert (ended.code, ended.out) == (1, "[]\n" if style == "json" else "")
    assert said in ended.err


@pytest.mark.parametrize("style", ["table", "json", "name"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_that_were_not_read_are_named_beside_those_that_were(run: Run, style: str, encoding: str) -> None:
    pasted = "This is what I see:\nkube-system   canal-4xk8d   2/2   Running   0   5d\nexit\n"
    ended = run("explain", "-", "--format", style, stdin=pasted.encode(encoding))
    assert ended.code == 0
    assert "canal" in ended.out
    assert "exit" not in ended.out
    assert "not read, line 1, 3: " in ended.err


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_name_of_which_nothing_is_known_is_said_to_be_one(run: Run, known: bool, language: str) -> None:
    more = ["--language", language, *(["--snapshot", DEMO] if known else [])]
    ended = run("explain", "nosuchthing", *more)
    assert (ended.code, ended.out) == (1, "")
    assert "nosuchthing" in ended.err
    near = run("explain", "kube-schduler", *more)
    assert (near.code, near.out) == (1, "")
    assert "kube-scheduler" in near.err


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "name", ["rancher/hyperkube:v1.20.4-rancher1", "rancher/rancher-agent:v2.5.5", "webapp", "kubelet"]
)
def test_the_verdict_does_not_depend_on_the_language(run: Run, name: str, known: bool) -> None:
    more = ["--format", "json", *(["--snapshot", DEMO] if known else [])]
    told = [run("explain", name, "--language", language, *more) for language in ("en", "zh_CN")]
    assert told[0].code == told[1].code
    one, other = ([{**item, "summary": ""} for item in json.loads(each.out)] for each in told)
    assert one == other


@pytest.mark.parametrize(
    "name",
    ["kubelet", "canal", "kube-system", "rancher/hyperkube:v1.20.9-rancher1", "k8s_POD_canal-nsttb_kube-system_x_0"],
)
@pytest.mark.parametrize("known", [True, False])
def test_one_name_is_explained_with_and_without_a_snapshot(run: Run, name: str, known: bool) -> None:
    more = ["--snapshot", DEMO] if known else []
    told = json.loads(run("explain", name, "--format", "json", *more).out)
    assert [(item["name"], bool(item["summary"])) for item in told] == [(name, True)]
    assert run("explain", name, *more).out.startswith(f"{name}\n")


def test_a_name_that_only_the_snapshot_knows_is_explained_by_it(run: Run) -> None:
    (told,) = json.loads(run("explain", "webapp", "--snapshot", DEMO, "--format", "json").out)
    assert told["origin"] == "workload"


# validate, merge, redact, keygen, schema, rbac -----------------------------------------------------------------------


def leaking(folder: Path) -> Path:
    """A snapshot that somebody wrote by hand, with everything still in it."""
    found = container("web")
    body: dict[str, Any] = {
        **found.body,
        "env": [{"name": "DB_PASSWORD", "value": SECRET}],
        "args": ["--token", SECRET],
    }
    return snapshot(folder / "leaking.ndjson", [Record(found.id, found.kind, None, body, {})])


@pytest.mark.parametrize("command", ["validate", "merge", "explain", "build", "ledger"])
def test_what_should_have_been_hidden_is_named_by_place_and_rule_never_by_value(
    run: Run, node: Path, tmp_path: Path, command: str
) -> None:
    path, target = leaking(tmp_path), tmp_path / "target"
    ended = run(*{
        "validate": ["validate", path], "merge": ["merge", node, path, "-o", target], "build": ["build", path, "-o", target],
        "explain": ["explain", "web", "--snapshot", path], "ledger": ["ledger", path],
    }[command])  # fmt: skip
    assert ended.code == 2
    assert SECRET not in ended.out + ended.err
    assert re.search(r"line 2.*intent\S*env.*rule ", ended.err, re.DOTALL)
    assert not target.exists()


def test_redact_repairs_such_a_file(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "safe.ndjson"
    assert run("redact", leaking(tmp_path), "-o", output).code == 0
    assert SECRET.encode() not in output.read_bytes()
    assert run("validate", output).code == 0


def test_validate_says_what_is_good_and_counts_what_is_not(run: Run, node: Path, tmp_path: Path) -> None:
    good = run("validate", node, DEMO)
    assert (good.code, good.err) == (0, "")
    assert [line.rpartition(": ")[2] for line in good.out.splitlines()] == ["good", "good"]
    (tmp_path / "bad").write_bytes(b"x")
    both = run("validate", tmp_path / "bad", node)
    assert both.code == 2
    assert both.out.count("good") == 1


def test_merge_joins_nodes_to_a_file_or_to_standard_output(run: Run, node: Path, tmp_path: Path) -> None:
    other = snapshot(tmp_path / "other.ndjson", [rke("kubelet", node="n2")])
    output = tmp_path / "both.ndjson.zst"
    ended = run("merge", node, other, "-o", output)
    assert ended.code == 0, ended
    assert json.loads(run("ledger", output, "--format", "json").out)["by_node"] == {"n1": 4, "n2": 1}
    piped = run("merge", node, other, "-o", "-")
    (tmp_path / "piped.ndjson").write_text(piped.out, encoding="utf-8")
    assert run("validate", tmp_path / "piped.ndjson").code == 0


def test_a_key_is_made_once_and_never_over_another(run: Run, tmp_path: Path) -> None:
    key = tmp_path / "key"
    made = run("keygen", key)
    assert made.code == 0
    content = key.read_bytes()
    assert content.strip() not in (made.out + made.err).encode()
    assert key.stat().st_mode & 0o077 == 0
    refused(run("keygen", key))
    assert key.read_bytes() == content


def test_the_schema_is_json_and_rights_are_get_and_list_alone(run: Run) -> None:
    assert "$schema" in json.loads(run("schema").out)
    rights = run("rbac", "--from", DEMO)
    assert rights.code == 0
    assert "ClusterRole" in rights.out
    assert "*" not in "".join(line for line in rights.out.splitlines() if not line.lstrip().startswith("#"))
    assert not re.search(r"\b(create|update|patch|delete|watch|deletecollection)\b", rights.out)


# collect --------------------------------------------------------------------------------------------------------------

INSPECT = [
    {"Id": "a" * 64, "Name": "/kubelet", "State": {"Status": "running"},
     "Config": {"Image": "rancher/hyperkube:v1.20.9-rancher1", "Env": [f"DB_PASSWORD={SECRET}"],
                "Labels": {"io.rancher.rke.container.name": "kubelet"}}},
    {"Id": "b" * 64, "Name": "/k8s_POD_web-0_shop_uid-x_0_1f2e3d4c", "State": {"Status": "running"}, "Config": {"Image": "rancher/pause:3.2"}},
]  # fmt: skip


def test_collect_reads_docker_inspect_from_standard_input(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "node.ndjson.zst"
    ended = run("collect", "--from", "-", "-o", output, "--quiet", stdin=json.dumps(INSPECT).encode())
    assert ended.code == 0, ended
    assert SECRET not in ended.out + ended.err
    assert output.stat().st_mode & 0o777 == 0o600
    told = json.loads(run("ledger", output, "--format", "json").out)
    assert (told["total"], told["closes_for_what_was_seen"], told["by_role"]) == (
        2,
        True,
        {"sandbox": 1, "standalone": 1},
    )


def test_collect_writes_to_standard_output(run: Run, tmp_path: Path) -> None:
    ended = run("collect", "--from", "-", "-o", "-", "--quiet", stdin=json.dumps(INSPECT).encode())
    (tmp_path / "piped.ndjson").write_text(ended.out, encoding="utf-8")
    assert run("validate", tmp_path / "piped.ndjson").code == 0


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"not json", b"[{}]", b"\xff\xfe", f'{{"kind": "{SECRET}"'.encode(), b"[" * 100_000]
)
def test_collect_of_nothing_writes_nothing(run: Run, tmp_path: Path, content: bytes) -> None:
    ended = run("collect", "--from", "-", "-o", tmp_path / "node.ndjson", stdin=content)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert SECRET not in ended.out + ended.err
    assert not (tmp_path / "node.ndjson").exists()


# As a program ---------------------------------------------------------------------------------------------------------

PROGRAM = [sys.executable, "-c", "from rkedoc.cli import main; main()"]


def test_a_reader_that_goes_away_is_no_mistake() -> None:
    with subprocess.Popen(
        [*PROGRAM, "ledger", str(DEMO), "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        said = process.stderr.read()
        process.wait()
    assert said == b""
    assert process.returncode in (0, 1)


def test_output_that_cannot_be_written_is_said_in_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run([*PROGRAM, "ledger", str(DEMO)], stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode not in (0, None)
    assert b"Traceback" not in ended.stderr
    assert b"a mistake in rkedoc" not in ended.stderr
    assert ended.stderr.count(b"\n") == 1


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_any_locale_will_do(locale: str) -> None:
    environment = {**os.environ, "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}
    for arguments in (["ledger", str(DEMO)], ["explain", "kubelet"], ["schema"]):
        ended = subprocess.run([*PROGRAM, *arguments], capture_output=True, check=False, env=environment)
        assert (ended.returncode, ended.stderr) == (0, b"")


def test_an_encoding_that_lacks_letters_is_no_mistake() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run([*PROGRAM, "ledger", str(DEMO)], capture_output=True, check=False, env=environment)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.startswith(b"50 containers")


# build and init -------------------------------------------------------------------------------------------------------


def test_build_says_where_to_open_the_site(run: Run, node: Path, tmp_path: Path) -> None:
    ended = run("build", node, "-o", tmp_path / "site", "--quiet")
    assert ended.code == 0, ended.err
    assert (tmp_path / "site" / "index.html").is_file()
    assert (tmp_path / "site" / "index.html").stat().st_mode & 0o777 == 0o640
    text = run("build", node, "-o", tmp_path / "text", "--builder", "text")
    assert text.code == 0, text.err
    assert re.match(r"[0-9]+ pages\. Open ", text.out)


def test_init_writes_a_project_and_leaves_what_is_there(run: Run, node: Path, tmp_path: Path) -> None:
    first = run("init", tmp_path / "wiki", "--snapshot", node)
    assert first.code == 0, first.err
    assert {"conf.py", "index.md"} <= {path.name for path in (tmp_path / "wiki").iterdir()}
    (tmp_path / "wiki" / "index.md").write_text("# Mine\n", encoding="utf-8")
    assert "Everything was there already" in run("init", tmp_path / "wiki", "--snapshot", node).out
    assert (tmp_path / "wiki" / "index.md").read_text(encoding="utf-8") == "# Mine\n"


def test_init_says_what_is_missing(run: Run, tmp_path: Path) -> None:
    ended = run("init", tmp_path / "wiki", "--snapshot", tmp_path / "nothing.ndjson")
    refused(ended)
    assert "nothing.ndjson: there is no such file; rkedoc collect -o" in ended.err
    assert not (tmp_path / "wiki").exists()
    told = run("init", tmp_path / "wiki")
    assert f"Put a snapshot there first: rkedoc collect -o {tmp_path}/wiki/snapshot.ndjson.zst" in told.out
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", str(tmp_path / "wiki"), str(tmp_path / "out")], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 2
    assert "Configuration error!" in built.stderr
    assert "check rkedoc_snapshot in conf.py" in built.stderr
    assert "Handler" not in built.stderr


def test_a_folder_that_cannot_be_made_is_named_by_its_own_name(run: Run, node: Path) -> None:
    ended = run("build", node, "-o", "/proc/site", "-q")
    refused(ended)
    assert ended.err.startswith("rkedoc: /proc/site: ")
    assert "-o names another one" in ended.err


def test_an_empty_folder_is_said_to_be_one_with_what_is_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    ended = run("collect", "--from", "dump", "-o", tmp_path / "s.ndjson")
    assert ended.code == 2
    assert "1 scope is not complete" in ended.err
    assert "(empty-folder): no file is in it\n" in ended.err


def test_a_build_says_one_line_and_shows_what_sphinx_says_only_if_asked(run: Run, node: Path, tmp_path: Path) -> None:
    site = str(tmp_path / "site")
    ended = run("build", node, "-o", site, "--builder", "text")
    assert (ended.code, ended.err, ended.out.count("\n")) == (0, "", 1)
    assert "reading sources" in run("build", node, "-o", site + "-v", "--builder", "text", "-v").err
    assert run("build", node, "-o", site + "-q", "--builder", "text", "-q").out == ""


def test_a_build_shows_a_bar_at_a_terminal_that_is_gone_at_its_end(node: Path, tmp_path: Path) -> None:
    told = terminal("build", node, "-o", tmp_path / "site", "--builder", "text")
    bar, _, last = told.rpartition("\r\x1b[2K\x1b[?25h")
    assert re.search(r"#\]\S*  100%", bar)
    assert "Running Sphinx" not in told
    assert re.fullmatch(r"[0-9]+ pages\. Open .*\n", last)
    drawn = [re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", part) for part in bar.split("\r")]
    assert max(len(part) for part in drawn) <= 60
    dumb = terminal("build", node, "-o", tmp_path / "dumb", "--builder", "text", TERM="dumb")
    assert re.fullmatch(r"[0-9]+ pages\. Open .*\n", dumb)


# The catalog, and how much is documented ---------------------------------------------------------------------------


def test_coverage_ends_with_one_where_it_falls_short(run: Run) -> None:
    assert run("coverage", DEMO).code == 0
    assert run("coverage", DEMO, "--min", "50").code == 0
    assert run("coverage", DEMO, "--min", "99.9").code == 1
    assert run("coverage", DEMO, "--fail-on", "undocumented").code == 1
    assert run("coverage", DEMO, "--fail-on", "unexplained", "--fail-on", "mismatch", "--fail-on", "stale").code == 0


def test_a_build_refuses_annotations_that_could_run_and_takes_them_where_they_are_trusted(
    run: Run, node: Path, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "etcd.md").write_text("---\nid: etcd\n---\n\n## If it stops\n\n<script>x</script>\n", "utf-8")
    options = ("-q", "--annotations", str(tmp_path / "own"), "-o", str(tmp_path / "site"))
    told = run("build", str(node), *options)
    assert told.code == 2
    assert "etcd.md, line 7: raw HTML" in told.err
    assert not (tmp_path / "site").exists()
    assert run("build", str(node), *options, "--trust-annotations").code == 0


def test_coverage_that_cannot_be_found_out_ends_with_two(run: Run, tmp_path: Path) -> None:
    refused(run("coverage", tmp_path / "nothing.ndjson"))
    refused(run("coverage", DEMO, "--annotations", tmp_path / "nothing"))
    (tmp_path / "bad.md").write_text("no front matter")
    refused(run("coverage", DEMO, "--annotations", tmp_path))
    assert run("coverage", DEMO, "--min", "101").code == 2


def test_support_fails_a_pipeline_where_it_is_asked_to(run: Run, tmp_path: Path) -> None:
    assert run("support", DEMO).code == 0
    assert run("support", DEMO, "--fail-on", "ended").code == 1
    assert run("support", DEMO, "--fail-on", "removed").code == 1
    assert run("support", RKE2_DEMO, "--fail-on", "removed", "--fail-on", "unknown").code == 0
    refused(run("support", tmp_path / "nothing.ndjson"))
    assert run("support", DEMO, "--fail-on", "supported").code == 2


def test_a_cluster_that_is_not_rke1_has_nothing_to_move_from(run: Run) -> None:
    ended = run("migrate", RKE2_DEMO)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "rke2-demo is a cluster of kind RKE2, not RKE1: there is nothing to move from\n"
    told = json.loads(run("migrate", RKE2_DEMO, "-o", "json").out)
    assert (told["applies"], told["findings"], told["components"]) == (False, [], [])
    assert run("migrate", DEMO, "-o", "markdown").out.startswith("# rancher-demo: from RKE1 to RKE2\n")


def test_two_clusters_are_compared_across(run: Run) -> None:
    ended = run("diff", "--across", DEMO, RKE2_DEMO)
    assert (ended.code, ended.err) == (1, "")
    assert "  - Deployment webapp [removed, configuration]" in ended.out
    assert run("diff", "--across", DEMO, DEMO).code == 0
    told = json.loads(run("diff", "--across", DEMO, RKE2_DEMO, "-o", "json").out)
    assert {"roles", "settings", "changes", "installed"} <= set(told)
    assert "apps/Deployment/default/webapp" in run("diff", "--across", DEMO, RKE2_DEMO, "-o", "name").out.splitlines()


@pytest.mark.parametrize("command", ["ledger", "coverage"])
def test_other_answers_for_programs_carry_the_state_of_support(run: Run, command: str) -> None:
    told = json.loads(run(command, DEMO, "-o", "json").out)
    assert {one["of"]: one["ends"] for one in told["support"]}["RKE1"] == "2025-07-31"
    assert "batch/v1beta1 CronJob" in {one["what"] for one in told["removed"]}


def test_coverage_as_json_adds_up(run: Run) -> None:
    told = json.loads(run("coverage", DEMO, "--format", "json").out)
    assert sum(group["total"] for group in told["groups"].values()) == told["total"]["total"] == len(told["subjects"])
    assert sum(subject["documented"] for subject in told["subjects"]) == told["total"]["documented"]


def test_the_catalog_is_listed_and_shown(run: Run) -> None:
    listed = json.loads(run("catalog", "list", "--format", "json").out)
    assert {"etcd", "kubelet", "canal", "cattle-system"} <= {entry["id"] for entry in listed}
    assert len(run("catalog", "list").out.splitlines()) == len(listed) + 1
    concepts = json.loads(run("catalog", "list", "--kind", "concept", "--format", "json").out)
    assert {entry["kind"] for entry in concepts} == {"concept"}
    shown = run("catalog", "show", "etcd")
    assert "If it stops" in shown.out
    assert "Sources" in shown.out
    assert json.loads(run("catalog", "show", "etcd", "--format", "json").out)["id"] == "etcd"


def test_an_entry_that_is_not_there_is_refused_with_what_is_near(run: Run) -> None:
    ended = run("catalog", "show", "kubelett")
    refused(ended)
    assert "kubelet" in ended.err


def test_lint_finds_what_is_wrong_with_a_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.md").write_text(
        "---\nid: shop\nname: Shop\nsummary: The shop.\nmatch:\n  - {workload: shop}\n---\n"
    )
    good = run("catalog", "lint", tmp_path)
    assert (good.code, good.out) == (0, "1 files; 0 findings\n")
    (tmp_path / "bad.md").write_text("---\nid: x\nnmae: X\n---\n")
    bad = run("catalog", "lint", tmp_path)
    assert bad.code == 1
    assert "unknown key 'nmae'" in bad.out
    refused(run("catalog", "lint", tmp_path / "nowhere"))


@pytest.mark.parametrize("command", [("explain", "etcd"), ("ledger", DEMO), ("coverage", DEMO), ("catalog", "list")])
def test_a_language_that_nobody_speaks_here_is_refused(run: Run, command: tuple[object, ...]) -> None:
    refused(run(*command, "--language", "tlh"))


def test_json_is_english_whatever_the_locale(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    english = run("ledger", DEMO, "--format", "json").out
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert run("ledger", DEMO, "--format", "json").out == english


# How an answer is printed ---------------------------------------------------------------------------------------------

ASKED: list[tuple[object, ...]] = [
    ("explain", "kubelet"), ("ledger", DEMO), ("diff", DEMO, RKE2_DEMO), ("coverage", DEMO), ("validate", DEMO),
    ("catalog", "list"), ("catalog", "show", "etcd"), ("support", DEMO), ("migrate", DEMO),
]  # fmt: skip


@pytest.mark.parametrize("command", ASKED, ids=lambda command: " ".join(map(str, command[:1])))
def test_every_answer_can_be_had_as_kubectl_has_it(run: Run, command: tuple[object, ...]) -> None:
    data = run(*command, "-o", "json")
    assert yaml.safe_load(run(*command, "-o", "yaml").out) == json.loads(data.out)
    assert run(*command, "--format", "json") == data
    names = run(*command, "-o", "name")
    assert (names.code, names.err) == (data.code, "")
    lines = names.out.splitlines()
    assert len(lines) == len(set(lines))
    assert all(line.strip() == line != "" for line in lines)
    assert run(*command, "-o", "wide").code == data.code
    assert "\x1b" not in run(*command).out


def test_names_can_be_handed_on(run: Run) -> None:
    listed = run("catalog", "list", "--kind", "concept", "-o", "name").out.split()
    assert run("catalog", "show", listed[0], "-o", "name").out.split() == [listed[0]]
    assert run("explain", "kubelet", "-o", "name").out.split() == ["kubelet"]
    assert "kubelet" in run("ledger", DEMO, "-o", "name").out.split()


def test_validate_names_what_is_wrong_and_says_it_as_data(run: Run, node: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"x")
    ended = run("validate", node, "bad", "-o", "name")
    assert (ended.code, ended.out) == (2, "bad\n")
    good, bad = json.loads(run("validate", node, "bad", "-o", "json").out)
    assert (good["good"], good["findings"], bad["good"]) == (True, [], False)
    assert bad["refused"]


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, None), ({"NO_COLOR": ""}, None), ({"NO_COLOR": "0"}, False), ({"FORCE_COLOR": "1"}, True), ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False), ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)  # fmt: skip
def test_the_environment_says_whether_there_is_colour(environment: dict[str, str], wanted: bool | None) -> None:
    assert wanted_colour(environment) is wanted


def terminal(*arguments: object, columns: int = 60, **more: str) -> str:
    """What a command prints to a terminal, all of it. ``columns`` are the terminal's own."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    bare = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    with subprocess.Popen(
        [*PROGRAM, *map(str, arguments)], stdin=writer, stdout=writer, stderr=writer,
        env={**bare, "TERM": "xterm", "LC_ALL": "C.UTF-8", **more},
    ) as process:  # fmt: skip
        os.close(writer)
        told = b""
        while True:
            try:
                part = os.read(reader, 65536)
            except OSError:  # Linux says so when the last writer has gone
                break
            if not part:
                break
            told += part
        assert process.wait() == 0, told
    os.close(reader)
    return told.decode().replace("\r\n", "\n")


def test_a_terminal_gets_lines_that_fit_and_colour() -> None:
    for columns, more in ((60, {}), (72, {"COLUMNS": "72"})):
        told = terminal("ledger", DEMO, columns=60, **more)
        bare = re.sub("\x1b\\[[0-9;]*m", "", told)
        assert bare != told
        assert 50 < max(map(len, bare.splitlines())) <= columns
    assert "\x1b" not in terminal("ledger", DEMO, NO_COLOR="1")


def test_what_is_piped_is_the_same_whatever_the_terminal() -> None:
    told = [
        subprocess.run([*PROGRAM, "ledger", str(DEMO)], capture_output=True, check=True, env={**os.environ, **more}).stdout
        for more in ({"COLUMNS": "40"}, {"COLUMNS": "200"})
    ]  # fmt: skip
    assert told[0] == told[1]
    assert b"\x1b" not in told[0]
    coloured = subprocess.run(
        [*PROGRAM, "ledger", str(DEMO)], capture_output=True, check=True, env={**os.environ, "FORCE_COLOR": "1"}
    )
    assert re.sub(b"\x1b\\[[0-9;]*m", b"", coloured.stdout) == told[0] != coloured.stdout

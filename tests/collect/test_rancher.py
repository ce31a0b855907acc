"""All clusters of a Rancher: each becomes a snapshot of its own, and one that cannot be read costs itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.bearer import read_token
from rkedoc.collect.kubernetes.guard import check as check_kubernetes
from rkedoc.collect.options import CollectOptions, Through, check_options
from rkedoc.collect.private_folder import PREFIX
from rkedoc.collect.rancher import guard
from rkedoc.collect.rancher.access import address_of, endpoint_through, rancher_transport
from rkedoc.collect.rancher.clusters import Cluster, chosen, list_clusters
from rkedoc.collect.rancher.run import collect_rancher
from rkedoc.collect.rancher.workers import Ended, _context, _Worker
from rkedoc.errors import CollectError, ForbiddenRequest, SourceUnavailable, UsageError
from rkedoc.redact import Redactor
from rkedoc.redact.audit import audit
from rkedoc.redact.rewrite import redact_snapshot
from rkedoc.snapshot.merge import merge
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Capture
from rkedoc.snapshot.validate import validate
from rkedoc.snapshot.writer import HeaderParts, write
from tests.collect.test_engine_tls import authority
from tests.collect.test_kubernetes_tls import serving
from tests.support.collecting import Heard
from tests.support.misbehave import Api, Reply, running, status
from tests.support.player import api_of
from tests.support.rancher import PROXY, TOKEN, Member, Rancher, error, small

COMMAND = [sys.executable, "-m", "rkedoc", "collect"]
SECRET = re.search(r"[^:]+$", TOKEN)[0].encode()  # type: ignore[index]


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of this machine's."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def token_file(folder: Path, token: str = TOKEN, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(f"{token}\n")
    path.chmod(mode)
    return path


@dataclass(frozen=True)
class Done:
    """A run that has ended."""

    rancher: Rancher
    folder: Path
    code: int
    stdout: str
    stderr: str

    def files(self) -> list[str]:
        """What is in the folder, without the times."""
        return sorted(re.sub(r"-\d{8}T\d{6}Z", "", path.name) for path in self.folder.iterdir())

    def file(self, name: str) -> Path:
        (path,) = self.folder.glob(f"{name}-2*")
        return path


def ran(rancher: Rancher, scratch: Path, *arguments: object) -> Done:
    """Run the command over a Rancher."""
    folder = scratch / "out"
    with running(rancher) as url:
        command = [*COMMAND, "--rancher", url, "--token-file", token_file(scratch), "-o", folder, *arguments]
        done = subprocess.run(list(map(str, command)), capture_output=True, timeout=300)
    assert SECRET not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr
    return Done(rancher, folder, done.returncode, done.stdout.decode(), done.stderr.decode())


HOSTILE = "../../../etc/<b>x</b>\x1b[31m"


@pytest.fixture(scope="module")
def fleet(recording: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A Rancher with clusters of all kinds, collected once."""
    many = [Member(f"c-m-{number:04}", f"shop-{number}", labels={"env": "test"}) for number in range(20)]
    rancher = Rancher(
        *many,
        Member("local", "local", small("rancher"), more={"internal": True}),
        Member("c-rec", "Recorded", api_of(recording("rke-single-node")), labels={"env": "prod", "note": TOKEN}),
        Member("c-off", "asleep", partial(error, 503, "ClusterUnavailable"), state="unavailable"),
        Member("c-agent", "lost", partial(Reply, 500, b"cluster agent disconnected"), state="unavailable"),
        Member("c-no", "closed", partial(status, 403, "Forbidden")),
        Member("c-bad", HOSTILE),
        Member("c-twin1", "twin"),
        Member("c-twin2", "Twin"),
        Member("c-html", "page", partial(Reply, 200, b"<html>log in</html>", content_type="text/html")),
        # As Rancher has them: of such an object nothing else may be kept.
        Member("c-cloud", "cloud", more={"eksConfig": {"secretKey": "CANARYcloudkey"}, "apiEndpoint": "https://x"}),
        most=7,
    )
    return ran(rancher, tmp_path_factory.mktemp("fleet"))


def test_each_cluster_is_a_file_named_after_it(fleet: Done) -> None:
    shops = [f"shop-{number}.ndjson.zst" for number in range(20)]
    others = ["cloud", "etc-b-x-b-31m", "local", "recorded", "twin-c-twin1", "twin-c-twin2"]
    assert fleet.files() == sorted([*shops, *(f"{name}.ndjson.zst" for name in others)])
    for path in fleet.folder.iterdir():
        report = validate(path, audit=partial(audit, words=Redactor()))
        assert report.findings == (), path


def test_a_snapshot_says_what_rancher_calls_its_cluster(fleet: Done) -> None:
    header = load(fleet.file("recorded")).header
    server = dict(header.rancher).pop("server")
    assert header.rancher == {
        "server": server, "version": "v2.9.2", "id": "c-rec", "name": "Recorded", "provider": "rke2", "driver": "imported",
        "state": "active", "labels": {"env": "prod", "note": "‹hidden›"},
    }  # fmt: skip
    assert server.startswith("http://127.0.0.1:")
    assert header.cluster["name"] == "Recorded"
    assert header.records > 100


def test_a_cluster_that_cannot_be_read_costs_itself_and_is_named_with_the_reason(fleet: Done) -> None:
    assert fleet.code == 0
    said = fleet.stderr[fleet.stderr.index("4 clusters were not collected:") :].splitlines()[1:]
    assert sorted(said) == [
        "  asleep (c-off), which Rancher calls unavailable: it answered 503 to /api",
        "  closed (c-no): it answered 403 to /api: these credentials are not accepted, or may not discover",
        "  lost (c-agent), which Rancher calls unavailable: it answered 500 to /api",
        "  page (c-html): its answer to /api is no JSON: is it a Kubernetes API?",
    ]
    assert "rancher: 26 of 30 clusters collected" in fleet.stderr
    assert "\x1b" not in fleet.stderr


def test_nothing_is_sent_but_what_the_guards_let_through(fleet: Done) -> None:
    for request in fleet.rancher.requests:
        if request.path.startswith(PROXY):
            path = "/" + request.path.removeprefix(PROXY).partition("/")[2]
            check_kubernetes(request.method, path, request.query, request.headers["accept"])
        else:
            guard.check(request.method, request.path, request.query, request.headers["accept"])
    pages = [request.query for request in fleet.rancher.sent("/v3/clusters")]
    assert [page.get("marker") for page in pages] == [None, "c-m-0003", "c-m-0010", "c-m-0017", "c-twin2"]


def test_neither_the_token_nor_anything_else_of_ranchers_object_is_written(fleet: Done) -> None:
    for path in fleet.folder.iterdir():
        snapshot = load(path)
        lines = snapshot.header.line() + b"".join(record.line() for record in snapshot.records)
        assert SECRET not in lines
        assert b"CANARY" not in lines, path


def test_filters_strictness_and_a_plan(tmp_path: Path) -> None:
    rancher = Rancher(
        Member("c-1", "prod-a"),
        Member("c-2", "prod-b", partial(error, 503, "ClusterUnavailable")),
        Member("c-3", "test"),
    )
    planned = ran(rancher, tmp_path, "--plan", "-q", "--cluster-filter", "prod-a")
    assert planned.code == 0
    assert not planned.folder.exists()
    assert planned.stdout.splitlines()[:4] == [
        "# rancher",
        "rancher  GET /v3/clusters?limit=100  (1 for each 100 clusters, sent now)",
        "rancher  GET /v3/settings/server-version  (1, sent now)",
        "# prod-a (c-1)",
    ]
    assert "kubernetes  GET /api/v1/pods?limit=500  (1 for each 500 objects)" in planned.stdout
    strict = ran(rancher, tmp_path, "--strict", "--cluster-filter", "prod-*")
    assert strict.code == 3
    assert strict.files() == ["prod-a.ndjson.zst"]


def test_none_that_could_be_collected_is_no_success(tmp_path: Path) -> None:
    done = ran(Rancher(Member("c-2", "b", partial(error, 503, "ClusterUnavailable"))), tmp_path)
    assert done.code == 2
    assert done.files() == []


def hanging(release: threading.Event) -> Reply:
    """Answers nothing until it may."""
    release.wait(60)
    return Reply()


def test_one_that_hangs_is_given_up_and_the_others_are_there(tmp_path: Path) -> None:
    release = threading.Event()

    rancher = Rancher(Member("c-1", "hangs", partial(hanging, release)), Member("c-2", "well"))
    with running(rancher) as url:
        options = CollectOptions(rancher=url, token_file=token_file(tmp_path), output=tmp_path / "out")
        began = time.monotonic()
        assert collect_rancher(options, progress=(heard := Heard()), longest=15.0) == 0
        assert time.monotonic() - began < 50
        release.set()
    assert [path.name[:5] for path in (tmp_path / "out").iterdir()] == ["well-"]
    assert heard.ended == {"hangs (c-1)": "failed", "well (c-2)": "complete"}
    assert any("1 of 2 clusters collected" in note for note in heard.notes)


def test_a_process_that_is_killed_costs_its_cluster_and_leaves_nothing(tmp_path: Path) -> None:
    release = threading.Event()
    spool = tmp_path / "spool"
    spool.mkdir()
    with running(Rancher(Member("c-1", "a", partial(hanging, release)))) as url:
        through = Through(url, "c-1", "a", TOKEN, {})
        worker = _Worker(_context())
        options = CollectOptions(through=through, engine="none", output=tmp_path / "s.ndjson", spool_dir=spool)
        worker.begin("c-1", options, 100.0)
        worker.hear()  # the note of its endpoint: it is under way
        number = worker._process.pid or 0
        (spool / f"{PREFIX}{number}-begun").mkdir()
        os.kill(number, signal.SIGKILL)
        news = worker.hear()
        release.set()
    assert isinstance(news, Ended)
    assert news.reason == "its process ended (by the signal SIGKILL; too little memory?)"
    assert list(tmp_path.rglob("*")) == [spool]


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_what_is_whole_and_nothing_else(tmp_path: Path, number: signal.Signals) -> None:
    release = threading.Event()
    slow = small()
    slow.route("/api/v1/pods", lambda _request: hanging(release))
    rancher = Rancher(Member("c-1", "whole"), Member("c-2", "slow", slow))
    folder, scratch = tmp_path / "out", tmp_path / "tmp"
    scratch.mkdir()
    with running(rancher) as url:
        command = [*COMMAND, "--rancher", url, "--token-file", str(token_file(tmp_path)), "-o", str(folder)]
        environment = {**os.environ, "TMPDIR": str(scratch), "XDG_RUNTIME_DIR": str(scratch)}
        # Whoever runs the tests may ignore interruptions, as what a shell starts in the background does.
        heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        process = subprocess.Popen(
            command, stderr=subprocess.PIPE, env=environment, start_new_session=True, preexec_fn=heard
        )
        for _ in range(1200):
            if folder.is_dir() and list(folder.glob("whole-*.zst")) and slow.sent("/api/v1/pods"):
                break
            time.sleep(0.05)
        os.killpg(process.pid, number)  # as a terminal does: all processes of the run
        _, said = process.communicate(timeout=30)
        release.set()
    assert process.returncode == 128 + number, said.decode()
    assert b"1 snapshot that was whole is kept" in said
    assert b"Traceback" not in said
    (whole,) = folder.iterdir()
    assert validate(whole).findings == ()
    assert [path.name for path in scratch.iterdir() if path.name.startswith("rkedoc")] == []
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.killpg(process.pid, 0)
            time.sleep(0.1)


# The list ------------------------------------------------------------------------------------------------------------


def listed(rancher: Rancher, token: str = TOKEN) -> tuple[Cluster, ...]:
    with running(rancher) as url:
        _, transport = rancher_transport(url, token, run_id="cafe0123")
        return list_clusters(transport.get, url, threading.Event())


@given(st.lists(st.from_regex(r"c-[a-z0-9]{1,4}", fullmatch=True), unique=True, max_size=12), st.integers(1, 5))
def test_every_cluster_is_listed_once_whatever_the_size_of_pages(ids: list[str], most: int) -> None:
    rancher = Rancher(*(Member(name, name) for name in ids), most=most)
    found = list_clusters(Asked(rancher).get, "x", threading.Event())
    assert [cluster.id for cluster in found] == sorted(ids)


class Asked:
    """A Rancher without a network between."""

    def __init__(self, rancher: Rancher) -> None:
        self._rancher = rancher

    def get(self, path: str, **how: object) -> object:
        from rkedoc.collect.kubernetes.transport import JSON_ONLY, Answer

        query = how["query"] or {}
        assert isinstance(query, dict)
        guard.check("GET", path, query, JSON_ONLY)
        target = path + "?" + "&".join(f"{name}={value}" for name, value in query.items())
        reply = self._rancher.answer("GET", target, {"authorization": f"Bearer {TOKEN}"})
        return Answer(reply.status, "", bytes(reply.body), None)  # type: ignore[arg-type]


def test_a_page_that_begins_with_a_cluster_that_is_gone_does_not_begin_again_for_ever() -> None:
    rancher = Rancher(Member("c-1", "a"), Member("c-2", "b"))
    page = {"data": [rancher.members[0].listed()], "pagination": {"next": "https://x/v3/clusters?marker=c-gone"}}
    rancher.route("/v3/clusters", page)
    assert [cluster.id for cluster in listed(rancher)] == ["c-1"]
    assert len(rancher.sent("/v3/clusters")) == 2


def test_an_id_that_would_lead_elsewhere_is_no_cluster() -> None:
    for id_ in ("../../v3/tokens", "a/b", "a?b", "", "A", "%2e%2e", "a.b"):
        rancher = Rancher(Member("c-1", "a"))
        rancher.route("/v3/clusters", {"data": [Member(id_, "bad").listed(), Member("c-1", "a").listed(), None, 7]})
        assert [cluster.id for cluster in listed(rancher)] == ["c-1"]


def test_the_token_does_not_follow_a_redirection() -> None:
    other = Api()
    rancher = Rancher()
    with running(other) as elsewhere:
        rancher.route("/v3/clusters", Reply(302, headers={"Location": f"{elsewhere}/v3/clusters"}))
        with pytest.raises(SourceUnavailable, match="it sends elsewhere, where the token is not sent"):
            listed(rancher)
    assert other.requests == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (error(404, "NotFound"), "is it a Rancher?"),
        (Reply(200, b"<html>"), "is no list of clusters"),
        (Reply(200, b'{"data": 1}'), "is no list of clusters"),
        (error(401, "Unauthorized"), "Make an API key with no scope"),
    ],
)
def test_what_is_no_list_is_told(answer: Reply, said: str) -> None:
    rancher = Rancher()
    rancher.route("/v3/clusters", answer)
    with pytest.raises(SourceUnavailable) as caught:
        listed(rancher)
    assert said in str(caught.value)
    assert "CANARY" not in str(caught.value)


def test_a_token_that_is_not_accepted_is_told_and_not_repeated() -> None:
    with pytest.raises(SourceUnavailable, match="the token is not accepted"):
        listed(Rancher(Member("c-1", "a")), token="token-aaaaa:CANARY")


def test_a_certificate_of_ones_own_authority_is_named_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = authority(tmp_path / "ours")
    for port in serving(Rancher(Member("c-1", "a")), ours, client_certificates=False):
        _, transport = rancher_transport(f"https://127.0.0.1:{port}", TOKEN, run_id="cafe0123")
        with pytest.raises(SourceUnavailable, match="SSL_CERT_FILE"):
            list_clusters(transport.get, "x", threading.Event())
        monkeypatch.setenv("SSL_CERT_FILE", str(ours / "ca.pem"))
        _, transport = rancher_transport(f"https://127.0.0.1:{port}", TOKEN, run_id="cafe0123")
        assert [cluster.name for cluster in list_clusters(transport.get, "x", threading.Event())] == ["a"]


def test_the_proxy_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:CANARY@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    through = Through("https://rancher.example", "c-1", "a", TOKEN, {})
    assert endpoint_through(through).proxy == "http://proxy.example:3128"
    assert endpoint_through(replace(through, rancher="https://inside.example")).proxy == ""
    assert endpoint_through(replace(through, rancher="https://127.0.0.1")).proxy == ""


# What is asked for ---------------------------------------------------------------------------------------------------

CLUSTERS = (
    Cluster("c-1", "prod-eu", {"env": "prod", "team": ""}),
    Cluster("c-2", "prod-us", {"env": "prod-us"}),
    Cluster("local", "local", {}),
)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ((), ["prod-eu", "prod-us", "local"]),
        (("prod-*",), ["prod-eu", "prod-us"]),
        (("c-2", "local"), ["prod-us", "local"]),
        (("env=prod",), ["prod-eu"]),
        (("env=*",), ["prod-eu", "prod-us"]),
        (("team=",), ["prod-eu"]),
        (("env=prod", "l*l"), ["prod-eu", "local"]),
    ],
)
def test_a_cluster_is_wanted_if_any_filter_names_it(filters: tuple[str, ...], names: list[str]) -> None:
    assert [cluster.name for cluster in chosen(CLUSTERS, filters, Redactor())] == names


def test_a_filter_that_names_no_cluster_is_a_mistake() -> None:
    with pytest.raises(UsageError, match=r"no cluster 'prd-eu'; did you mean prod-eu\?"):
        chosen(CLUSTERS, ("prod-*", "prd-eu"), Redactor())


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://rancher.example", "https://rancher.example"),
        ("https://rancher.example/v3", "https://rancher.example"),
        ("https://rancher.example:8443/at/v3/", "https://rancher.example:8443/at"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
    ],
)
def test_the_address_is_taken_as_ranchers_pages_show_it(given: str, address: str) -> None:
    assert address_of(given) == address


@pytest.mark.parametrize(
    "given",
    [
        "rancher.example", "ftp://rancher.example", "https://", "https://u:CANARY@rancher.example", "http://rancher.example",
        "https://rancher.example?token=CANARY", "https://[bad", "https://rancher.example:port", "",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_not_repeated(given: str) -> None:
    with pytest.raises(UsageError) as caught:
        address_of(given)
    assert "CANARY" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_a_token_is_read_from_a_file_of_ones_own_alone(tmp_path: Path) -> None:
    assert read_token(token_file(tmp_path)) == TOKEN
    for mode in (0o640, 0o604, 0o660):
        with pytest.raises(UsageError, match="others may read it"):
            read_token(token_file(tmp_path, mode=mode))
    for content in ("", "two words", "a\nb", "x" * 20_000, "schlüssel"):
        with pytest.raises(UsageError, match="it holds no token"):
            read_token(token_file(tmp_path, content))
    with pytest.raises(UsageError, match="No such file"):
        read_token(tmp_path / "none")


def test_a_token_is_not_shown_where_options_are() -> None:
    assert "CANARY" not in repr(CollectOptions(through=Through("https://x", "c-1", "a", TOKEN, {})))


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("POST", "/v3/clusters", {}), ("GET", "/v3/clusters/c-1", {}), ("GET", "/v3/tokens", {}), ("GET", "/v3/clusters", {"action": "x"}),
        ("GET", "/v3/clusters", {"limit": "-1"}), ("GET", "/v3/clusters", {"marker": "a&b"}), ("GET", "/v3/settings/cacerts", {}),
        ("GET", "/v3/settings/server-version", {"limit": "1"}), ("GET", "/k8s/clusters/c-1/api", {}),
    ],
)  # fmt: skip
def test_nothing_else_can_be_sent_to_rancher(method: str, path: str, query: dict[str, str]) -> None:
    with pytest.raises(ForbiddenRequest):
        guard.check(method, path, query, "application/json")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"token_file": None}, "needs --token-file"),
        ({"at_once": 0}, "--at-once"),
        ({"output": "-"}, "name a folder with -o"),
        ({"kubeconfig": Path("x")}, "leave out --kubeconfig"),
        ({"engine": "unix:///x"}, "leave out --engine"),
        ({"from_": (Path("x"),)}, "leave out --from"),
        ({"cluster": "x"}, "leave out --cluster"),
        ({"rancher": None}, "--token-file is for the clusters of a Rancher"),
    ],
)
def test_options_that_contradict_one_another(changes: dict[str, object], said: str) -> None:
    options = CollectOptions(rancher="https://x", token_file=Path("x"))
    check_options(options)
    with pytest.raises(UsageError) as caught:
        check_options(replace(options, **changes))  # type: ignore[arg-type]
    assert said in str(caught.value)


def test_a_folder_that_is_a_file_is_told_before_anything_is_collected(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    done = ran(Rancher(Member("c-1", "a")), tmp_path)
    assert done.code == 2
    assert "is no folder" in done.stderr
    assert (tmp_path / "out").read_text() == "mine"


def test_a_token_that_may_see_nothing_is_told(tmp_path: Path) -> None:
    with running(Rancher()) as url:
        options = CollectOptions(rancher=url, token_file=token_file(tmp_path), output=tmp_path / "out")
        with pytest.raises(CollectError, match="this token may see no cluster"):
            collect_rancher(options, progress=Heard())


# The header afterwards -----------------------------------------------------------------------------------------------


def test_what_rancher_calls_a_cluster_stays_when_snapshots_are_merged_and_masked(tmp_path: Path) -> None:
    told = {"server": "https://10.20.30.40", "id": "c-1", "name": "shop", "labels": {"at": "10.20.30.40"}}
    capture = Capture("kubernetes", None, "2026-11-30T00:00:00Z", {})
    cluster = {"name": "shop", "uid": "u-1"}
    write(tmp_path / "a.ndjson", HeaderParts(cluster, (capture,), rancher=told), [[]])
    write(tmp_path / "b.ndjson", HeaderParts(cluster, (replace(capture, time="2026-11-30T00:00:01Z"),)), [[]])
    merged = merge([tmp_path / "a.ndjson", tmp_path / "b.ndjson"], tmp_path / "merged.ndjson")
    assert merged.rancher == told
    masked = redact_snapshot(tmp_path / "merged.ndjson", tmp_path / "masked.ndjson", ("ips",)).rancher
    assert "10.20.30.40" not in str(masked)
    assert (masked["id"], masked["name"]) == ("c-1", "shop")

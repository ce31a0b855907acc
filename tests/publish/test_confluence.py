"""A site in a wiki: what has not changed is not sent, what people wrote stays, and nothing goes that nobody asked to go."""

from __future__ import annotations

import copy
import html
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from sphinxcontrib.confluencebuilder import publisher as theirs
from sphinxcontrib.confluencebuilder import rest as their_rest

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.run import collect
from rkedoc.errors import RkedocError
from rkedoc.publish.confluence.run import Wiki, to_confluence
from rkedoc.snapshot.kinds import SCOPES
from rkedoc.snapshot.writer import HeaderParts, write
from tests.diff.world import engine_container, find, header, objects, records, workload
from tests.support import hostile, wiki
from tests.support.commands import Run
from tests.support.player import playing

Json = dict[str, Any]
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot);)\w+;")
ROOT = "Kubernetes cluster demo"
EVERY_TIME = [ROOT, "Collection report · demo"]
"""What tells when the cluster was collected."""


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The builder gives Cloud half a second for each property; ours is ready at once."""
    for module in (theirs, their_rest):
        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=lambda _seconds: None, time=theirs.time.time))


@pytest.fixture(params=[False, True], ids=["data-center", "cloud"])
def served(request: pytest.FixtureRequest) -> Iterator[wiki.Wiki]:
    with wiki.playing(cloud=request.param) as running:
        yield running


@pytest.fixture
def target(served: wiki.Wiki, tmp_path: Path) -> Wiki:
    token = tmp_path / "token"
    token.write_text(wiki.TOKEN + "\n")
    token.chmod(0o600)
    parent = served.add("Clusters")
    return Wiki(served.url, wiki.SPACE, token, user=wiki.USER if served.cloud else "", parent=parent.title)


def day(
    folder: Path, date: str, found: list[Json] | None = None, *, results: dict[str, str] | None = None, cluster: str = "demo", uid: str = "one",
    engines: bool = True, nodes: tuple[str, ...] = ("node-a",),
) -> Path:  # fmt: skip
    """The snapshot of a day, with the lists named as an API names them; on each node a container outside pods, if its engine was read."""
    captures = tuple(
        replace(
            capture,
            time=f"{date}T05:37:40Z",
            scopes=tuple(
                replace(one, name=SCOPES.get(one.name.rpartition("/")[2], one.name)) for one in capture.scopes
            ),
        )
        for capture in header(results=results).captures
    )
    engine = engine_container()
    more = [replace(engine, id=engine.id.replace("node-a", node)) for node in nodes]
    path = folder / f"{uid}-{date}.ndjson.zst"
    folder.mkdir(exist_ok=True)
    if not engines:
        captures, more = captures[1:], []
    write(
        path,
        HeaderParts({"name": cluster, "uid": uid}, captures),
        [records(objects() if found is None else found, *more)],
    )
    return path


def _anywhere(served: wiki.Wiki, folder: Path) -> Wiki:
    """At the top of the space, with the token of Data Center."""
    token = folder / "token"
    token.write_text(wiki.TOKEN)
    token.chmod(0o600)
    return Wiki(served.url, wiki.SPACE, token)


def with_image(tag: str) -> list[Json]:
    found = objects()
    find(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"] = (
        f"registry.example.com/shop/web:{tag}"
    )
    return found


def without(kind: str) -> list[Json]:
    return [one for one in objects() if one["kind"] != kind]


def read(body: str) -> ElementTree.Element:
    """The content of a page: what is not whole XML, a wiki refuses."""
    known = _ENTITY.sub(lambda found: html.unescape(found[0]), body)
    return ElementTree.fromstring(f'<page xmlns:ac="urn:ac" xmlns:ri="urn:ri">{known}</page>')


def test_a_cluster_becomes_a_tree_of_pages(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    report, warnings = to_confluence(day(tmp_path, "2026-10-01"), target, classification="internal only")
    assert warnings == ()
    made = [page for page in served.pages.values() if page.title != "Clusters"]
    assert sorted(report.new) == sorted(page.title for page in made)
    assert (report.changed, report.unchanged, report.removed) == ((), 0, ())
    assert served.titled(ROOT).parent == served.titled("Clusters").id
    assert {page.title for page in made if not page.title.endswith(" · demo")} == {ROOT}
    for page in made:
        text = "".join(read(page.body).itertext())
        assert served.titled(ROOT) in [page, *served.ancestors(page)]
        assert "demo" in text
        assert "internal only" in text
        assert ("2026-10-01 05:37:40 UTC" in text) == (page.title in EVERY_TIME), page.title
        included = re.search(r'ac:name="excerpt-include">.*?ri:content-title="([^"]*)"', page.body, re.DOTALL)
        assert (included[1] if included else page.title) == ROOT
        assert set(page.messages) == {"rkedoc: collected 2026-10-01T05:37:40Z"}
    pictures = [one for page in made for one in page.attachments.values()]
    assert len(pictures) > 3
    assert {(one["mediaType"], one["content"]) for one in pictures} == {("image/png", "89504e470d0a1a0a")}
    shown = {name for page in made for name in re.findall(r'ri:filename="([^"]*)"', page.body)}
    assert shown == {name for page in made for name in page.attachments}
    assert report.address.endswith(served.titled(ROOT).id)


def test_what_has_not_changed_is_not_sent(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    to_confluence(day(tmp_path, "2026-10-01"), target)
    served.requests.clear()
    report, _warnings = to_confluence(day(tmp_path, "2026-10-01"), target)
    assert served.writes() == []
    assert (report.new, report.changed) == ((), ())
    assert report.unchanged == len(served.pages) - 1
    report, _warnings = to_confluence(day(tmp_path, "2026-10-02"), target)
    assert served.sent() == list(report.changed) == EVERY_TIME


def test_what_has_changed_is_sent_to_the_page_that_was_there(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    to_confluence(day(tmp_path, "2026-10-01", with_image("1.0")), target)
    ids = {page.title: page.id for page in served.pages.values()}
    versions = {page.title: page.version for page in served.pages.values()}
    served.requests.clear()
    report, _warnings = to_confluence(day(tmp_path, "2026-10-02", with_image("2.0")), target)
    assert {page.title: page.id for page in served.pages.values()} == ids
    sent = set(served.sent())
    assert sent == set(report.changed)
    assert {"web (Deployment, shop) · demo", "Images · demo"} <= sent
    assert len(sent) < len(ids) / 3
    assert {page.title for page in served.pages.values() if page.version != versions[page.title]} == sent
    assert "web:2.0" in served.titled("web (Deployment, shop) · demo").body


def test_a_rehearsal_tells_what_the_run_then_does_and_writes_nothing(
    served: wiki.Wiki, target: Wiki, tmp_path: Path
) -> None:
    for snapshot, removed in (
        (day(tmp_path, "2026-10-01"), "keep"), (day(tmp_path, "2026-10-02", with_image("2.0")), "keep"), (day(tmp_path, "2026-10-03", without("StatefulSet")), "note"),
    ):  # fmt: skip
        served.requests.clear()
        told, _warnings = to_confluence(snapshot, replace(target, dry_run=True, removed=removed))
        assert {method for method, _path, _body in served.requests} == {"GET"}
        done, _warnings = to_confluence(snapshot, replace(target, removed=removed))
        assert replace(told, address="") == replace(done, address="")
        assert done.new or done.changed


def test_what_people_have_marked_stays_marked(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    to_confluence(day(tmp_path, "2026-10-01", with_image("1.0")), target)
    page = served.titled("web (Deployment, shop) · demo")
    for ref, words in (("kept", "registry.example.com/shop/proxy:2.0"), ("lost", "registry.example.com/shop/web:1.0")):
        assert words in page.body
        page.body = page.body.replace(
            words, f'<ac:inline-comment-marker ac:ref="{ref}">{words}</ac:inline-comment-marker>', 1
        )
    as_it_was = page.body
    report, _warnings = to_confluence(day(tmp_path, "2026-10-02", with_image("1.0")), target)
    assert page.body == as_it_was
    report, _warnings = to_confluence(day(tmp_path, "2026-10-03", with_image("2.0")), target)
    assert page.version == 2
    assert (
        '<ac:inline-comment-marker ac:ref="kept">registry.example.com/shop/proxy:2.0</ac:inline-comment-marker>'
        in page.body
    )
    assert 'ac:ref="lost"' not in page.body
    assert (report.comments_kept, report.comments_lost) == (1, ((page.title, "registry.example.com/shop/web:1.0"),))
    served.requests.clear()
    to_confluence(day(tmp_path, "2026-10-03", with_image("2.0")), target)
    assert served.writes() == []


@pytest.mark.parametrize("removed", ["keep", "note", "archive"])
def test_of_what_is_gone_becomes_what_was_asked_for_and_of_nothing_else(
    served: wiki.Wiki, target: Wiki, tmp_path: Path, removed: str
) -> None:
    target = replace(target, removed=removed)
    if removed == "archive" and not served.cloud:
        with pytest.raises(RkedocError, match="--removed note"):
            to_confluence(day(tmp_path, "2026-10-01"), target)
        assert served.requests == []
        return
    to_confluence(day(tmp_path, "2026-10-01"), target)
    page = served.titled("db (StatefulSet, shop) · demo")
    by_hand = served.add("How to restore it", parent=page.id)
    before = copy.deepcopy(served.pages)
    report, _warnings = to_confluence(day(tmp_path, "2026-10-02", without("StatefulSet")), target)
    assert report.removed == (page.title,)
    assert page.status == ("archived" if removed == "archive" else "current")
    assert ("no longer in the cluster" in page.body) == (removed == "note")
    assert (page.body == before[page.id].body) == (removed != "note")
    assert served.pages[by_hand.id] == before[by_hand.id]
    changed = {one.title for one in served.pages.values() if one != before.get(one.id)}
    assert changed == {*report.changed, *report.new, *(report.removed if removed != "keep" else ())}
    served.requests.clear()
    again, _warnings = to_confluence(day(tmp_path, "2026-10-02", without("StatefulSet")), target)
    assert served.writes() == []
    assert again.removed == (() if removed == "archive" else report.removed)
    if removed == "note":
        assert "demo" in page.body
        to_confluence(day(tmp_path, "2026-10-03"), target)
        assert served.titled(page.title) is page
        assert "no longer in the cluster" not in page.body
    if removed == "archive":
        for dry_run in (True, False):
            with pytest.raises(RkedocError, match=r"archive of the space has the page 'db \(StatefulSet"):
                to_confluence(day(tmp_path, "2026-10-03"), replace(target, dry_run=dry_run))
        assert page.status == "archived"
    assert not any(method == "DELETE" for method, _path in served.writes())


def test_what_was_not_looked_for_is_not_gone(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    target = replace(target, removed="note")
    to_confluence(day(tmp_path, "2026-10-01"), target)
    page = served.titled("db (StatefulSet, shop) · demo")
    body = page.body
    refused = day(tmp_path, "2026-10-02", without("StatefulSet"), results={"apps/StatefulSet": "forbidden"})
    report, _warnings = to_confluence(refused, target)
    assert page.title in report.unseen
    assert report.removed == ()
    assert page.body == body


def test_what_no_list_tells_of_is_left_as_it_is(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    target = replace(target, removed="note")
    to_confluence(day(tmp_path, "2026-10-01"), target)
    bodies = {page.id: page.body for page in served.pages.values()}
    report, _warnings = to_confluence(day(tmp_path, "2026-10-02", engines=False), target)
    assert report.removed == ()
    assert len(report.unseen) > 1
    assert all(served.titled(title).body == bodies[served.titled(title).id] for title in report.unseen)


def test_containers_of_one_name_on_two_nodes_keep_their_pages(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    target = replace(target, removed="note")
    _report, warnings = to_confluence(day(tmp_path, "2026-10-01", nodes=("node-a", "node-b")), target)
    assert warnings == ()
    there = {page.title: page.id for page in served.pages.values() if page.title.startswith("kubelet @")}
    assert sorted(there) == [f"kubelet @ node-{one} (Container outside pods) · demo" for one in "ab"]
    report, _warnings = to_confluence(day(tmp_path, "2026-10-02", nodes=("node-b",)), target)
    assert {page.title: page.id for page in served.pages.values() if page.title.startswith("kubelet @")} == there
    assert not any("node-b" in title for title in (*report.removed, *report.unseen))


@pytest.mark.parametrize(
    "broken", [("PUT", "/property/"), ("POST", "/properties"), ("POST", "/child/attachment"), ("POST", "/label")]
)
def test_a_run_that_broke_off_anywhere_is_gone_on_with(
    served: wiki.Wiki, target: Wiki, tmp_path: Path, broken: tuple[str, str]
) -> None:
    served.refuse[broken] = [(403, {})]
    with suppress(RkedocError):
        to_confluence(day(tmp_path, "2026-10-01"), target)
    to_confluence(day(tmp_path, "2026-10-01"), target)
    served.requests.clear()
    to_confluence(day(tmp_path, "2026-10-01"), target)
    assert served.writes() == []


def test_a_page_that_was_moved_away_is_named(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    to_confluence(day(tmp_path, "2026-10-01"), target)
    served.titled("Images · demo").parent = served.add("Elsewhere").id
    with pytest.raises(RkedocError, match=r"'Images · demo'.*move it back") as refused:
        to_confluence(day(tmp_path, "2026-10-02"), target)
    assert "\n" not in str(refused.value)


def test_the_parent_may_be_an_id(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    parent = served.titled("Clusters").id
    to_confluence(day(tmp_path, "2026-10-01"), replace(target, parent=parent))
    assert served.titled(ROOT).parent == parent
    with pytest.raises(RkedocError, match="the space has no page 77777"):
        to_confluence(day(tmp_path, "2026-10-01"), replace(target, parent="77777"))


def test_a_day_without_the_uid_is_no_other_cluster(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    for date, uid in (("2026-10-01", "one"), ("2026-10-02", ""), ("2026-10-03", "one")):
        to_confluence(day(tmp_path, date, uid=uid), target)
    assert served.titled(ROOT).messages[-1] == "rkedoc: collected 2026-10-03T05:37:40Z"


def test_what_is_said_of_the_host_elsewhere_is_not_sent(
    served: wiki.Wiki, target: Wiki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login bob password other-pw\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    to_confluence(day(tmp_path, "2026-10-01"), target)
    assert len(served.pages) > 30


def test_a_page_of_somebody_else_is_never_written_over(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    there = served.add("Images · demo", parent=served.titled("Clusters").id)
    elsewhere = served.add("Risks · demo", parent=served.add("Security").id)
    for hit in (there, elsewhere):
        with pytest.raises(RkedocError, match=hit.title):
            to_confluence(day(tmp_path, "2026-10-01"), target)
        assert hit.version == 1
        hit.title = f"Our {hit.title}"
    to_confluence(day(tmp_path, "2026-10-01"), target)


def test_two_clusters_of_one_name_do_not_mix(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    to_confluence(day(tmp_path, "2026-10-01"), target)
    before = copy.deepcopy(served.pages)
    other = day(tmp_path / "other", "2026-10-02", with_image("9"), uid="two")
    with pytest.raises(RkedocError, match=r"another cluster.*--cluster"):
        to_confluence(other, target)
    assert served.pages == before
    to_confluence(other, replace(target, removed="note"), cluster="demo in the east")
    assert {page_id: served.pages[page_id] for page_id in before} == before
    assert served.titled("Kubernetes cluster demo in the east").parent == served.titled("Clusters").id


def test_a_wiki_that_is_busy_is_waited_for(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    path = "/api/v2/pages" if served.cloud else "/rest/api/content"
    served.refuse["POST", path] = [(429, {"Retry-After": "7"}), (503, {}), (429, {})]
    waited: list[float] = []
    their_rest.time.sleep = waited.append
    report, _warnings = to_confluence(day(tmp_path, "2026-10-01"), replace(target, pause=0.2))
    assert len(report.new) == len(served.pages) - 1
    assert max(waited) >= 7
    assert waited.count(0.2) == len(served.requests) - 3 + 1


def test_a_run_that_breaks_off_is_gone_on_with(served: wiki.Wiki, target: Wiki, tmp_path: Path) -> None:
    path = "/api/v2/pages" if served.cloud else "/rest/api/content"
    served.refuse["POST", path] = [(403, {})]
    with pytest.raises(RkedocError, match="may not do that"):
        to_confluence(day(tmp_path, "2026-10-01"), target)
    report, _warnings = to_confluence(day(tmp_path, "2026-10-01"), target)
    assert len(report.new) + report.unchanged + len(report.changed) == len(served.pages) - 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"space": "NONE"}, "there is no such space"),
        ({"space": "OPS?x=1"}, "the key of a space"),
        ({"parent": "No such page"}, "the space has no page 'No such page'"),
        ({"url": "http://wiki.example.org"}, "in clear"),
        ({"url": "https://me:pw@wiki.example.org"}, "--token-file names who asks"),
        ({"url": "https://example.atlassian.net/wiki", "user": ""}, "--user is missing"),
        ({"url": "http://127.0.0.1:9/"}, "does not answer"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    served: wiki.Wiki, target: Wiki, tmp_path: Path, change: dict[str, str], words: str
) -> None:
    with pytest.raises(RkedocError, match=words) as refused:
        to_confluence(day(tmp_path, "2026-10-01"), replace(target, **change))  # type: ignore[arg-type]
    assert served.writes() == []
    said = str(refused.value)
    assert "\n" not in said
    assert "pw" not in said
    assert wiki.TOKEN not in said


def test_the_token_is_sent_and_stands_nowhere(
    served: wiki.Wiki, target: Wiki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    kept = tmp_path / "room"
    kept.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(kept))
    monkeypatch.setattr("shutil.rmtree", lambda *_args, **_more: None)
    to_confluence(day(tmp_path, "2026-10-01"), target)
    files = [path for path in kept.rglob("*") if path.is_file()]
    assert len(files) > 50
    assert [path for path in files if wiki.TOKEN.encode() in path.read_bytes()] == []
    assert not any(wiki.TOKEN in path + body for _method, path, body in served.requests)
    target.token_file.write_text("another")
    for more in ([], ["-v"]):
        ended = run("confluence", str(day(tmp_path, "2026-10-01")), "--url", served.url, "--space", wiki.SPACE, "--token-file", str(target.token_file), *(("--user", wiki.USER) if served.cloud else ()), *more)  # fmt: skip
        assert ended.code == 2
        assert "the token is not accepted" in ended.err
        assert "another" not in ended.out + ended.err


def test_names_with_markup_stay_names(tmp_path: Path) -> None:
    found = objects()
    for index, text in enumerate(hostile.STRINGS):
        one = workload("Deployment", f"app-{index}", replicas=1)
        one["metadata"]["annotations"] = {"field.cattle.io/description": text}
        one["spec"]["template"]["spec"]["containers"][0] |= {"name": text, "image": f"{text}:1", "args": [text]}
        found.append(one)
    snapshot = day(tmp_path, "2026-10-01", found, cluster=hostile.STRINGS[0])
    with wiki.playing(cloud=False) as served:
        to_confluence(snapshot, _anywhere(served, tmp_path), classification=hostile.STRINGS[1])
    assert len(served.pages) > len(hostile.STRINGS)
    for page in served.pages.values():
        assert len(page.title) <= 255
        tree = read(page.body)
        assert {element.tag for element in tree.iter()} & {"script", "img", "svg", "iframe"} == set()


def test_no_planted_secret_is_sent(recording: Callable[[str], Path], tmp_path: Path) -> None:
    with playing(recording("rke-single-node"), tmp_path) as node:
        collect(
            CollectOptions(output=tmp_path / "x.ndjson", kubeconfig=node.kubeconfig, engine=node.engine),
            progress=QuietProgress(),
        )
    with wiki.playing(cloud=False) as served:
        to_confluence(tmp_path / "x.ndjson", _anywhere(served, tmp_path))
    sent = "".join(path + body for _method, path, body in served.requests)
    assert len(served.pages) > 50
    for secret in ("CANARY", "s3cr3t", "eyJhbGci", "PRIVATE KEY"):
        assert secret not in sent


def test_the_command_says_what_it_did(served: wiki.Wiki, target: Wiki, tmp_path: Path, run: Run) -> None:
    account = ("--user", wiki.USER) if served.cloud else ()
    where = (
        "--url",
        served.url,
        "--space",
        wiki.SPACE,
        "--token-file",
        str(target.token_file),
        "--parent",
        "Clusters",
        *account,
    )
    ended = run("confluence", str(day(tmp_path, "2026-10-01")), *where, "--dry-run")
    assert ended.code == 0
    assert "would be added: Images · demo" in ended.out
    assert len(served.pages) == 1
    ended = run("confluence", str(day(tmp_path, "2026-10-01")), *where)
    assert "\nadded: Images · demo\n" in ended.out
    assert f"Open {served.url}" in ended.out
    ended = run("confluence", str(day(tmp_path, "2026-10-02", without("StatefulSet"))), *where)
    assert "gone: db (StatefulSet, shop) · demo" in ended.out
    assert "--removed note" in ended.err


def test_of_500_pages_five_that_changed_are_sent(tmp_path: Path) -> None:
    def many(changed: int) -> list[Json]:
        found = objects()
        for index in range(480):
            one = workload("Deployment", f"app-{index}", f"team-{index % 8}", replicas=1)
            one["spec"]["template"]["spec"] = {
                "containers": [{"name": "app", "image": "shop/app:1", "args": [f"--level={int(index < changed)}"]}]
            }
            found.append(one)
        return found

    with wiki.playing(cloud=False) as served:
        target = _anywhere(served, tmp_path)
        to_confluence(day(tmp_path, "2026-10-01", many(0)), target)
        assert len(served.pages) > 500
        served.requests.clear()
        report, _warnings = to_confluence(day(tmp_path, "2026-10-02", many(5)), target)
        assert sorted(served.sent()) == sorted(
            [*EVERY_TIME, *(f"app-{index} (Deployment, team-{index}) · demo" for index in range(5))]
        )
        assert report.unchanged == len(served.pages) - 7

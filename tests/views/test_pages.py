"""What the pages of a small cluster show, and what they say where something could not be collected."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from types import ModuleType

import pytest

from rkedoc.cluster.model import Cluster
from rkedoc.i18n import set_language
from rkedoc.resources import resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record
from rkedoc.sphinxext.blocks.targets import described
from rkedoc.sphinxext.blocks.typeset import typeset
from rkedoc.sphinxext.blocks.view import Badge, Code, Picture
from rkedoc.sphinxext.generate import Templates, page_text
from rkedoc.sphinxext.pages import PAGES, Heading, PageKind, PageTable, Section
from rkedoc.sphinxext.site import Site
from rkedoc.sphinxext.views import pages as views_pages
from rkedoc.sphinxext.views.pages.ledger import short_name
from rkedoc.sphinxext.views.parts.cells import joined
from rkedoc.sphinxext.views.parts.scaling import scaling
from tests.views.cluster import catalog, engine, node, record, site_of, web
from tests.views.read import cell_text, flat, html, shown, tables, text

DIRECTIVE = re.compile(r"^```\{rkedoc\} ([a-z-]+) ", re.MULTILINE)
HELPERS: frozenset[str] = frozenset()
HEADING = re.compile(r"\{rkedoc-heading\}`([a-z-]+)`")


def views_of(site: Site) -> Iterator[tuple[str, str]]:
    """Every (view, page) of a site, as its templates show them."""
    for key, page in site.pages.items():
        yield from ((section.view, key) for section in PAGES.kind_of(page).sections)


def page_of(site: Site, kind: str, title: str) -> str:
    return next(key for key, page in site.pages.items() if page.kind == kind and page.title == title)


@pytest.fixture(scope="module")
def shop() -> Site:
    kubelet = engine(
        "kubelet", labels={"io.rancher.rke.container.name": "kubelet"}, image="rancher/hyperkube:v1.20.9-rancher1"
    )
    return site_of([*web(), node(), kubelet, engine("somebody", image="busybox", args=["sleep"])])


def test_a_page_is_written_as_it_is_declared(shop: Site) -> None:
    for page in shop.pages.values():
        written = page_text(shop, page, Templates(), PurePosixPath(""))
        declared = PAGES.kind_of(page).sections
        assert DIRECTIVE.findall(written) == [section.view for section in declared]
        assert HEADING.findall(written) == [section.heading.id for section in declared if section.heading]


def test_a_template_of_ones_own_can_add_to_the_declared_page(shop: Site, tmp_path: Path) -> None:
    (tmp_path / "namespace.md.jinja").write_text('{% extends "page.md.jinja" %}{% block end %}\nMine.{% endblock %}')
    for page in shop.pages.values():
        written = page_text(shop, page, Templates(tmp_path), PurePosixPath(""))
        assert ("Mine." in written) is (page.kind == "namespace")
        assert DIRECTIVE.findall(written) == [section.view for section in PAGES.kind_of(page).sections]


def test_every_function_that_makes_a_view_of_a_page_stands_on_one() -> None:
    """A view that nobody declares is one that nobody sees."""
    shown = {getattr(view, "__wrapped__", view) for view in PAGES.views.values()}
    for module in modules():
        for name, thing in vars(module).items():
            if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_"):
                parameters = list(inspect.signature(thing).parameters)
                if parameters[:2] in (["site", "key"], ["site", "topic"]) and len(parameters) == 2:
                    view = inspect.signature(thing).return_annotation == "View"
                    assert not view or thing in shown or name in HELPERS, (module.__name__, name)


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(views_pages.__path__):
        yield importlib.import_module(f"{views_pages.__name__}.{found.name}")


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ((PageKind("a", "A", ()), PageKind("a", "B", ())), "one key"),
        ((PageKind("a", "A", (Section("v", PAGES.views["overview-map"]), Section("v", PAGES.views["ledger-axes"]))),), "two views"),
        ((PageKind("a", "A", (Section("v", PAGES.views["overview-map"], Heading("h", "X")),)),
          PageKind("b", "B", (Section("w", PAGES.views["ledger-axes"], Heading("h", "Y")),))), "other words"),
        ((PageKind("a", "A", (), folder="f"),), "folder"),
    ],
    ids=["key", "view", "heading", "folder"],
)  # fmt: skip
def test_declarations_that_contradict_one_another_are_errors(kinds: tuple[PageKind, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        PageTable(kinds)
    with pytest.raises(ValueError, match=says):
        PAGES.with_pages(kinds)


def test_every_view_of_every_page_builds_and_prints(shop: Site) -> None:
    for name, key in views_of(shop):
        html(shown(shop, name, key))


def test_views_are_values_that_compare_and_hash(shop: Site) -> None:
    for name, key in views_of(shop):
        view = shown(shop, name, key)
        assert view == shown(shop, name, key)
        hash(view)


def test_no_page_describes_one_object_twice(shop: Site) -> None:
    for key in shop.pages:
        anchors = [
            a for name, page in views_of(shop) if page == key for a, _objects in described(shown(shop, name, key))
        ]
        assert len(anchors) == len(set(anchors)), key


def test_what_a_page_links_to_is_described_somewhere(shop: Site) -> None:
    targets = {
        (o.kind, o.name)
        for name, key in views_of(shop)
        for _a, objects in described(shown(shop, name, key))
        for o in objects
    }
    for wanted in (
        ("service", "shop/web"), ("ingress", "shop/web"), ("configmap", "shop/settings"), ("secret", "shop/creds"),
        ("serviceaccount", "shop/runner"), ("pod", "shop/web-5d6f7-abcde"), ("container", "shop/web-5d6f7-abcde/main"),
        ("container", "shop/web/main"), ("image", "nginx:1.19"), ("enginecontainer", "n1/kubelet"),
    ):  # fmt: skip
        assert wanted in targets


def test_the_sum_of_the_ledger_is_said_and_drawn(shop: Site) -> None:
    said = text(shown(shop, "overview-ledger", "overview"))
    numbers = [int(n) for n in re.findall(r"(?:^|\u2212 |= )(\d+)", said.splitlines()[0])]
    assert numbers[0] == len(shop.ledger.lines) == 4
    assert numbers[0] - sum(numbers[1:-1]) == numbers[-1] == 0


def test_both_axes_of_the_ledger_give_the_total(shop: Site) -> None:
    for table in tables(shown(shop, "ledger-axes", "ledger")):
        counts = [int(cell_text(row.cells[1])) for row in table.rows]
        assert sum(counts[:-1]) == counts[-1] == len(shop.ledger.lines)


def test_every_container_stands_in_the_ledger_and_on_the_map(shop: Site) -> None:
    lines = text(shown(shop, "ledger-lines", "ledger"))
    drawn = next(block for block in shown(shop, "overview-map", "overview") if isinstance(block, Picture))
    for line in shop.ledger.lines:
        assert short_name(line) in lines
        assert line.name in text((drawn.table,))
    marks = html((drawn,))
    for line in shop.ledger.lines:
        assert f"<title>{line.name} " in marks


def test_a_workload_page_shows_container_pod_sandbox_and_relations(shop: Site) -> None:
    key = page_of(shop, "workload", "web")
    containers = text(shown(shop, "workload-containers", key))
    for words in (
        "nginx:1.19",
        "key k of creds",
        "config map settings",
        "sandbox of its pods (pause)",
        "rancher/pause:3.2",
    ):
        assert words in containers
    pods = text(shown(shop, "workload-pods", key))
    for words in ("web-5d6f7-abcde", "1/1", "10.42.0.7", "k8s_main_web-5d6f7-abcde_shop_uid-web_0", "k8s_POD_"):
        assert words in pods
    relations = text(shown(shop, "workload-relations", key))
    for words in ("shop/web", "shop/settings", "shop/creds", "shop/runner"):
        assert words in relations


def test_configuration_says_what_uses_it(shop: Site) -> None:
    view = text(shown(shop, "namespace-configuration", page_of(shop, "namespace", "shop")))
    for line in (r"settings \| a \| shop/web", r"creds \| Opaque \| 1 \| shop/web"):
        assert re.search(line, view)
    assert "runner | shop/web" in text(shown(shop, "namespace-access", page_of(shop, "namespace", "shop")))
    assert re.search(r"nginx:1.19 \| shop/web", text(shown(shop, "images-table", "images")))


def test_a_request_is_followed_from_its_host_to_its_pods(shop: Site) -> None:
    view = shown(shop, "ingress-hosts", "ingress")
    said = text(view)
    for words in (
        "web.example",
        "names the service web at port 80",
        "1 pod answers (1 ready)",
        "web-5d6f7-abcde 10.42.0.7",
    ):
        assert words in said
    drawing = next(block for block in flat(view) if isinstance(block, Picture))
    for words in ("web.example", "web:80", "web-5d6f7-abcde"):
        assert words in html((drawing,))


def test_a_service_without_pods_is_said_to_answer_nobody() -> None:
    site = site_of([r for r in web() if r.kind not in ("Pod", "EngineContainer")])
    assert "no pod answers" in text(shown(site, "ingress-hosts", "ingress"))
    assert "nobody" in text(shown(site, "namespace-network", page_of(site, "namespace", "shop")))


FORBIDDEN = [
    ("core/secrets", "Secret", "namespace-configuration"),
    ("core/configmaps", "ConfigMap", "namespace-configuration"),
    ("core/services", "Service", "namespace-network"),
    ("networking.k8s.io/ingresses", "Ingress", "namespace-network"),
    ("networking.k8s.io/networkpolicies", "NetworkPolicy", "namespace-network"),
    ("core/persistentvolumeclaims", "PersistentVolumeClaim", "namespace-configuration"),
    ("core/serviceaccounts", "ServiceAccount", "namespace-access"),
    ("rbac.authorization.k8s.io/rolebindings", "RoleBinding", "namespace-access"),
    ("core/persistentvolumes", "PersistentVolume", "storage-volumes"),
    ("storage.k8s.io/storageclasses", "StorageClass", "storage-classes"),
    ("rbac.authorization.k8s.io/clusterroles", "ClusterRole", "access-roles"),
    ("networking.k8s.io/ingresses", "Ingress", "ingress-hosts"),
    ("core/nodes", "Node", "nodes-table"),
    ("core/pods", "Pod", "namespace-workloads"),
    ("engine/containers", "EngineContainer", "containers-table"),
]


@pytest.mark.parametrize(("scope", "kind", "view"), FORBIDDEN)
@pytest.mark.parametrize("result", ["forbidden", "failed"])
def test_what_was_not_collected_is_never_said_to_be_none(scope: str, kind: str, view: str, result: str) -> None:
    site = site_of([r for r in web() if r.kind != kind], {scope: result})
    key = page_of(site, "namespace", "shop") if view.startswith("namespace-") else view.split("-", maxsplit=1)[0]
    said = text(shown(site, view, key))
    name = scope.partition("/")[2]
    assert f"{name}: {'forbidden' if result == 'forbidden' else 'the collection failed'}" in said
    assert f"No {name[:-1]}" not in said
    assert scope in text(shown(site, "overview-missing", "overview"))
    assert re.search(rf"{scope} \| {result}", text(shown(site, "collection-scopes", "collection")))


def test_a_secret_that_pods_name_is_listed_although_secrets_are_forbidden() -> None:
    site = site_of([r for r in web() if r.kind != "Secret"], {"core/secrets": "forbidden"})
    view = shown(site, "namespace-configuration", page_of(site, "namespace", "shop"))
    assert re.search(r"creds \| shop/web", text(view))
    assert ("secret", "shop/creds") in {(o.kind, o.name) for _anchor, objects in described(view) for o in objects}


def test_a_list_that_is_there_and_empty_is_said_to_be_empty(shop: Site) -> None:
    said = text(shown(shop, "namespace-network", page_of(shop, "namespace", "shop")))
    assert "No network policy" in said
    assert "forbidden" not in said


def test_a_crashing_pod_says_why_and_what_to_type() -> None:
    ill = {
        "phase": "Running",
        "containerStatuses": [
            {
                "name": "main",
                "ready": False,
                "restartCount": 7,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {
                    "terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-01-02T03:00:00Z"}
                },
            }
        ],
    }
    records = [record(r.id, {**r.intent, "status": ill}, r.owner) if r.kind == "Pod" else r for r in (*web(), node())]
    site = site_of(records)
    for name, key in (("overview-problems", "overview"), ("workload-intro", page_of(site, "workload", "web"))):
        said = text(shown(site, name, key))
        assert "CrashLoopBackOff" in said
        assert re.search(r"kubectl -n shop (describe pod|logs) ", said)
    pods = text(shown(site, "workload-pods", page_of(site, "workload", "web")))
    for words in ("CrashLoopBackOff", "OOMKilled", "exit code 137", "0/1", "7"):
        assert words in pods


def test_values_that_were_hidden_say_so_and_show_no_fingerprint() -> None:
    secret = [{"name": "main", "image": "a", "env": [{"name": "PW", "value": "‹hidden:0123456789ab›"}]}]
    site = site_of(web(containers=secret))
    printed = html(shown(site, "workload-containers", page_of(site, "workload", "web")))
    assert "‹hidden›" in printed
    assert "0123456789ab" not in printed


HOSTILE = (
    "<img src=x onerror=alert(1)>", "{{ 7*7 }} {% x %}", "`code` **b** [l](javascript:x) | a", "..", "\u202eevil\x00", "](x)", "x" * 253,
    "a\nb", "../../etc/passwd", "\ud800",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_pass_as_text(name: str) -> None:
    labels = {"app.kubernetes.io/managed-by": name, name: name, "example.com/owner": name}
    container = {
        "name": name,
        "image": name,
        "args": [name, f"--x={name}"],
        "env": [{"name": name, "value": name}],
        "command": [name],
    }
    safe = re.sub(r"/", "_", name)
    records = [
        *web(safe, safe, containers=[container], volumes=[{"name": name, "hostPath": {"path": name}}]),
        record(
            f"core/Service/{safe}/evil",
            {"metadata": {"labels": labels}, "spec": {"type": name, "externalName": name, "selector": labels}},
        ),
        record(f"core/Service/{safe}/owned", {"metadata": {"labels": labels}, "spec": {"selector": {"app": safe}}}),
        record(
            f"autoscaling/HorizontalPodAutoscaler/{safe}/{safe}",
            {
                "spec": {
                    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": safe},
                    "metrics": [{"type": "Pods", "pods": {"metricName": name, "targetAverageValue": name}}],
                },
                "status": {"conditions": [{"type": name, "status": name, "reason": name, "message": name}]},
            },
        ),
        record(f"policy/PodDisruptionBudget/{safe}/{safe}", {"spec": {"selector": {}, "minAvailable": name}}),
        engine(safe, image=name, args=[name], labels=labels, mounts=[{"source": name, "destination": name}]),
        node(),
    ]
    site = site_of(records)
    for view, key in views_of(site):
        printed = html(shown(site, view, key))
        assert "<img src" not in printed
        assert "\u202e" not in printed
        assert "\x00" not in printed
        printed.encode("utf-8")


def test_tones_of_badges_are_words_that_the_style_sheet_knows(shop: Site) -> None:
    known = {"", "ok", "warn", "bad", "info", "muted", "control-plane", "helper", "rancher-server", "rancher-agent", "platform",
             "workload", "unexplained"}  # fmt: skip
    for name, key in views_of(shop):
        for table in tables(shown(shop, name, key)):
            for row in table.rows:
                assert {item.tone for cell in row.cells for item in cell if isinstance(item, Badge)} <= known


def test_rows_have_a_cell_for_each_column(shop: Site) -> None:
    for name, key in views_of(shop):
        for table in tables(shown(shop, name, key)):
            for row in table.rows:
                assert len(row.cells) == len(table.columns), (name, table.columns)


def scaled() -> list[Record]:
    return [
        record(
            "autoscaling/HorizontalPodAutoscaler/shop/web",
            {
                "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 2,
                         "maxReplicas": 9, "targetCPUUtilizationPercentage": 75},
                "status": {"currentReplicas": 3, "desiredReplicas": 4, "currentCPUUtilizationPercentage": 81},
            },
        ),
        record(
            "policy/PodDisruptionBudget/shop/web",
            {
                "spec": {"maxUnavailable": "25%", "selector": {"matchLabels": {"app": "web"}}},
                "status": {"disruptionsAllowed": 0, "currentHealthy": 3, "desiredHealthy": 3, "expectedPods": 3},
            },
        ),
    ]  # fmt: skip


def test_a_workload_page_says_how_it_scales_in_numbers() -> None:
    site = site_of([*web(), node(), *scaled()])
    key = page_of(site, "workload", "web")
    said = text(shown(site, "workload-scaling", key))
    for words in (
        "between 2 and 9 pods", "Pods now: 3", "Pods wanted: 4", "cpu | the pods, on average | 75% | 81%",
        "at most 25% of its pods", "May be evicted now: 0", "Have to stay: 3", "waits until somebody changes the budget",
    ):  # fmt: skip
        assert words in said
    described_here = {item.name for _anchor, found in described(shown(site, "workload-scaling", key)) for item in found}
    assert described_here == {r.id for r in scaled()}
    others = shown(site, "namespace-others", page_of(site, "namespace", "shop"))
    assert not described_here & {item.name for _anchor, found in described(others) for item in found}
    assert "HorizontalPodAutoscaler | autoscaling | web" in text(others)


def test_an_owner_has_a_page_and_what_has_none_is_listed() -> None:
    marked = {"metadata": {"annotations": {"a8r.io/owner": "The shop's team"}}, "spec": {"selector": {"app": "web"}}}
    site = site_of([*web(), *web("other", "idle"), node(), record("core/Service/shop/marked", marked)])
    owners = text(shown(site, "owners-table", "owners"))
    assert "The shop's team | 1 | shop | –" in owners
    assert "nobody says whose | 1 | idle | –" in owners
    assert "idle | other | Deployment" in text(shown(site, "owners-unowned", "owners"))
    key = page_of(site, "owner", "The shop's team")
    assert "shop | web | Deployment" in text(shown(site, "owner-owned", key))
    assert "Service marked, annotation a8r.io/owner | web" in text(shown(site, "owner-said", key))
    assert "The shop's team (read in: Service marked" in text(
        shown(site, "workload-intro", page_of(site, "workload", "web"))
    )


def test_that_nothing_scales_a_workload_is_said_where_the_lists_are_whole(shop: Site) -> None:
    assert "No autoscaler: the number" in text(shown(shop, "workload-scaling", page_of(shop, "workload", "web")))
    lists = ("autoscaling/horizontalpodautoscalers", "policy/poddisruptionbudgets")
    site = site_of(web(), dict.fromkeys(lists, "forbidden"))
    said = text(shown(site, "workload-scaling", page_of(site, "workload", "web")))
    assert "No " not in said
    for name in ("horizontalpodautoscalers", "poddisruptionbudgets"):
        assert name in said
    assert "poddisruptionbudgets: forbidden" in said


def test_requests_and_limits_are_added_up_beside_what_nodes_give() -> None:
    resources = {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}
    given = {"status": {"allocatable": {"cpu": "2", "memory": "1Gi"}, "conditions": []}}
    site = site_of(
        [*web(containers=[{"name": "main", "image": "x", "resources": resources}]), record("core/Node/-/n1", given)]
    )
    assert "n1 | 1 | 0.25 12 % | – | 512 MiB 50 % | 1.0 GiB 100 % | 0" in text(
        shown(site, "capacity-nodes", "capacity")
    )
    assert "shop | 1 | 0.25 | – | 512 MiB | 1.0 GiB | 0" in text(shown(site, "capacity-namespaces", "capacity"))
    assert "memory | 1.0 GiB | 512 MiB 50 % | 1.0 GiB 100 %" in text(
        shown(site, "node-requests", page_of(site, "node", "n1"))
    )


def test_the_object_itself_and_the_commands_to_look_further_stand_on_its_page() -> None:
    secret = [{"name": "main", "image": "a", "env": [{"name": "PW", "value": "‹hidden:0123456789ab›"}]}]
    site = site_of(web(containers=secret))
    view = shown(site, "workload-look", page_of(site, "workload", "web"))
    said = text(view)
    for words in (
        "kubectl -n shop describe deployment web",
        "# its earlier versions",
        "kind: Deployment",
        "- name: PW\n",
        "‹hidden›",
    ):
        assert words in said
    assert "0123456789ab" not in said


def test_a_long_object_is_shown_whole_in_parts() -> None:
    long = [{"name": "main", "image": "a", "args": [f"--flag-{number}=value" for number in range(2000)]}]
    site = site_of(web(containers=long))
    printed = html(shown(site, "workload-look", page_of(site, "workload", "web")))
    assert printed.count("<pre") > 3
    assert all(f"--flag-{number}=value" in printed for number in range(2000))


def test_a_namespace_is_of_whoever_has_something_in_it() -> None:
    def whose(site: Site, name: str) -> str:
        (found,) = tables(PAGES.views["namespaces-table"](site, "namespaces"))
        return next(cell_text(row.cells[1]) for row in found.rows if cell_text(row.cells[0]) == name)

    names = [record(f"core/Namespace/-/{name}", {}) for name in ("default", "kube-public", "kube-system")]
    dns = record(
        "apps/Deployment/kube-system/coredns",
        {"spec": {"template": {"spec": {"containers": [{"name": "coredns", "image": "rancher/coredns-coredns:1.8"}]}}}},
    )
    site = site_of([*names, *web(namespace="default"), dns, *web("own", namespace="kube-system")])
    assert whose(site, "default") == "own workload"
    assert whose(site, "kube-public") == "platform"
    assert whose(site, "kube-system") == "platform"


def test_chinese_sentences_have_punctuation_of_full_width_without_a_blank_after_it() -> None:
    set_language("zh_CN")
    try:
        cells = joined([(Code("a"),), (Code("b"),)])
        assert typeset(("监听：", " ", *cells)) == ("监听：", Code("a"), "、", Code("b"))
    finally:
        set_language("en")
    assert joined([("a",), ("b",)]) == ("a", ", ", "b")
    assert typeset(("a:", " ", "b")) == ("a:", " ", "b")


def test_the_first_page_says_what_rancher_calls_the_cluster() -> None:
    told = {
        "server": "https://rancher.example",
        "version": "v2.9.2",
        "id": "c-m-1",
        "name": "Shop",
        "labels": {"env": "prod"},
    }
    words = text(shown(site_of([node()], rancher=told), "overview-intro", "overview"))
    assert (
        "Collected through the Rancher at https://rancher.example (v2.9.2), which calls it Shop (c-m-1). Its labels there: env=prod."
        in words
    )
    assert "Rancher at" not in text(shown(site_of([node()]), "overview-intro", "overview"))


@pytest.mark.parametrize("name", ["demo", "demo-rke2"])
def test_an_image_that_something_runs_from_is_one_of_the_node_however_it_is_written(name: str) -> None:
    words = text(shown(demo_of(name), "images-table", "images"))
    assert "on no collected node" not in words
    assert len(re.findall("nothing", words)) <= 2


def test_of_containers_that_cannot_be_seen_it_is_not_said_that_there_are_none() -> None:
    words = text(shown(demo_of("demo-rke2"), "containers-table", "containers"))
    assert "Not seen: what was started beside Kubernetes on rke2-01" in words
    assert "No container outside pods" not in words
    assert "Not seen" not in text(shown(demo_of("demo"), "containers-table", "containers"))


@pytest.mark.parametrize(("name", "scaled"), [("demo", "coredns"), ("demo-rke2", "rke2-coredns-rke2-coredns")])
def test_what_the_size_of_the_cluster_scales_is_not_said_to_stay(name: str, scaled: str) -> None:
    site = demo_of(name)
    (workload,) = (one for one in site.cluster.workloads() if one.name == scaled)
    words = text(scaling(site, workload))
    assert f"set by {scaled}-autoscaler, by how many nodes and cores" in words
    assert "No autoscaler" not in words


@cache
def demo_of(name: str) -> Site:
    return Site(Cluster(load(resource("data", f"{name}.ndjson.zst")), catalog()))

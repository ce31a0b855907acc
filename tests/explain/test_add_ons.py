"""Well-known add-ons: told by what runs, after the platform and before nobody, wherever it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from rkedoc.catalog import Catalog, InPod, OutsidePods
from rkedoc.catalog.bound import ClusterCatalog, Distribution
from rkedoc.catalog.entry import Entry, MatchRule
from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.containers import containers_of
from rkedoc.cluster.model import Cluster
from rkedoc.explain.coverage import coverage
from rkedoc.explain.ledger.ledger import build_ledger, steps
from rkedoc.explain.listing.lines import explain_lines, explain_name
from rkedoc.explain.owners import owners
from rkedoc.explain.places import places
from rkedoc.explain.risks import risks
from rkedoc.snapshot.reader import Snapshot
from rkedoc.snapshot.record import Record
from rkedoc.vocabulary import Origin, Role, Whose
from tests.explain.recorded import catalog, cluster_of, dumped, pod, record, recorded
from tests.support.archives import Archives
from tests.test_one_answer import DUMPS, OTHERS, RECORDINGS, check_cluster

LISTINGS = Path(__file__).parents[1] / "data" / "listings"
ADD_ONS = [entry for entry in load_catalog().entries if entry.origin == Origin.ADD_ON and entry.kind == "component"]
RULES = [(entry, rule) for entry in ADD_ONS for rule in entry.match]
COMMON = (
    "nginx", "library/nginx", "redis", "bitnami/redis", "postgres", "bitnami/postgresql", "mysql", "mariadb", "mongo", "busybox",
    "alpine", "ubuntu", "debian", "curlimages/curl", "node", "python", "golang", "eclipse-temurin", "httpd", "haproxy", "memcached",
    "rabbitmq", "bitnami/kubectl", "example/shop", "pause",
)  # fmt: skip
"""Images that everybody runs."""

# Namespaces that many people put things into. In the others everything is Rancher's, Longhorn's, Harvester's, Calico's.
SHARED = {
    "kube-system",
    "default",
    "ingress-nginx",
    "istio-system",
    "gatekeeper-system",
    "kube-flannel",
    "local-path-storage",
}
OWN_NAMES = (
    "rke2-", "rke-", "rancher-", "cattle-", "harvester-", "helm-", "k3k-", "longhorn-", "aci-containers-", "prometheus-federator",
    "externalip-webhook", "external-ip-webhook", "prometheus-project-", "grafana-project-", "prometheus-cattle-", "alertmanager-cattle-",
    "vsphere-", "cleanup-",
)  # fmt: skip
"""Beginnings of names that nobody gives by chance."""


@cache
def of_platform() -> Catalog:
    """The catalog without its add-ons."""
    return Catalog(tuple(entry for entry in catalog().entries if entry.origin != Origin.ADD_ON))


def check_nothing_is_taken(snapshot: Snapshot) -> None:
    """What is explained without the entries of add-ons is explained the same with them, and no image is of both."""
    without, together = Cluster(snapshot, of_platform()), Cluster(snapshot, catalog())
    images: dict[bool, set[str]] = {True: set(), False: set()}
    for before, after in zip(without.workloads(), together.workloads(), strict=True):
        assert before.entry is None or before.entry == after.entry, before.id
        for _role, container in containers_of(after.pod_spec):
            found = [
                cluster.container_match(workload, str(container.get("name")))
                for cluster, workload in ((without, before), (together, after))
            ]
            assert found[0] is None or found[0].entry == (found[1].entry if found[1] else None), (after.id, container)
            if found[1] is not None and isinstance(container.get("image"), str):
                images[found[1].entry.origin == Origin.ADD_ON].add(container["image"])
    lines = zip(build_ledger(without).lines, build_ledger(together).lines, strict=True)
    assert all(before.component in (None, after.component) for before, after in lines)
    assert not images[True] & images[False]
    ledger = build_ledger(together)
    assert sum(step.count for step in steps(ledger.lines)) == len(ledger.lines)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recorded_node_has_no_add_on_that_the_platform_explains(recording: Archives, name: str) -> None:
    check_nothing_is_taken(recorded(recording(f"rke-single-node{name}")))


@pytest.mark.parametrize("name", DUMPS)
def test_a_cluster_of_ranchers_has_no_add_on_that_the_platform_explains(dump: Archives, name: str) -> None:
    check_nothing_is_taken(dumped(dump(name)))


@pytest.mark.parametrize("name", OTHERS)
def test_a_cluster_of_others_has_no_add_on_that_the_platform_explains(dump: Archives, name: str) -> None:
    check_nothing_is_taken(dumped(dump("others") / name))


@pytest.mark.parametrize(
    ("folder", "name", "expected"),
    [
        ("", "oneke-v1.24", {"metallb-system/one-metallb-controller": "metallb-controller", "metallb-system/one-metallb-speaker": "metallb-speaker"}),
        ("others", "onekube-v1.23", {"metallb-system/controller": "metallb-controller", "metallb-system/speaker": "metallb-speaker"}),
        ("others", "ncs-v1.17", {"ncms/cert-manager-webhook": "cert-manager-webhook", "ncms/cert-manager-cainjector": "cert-manager-cainjector"}),
        ("others", "vanillastack-v1.19", {"cert-manager/cert-manager": "cert-manager"}),
        ("others", "kublr-v1.13", {"kube-system/kubernetes-dashboard": "kubernetes-dashboard", "kube-system/tiller-deploy": "tiller"}),
    ],
)  # fmt: skip
def test_what_people_brought_to_real_clusters_is_known(
    dump: Archives, folder: str, name: str, expected: dict[str, str]
) -> None:
    cluster = Cluster(dumped(dump(folder) / name if folder else dump(name)), catalog())
    found = {f"{workload.namespace}/{workload.name}": workload.entry for workload in cluster.workloads()}
    assert {key: entry.id if (entry := found.get(key)) else None for key in expected} == expected


@pytest.mark.parametrize("file", sorted(LISTINGS.glob("*-*.yaml")), ids=lambda file: file.stem)
def test_no_line_of_a_listing_that_the_platform_explains_is_an_add_ons(file: Path) -> None:
    loaded = yaml.safe_load(file.read_text("utf-8"))
    lines = [row for row in loaded.get("rows", ()) if isinstance(row, str)]
    without, together = explain_lines(lines, of_platform()), explain_lines(lines, catalog())
    for before, after in zip(without, together, strict=True):
        assert before.component in (None, after.component)


@pytest.mark.parametrize("image", COMMON)
def test_what_everybody_runs_is_no_add_on(image: str) -> None:
    bound = catalog().of(Distribution.RKE2, True)
    for thing in (
        InPod("shop", "web", "Deployment", container="web", image=f"{image}:1", labels={"app": "web", "app.kubernetes.io/name": "web"}),
        InPod("shop", "web", "Deployment", parts=(f"{image}:1",)),
        OutsidePods("web", (f"{image}:1",)),
    ):  # fmt: skip
        found = bound.find(thing)
        assert found is None or found.entry.origin != Origin.ADD_ON, found
    assert not [entry.id for entry in bound.of_image(image) if entry.origin == Origin.ADD_ON]


@pytest.mark.parametrize(
    ("entry", "rule"), RULES, ids=lambda value: value.id if isinstance(value, Entry) else str(value)
)
def test_an_add_on_is_told_by_no_name(entry: Entry, rule: MatchRule) -> None:
    """Its image counts whatever the container is called; nothing else but a label does."""
    bound = catalog().of(Distribution.RKE2, True)
    names = [
        *(value for name in ("workload", "container", "name") for value in rule.values(name)),
        entry.id,
        entry.name,
    ]
    for name in names:
        for image in (None, "sha256:" + "a" * 64, "example/shop:1"):
            for thing in (
                InPod("shop", name, "Deployment", container=name, image=image),
                InPod(None, name, None),
                OutsidePods(name),
            ):
                found = bound.find(thing)
                assert found is None or found.entry.origin != Origin.ADD_ON
    if rule.anchor == ("image",):
        image = rule.values("image")[0].replace("*", "x")
        found = bound.find(InPod("shop", "x", "Deployment", container="x", image=f"registry.example.com/{image}:1"))
        assert found is not None
        assert found.entry.origin == Origin.ADD_ON


def deployment(name: str, *images: str, namespace: str = "shop", **template: object) -> Record:
    containers = [{"name": f"c{at}", "image": image} for at, image in enumerate(images)]
    body = {"spec": {"template": {"metadata": dict(template), "spec": {"containers": containers}}}}
    return record(f"apps/Deployment/{namespace}/{name}", body)


def together(*records: Record) -> Cluster:
    return cluster_of(records, engines=())


SPEAKER = "quay.io/metallb/speaker:v0.13.7"


def test_a_sidecar_is_an_add_on_in_a_workload_of_somebodys_own() -> None:
    main = {"kubectl.kubernetes.io/default-container": "c1"}
    cluster = together(
        deployment("shop", "example/shop:1", SPEAKER),
        deployment("speaker", SPEAKER, "example/exporter:1"),
        deployment("web", SPEAKER, "example/web:1", annotations=main),
        deployment("unknown", "sha256:" + "a" * 64, SPEAKER),
    )
    found = {workload.name: workload for workload in cluster.workloads()}
    assert {name: workload.origin for name, workload in found.items()} == {
        "shop": "workload", "speaker": "add-on", "web": "workload", "unknown": "workload",
    }  # fmt: skip

    def of(name: str, container: str) -> str | None:
        match = cluster.container_match(found[name], container)
        return match.entry.id if match is not None else None

    assert (of("shop", "c0"), of("shop", "c1")) == (None, "metallb-speaker")
    assert of("speaker", "c1") == "metallb-speaker"


def test_somebodys_own_words_come_before_an_add_ons(tmp_path: Path) -> None:
    (tmp_path / "lb.md").write_text(
        "---\nid: lb\nname: LB\nsummary: Ours.\nmatch:\n  - {workload: lb-*, namespace: net}\n---\n"
    )
    (tmp_path / "metallb-speaker.md").write_text("---\nid: metallb-speaker\nmatch:\n  - {workload: ours}\n---\n")
    bound = load_catalog(extra=[tmp_path]).of(Distribution.K3S, False)
    ours = InPod("net", "lb-1", "DaemonSet", container="speaker", image=SPEAKER)
    assert [found.entry.id for found in [bound.find(ours)] if found] == ["lb"]
    assert [found.entry.id for found in [bound.find(InPod("net", "ours", "DaemonSet"))] if found] == ["metallb-speaker"]


def test_a_listing_tells_an_add_on_where_it_shows_the_image() -> None:
    short = [
        "NAMESPACE        NAME         READY   UP-TO-DATE   AVAILABLE   AGE",
        "metallb-system   controller   1/1     1            1           5d",
    ]
    wide = [
        "NAMESPACE        NAME         READY   UP-TO-DATE   AVAILABLE   AGE   CONTAINERS           IMAGES                               SELECTOR",
        "metallb-system   controller   1/1     1            1           5d    controller           quay.io/metallb/controller:v0.13.7   app=metallb",
        "shop             web          1/1     1            1           5d    web,speaker          example/web:1,quay.io/metallb/speaker:v0.13.7   app=web",
    ]
    assert [found.component for found in explain_lines(short, catalog())] == [None]
    assert [(found.component, found.origin) for found in explain_lines(wide, catalog())] == [
        ("metallb-controller", "add-on"), (None, "workload"),
    ]  # fmt: skip
    docker = '0123456789ab   quay.io/metallb/speaker:v0.13.7   "/speaker"   2 days ago   Up 2 days   k8s_x_speaker-abcde_metallb-system_75f036a8-95fd-4623-a35d-72b2b50cf226_0'  # fmt: skip
    (found,) = explain_lines(["CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   NAMES", docker], catalog())
    assert (found.component, found.role, found.origin) == ("metallb-speaker", Role.APP, "add-on")


# -- what counts, groups and sums --------------------------------------------------------------------------------------


def mixed() -> Cluster:
    spec = {"containers": [{"name": "x", "image": SPEAKER}]}
    status = {
        "containerStatuses": [{"name": "x", "image": SPEAKER, "containerID": "docker://1", "state": {"running": {}}}]
    }
    return together(
        pod("speaker-abcde", namespace="metallb-system", spec=spec, **status), pod("web", namespace="default"),
        pod("shop", namespace="shop"), record("core/Namespace/-/kube-public"), record("core/Namespace/-/empty"),
    )  # fmt: skip


def test_everything_that_adds_up_knows_add_ons() -> None:
    cluster = mixed()
    ledger = build_ledger(cluster)
    assert {line.origin for line in ledger.lines if line.component} == {"add-on"}
    assert ledger.to_json()["by_origin"]["add-on"] == 1
    result = coverage(cluster)
    assert result.groups["add-on"].documented == result.groups["add-on"].total == 2  # the pod and its namespace
    assert sum(share.total for share in result.groups.values()) == result.total.total
    owned = {item.record_id: item.whose for item in owners(cluster).all}
    assert owned["core/Pod/metallb-system/speaker-abcde"] == Whose.ADD_ON
    assert {risk.whose for risk in risks(cluster).findings if "speaker" in risk.subject} == {Whose.ADD_ON}


def test_a_namespace_is_whoevers_things_lie_in_it() -> None:
    told = {name: place.origin for name, place in places(mixed()).items()}
    assert told == {
        "metallb-system": "add-on", "default": "workload", "shop": "workload", "kube-public": "platform", "empty": "workload",
    }  # fmt: skip
    assert places(together(record("core/Namespace/-/default")))["default"].origin == "platform"
    for image, origin in ((SPEAKER, "add-on"), ("example/shop:1", "workload")):
        assert places(together(deployment("x", image, namespace="default")))["default"].origin == origin
    (found,) = explain_name("metallb-system", catalog(), mixed())
    assert (found.origin, found.component, "MetalLB speaker" in found.summary) == ("add-on", None, True)


def test_pages_and_answers_agree_on_add_ons() -> None:
    check_cluster(mixed().snapshot)


# -- the platform's names, held against what runs -----------------------------------------------------------------------


def by_name() -> Iterator[tuple[Entry, MatchRule]]:
    """The rules of the platform that stand on a name in a pod that anybody may give, where anybody may put one."""
    for entry in catalog().entries:
        for rule in entry.match:
            names = [value for name in rule.anchor for value in rule.values(name)]
            places = set(rule.values("namespace"))
            common = not places or not SHARED.isdisjoint(places)
            if (
                entry.kind != "component"
                or entry.origin == Origin.ADD_ON
                or not {"workload", "pod", "container"} & set(rule.anchor)
            ):
                continue
            if common and not all(name == "POD" or name.startswith(OWN_NAMES) for name in names):
                yield entry, rule


def bound(entry: Entry, rule: MatchRule) -> ClusterCatalog:
    """The catalog on a cluster on which the entry can be."""
    known = [
        Distribution(name) for name in (*rule.values("distribution"), *entry.distributions) if name in set(Distribution)
    ]
    return catalog().of(known[0] if known else Distribution.UNKNOWN, True, rule.values("beside"))


@pytest.mark.parametrize(
    ("entry", "rule"), list(by_name()), ids=lambda value: value.id if isinstance(value, Entry) else str(value)
)
def test_a_name_of_the_platform_does_not_hold_for_the_image_of_another(entry: Entry, rule: MatchRule) -> None:
    def first(name: str) -> str | None:
        return next((value.replace("*", "x") for value in rule.values(name)), None)

    kind, namespace = first("kind"), first("namespace") or "kube-system"
    workload, name, container = first("workload") or first("pod") or "x", first("pod"), first("container")
    for image in ("example.com/shop/web:1", "bitnami/postgresql:15", "docker.io/library/nginx:1.25"):
        thing = InPod(namespace, workload, kind, pod=name, container=container, image=image)
        assert not bound(entry, rule).fits(entry, rule, thing)
        assert not bound(entry, rule).fits(entry, rule, InPod(namespace, workload, kind, pod=name, parts=(image,)))


@pytest.mark.parametrize(
    ("namespace", "workload", "image", "distribution", "expected"),
    [
        ("kube-system", "traefik", "rancher/mirrored-library-traefik:2.9.4", "k3s", "k3s-traefik"),
        ("kube-system", "traefik", "registry.local/rancher/library-traefik:1.7.19", "k3s", "k3s-traefik"),
        ("kube-system", "traefik", "docker.io/traefik:v3.1", "k3s", None),
        ("kube-system", "traefik", None, "k3s", "k3s-traefik"),
        ("istio-system", "istiod", "rancher/mirrored-istio-pilot:1.18.2", "rke2", "rancher-istio"),
        ("istio-system", "istiod", "docker.io/istio/pilot:1.18.2", "rke2", None),
        ("istio-system", "istiod", None, "rke2", None),
        ("gatekeeper-system", "gatekeeper-audit", "openpolicyagent/gatekeeper:v3.14", "rke1", None),
        ("gatekeeper-system", "gatekeeper-audit", "rancher/opa-gatekeeper:v3.1", "rke1", "rancher-gatekeeper"),
        ("cattle-gatekeeper-system", "gatekeeper-audit", None, "rke1", "rancher-gatekeeper"),
        ("kube-system", "metrics-server", "registry.k8s.io/metrics-server/metrics-server:v0.6.1", "k3s", None),
        ("kube-system", "cilium", "quay.io/cilium/cilium:v1.14", "rke2", None),
        ("kube-system", "cilium", "rancher/mirrored-cilium-cilium:v1.14", "rke2", "rke2-cilium"),
        ("app", "etcd", "docker.io/bitnami/etcd:3.5", "rke2", None),
        ("kube-system", "etcd", "docker.io/bitnami/etcd:3.5", "kubeadm", None),
    ],
)
def test_what_people_bring_themselves_is_not_ranchers(
    namespace: str, workload: str, image: str | None, distribution: str, expected: str | None
) -> None:
    thing = InPod(namespace, workload, "Deployment", parts=(image,) if image else ())
    found = of_platform().of(Distribution(distribution), True).find(thing)
    assert (found.entry.id if found is not None else None) == expected


def test_a_snapshot_controller_is_harvesters_where_harvester_is() -> None:
    thing = InPod(
        "kube-system",
        "snapshot-controller",
        "Deployment",
        parts=("registry.k8s.io/sig-storage/snapshot-controller:v8.5.0",),
    )
    for namespaces, expected in (
        ({"kube-system", "harvester-system"}, "harvester-snapshot-controller"),
        ({"kube-system"}, None),
    ):
        found = of_platform().of(Distribution.RKE2, True, namespaces).find(thing)
        assert (found.entry.id if found is not None else None) == expected


ROW = "{id}  {image}  2 days ago  Running  {name}  0  {id}  {pod}"
HEADER = "CONTAINER      IMAGE          CREATED     STATE    NAME  ATTEMPT  POD ID         POD"


def test_a_pod_that_is_called_etcd_is_not_the_clusters_database_for_its_name() -> None:
    def told(*pods: tuple[str, str]) -> list[str | None]:
        rows = [
            ROW.format(id=f"{at:013x}", image="fce326961ae2d", name=name, pod=pod)
            for at, (name, pod) in enumerate(pods, 1)
        ]
        return ["|".join(found.components) or None for found in explain_lines([HEADER, *rows], catalog())]

    assert told(("etcd", "etcd"), ("web", "web-1")) == [None, None]
    assert told(("etcd", "etcd"), ("kube-apiserver", "kube-apiserver")) == [
        "kubeadm-etcd|rke2-etcd",
        "kubeadm-kube-apiserver|rke2-kube-apiserver",
    ]
    pods = ["NAME           READY   STATUS    RESTARTS   AGE", *(f"{name}   1/1     Running   0          3d" for name in ("etcd", "etcd-0", "etcd-main-0", "etcd-server-1"))]  # fmt: skip
    assert {found.component for found in explain_lines(pods, catalog())} == {None}
    apps = [f"{line:60}" for line in ("NAMESPACE   NAME     READY   STATUS    RESTARTS   AGE", "app         etcd-0   1/1     Running   0          3d", "kube-system etcd-0   1/1     Running   0          3d")]  # fmt: skip
    assert {found.component for found in explain_lines(apps, catalog())} == {None}
    own = together(
        pod("etcd", namespace="app", spec={"containers": [{"name": "etcd", "image": "bitnami/etcd:3.5"}]}),
        record("apps/StatefulSet/app/etcd", {"spec": {"template": {"spec": {"containers": [{"name": "etcd", "image": "bitnami/etcd:3.5"}]}}}}),
        pod("etcd-web", namespace="kube-system", spec={"containers": [{"name": "etcd", "image": "example/web:1"}]}),
    )  # fmt: skip
    assert {workload.origin for workload in own.workloads()} == {"workload"}

"""Pages of Rancher, Fleet, the ingress and the network are there where their subject is, and tell this cluster's own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from rkedoc import i18n
from rkedoc.cluster.model import Cluster
from rkedoc.explain.facts.networks import Network, networks
from rkedoc.explain.facts.packets import Mode
from rkedoc.explain.facts.topics import Fact, FactKey, facts
from rkedoc.i18n import N_, Message, _
from rkedoc.snapshot.record import Record
from rkedoc.sphinxext.blocks.targets import references
from rkedoc.sphinxext.blocks.view import Picture
from rkedoc.sphinxext.pages import PAGES
from rkedoc.sphinxext.site import Site
from rkedoc.sphinxext.views.pages.topics import LEADS
from rkedoc.sphinxext.views.parts.packets import WAYS
from tests.explain.recorded import catalog, cluster_of, dumped, record, recorded
from tests.explain.test_networks import DUMPS, calico, cilium, dump_folder, flannel, pool, weave
from tests.views.read import text

Recording = Callable[[str], Path]

CLUSTERS: Final[dict[str, Callable[[], Cluster]]] = {
    "calico-ipip": lambda: calico(CALICO_IPV4POOL_IPIP="Always", CALICO_IPV4POOL_CIDR="10.244.0.0/16"),
    "calico-vxlan": lambda: calico(pool("p", cidr="10.9.0.0/16", vxlanMode="CrossSubnet", natOutgoing=True)),
    "calico-bgp": lambda: calico(pool("p", cidr="10.9.0.0/16", natOutgoing=False)),
    "flannel-vxlan": lambda: flannel({"Type": "vxlan"}),
    "flannel-host-gw": lambda: flannel({"Type": "host-gw"}),
    "flannel-wireguard": lambda: flannel({"Type": "wireguard"}),
    "cilium-tunnel": lambda: cilium(ipam="cluster-pool", cluster_pool_ipv4_cidr="10.7.0.0/16", kube_proxy_replacement="true"),
    "cilium-native": lambda: cilium(routing_mode="native", enable_ipv4_masquerade="false"),
    "weave": lambda: weave(IPALLOC_RANGE="10.5.0.0/16", WEAVE_MTU="8916"),
}  # fmt: skip
OTHERS: Final = {
    "canal": (), "calico": ("flannel", "cni0", "cilium", "weave"), "flannel": ("calico", "cali…", "felix", "cilium", "weave"),
    "cilium": ("calico", "cali…", "flannel", "weave"), "weave": ("calico", "cali…", "flannel", "cilium"),
}  # fmt: skip
"""The words of other networks, which the page of one does not use."""


def page(site: Site, key: str) -> str:
    """All text of a page."""
    return "\n".join(text(section.shows(site, key)) for section in PAGES.kind_of(site.pages[key]).sections)


@cache
def dumped_site(folder: Path) -> Site:
    """The site of a dump."""
    return Site(Cluster(dumped(folder), catalog()))


@pytest.fixture(params=sorted(DUMPS))
def site(request: pytest.FixtureRequest, dump: Recording) -> Site:
    """The site of each dump in turn."""
    return dumped_site(dump_folder(dump, request.param))


# Over all clusters ---------------------------------------------------------------------------------------------------


def test_no_page_is_there_without_its_subject(site: Site) -> None:
    installed = networks(site.cluster)
    assert {str(one) for one in Network if str(one) in site.pages} == (
        {str(installed[0].network)} if len(installed) == 1 else set()
    )
    names = {workload.namespace for workload in site.cluster.workloads()}
    assert ("rancher" in site.pages) is ("cattle-system" in names)
    assert ("fleet" in site.pages) is any(name.endswith("fleet-system") for name in names)
    assert ("ingress" in site.pages) is any(
        item.key is FactKey.CONTROLLER and isinstance(item, Fact) for item in facts(site.cluster)["ingress"]
    )


def test_no_page_leads_to_one_that_is_not_there(site: Site) -> None:
    for name, key in views_of(site):
        gone = [
            ref.name
            for ref in references(PAGES.views[name](site, key))
            if ref.kind == "page" and ref.name not in site.pages
        ]
        assert gone == [], (name, key)


def test_no_page_of_a_topic_speaks_of_another_network(site: Site) -> None:
    for one in networks(site.cluster)[:1]:
        if str(one.network) in site.pages:
            said = "\n".join(page(site, key) for key in (str(one.network), "network")).lower()
            assert [word for word in OTHERS[str(one.network)] if word in said] == []


def test_how_to_leave_rke1_is_told_where_rke1_is_or_was(site: Site) -> None:
    assert ("concept-from-rke1-to-rke2" in site.pages) is (site.cluster.distribution in ("rke1", "rke2"))
    assert "concept-pod-sandbox" in site.pages


def views_of(site: Site) -> Iterator[tuple[str, str]]:
    """Every view of every page about the whole."""
    for key, found in site.pages.items():
        if found.kind == "fixed":
            yield from ((section.view, key) for section in PAGES.kind_of(found).sections)


def test_the_recorded_node_has_all_four_pages(recording: Recording) -> None:
    site = Site(Cluster(recorded(recording("rke-single-node")), catalog()))
    assert {"rancher", "fleet", "ingress", "canal"} <= set(site.pages)
    assert not {"calico", "flannel", "cilium", "weave"} & set(site.pages)
    for key in ("canal", "ingress"):
        headings = [section.heading.words for section in PAGES.kinds[key].sections if section.heading]
        assert len(headings) == len(set(headings))
    told = page(site, "canal")
    assert told.count("wraps") == 1
    assert "default network of RKE1 and RKE2" in told


# Each network --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", sorted(CLUSTERS))
def test_the_way_of_each_network_has_the_values_of_this_cluster(name: str, language: str) -> None:
    i18n.set_language(language)
    cluster = CLUSTERS[name]()
    site = Site(cluster)
    (one,) = networks(cluster)
    key = str(one.network)
    assert [str(other) for other in Network if str(other) in site.pages] == [key]
    shown = page(site, key)
    known = {item.key: item for item in facts(cluster)["network"]}
    for wanted in (FactKey.POD_NETWORK, FactKey.MTU):
        item = known[wanted]
        assert not isinstance(item, Fact) or shown.count(str(item.value)) >= 2, wanted
    port = known[FactKey.PORT]
    assert (
        not isinstance(port, Fact)
        or _(port.value.message if isinstance(port.value, Message) else port.value)[:4] in shown
    )
    assert any(isinstance(block, Picture) for block in PAGES.views[f"{key}-packet"](site, key))
    assert "{" not in text(PAGES.views[f"{key}-packet"](site, key))
    if language == "en":
        assert [word for word in OTHERS[key] if word in shown.lower()] == []


def test_who_stands_in_for_kube_proxy_and_who_masquerades_is_as_configured() -> None:
    assert "in the place of kube-proxy" in page(Site(CLUSTERS["cilium-tunnel"]()), "cilium")
    assert "stays the pod's address" in page(Site(CLUSTERS["cilium-native"]()), "cilium")
    assert "stays the pod's address" in page(Site(CLUSTERS["calico-bgp"]()), "calico")
    assert "becomes the node's address (masquerading)" in page(Site(CLUSTERS["calico-vxlan"]()), "calico")


def test_where_the_network_is_none_of_these_the_page_says_what_was_found_and_stops() -> None:
    mount = {"containers": [{"name": "aws-node", "image": "amazon-k8s-cni:v1.12"}],
             "volumes": [{"name": "cni", "hostPath": {"path": "/etc/cni/net.d"}}]}  # fmt: skip
    site = Site(cluster_of([record("apps/DaemonSet/kube-system/aws-node", {"spec": {"template": {"spec": mount}}})]))
    shown = text(PAGES.views["network-intro"](site, "network"))
    assert "no workload of a known network plugin was found" in shown
    assert "kube-system/aws-node" in shown
    assert not {str(one) for one in Network} & set(site.pages)
    assert all(PAGES.views[f"{one}-packet"](site, str(one)) == () for one in Network)


def test_every_network_has_a_way_and_a_sentence() -> None:
    assert set(WAYS) == set(Network)
    assert {str(one) for one in Network} <= set(LEADS)
    assert {mode for way in WAYS.values() for mode in way.across} == set(Mode)


# Each ingress controller ---------------------------------------------------------------------------------------------


def controller(name: str, image: str, *arguments: str, **spec: Any) -> list[Record]:
    """An ingress controller with a pod, a service from outside, and one host whose service has no pods."""
    container = {"name": name, "image": image, "args": list(arguments), "ports": [{"containerPort": 80, **spec}]}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    owner = record(
        f"apps/DaemonSet/edge/{name}", {"spec": {"selector": {"matchLabels": {"app": name}}, "template": template}}
    )
    pod = record(
        f"core/Pod/edge/{name}-1",
        {"metadata": {"labels": {"app": name}}, "spec": {"nodeName": "n1", **template["spec"]}},
        owner.id,
    )
    service = record(
        f"core/Service/edge/{name}",
        {"spec": {"type": "LoadBalancer", "selector": {"app": name}, "ports": [{"port": 80, "nodePort": 31080}]},
         "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}},
    )  # fmt: skip
    path = {"path": "/", "backend": {"service": {"name": "empty", "port": {"number": 80}}}}
    rules = [{"host": "a.example", "http": {"paths": [path]}}]
    return [owner, pod, service, record("core/Service/shop/empty", {"spec": {"selector": {"app": "gone"}}}),
            record("networking.k8s.io/Ingress/shop/a", {"spec": {"rules": rules}})]  # fmt: skip


@pytest.mark.parametrize(
    ("records", "says", "silent", "answer"),
    [
        (controller("traefik", "rancher/mirrored-library-traefik:2.9.10", "--entrypoints.web.address=:8000/tcp"),
         ("Traefik", "web :8000/tcp", "192.0.2.7", "80 → 31080"), ("nginx",), "the answer is 404"),
        (controller("traefik", "traefik:3.3", "--providers.kubernetesIngress.allowEmptyServices=true"), ("Traefik",), ("nginx",), "the answer is 503"),
        (controller("ctl", "registry.k8s.io/ingress-nginx/controller:v1.9.4", "--ingress-class=inside"),
         ("nginx", "inside", "the controller's own (404)"), ("Traefik",), "the answer is 503"),
        (controller("ctl", "rancher/nginx-ingress-controller:nginx-1.2.1", hostPort=80), ("nginx", "80/TCP", "n1"), ("Traefik",), "the answer is 503"),
    ],
)  # fmt: skip
def test_a_requests_way_is_that_of_the_controller_that_is_here(
    records: list[Record], says: tuple[str, ...], silent: tuple[str, ...], answer: str
) -> None:
    shown = text(PAGES.views["ingress-hosts"](Site(cluster_of(records)), "ingress"))
    assert [word for word in says if word not in shown] == []
    assert [word for word in silent if word in shown] == []
    assert answer in shown


def test_who_answers_is_not_known_where_the_controller_is_not() -> None:
    site = Site(cluster_of(controller("haproxy", "haproxytech/kubernetes-ingress:1.10")))
    shown = text(PAGES.views["ingress-hosts"](site, "ingress"))
    assert _(N_("None of the ingress controllers that are known here was found.")) in shown
    assert "the answer is" not in shown

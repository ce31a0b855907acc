"""The search as a reader uses it: what he types is found, the right place first, from disk, in both languages."""

from __future__ import annotations

import re
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page

from rkedoc.sphinxext.search.index import INDEX
from tests.browser.conftest import Reader, Seen, one_of_each_kind
from tests.support.sitelinks import dead, inventory, sphinx_results, thing_results

NODES = ("rke1", "rke2")
LANGUAGES = ("en", "zh_CN")
_WITHOUT_PAGE = frozenset({"modindex", "py-modindex"})
"""Labels that Sphinx writes into every inventory, whether or not there is an index of Python modules."""


def ask(seen: Seen, site: Path, words: str) -> Page:
    """The page of the search with an answer."""
    page = seen.open(site / "search.html", f"?q={quote(words)}")
    page.wait_for_selector("#search-results ul.search > li")
    return page


def results(page: Page) -> list[Locator]:
    return page.locator("#search-results ul.search > li").all()


def where(result: Locator) -> str:
    """Where a result leads, without the digests that keep names apart."""
    return re.sub(r"-[0-9a-f]{10}(?=\.html|$)", "", result.locator("a").first.get_attribute("href") or "")


BOTH = (
    # addresses, ports and ranges
    ("rke1", "10.43.0.10", "namespaces/kube-system.html#service-kube-system-kube-dns"),
    ("rke1", "10.42.0.10", "workloads/deployment-default-webapp.html#pod-default-webapp-645d6dcdd5-4677w"),
    ("rke1", "192.0.2.2", "nodes/rancher01.html"),
    ("rke1", "8472", r"(nodes/rancher01|network)\.html#listeners"),
    ("rke1", "30080", r"(nodes/rancher01|network)\.html#listeners"),
    ("rke1", "6443", r"(nodes/rancher01|network)\.html#listeners"),
    ("rke2", "10.43.0.10", "namespaces/kube-system.html#service-kube-system-rke2-coredns-rke2-coredns"),
    ("rke2", "192.0.2.21", "nodes/rke2-01.html"),
    ("rke2", "8472", r"(nodes/rke2-01|network|processes)\.html#(sockets|listeners)"),
    ("rke2", "10250", r"(nodes/rke2-01|network|processes)\.html#(sockets|listeners)"),
    # images and tags
    ("rke1", "rancher/pause:3.2", "images.html#image-rancher-pause-3-2"),
    ("rke1", "coredns-coredns", "images.html#image-rancher-coredns-coredns-1-7-0"),
    ("rke1", "v0.3.3", "images.html#image-rancher-fleet-agent-v0-3-3"),
    ("rke2", "hardened-etcd", r"images\.html#image-.*rancher-hardened-etcd-.*"),
    # flags, environment, files
    ("rke1", "--cluster-dns", "containers/rancher01-kubelet.html#runs"),
    ("rke1", "tls-cipher-suites", r"containers/rancher01-kube(let|-apiserver)\.html#runs"),
    ("rke2", "--cluster-dns", r"processes/rke2-kubelet\.html#process-\d+"),
    ("rke1", "CATTLE_SERVER", r"workloads/d.*cattle-(node|cluster)-agent.*\.html#container-.*"),
    ("rke2", "/etc/cni/net.d", r"(storage|nodes/rke2-01|workloads/.*canal.*)\.html(#.*)?"),
    # names of what runs, and of what runs no more
    ("rke1", "webapp", "workloads/deployment-default-webapp.html"),
    ("rke1", "default/webapp", "workloads/deployment-default-webapp.html"),
    ("rke1", "kubelet", "containers/rancher01-kubelet.html"),
    ("rke1", "coredns", "workloads/deployment-kube-system-coredns.html"),
    ("rke1", "canal", r"(workloads/daemonset-kube-system-canal|canal)\.html"),
    ("rke1", "nostalgic_galileo", r"containers/rancher01-rancher-agent-bootstrap\.html(#.*)?"),
    ("rke1", "rke-coredns-addon-deploy-job-ct7cb", r"workloads/job-kube-system-rke-coredns-addon-deploy-job\.html#pod-.*"),
    ("rke1", "k8s_POD_cattle-node-agent", r"workloads/daemonset-cattle-system-cattle-node-agent\.html#enginecontainer-.*"),
    ("rke1", "webapp-config", "namespaces/default.html#configmap-default-webapp-config"),
    ("rke1", "secret webapp-tls", "namespaces/default.html#secret-default-webapp-tls"),
    ("rke1", "cluster-admin", r"access\.html#rolebinding-cluster-admin"),
    ("rke2", "kubelet", "processes/rke2-kubelet.html"),
    ("rke2", "etcd", "workloads/pod-kube-system-etcd-rke2-01.html"),
    ("rke2", "coredns", "workloads/deployment-kube-system-rke2-coredns-rke2-coredns.html"),
    ("rke2", "containerd", "processes/k3s-containerd.html"),
    ("rke2", "rke2-server.service", "nodes/rke2-01.html#host-units"),
    ("rke2", "waiting-0", "workloads/statefulset-shop-waiting.html#pod-shop-waiting-0"),
    # hosts
    ("rke1", "shop.example.com", r"ingress\.html#host-shop-example-com"),
    ("rke2", "shop.example.org", r"ingress\.html#host-shop-example-org"),
    # kinds and other names
    ("rke1", "HPA", "workloads/deployment-default-webapp.html#autoscaler-webapp"),
    ("rke1", "PDB", "workloads/deployment-default-webapp.html#budget-webapp"),
    ("rke1", "ingress", "ingress.html"),
    ("rke1", "DNS", "workloads/deployment-kube-system-coredns.html"),
    ("rke1", "pause container", "concepts/pod-sandbox.html"),
    ("rke1", "RBAC", "access.html"),
    ("rke2", "DNS", "workloads/deployment-kube-system-rke2-coredns-rke2-coredns.html"),
    ("rke2", "HPA", "concepts/metrics-pipeline.html"),
    ("rke2", "ingress", "ingress.html"),
    ("rke2", "pause container", "concepts/pod-sandbox.html"),
    # what is supported, who may, what is risky
    ("rke1", "out of support", "index.html#versions"),
    ("rke1", "unsupported", "index.html#versions"),
    ("rke1", "end of life", "index.html#versions"),
    ("rke2", "out of support", "index.html#versions"),
    ("rke2", "EOL", "index.html#versions"),
    ("rke1", "who may read secrets", r"access\.html#may-read-secrets"),
    ("rke2", "who can read secrets", r"access\.html(#.*)?"),
    ("rke1", "who is cluster admin", "access.html#may-do-everything"),
    ("rke1", "docker.sock", "risks.html"),
    ("rke1", "privileged", "risks.html"),
    ("rke1", "what is broken", "index.html#problems"),
    ("rke2", "what is broken", "index.html#problems"),
    ("rke1", "unused images", "images.html"),
    # digests: a part, as the page shows it, and whole
    ("rke1", "66b9a377fe1f", "images.html#image-busybox-1-33-0"),
    ("rke1", "sha256:66b9a377fe1f…", "images.html#image-busybox-1-33-0"),
    ("rke1", "docker-pullable://busybox@sha256:66b9a377fe1f" + "0" * 52, "images.html#image-busybox-1-33-0"),
    # open sockets of the host
    ("rke2", "9345", "(nodes/rke2-01|network).html#(sockets|listeners)"),
    ("rke2", "who listens on 9345", "(nodes/rke2-01|network).html#(sockets|listeners)"),
    ("rke2", "who listens on 10250", "(nodes/rke2-01|network).html#(sockets|listeners)"),
    ("rke2", "2379", "(nodes/rke2-01|network).html#(sockets|listeners)"),
    # a kind and a name
    ("rke1", "configmap webapp-config", "namespaces/default.html#configmap-default-webapp-config"),
    ("rke1", "node rancher01", "nodes/rancher01.html"),
    # what an administrator types
    ("rke1", "etcd snapshot", r"containers/rancher01-etcd-rolling-snapshots\.html"),
    ("rke2", "etcd snapshot", "nodes/rke2-01.html#host-etcd-snapshots"),
    ("rke1", "LOG_LEVEL", r"workloads/deployment-default-webapp\.html#container-web"),
    ("rke1", "CNI", r"(workloads/daemonset-kube-system-canal|canal)\.html"),
    ("rke1", "cluster-cidr", r"containers/rancher01-kube-(proxy|controller-manager)\.html#runs"),
    ("rke1", "/var/lib/docker", r"(containers/rancher01-kubelet|storage)\.html#.*"),
    ("rke1", "metrics-server", "workloads/deployment-kube-system-metrics-server.html"),
    ("rke1", "cattle-system", "namespaces/cattle-system.html"),
    ("rke1", "rancher url", "rancher.html#here"),
    ("rke1", "team-shop", r"owners/team-shop\.html"),
    ("rke2", "crasher", "workloads/deployment-shop-crasher.html"),
)  # fmt: skip
"""What readers type in any language, and where the first result leads: a pattern."""

IN_ENGLISH = (
    ("rke1", "what breaks without etcd", "containers/rancher01-etcd.html#about-if-it-stops"),
    ("rke1", "if it stops etcd", "containers/rancher01-etcd.html#about-if-it-stops"),
    ("rke1", "who listens on port 8472", r"(nodes/rancher01|network)\.html#listeners"),
    ("rke1", "listening ports", "network.html#listeners"),
    ("rke2", "what breaks without etcd", "workloads/pod-kube-system-etcd-rke2-01.html#about-if-it-stops"),
    ("rke1", "port 8472", r"(nodes/rancher01|network)\.html#listeners"),
    ("rke1", "ingress class", "ingress.html#here"),
    ("rke1", "cluster id", "rancher.html#here"),
    ("rke1", "digest", "risks.html#risk-no-digest"),
    ("rke1", "certificates expire", "concepts/certificates-and-secrets.html#about-when-they-end"),
    ("rke1", "upgrade kubernetes", "index.html#versions"),
    ("rke1", "kernel version", "index.html#versions"),
    ("rke1", "firewall", "risks.html#risk-open-port"),
    ("rke1", "latest tag", "risks.html#risk-moving-image"),
    ("rke1", "psp", "risks.html"),
    ("rke1", "cordon", "nodes.html"),
    ("rke1", "without flannel", "canal.html#about-if-it-stops"),
    ("rke1", "memory left", "capacity.html"),
    ("rke1", "owner of webapp", "workloads/deployment-default-webapp.html"),
    ("rke2", "certificates", "concepts/certificates-and-secrets.html"),
)
IN_CHINESE = (
    ("rke1", "暂停容器", "concepts/pod-sandbox.html"),
    ("rke1", "停止后的影响", r".*#about-if-it-stops"),
    ("rke1", "etcd 停止后的影响", "containers/rancher01-etcd.html#about-if-it-stops"),
    ("rke1", "没有 etcd 会怎样", "containers/rancher01-etcd.html#about-if-it-stops"),
    ("rke1", "谁在监听端口", "network.html#listeners"),
    ("rke1", "谁在监听端口 8472", r"(nodes/rancher01|network)\.html#listeners"),
    ("rke1", "证书", "concepts/certificates-and-secrets.html"),
    ("rke2", "暂停容器", "concepts/pod-sandbox.html"),
    ("rke2", "谁在监听端口", "network.html#listeners"),
    ("rke2", "etcd 停止后的影响", "workloads/pod-kube-system-etcd-rke2-01.html#about-if-it-stops"),
    ("rke2", "自动扩缩容", "concepts/metrics-pipeline.html"),
    ("rke1", "水平扩缩", "workloads/deployment-default-webapp.html#autoscaler-webapp"),
    ("rke2", "水平扩缩", "concepts/metrics-pipeline.html"),
    ("rke1", "不再支持", "index.html#versions"),
    ("rke2", "停止支持", "index.html#versions"),
    ("rke1", "谁能读取密钥", r"access\.html(#.*)?"),
    ("rke1", "特权容器", "risks.html"),
    ("rke2", "故障", "index.html#problems"),
    ("rke2", "镜像摘要", "images.html"),
    ("rke2", "谁在监听 9345", "(nodes/rke2-01|network).html#(sockets|listeners)"),
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("node", NODES)
def test_what_readers_type_is_found_and_the_right_place_is_first(
    reader: Reader, sites: dict[str, Path], node: str, language: str
) -> None:
    wrong = []
    with reader() as seen:
        for of, words, expected in (*BOTH, *(IN_ENGLISH if language == "en" else IN_CHINESE)):
            if of == node:
                first = results(ask(seen, sites[f"{node}-{language}"], words))[0]
                if not re.fullmatch(expected, where(first)):
                    wrong.append((words, where(first)))
        seen.check()
    assert wrong == []


TOLD = """() => [...document.querySelectorAll('#search-results ul.search > li')].slice(0, 5)
  .map(item => [item.querySelector('a').href, item.innerText])"""
"""The first results as a reader has them: where each leads, and all that it says."""
WIDER = """() => [...document.querySelectorAll('#search-results *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.textContent)"""
"""What of the results lies outside of the window."""


@pytest.mark.parametrize(
    ("node", "language", "width"),
    [("rke1", "en", 1280), ("rke1", "zh_CN", 390), ("rke2", "en", 390), ("rke2", "zh_CN", 1280)],
)
def test_every_page_answers_as_the_page_of_the_search_does(
    reader: Reader, sites: dict[str, Path], node: str, language: str, width: int
) -> None:
    site = sites[f"{node}-{language}"]
    with reader(width=width) as seen:
        answers = {words: ask(seen, site, words).evaluate(TOLD) for words in ("8472", "10.43.0.10", "etcd")}
        for path, (words, expected) in zip(one_of_each_kind(site), cycle(answers.items()), strict=False):
            page = seen.open(path)
            if width > 1000:
                page.keyboard.press("Control+k")
            else:
                page.locator(".search-button__button:visible").first.click()
            page.keyboard.type(words)
            if path.name == "search.html":
                page.keyboard.press("Enter")  # it has a place of its own for the answer
            page.wait_for_selector("#search-results ul.search > li")
            assert (path.name, words, page.evaluate(TOLD)) == (path.name, words, expected)
            assert page.evaluate(WIDER) == []
        seen.check()


def test_a_result_says_what_it_is_where_it_is_and_in_which_line(reader: Reader, sites: dict[str, Path]) -> None:
    with reader() as seen:
        first = results(ask(seen, sites["rke1-en"], "10.43.0.10"))[0]
        assert first.locator("a").inner_text() == "kube-dns"
        assert first.locator(".rkedoc-found-kind").inner_text() == "service"
        assert "namespace kube-system" in first.locator(".rkedoc-found-where").inner_text()
        assert first.locator("p.context mark").inner_text() == "10.43.0.10"
        for result in results(ask(seen, sites["rke1-en"], "etcd")):
            assert result.locator(".rkedoc-found-kind").inner_text()
        first = results(ask(seen, sites["rke1-zh_CN"], "--cluster-dns"))[0]
        assert first.locator(".rkedoc-found-kind").inner_text() == "参数"
        assert "DNS 服务器" in first.locator("p.context").inner_text()
        seen.check()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("node", NODES)
def test_nothing_that_can_be_found_leads_nowhere(sites: dict[str, Path], node: str, language: str) -> None:
    site = sites[f"{node}-{language}"]
    for targets in (inventory, sphinx_results, thing_results):
        count, missing = dead(site, targets(site))
        assert count > 200
        assert [target for target in missing if target.what not in _WITHOUT_PAGE] == []


def test_many_results_are_shown_a_part_at_a_time(reader: Reader, sites: dict[str, Path]) -> None:
    with reader() as seen:
        page = ask(seen, sites["rke1-en"], "rancher")
        count = int(re.findall(r"\d+", page.locator(".search-summary").inner_text())[0])
        shown = [len(results(page))]
        while page.locator(".rkedoc-found-more").count():
            page.locator(".rkedoc-found-more").click()
            shown.append(len(results(page)))
        assert shown[0] < shown[-1] == count
        told = [where(result) + result.inner_text() for result in results(page)]
        assert sorted(told) == sorted(set(told))
        seen.check()


def test_what_nothing_has_is_not_found(reader: Reader, sites: dict[str, Path]) -> None:
    with reader() as seen:
        page = seen.open(sites["rke1-en"] / "search.html", "?q=198.51.100.77")
        page.wait_for_function("document.querySelector('.search-summary').textContent")
        assert results(page) == []
        seen.check()


def test_without_the_index_of_things_sphinx_shows_what_it_finds(
    reader: Reader, sites: dict[str, Path], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for path in (sites["rke1-en"]).iterdir():
        if path.name != "_static":
            (site / path.name).symlink_to(path)
    (site / "_static").mkdir()
    for path in (sites["rke1-en"] / "_static").iterdir():
        if path.name != INDEX:
            (site / "_static" / path.name).symlink_to(path)
    with reader() as seen:
        page = ask(seen, site, "webapp")
        page.wait_for_function("document.querySelector('.search-summary').textContent")
        assert any("webapp" in where(result) for result in results(page))

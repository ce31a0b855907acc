"""Until when what runs is supported: what the data says, what follows from it on a day, and that nothing is claimed which is not known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.cluster.distribution import distribution
from rkedoc.cluster.model import Cluster
from rkedoc.explain.removals import removals
from rkedoc.explain.support import SOON, Line, Support, follows, lines, support, supported
from rkedoc.explain.support_report import support_as_known, support_report, support_text
from rkedoc.i18n import LANGUAGES, set_language
from rkedoc.resources import load_yaml, resource
from rkedoc.snapshot.reader import load
from rkedoc.vocabulary import SupportState
from tests.explain.recorded import catalog, cluster_of, container, dumped, record, recorded
from tests.support.archives import Archives

ALL = [(product, line) for product, found in lines().items() for line in found]
DAYS = st.dates(date(2015, 1, 1), date(2035, 1, 1))
NAMED = (
    "Kubernetes",
    "kubelet",
    "container runtime",
    "Rancher",
    "Calico",
    "etcd",
    "ingress-nginx",
    "flannel",
    "kernel",
)


def state(name: str, version: str, on: date) -> SupportState | None:
    found = supported(name, version, on)
    return found.state if found is not None else None


# The data ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("product", list(lines()))
def test_whatever_is_said_has_a_source_an_address_and_the_day_of_the_reading(product: str) -> None:
    statements = load_yaml("explain", "support.yaml")[product]
    for said in statements:
        assert set(said) <= {"source", "url", "read", "ends", "ended_by"}
        assert said["source"]
        assert said["url"].startswith("https://")
        days = [*said.get("ends", {}).values(), *said.get("ended_by", {}).values()]
        assert days
        assert all(type(day) is date for day in (said["read"], *days))
    assert len(lines()[product]) == sum(
        len(said.get("ends", {})) + len(said.get("ended_by", {})) for said in statements
    )


@pytest.mark.parametrize("product", list(lines()))
def test_no_two_lines_of_a_product_cover_one_version(product: str) -> None:
    for one, other in combinations(lines()[product], 2):
        assert not one.covers(other.numbers), (one.name, other.name)
        assert not other.covers(one.numbers), (one.name, other.name)


def test_no_line_is_written_twice() -> None:
    """YAML keeps the last of two equal keys and says nothing."""

    def mappings(node: yaml.Node) -> Iterator[yaml.MappingNode]:
        if isinstance(node, yaml.MappingNode):
            yield node
            for _key, value in node.value:
                yield from mappings(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                yield from mappings(value)

    for mapping in mappings(yaml.compose(resource("explain", "support.yaml").read_text("utf-8"))):
        keys = [key.value for key, _value in mapping.value]
        assert len(keys) == len(set(keys))


def test_newer_lines_of_kubernetes_end_later() -> None:
    found = sorted(lines()["Kubernetes"], key=lambda line: line.numbers)
    ends = [line.ends for line in found if line.numbers > (1, 3)]
    assert ends == sorted(ends)


# What follows on a day ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "version", "on", "expected"),
    [
        ("Kubernetes", "v1.20.9", "2022-02-28", "ends-soon"),
        ("Kubernetes", "v1.20.9", "2022-03-01", "ended"),
        ("kubelet", "v1.36.2+rke2r1", "2026-11-26", "supported"),
        ("kubelet", "v1.36.2+k3s1", "2027-04-01", "ends-soon"),
        ("kube-proxy", "v1.2.7", "2026-11-26", "ended"),
        ("kubelet", "v1.99.0", "2026-11-26", "unknown"),
        ("kubelet", "v1.30.0-rc.1", "2024-04-10", "unknown"),
        ("Rancher", "v2.5.5", "2026-11-26", "ended"),
        ("Rancher agent", "v2.5.16", "2022-06-01", "supported"),
        ("Rancher server", "v2.9.11", "2025-12-01", "unknown"),
        ("Rancher server", "v2.9.11", "2026-02-26", "ended"),
        ("Rancher", "v2.5-head", "2022-06-01", "unknown"),
        ("Rancher", "latest", "2022-06-01", "unknown"),
        ("container runtime", "docker://20.10.24+dfsg1", "2023-06-01", "supported"),
        ("container runtime", "docker://19.3.13", "2026-11-26", "ended"),
        ("container runtime", "docker://1.13.1", "2026-11-26", "ended"),
        ("container engine", "docker://25.0.3", "2026-11-26", "ends-soon"),
        ("container runtime", "containerd://1.7.11-k3s2", "2026-11-26", "ended"),
        ("container runtime", "cri-o://1.30.0", "2026-11-26", None),
        ("etcd", "v3.4.13-rancher1", "2026-11-26", "ended"),
        ("etcd", "v3.5.9-k3s1-build20230802", "2026-11-26", "supported"),
        ("etcd", "v3.3.15", "2020-01-01", "unknown"),
        ("etcd", "v3.3.15", "2022-01-01", "ended"),
        ("Calico", "v3.16.5", "2026-11-26", "ended"),
        ("ingress-nginx", "nginx-0.35.0-rancher2", "2026-03-30", "ends-soon"),
        ("ingress-nginx", "v1.9.6-hardened1", "2026-04-01", "ended"),
        ("ingress-nginx", "somebody-elses", "2026-04-01", "ended"),
        ("flannel", "v0.24.3-build20240307", "2026-11-26", "ended"),
        ("flannel", "v0.28.1", "2026-11-26", "unknown"),
        ("CoreDNS", "1.7.0", "2026-11-26", None),
        ("kernel", "5.14.21", "2026-11-26", None),
    ],
)
def test_how_it_stands_with_a_version_on_a_day(name: str, version: str, on: str, expected: str | None) -> None:
    assert state(name, version, date.fromisoformat(on)) == expected


@given(st.sampled_from(ALL), DAYS, DAYS)
def test_it_never_gets_better(of: tuple[str, Line], one: date, other: date) -> None:
    _product, line = of
    earlier, later = sorted((one, other))
    if line.at_latest:
        assert {line.state(earlier), line.state(later)} <= {SupportState.UNKNOWN, SupportState.ENDED}
    assert line.state(later).order <= line.state(earlier).order


@pytest.mark.parametrize(("product", "line"), ALL, ids=lambda value: value if isinstance(value, str) else value.name)
def test_the_last_day_is_still_one_of_support(product: str, line: Line) -> None:
    del product
    assert line.state(line.ends + timedelta(days=1)) == SupportState.ENDED
    if not line.at_latest:
        assert line.state(line.ends) == SupportState.ENDS_SOON
        assert line.state(line.ends - SOON - timedelta(days=1)) == SupportState.SUPPORTED


def honest(one: Support, on: date) -> None:
    """Whatever is claimed of a version rests on a line of the data that covers it; of all else nothing is claimed."""
    if one.state == SupportState.UNKNOWN:
        assert one.ends is one.source is None
        return
    (line,) = [line for line in lines()[one.product] if line.name == one.line]
    assert (one.ends, one.source, one.state) == (line.ends, line.source, line.state(on))
    assert line.name in one.version or not line.numbers or "docker://19.3" in one.version
    if one.state == SupportState.SUPPORTED:
        assert not line.at_latest
        assert on <= line.ends


@given(
    st.sampled_from(NAMED),
    st.from_regex(r"(v|nginx-|docker://)?\d{1,3}(\.\d{1,3}){0,3}([-+][a-z0-9.]{0,8})?", fullmatch=True) | st.text(),
    DAYS,
)
def test_nothing_is_claimed_of_a_version_that_no_line_covers(name: str, version: str, on: date) -> None:
    found = supported(name, version, on)
    if found is not None:
        assert found.version == version
        honest(found, on)


# Clusters ----------------------------------------------------------------------------------------------------------


def clusters(recording: Archives, dump: Archives) -> Iterator[tuple[str, Cluster]]:
    for name in recording.names():
        if name == "rke-single-node-limited":
            continue  # single answers, which make no snapshot
        yield name, Cluster(recorded(recording(name)), catalog())
    for name in dump.names():
        folder = dump(name)
        for place in [folder] if name != "others" else sorted(path for path in folder.iterdir() if path.is_dir()):
            yield f"{name} {place.name}", Cluster(dumped(place), catalog())
    for path in sorted(resource("data").glob("*.zst")):
        yield path.name, Cluster(load(path), catalog())


def test_of_every_cluster_only_what_is_known_is_claimed(recording: Archives, dump: Archives) -> None:
    products = set()
    for name, cluster in clusters(recording, dump):
        found = distribution(cluster)
        told = {"", *(version for _name, version, _where in found.versions)}
        for on in (date(2019, 1, 1), date(2022, 3, 1), date(2026, 11, 30), date(2030, 1, 1)):
            claimed = support(cluster, on)
            assert len(claimed) == len(set(claimed)), name
            for one in claimed:
                honest(one, on)
                assert one.version in told, name
                assert one.version or one.product == found.name, name
                products.add(one.product)
    # What no cluster here runs is spelled as the names of versions are.
    assert set(lines()) - products <= {"Cilium", "Traefik"}


def test_rke1_has_ended_whatever_its_versions_are(recording: Archives) -> None:
    cluster = Cluster(recorded(recording("rke-single-node")), catalog())
    first = support(cluster, date(2025, 8, 1))[0]
    assert (first.name, first.version, first.state, first.ends) == ("RKE1", "", "ended", date(2025, 7, 31))
    assert support(cluster, date(2025, 1, 1))[0].state == SupportState.SUPPORTED


def test_a_distribution_that_does_not_end_as_a_whole_is_not_told_of() -> None:
    node = record("core/Node/-/n1", {"status": {"nodeInfo": {"kubeletVersion": "v1.36.1"}}})
    found = support(cluster_of([node], server="v1.36.1", engines=()), date(2026, 11, 30))
    assert [(one.name, one.version, one.state) for one in found] == [("Kubernetes 1.36", "v1.36.1", "supported")]


def test_the_version_of_an_engine_is_told_where_there_is_no_node() -> None:
    engines = [
        record("engine/Engine/n1/engine", {"version": "20.10.24"}),
        record("engine/Engine/n2/containerd", {"version": "1.6.20~ds1", "runtime": "containerd"}),
    ]
    found = support(cluster_of([*engines, container("web")], engines=("n1", "n2")), date(2026, 11, 30))
    assert {one.name for one in found} >= {"Docker Engine 20.10", "containerd 1.6"}


# What follows, and what is gone ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("product", list(lines()))
def test_of_each_product_it_is_said_what_follows(product: str, language: str) -> None:
    set_language(language)
    assert follows(product).endswith((".", "。"))


def test_a_removed_version_of_an_api_has_one_release_that_removed_it() -> None:
    seen = set()
    for said in load_yaml("explain", "removed.yaml")["releases"].values():
        assert type(said["day"]) is date
        for api in said["apis"]:
            assert bool(api["instead"]) == bool(api["served"])
            for kind in api["kinds"]:
                assert (api["api"], kind) not in seen
                seen.add((api["api"], kind))


def demo(name: str = "demo.ndjson.zst") -> Cluster:
    return Cluster(load(resource("data", name)), catalog())


def test_what_is_met_in_a_removed_version_is_named_with_its_objects() -> None:
    found = {
        one.name: (one.release, one.instead, [str(place.named) for place in one.where]) for one in removals(demo())
    }
    assert found == {
        "dockershim": ("1.24", "", ["node rancher01"]),
        "batch/v1beta1 CronJob": ("1.25", "batch/v1", ["CronJob default/nightly-report"]),
        "policy/v1beta1 PodDisruptionBudget": ("1.25", "policy/v1", ["PodDisruptionBudget default/webapp"]),
    }
    assert removals(demo("demo-rke2.ndjson.zst")) == ()


def test_what_the_api_server_makes_itself_is_nobodys_to_change() -> None:
    v1beta1 = {"apiVersion": "flowcontrol.apiserver.k8s.io/v1beta1"}
    marked = {**v1beta1, "metadata": {"annotations": {"apf.kubernetes.io/autoupdate-spec": "true"}}}
    group = "flowcontrol.apiserver.k8s.io/FlowSchema/-"
    cluster = cluster_of(
        [record(f"{group}/exempt", v1beta1), record(f"{group}/probes", marked), record(f"{group}/own", v1beta1)]
    )
    (one,) = removals(cluster)
    assert [place.record for place in one.where] == [f"{group}/own"]


def test_a_policy_of_pods_has_no_successor() -> None:
    (one,) = removals(cluster_of([record("policy/PodSecurityPolicy/-/default-psp", {"apiVersion": "policy/v1beta1"})]))
    assert (one.name, one.release, one.instead) == ("policy/v1beta1 PodSecurityPolicy", "1.25", "")


@pytest.mark.parametrize(("kubelet", "runtime", "shim"), [
    ("v1.23.17", "docker://20.10.24", True), ("v1.24.2", "docker://20.10.24", False), ("v1.20.9", "containerd://1.6.1", False),
    ("", "docker://20.10.24", False),
])  # fmt: skip
def test_dockers_shim_is_in_kubelets_before_1_24(kubelet: str, runtime: str, shim: bool) -> None:
    info = {"kubeletVersion": kubelet, "containerRuntimeVersion": runtime}
    found = removals(cluster_of([record("core/Node/-/n1", {"status": {"nodeInfo": info}})]))
    assert bool(found) is shim


# The report --------------------------------------------------------------------------------------------------------


def test_a_cluster_is_judged_by_today_and_by_the_day_on_which_it_was_seen() -> None:
    report = support_report(demo("demo-rke2.ndjson.zst"), date(2028, 1, 1))
    states = {
        line.now.name: (line.now.state.value, line.then.state.value if line.then else "") for line in report.lines
    }
    assert states["etcd 3.5"] == ("ended", "supported")
    assert states["RKE2 1.27"] == ("ended", "ended")
    assert report.to_json()["collected"] == "2026-11-26"


def test_the_worst_comes_first_and_says_what_follows() -> None:
    report = support_report(demo("demo-rke2.ndjson.zst"), date(2026, 11, 30))
    assert [line.now.state.order for line in report.lines] == sorted(line.now.state.order for line in report.lines)
    assert all(bool(line.follows) is (line.now.state.value in ("ended", "ends-soon")) for line in report.lines)


def test_a_cluster_that_tells_no_version_is_told_so() -> None:
    said = support_text(support_report(cluster_of([], server="", engines=()), date(2026, 11, 30)))
    assert said.startswith("test: the snapshot tells no version of a product whose support is known")


def test_rke1_is_told_of_its_extended_life() -> None:
    said = support_text(support_report(demo(), date(2026, 11, 30)))
    assert "RKE1                 no longer supported  2025-07-31" in said
    assert "Extended Life" in said
    assert "batch/v1beta1 CronJob (default/nightly-report): not served from Kubernetes 1.25 (2022-08-23) on" in said
    assert "The data is of 2026-11-30" in said


def test_other_answers_carry_how_it_stood_when_the_cluster_was_seen() -> None:
    told = support_as_known(demo())
    assert {one["of"]: one["state"] for one in told["support"]}["RKE1"] == "ended"
    assert [one["what"] for one in told["removed"]] == [
        "dockershim",
        "batch/v1beta1 CronJob",
        "policy/v1beta1 PodDisruptionBudget",
    ]


def test_every_cluster_has_a_report_in_every_language(recording: Archives, dump: Archives) -> None:
    for _name, cluster in clusters(recording, dump):
        for language in LANGUAGES:
            set_language(language)
            report = support_report(cluster, date(2026, 11, 30))
            assert support_text(report).endswith("\n")
            assert len({line.now.name for line in report.lines}) == len(report.lines)

"""What moving to RKE2 means for a cluster: the rules as data, what each finder finds, and what real clusters of RKE1 are told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.catalog.loader import load_catalog
from rkedoc.cluster.model import Cluster
from rkedoc.explain.migration.finders import FINDERS
from rkedoc.explain.migration.rules import Migration, beyond, migration, order, rules, told
from rkedoc.explain.migration.successors import REPLACED, SUCCESSORS
from rkedoc.explain.migration.text import migration_markdown, migration_text
from rkedoc.i18n import LANGUAGES, set_language
from rkedoc.resources import load_yaml, resource
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.record import Record
from rkedoc.vocabulary import MoveTopic, MoveWeight
from tests.explain.recorded import catalog, cluster_of, container, dumped, record, recorded
from tests.support.archives import Archives

RULES = {rule.id: rule for rule in rules()}
EXPECTED = Path(__file__).parent
NODE = record(
    "core/Node/-/n1",
    {
        "metadata": {"annotations": {"rke.cattle.io/internal-ip": "192.0.2.1"}},
        "status": {"nodeInfo": {"kubeletVersion": "v1.20.9"}},
    },
)


def moved(*records: Record) -> Migration:
    """What a cluster of RKE1 with these records is told."""
    return migration(cluster_of([NODE, *records]))


def told_of(*records: Record) -> dict[str, list[tuple[str, str]]]:
    """Each rule that holds, with its evidence: the place and the value."""
    return {
        one.rule.id: [(str(read.where), str(read.value)) for read in one.evidence] for one in moved(*records).findings
    }


def rke(name: str, *flags: str, **body: Any) -> Record:
    """A container outside pods that RKE named so."""
    return container(
        name,
        labels={"io.rancher.rke.container.name": name},
        entrypoint=["/opt/rke-tools/entrypoint.sh", name, *flags],
        **body,
    )


def deployment(spec: dict[str, Any], name: str = "web", namespace: str = "shop") -> Record:
    return record(f"apps/Deployment/{namespace}/{name}", {"spec": {"template": {"spec": spec}}})


# The data ----------------------------------------------------------------------------------------------------------


def test_ids_are_unique_and_every_list_and_source_is_used() -> None:
    data = load_yaml("explain", "migration", "rules.yaml")
    said = json.dumps(data["rules"])
    assert len({rule["id"] for rule in data["rules"]}) == len(data["rules"]) == len(rules())
    assert [name for name in data["lists"] if f'"${name}"' not in said] == []
    used = {key for rule in data["rules"] for key in rule["sources"]}
    assert used == set(data["sources"])
    assert all(one["url"].startswith("https://") for one in data["sources"].values())


@pytest.mark.parametrize("name", list(RULES))
def test_a_rule_says_what_is_there_what_becomes_of_it_where_that_was_read_and_how_to_look(name: str) -> None:
    rule = RULES[name]
    assert rule.sources
    assert rule.look
    assert all(finder in FINDERS for finder, _words in rule.when)
    for words in rule.words.values():
        assert set(words) == set(LANGUAGES)
        assert all(one.strip() for one in words.values())
        assert all(one.count("`") % 2 == 0 for one in words.values())
    english, chinese = rule.words["becomes"]["en"], rule.words["becomes"]["zh_CN"]
    assert set(re.findall("`[^`]+`", english)) == set(re.findall("`[^`]+`", chinese))
    assert english.endswith(".")
    assert chinese.endswith("。")


def test_the_code_in_both_languages_is_the_same_everywhere() -> None:
    for words in (*beyond(), *order()):
        assert set(words) == set(LANGUAGES)
        assert re.findall("`[^`]+`", words["en"]) == re.findall("`[^`]+`", words["zh_CN"])


def test_what_does_not_come_along_is_known_to_the_catalog() -> None:
    assert [name for name in REPLACED if catalog().get(name) is None] == []
    assert set(SUCCESSORS) <= REPLACED


def test_every_finder_is_used() -> None:
    assert {finder for rule in rules() for finder, _words in rule.when} == set(FINDERS)


# What is found -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "rule", "evidence"),
    [
        ([rke("kube-apiserver", "--cloud-provider=aws")], "cloud-aws", ("engine container kube-apiserver, --cloud-provider", "aws")),
        ([rke("kube-apiserver", "--cloud-provider=openstack")], "cloud-other", ("engine container kube-apiserver, --cloud-provider", "openstack")),
        ([rke("kubelet", "--cloud-provider=external-aws")], "cloud-external", ("engine container kubelet, --cloud-provider", "external-aws")),
        ([rke("kube-apiserver", "--audit-log-path=/var/log/kube-audit/audit-log.json")], "audit",
         ("engine container kube-apiserver, --audit-log-path", "/var/log/kube-audit/audit-log.json")),
        ([rke("kube-apiserver", "--encryption-provider-config=/etc/kubernetes/ssl/encryption.yaml")], "encryption",
         ("engine container kube-apiserver, --encryption-provider-config", "/etc/kubernetes/ssl/encryption.yaml")),
        ([rke("kube-apiserver", "--max-requests-inflight=800")], "arguments", ("engine container kube-apiserver", "--max-requests-inflight=800")),
        ([rke("kube-apiserver", "--enable-admission-plugins=NodeRestriction,PodSecurityPolicy")], "psp",
         ("engine container kube-apiserver, --enable-admission-plugins", "NodeRestriction,PodSecurityPolicy")),
        ([rke("kube-apiserver", "--etcd-certfile=/etc/kubernetes/ssl/kube-etcd-client.pem")], "etcd-outside",
         ("engine container kube-apiserver, --etcd-certfile", "/etc/kubernetes/ssl/kube-etcd-client.pem")),
        ([rke("kube-controller-manager", "--cluster-cidr=10.100.0.0/16")], "pod-network",
         ("engine container kube-controller-manager, --cluster-cidr", "10.100.0.0/16")),
        ([rke("kubelet", "--protect-kernel-defaults=true")], "hardened", ("engine container kubelet, --protect-kernel-defaults", "true")),
        ([rke("kube-apiserver", mounts=[{"type": "bind", "source": "/srv/auth", "destination": "/srv/auth"}])], "folders",
         ("engine container kube-apiserver, mounts", "/srv/auth:/srv/auth")),
        ([rke("kubelet", env=[{"name": "HTTPS_PROXY", "value": "http://u:p@proxy"}])], "proxies", ("engine container kubelet, env", "HTTPS_PROXY")),
        ([record("policy/PodSecurityPolicy/-/restricted", {})], "psp", ("PodSecurityPolicy restricted", "")),
        ([deployment({"volumes": [{"name": "d", "hostPath": {"path": "/var/run/docker.sock"}}]})], "docker-socket",
         ("Deployment shop/web, spec.volumes", "/var/run/docker.sock")),
        ([deployment({"volumes": [{"name": "d", "hostPath": {"path": "/var/lib/docker/containers"}}]})], "docker-logs",
         ("Deployment shop/web, spec.volumes", "/var/lib/docker/containers")),
        ([deployment({"nodeSelector": {"node-role.kubernetes.io/worker": "true"}})], "role-labels",
         ("Deployment shop/web, nodeSelector", "node-role.kubernetes.io/worker")),
        ([deployment({"tolerations": [{"key": "node-role.kubernetes.io/controlplane"}]})], "role-labels",
         ("Deployment shop/web, tolerations", "node-role.kubernetes.io/controlplane")),
        ([deployment({"containers": [{"name": "a", "args": ["--to=http://default-http-backend.ingress-nginx.svc:80"]}]})], "old-namespaces",
         ("Deployment shop/web, spec.containers.args", "default-http-backend.ingress-nginx.svc")),
        ([deployment({"containers": [{"name": "a", "image": "own:1", "imagePullPolicy": "Never"}]})], "local-images", ("Deployment shop/web, a", "own:1")),
        ([deployment({"containers": [{"name": "a", "image": "rancher/hyperkube:v1.20.9-rancher1"}]})], "images-of-rke",
         ("Deployment shop/web, a", "rancher/hyperkube:v1.20.9-rancher1")),
        ([deployment({"containers": [{"name": "a", "image": "registry.example.com:5000/shop:1"}]})], "registries",
         ("Deployment shop/web, a", "registry.example.com:5000")),
        ([deployment({"containers": [{"name": "a", "ports": [{"hostPort": 443}]}]})], "host-ports", ("Deployment shop/web, a, ports", "443")),
        ([record("core/PersistentVolume/-/v", {"spec": {"rbd": {}, "claimRef": {"namespace": "shop", "name": "data"}}})], "volumes-in-tree",
         ("PersistentVolume v, spec", "rbd, shop/data")),
        ([record("core/Service/shop/web", {"spec": {"type": "LoadBalancer"}})], "load-balancer-services", ("Service shop/web, spec.type", "LoadBalancer")),
        ([record("networking.k8s.io/Ingress/shop/web", {"spec": {"ingressClassName": "nginx"}, "metadata": {"annotations": {
            "nginx.ingress.kubernetes.io/rewrite-target": "/"}}})], "ingress-annotations",
         ("Ingress shop/web, metadata.annotations", "nginx.ingress.kubernetes.io/rewrite-target")),
        ([record("core/ConfigMap/ingress-nginx/tcp-services", {"data": {"9000": "shop/web:80"}})], "ingress-tcp",
         ("ConfigMap ingress-nginx/tcp-services, data", "9000: shop/web:80")),
        ([record("core/ConfigMap/kube-system/coredns", {"data": {"Corefile": ".:53 {\n forward . 192.0.2.53\n}\nexample.org:53 {\n cache\n}\n"}})],
         "names-elsewhere", ("ConfigMap kube-system/coredns, Corefile", "example.org:53")),
        ([record("batch/Job/kube-system/rke-user-addon-deploy-job", {})], "user-addons", ("Job kube-system/rke-user-addon-deploy-job", "")),
        ([record("management.cattle.io/NodeTemplate/cattle-global-nt/nt-1", {})], "node-templates", ("NodeTemplate cattle-global-nt/nt-1", "")),
        ([record("apps/DaemonSet/kube-system/weave-net", {})], "network-weave", ("DaemonSet kube-system/weave-net", "")),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_what_a_rule_finds(records: list[Record], rule: str, evidence: tuple[str, str]) -> None:
    assert evidence in told_of(*records)[rule]


def test_what_rke_sets_itself_is_no_argument_of_somebodys() -> None:
    flags = (
        "--anonymous-auth=false",
        "--runtime-config=authorization.k8s.io/v1beta1=true",
        "--feature-gates=ServiceAccountIssuerDiscovery=false",
    )
    assert "arguments" not in told_of(rke("kube-apiserver", *flags))
    assert "arguments" in told_of(rke("kube-apiserver", "--feature-gates=EphemeralContainers=true"))


def test_what_the_new_cluster_brings_itself_is_no_workload_that_moves() -> None:
    spec = {"volumes": [{"name": "d", "hostPath": {"path": "/var/run/docker.sock"}}]}
    agent = deployment(spec, "cattle-node-agent", "cattle-system")
    agent = record("apps/DaemonSet/cattle-system/cattle-node-agent", agent.intent)
    assert "docker-socket" not in told_of(agent)


def test_a_forward_to_the_nodes_resolver_is_rkes_own() -> None:
    corefile = '.:53 {\n forward . "/etc/resolv.conf"\n}\n'
    assert "names-elsewhere" not in told_of(
        record("core/ConfigMap/kube-system/coredns", {"data": {"Corefile": corefile}})
    )


def test_the_value_of_a_variable_and_what_was_hidden_are_not_shown() -> None:
    said = json.dumps(moved(
        rke("kubelet", "--tls-min-version=‹hidden:0123456789ab›", env=[{"name": "HTTP_PROXY", "value": "http://user:secret@proxy"}]),
    ).to_json(), ensure_ascii=False)  # fmt: skip
    assert "secret" not in said
    assert "0123456789ab" not in said
    assert "--tls-min-version" in said


def test_what_was_not_read_is_said_and_not_taken_for_absent() -> None:
    found = migration(cluster_of([NODE], engines=()))
    missing = {one.rule.id: str(one.missing) for one in found.unjudged}
    assert missing["cloud-aws"] == "the command line of kube-apiserver"
    assert missing["etcd-snapshots"] == "the container engines of the nodes"
    assert not {one.rule.id for one in found.findings} & set(missing)


def test_a_long_value_is_searched_in_one_go() -> None:
    config = record("core/ConfigMap/shop/long", {"data": {"a": "a-" * 200_000, "b": "x" * 400_000}})
    assert "old-namespaces" not in told_of(config)


def test_much_evidence_is_counted() -> None:
    many = [
        deployment({"nodeSelector": {"node-role.kubernetes.io/worker": "true"}}, f"web-{number}")
        for number in range(250)
    ]
    (found,) = [one for one in moved(*many).findings if one.rule.id == "role-labels"]
    assert (len(found.evidence), found.more) == (200, 50)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "spec",
                    "containers",
                    "volumes",
                    "hostPath",
                    "path",
                    "name",
                    "image",
                    "ports",
                    "hostPort",
                    "data",
                    "metadata",
                    "annotations",
                    "tolerations",
                    "key",
                    "nodeSelector",
                    "status",
                    "nodeInfo",
                    "env",
                    "mounts",
                    "tags",
                    "digests",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.sampled_from(["core/Pod/a/b", "core/ConfigMap/ingress-nginx/tcp-services", "core/Node/-/n2", "core/PersistentVolume/-/v", "networking.k8s.io/Ingress/a/b",
                        "engine/EngineContainer/n1/kubelet", "engine/EngineImage/n1/i", "engine/Engine/n1/engine", "core/ConfigMap/kube-system/coredns"]),
       st.dictionaries(st.sampled_from(["spec", "data", "metadata", "status", "env", "mounts", "args", "tags"]), VALUES, max_size=4))  # fmt: skip
def test_objects_of_any_shape_are_read(identifier: str, body: dict[str, Any]) -> None:
    body.pop("metadata", None)
    found = moved(record(identifier, body))
    assert json.dumps(found.to_json())


# Real clusters -----------------------------------------------------------------------------------------------------


def clusters(recording: Archives, dump: Archives) -> Iterator[tuple[str, Cluster]]:
    for name in recording.names():
        if name != "rke-single-node-limited":
            yield name, Cluster(recorded(recording(name)), catalog())
    for name in dump.names():
        folder = dump(name)
        for place in [folder] if name != "others" else sorted(path for path in folder.iterdir() if path.is_dir()):
            yield f"{name} {place.name}", Cluster(dumped(place), catalog())
    for path in sorted(resource("data").glob("*.zst")):
        yield path.name, Cluster(load(path), catalog())


def test_every_cluster_of_rke1_is_told_in_every_language_and_others_that_there_is_nothing(
    recording: Archives, dump: Archives
) -> None:
    of_rke1 = set()
    for name, cluster in clusters(recording, dump):
        found = migration(cluster)
        assert found.applies is (cluster.distribution == "rke1"), name
        for language in LANGUAGES:
            set_language(language)
            text, markdown = migration_text(found, cluster), migration_markdown(found, cluster)
            if not found.applies:
                assert len(text.splitlines()) == len(markdown.splitlines()) == 1
                continue
            of_rke1.add(name)
            assert all(one.rule.title in text and one.rule.becomes in markdown for one in found.findings)
            assert "‹hidden:" not in text + markdown
        if found.applies:
            known = {one.id for one in (*cluster.snapshot.records, *cluster.workloads())}
            known |= {place.id for place in (*cluster.nodes(), *cluster.namespaces())}
            places = {read.where.record for one in found.findings for read in one.evidence}
            assert places <= {*known, ""}, name
            assert {one.rule.id for one in found.findings}.isdisjoint(one.rule.id for one in found.unjudged), name
    assert {name.split()[0] for name in of_rke1} >= {
        "rke-single-node", "rke-single-node-idle", "rancher-v1.14", "rke-v1.14", "demo.ndjson.zst",
    }  # fmt: skip


def test_a_dump_without_engines_says_what_it_cannot_judge(dump: Archives) -> None:
    found = migration(Cluster(dumped(dump("rke-v1.14")), catalog()))
    assert {"network-canal", "ingress-controller", "coredns", "versions"} <= {one.rule.id for one in found.findings}
    assert {"audit", "encryption", "cloud-aws", "etcd-snapshots"} <= {one.rule.id for one in found.unjudged}


def test_where_one_network_was_found_the_others_are_judged() -> None:
    canal = record("apps/DaemonSet/kube-system/canal", {"spec": {"template": {"spec": {"containers": []}}}})
    for objects, unjudged in (([NODE], True), ([NODE, canal], False)):
        found = migration(cluster_of(objects, engines=(), results={"core/Pod": "failed"}))
        assert any(one.rule.id == "network-other" for one in found.unjudged) is unjudged


def test_what_speaks_of_ports_is_a_node_of_the_control_plane() -> None:
    labels = {"node-role.kubernetes.io/controlplane": "true"}
    node = record("core/Node/-/n1", {**NODE.body, "metadata": {**NODE.body["metadata"], "labels": labels}})
    found = {one.rule.id: one for one in migration(cluster_of([node], engines=())).findings}
    assert {one.where.record for one in found["ports"].evidence} == {"core/Node/-/n1"}


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_whole_answer_for_the_demo(language: str) -> None:
    """Made anew with ``rkedoc migrate rkedoc/data/demo.ndjson.zst -o markdown --language LANGUAGE``."""
    set_language(language)
    cluster = Cluster(load(resource("data", "demo.ndjson.zst")), load_catalog(language))
    expected = (EXPECTED / f"expected-migration.{language}.md").read_text("utf-8")
    assert migration_markdown(migration(cluster), cluster) == expected


def test_topics_and_weights_are_all_met_by_some_rule() -> None:
    assert {rule.topic for rule in rules()} == set(MoveTopic)
    assert {rule.weight for rule in rules()} == set(MoveWeight)
    assert all(told(words) for words in order())

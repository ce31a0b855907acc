"""Facts about names, etcd, certificates and Helm's releases: each with where it was read, or why it was not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.catalog.ranges import parsed_version
from rkedoc.cluster.model import Cluster
from rkedoc.explain.facts.certificates import certificates
from rkedoc.explain.facts.dns import MEANINGS, blocks_of
from rkedoc.explain.facts.flags import explained, version_of_image
from rkedoc.explain.facts.helm import releases
from rkedoc.explain.facts.topics import Fact, FactKey, Place, Unread, facts
from rkedoc.i18n import LANGUAGES
from rkedoc.resources import load_yaml
from rkedoc.snapshot.reader import Snapshot
from tests.explain.recorded import cluster_of, container, record, rke

COREFILE = """
# the cluster's names
.:53 {
    errors
    health {
      lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
    }
    forward . "/etc/resolv.conf"
    cache 30   # seconds
    own-thing a b
}
example.org:53 internal:53 {
    forward . 192.0.2.53
}
import /etc/coredns/custom/*.server
"""


def read(cluster: Cluster, topic: str) -> Mapping[str, Fact | Unread]:
    return {item.name: item for item in facts(cluster)[topic]}


# Names -------------------------------------------------------------------------------------------------------------


def test_a_corefile_is_read_block_by_block_and_plugin_by_plugin() -> None:
    first, second = blocks_of(COREFILE)
    assert first.zones == ".:53"
    assert [(p.name, p.arguments) for p in first.plugins] == [
        ("errors", ""), ("health", ""), ("kubernetes", "cluster.local in-addr.arpa ip6.arpa"),
        ("forward", '. "/etc/resolv.conf"'), ("cache", "30"), ("own-thing", "a b"),
    ]  # fmt: skip
    assert first.plugins[-1].meaning == ""
    assert all(p.meaning == MEANINGS[p.name] for p in first.plugins[:-1])
    assert (second.zones, len(second.plugins)) == ("example.org:53 internal:53", 1)


@given(st.text(alphabet="ab.{}\n #\t:3", max_size=80))
def test_no_corefile_is_too_strange(content: str) -> None:
    for block in blocks_of(content):
        assert block.zones


def test_a_plugin_is_a_fact_with_its_place() -> None:
    cluster = cluster_of([record("core/ConfigMap/kube-system/coredns", {"data": {"Corefile": COREFILE}})])
    found = read(cluster, "dns")[".:53 cache"]
    assert isinstance(found, Fact)
    assert found.value.startswith("30: Keeps answers")
    assert str(found.where) == "ConfigMap kube-system/coredns, Corefile"
    assert found.where.record == "core/ConfigMap/kube-system/coredns"


def test_a_corefile_that_was_not_collected_says_why() -> None:
    found = read(cluster_of([], results={"core/ConfigMap": "forbidden"}), "dns")["Corefile"]
    assert isinstance(found, Unread)
    assert "may not list configmaps" in found.why


# etcd --------------------------------------------------------------------------------------------------------------


def test_the_data_directory_is_that_of_the_host() -> None:
    mounts = [{"source": "/data/etcd", "destination": "/var/lib/rancher/etcd/"}]
    found = read(cluster_of([rke("etcd", "--data-dir=/var/lib/rancher/etcd/", mounts=mounts)]), "etcd")
    place = Place("engine container etcd", "mount at /var/lib/rancher/etcd", "engine/EngineContainer/n1/etcd")
    assert found["data directory of etcd"] == Fact(FactKey.ETCD_DATA, "/data/etcd", place)


def rolling(*flags: str, **body: Any) -> Cluster:
    entry = ["/opt/rke-tools/rke-etcd-backup", "etcd-backup", "save", *flags]
    return cluster_of([container("etcd-rolling-snapshots", entrypoint=entry, **body)])


def test_recurring_snapshots_say_how_often_and_whereto() -> None:
    bucket = rolling(
        "--creation=6h", "--retention=24h", "--s3-backup=true", "--s3-endpoint=s3.example.com", "--s3-bucketName=b"
    )
    found = read(bucket, "etcd")
    assert isinstance(found["saved to"], Fact)
    assert [found[name].value for name in ("a snapshot every", "kept for", "saved to")] == [
        "6h",
        "24h",
        "S3 s3.example.com b",
    ]  # type: ignore[union-attr]
    folder = rolling("--creation=6h", mounts=[{"source": "/opt/rke/etcd-snapshots", "destination": "/backup"}])
    assert read(folder, "etcd")["saved to"].value == "/opt/rke/etcd-snapshots"  # type: ignore[union-attr]


def test_a_server_of_rke2_tells_its_schedule_or_has_the_default() -> None:
    def server(*arguments: str) -> Mapping[str, Fact | Unread]:
        import json

        annotations = {"rke2.io/node-args": json.dumps(["server", *arguments])}
        return read(cluster_of([record("core/Node/-/n1", {"metadata": {"annotations": annotations}})]), "etcd")

    assert server()["a snapshot every"].value == "0 */12 * * *"  # type: ignore[union-attr]
    assert server("--etcd-snapshot-schedule-cron", "0 3 * * *")["a snapshot every"].value == "0 3 * * *"  # type: ignore[union-attr]
    assert "never" in server("--etcd-disable-snapshots", "true")["a snapshot every"].value  # type: ignore[union-attr]
    assert server("--etcd-s3-bucket", "b")["saved to"].value == "S3 s3.amazonaws.com b"  # type: ignore[union-attr]


def backup(name: str, time: str, *, completed: str = "True", failed: str = "False") -> Any:
    conditions = [{"type": "Completed", "status": completed}, {"type": "Failed", "status": failed}]
    body = {"metadata": {"creationTimestamp": time}, "status": {"conditions": conditions}}
    return record(f"management.cattle.io/EtcdBackup/c-1/{name}", body)


def test_the_last_good_snapshot_is_the_newest_that_is_whole() -> None:
    cluster = cluster_of([
        backup("a", "2026-01-01T00:00:00Z"), backup("b", "2026-01-02T00:00:00Z"),
        backup("c", "2026-01-03T00:00:00Z", completed="False"), backup("d", "2026-01-04T00:00:00Z", failed="True"),
    ])  # fmt: skip
    found = read(cluster, "etcd")["last good snapshot"]
    assert isinstance(found, Fact)
    assert (found.key, found.value) == (FactKey.LAST_SNAPSHOT, "2026-01-02T00:00:00Z")
    assert found.where == Place("EtcdBackup c-1/b", "", "management.cattle.io/EtcdBackup/c-1/b")
    broken = read(cluster_of([backup("c", "2026-01-03T00:00:00Z", completed="False")]), "etcd")["last good snapshot"]
    assert isinstance(broken, Unread)
    assert "none of 1 snapshots" in broken.why


def test_a_file_is_no_good_snapshot_but_the_last_file() -> None:
    def file(name: str, time: str, size: int = 1) -> Any:
        body = {"part": "etcd-snapshots", "path": f"/opt/rke/etcd-snapshots/{name}", "size": size, "modified": time}
        return record(f"host/HostFile/n1/{name}", body)

    files = [
        file("a.zip", "2026-01-05T00:00:00Z"),
        file("b.zip", "2026-01-06T00:00:00Z"),
        file("c.zip", "2026-01-07T00:00:00Z", 0),
    ]
    found = read(cluster_of(files), "etcd")
    assert "last good snapshot" not in found
    assert found["last file of a snapshot"].value == "2026-01-06T00:00:00Z"  # type: ignore[union-attr]
    found = read(cluster_of([*files, backup("a", "2026-01-01T00:00:00Z")]), "etcd")
    assert found["last good snapshot"].value == "2026-01-01T00:00:00Z"  # type: ignore[union-attr]
    assert isinstance(read(cluster_of([]), "etcd")["last good snapshot"], Unread)


# Certificates ------------------------------------------------------------------------------------------------------

UNTIL = "‹hidden› (until 2027-01-02T03:04:05Z)"


def test_ends_of_certificates_are_read_where_no_key_is_touched() -> None:
    webhooks = {
        "webhooks": [
            {"name": "w.example.com", "clientConfig": {"caBundle": UNTIL}},
            {"name": "x", "clientConfig": {"caBundle": "‹hidden›"}},
        ]
    }
    rancher = {"status": {"certificatesExpiration": {"kube-apiserver": {"expirationDate": "2026-05-05T00:00:00Z"}}}}
    cluster = cluster_of([
        record("admissionregistration.k8s.io/ValidatingWebhookConfiguration/-/w", webhooks),
        record("apiregistration.k8s.io/APIService/-/v1.x", {"spec": {"caBundle": UNTIL}}),
        record("cert-manager.io/Certificate/shop/web", {"status": {"notAfter": "2026-03-01T00:00:00Z"}}),
        record("management.cattle.io/Cluster/-/c-1", rancher),
    ])  # fmt: skip
    assert [(item.until, str(item.where)) for item in certificates(cluster)] == [
        ("2026-03-01T00:00:00Z", "Certificate shop/web, status.notAfter"),
        ("2026-05-05T00:00:00Z", "Cluster c-1, status.certificatesExpiration"),
        ("2027-01-02T03:04:05Z", "APIService v1.x, spec.caBundle"),
        ("2027-01-02T03:04:05Z", "ValidatingWebhookConfiguration w, caBundle"),
    ]


def test_the_certificate_of_the_connection_is_one_of_them() -> None:
    plain = cluster_of([])
    first, *others = plain.header.captures
    told = replace(first, tool={**first.tool, "certificateUntil": "2026-09-09T00:00:00Z"})
    header = replace(plain.header, captures=(told, *others))
    cluster = Cluster(Snapshot(header, ()), plain.catalog)
    assert [item.until for item in certificates(cluster)] == ["2026-09-09T00:00:00Z"]
    assert isinstance(read(plain, "certificates")["certificate of the API server"], Unread)


@pytest.mark.parametrize("server", ["v1.20.9", "v1.26.4+k3s1", "v1.24.1+rke2r2"])
def test_what_no_api_shows_has_the_command_that_would(server: str) -> None:
    found = read(cluster_of([rke("kubelet")] if server == "v1.20.9" else [], server=server), "certificates")
    item = found["certificates of the nodes"]
    assert isinstance(item, Unread)
    assert "no API shows" in item.why
    assert "-key.pem" not in item.why or "*-key.pem) ;;" in item.why


# Helm --------------------------------------------------------------------------------------------------------------


def test_a_release_is_shown_at_its_newest_revision() -> None:
    def secret(name: str, status: str) -> Any:
        return record(
            f"core/Secret/cattle-system/{name}",
            {"type": "helm.sh/release.v1", "metadata": {"labels": {"status": status}}},
        )

    app = {"spec": {"chart": {"metadata": {"name": "rancher-webhook", "version": "1.0.0"}}, "version": 10}}
    cluster = cluster_of([
        secret("sh.helm.release.v1.rancher-webhook.v2", "superseded"),
        secret("sh.helm.release.v1.rancher-webhook.v10", "deployed"),
        secret("sh.helm.release.v1.my.app.v1", "failed"),
        secret("ordinary", ""),
        record("catalog.cattle.io/App/cattle-system/rancher-webhook", app),
        record("helm.cattle.io/HelmChart/kube-system/traefik", {"spec": {"chart": "traefik", "targetNamespace": "web"}}),
        record("core/ConfigMap/kube-system/old.v3", {"metadata": {"labels": {"OWNER": "TILLER", "STATUS": "DEPLOYED"}}}),
    ])  # fmt: skip
    assert [(r.namespace, r.name, r.revision, r.status, r.chart) for r in releases(cluster)] == [
        ("cattle-system", "my.app", 1, "failed", ""),
        ("cattle-system", "rancher-webhook", 10, "deployed", "rancher-webhook 1.0.0"),
        ("kube-system", "old", 3, "deployed", ""),
        ("web", "traefik", 0, "", "traefik"),
    ]


# Rancher -----------------------------------------------------------------------------------------------------------


def test_an_agent_of_another_version_than_the_server_is_named() -> None:
    def agent(name: str, tag: str) -> Any:
        template = {"spec": {"containers": [{"name": "agent", "image": f"rancher/rancher-agent:{tag}"}]}}
        return record(f"apps/Deployment/cattle-system/{name}", {"spec": {"template": template}})

    setting = record("management.cattle.io/Setting/-/server-version", {"value": "v2.6.0"})
    found = read(cluster_of([setting, agent("cattle-cluster-agent", "v2.5.5")]), "rancher")["agents and server"]
    assert isinstance(found, Fact)
    assert found.value == "server v2.6.0, but cattle-cluster-agent v2.5.5"


def test_labels_of_fleets_clusters_are_told() -> None:
    body = {"metadata": {"labels": {"env": "prod", "region": "eu"}}}
    found = read(cluster_of([record("fleet.cattle.io/Cluster/fleet-default/c-1", body)]), "fleet")["labels of clusters"]
    assert isinstance(found, Fact)
    assert found.value == "fleet-default/c-1: env=prod, region=eu"


@pytest.mark.parametrize(
    ("arguments", "value"),
    [("[]", "enforced by the controller inside K3s, unless a server switches it off"), ('["server"]', "enforced by the controller inside K3s"), ('["server","--disable-network-policy"]', "not enforced: the controller of K3s is switched off")],
)  # fmt: skip
def test_policies_on_k3s_depend_on_its_controller(arguments: str, value: str) -> None:
    annotations = {"k3s.io/node-args": arguments, "flannel.alpha.coreos.com/backend-type": "vxlan"}
    status = {"nodeInfo": {"kubeletVersion": "v1.26.4+k3s1"}}
    node = record("core/Node/-/n1", {"metadata": {"annotations": annotations}, "status": status})
    found = read(cluster_of([node], server="v1.26.4+k3s1"), "network")["network policies"]
    assert isinstance(found, Fact)
    assert found.value == value


# Flags -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", sorted(load_yaml("explain", "flags.yaml")))
def test_every_flag_is_explained_in_every_language(program: str) -> None:
    for name, flag in load_yaml("explain", "flags.yaml")[program].items():
        assert not name.startswith("-")
        assert "default" in flag, name
        assert flag["default"] is None or isinstance(flag["default"], str), name
        changes = list((flag.get("changed") or {}).items())
        assert changes == sorted(changes, key=lambda change: parsed_version(change[0])), name
        assert all(parsed_version(since) and isinstance(value, str) for since, value in changes), name
        assert not flag.get("removed") or parsed_version(flag["removed"]), name
        for words in (flag, *([flag["default_note"]] if flag.get("default_note") else [])):
            assert all(words.get(language) for language in LANGUAGES), name


def test_the_order_of_a_list_makes_no_difference_to_the_default() -> None:
    found = explained("kubelet", "fail-swap-on")
    assert found is not None
    assert not found.differs("True")
    assert found.differs("false")


@pytest.mark.parametrize(
    ("program", "flag", "version", "default"),
    [
        ("kubelet", "container-runtime-endpoint", (1, 20, 9), "unix:///var/run/dockershim.sock"),
        ("kubelet", "container-runtime-endpoint", (1, 27, 12), ""),
        ("kubelet", "container-runtime-endpoint", (1, 34), "unix:///run/containerd/containerd.sock"),
        ("kubelet", "event-qps", (1, 26), "5"),
        ("kubelet", "event-qps", (1, 27), "50"),
        ("kube-controller-manager", "node-monitor-grace-period", (1, 31, 4), "40s"),
        ("kube-controller-manager", "node-monitor-grace-period", (1, 32), "50s"),
        ("kube-apiserver", "audit-log-maxage", (1, 35, 3), "0"),
        ("kube-apiserver", "audit-log-maxage", (1, 36), "366"),
        ("kube-apiserver", "insecure-port", (1, 20), "0"),
        ("kube-apiserver", "insecure-port", (), "8080"),
        ("etcd", "logger", (3, 4, 13), "capnslog"),
        ("etcd", "logger", (3, 5, 9), "zap"),
    ],
)
def test_a_default_is_that_of_the_version_that_runs(
    program: str, flag: str, version: tuple[int, ...], default: str
) -> None:
    found = explained(program, flag, version)
    assert found is not None
    assert found.default == default


@pytest.mark.parametrize(
    ("program", "image", "version"),
    [
        ("kube-apiserver", "index.docker.io/rancher/hardened-kubernetes:v1.27.12-rke2r1-build20240315", (1, 27, 12)),
        ("kubelet", "rancher/hyperkube:v1.20.9-rancher1", (1, 20, 9)),
        ("kube-proxy", "registry.k8s.io/kube-proxy:v1.31.0", (1, 31, 0)),
        ("etcd", "rancher/coreos-etcd:v3.4.13-rancher1", (3, 4, 13)),
        ("etcd", "rancher/hyperkube:v1.20.9-rancher1", ()),
        ("etcd", "rancher/rke-tools:v0.1.72", ()),
        ("kubelet", "rancher/hyperkube@sha256:" + "0" * 64, ()),
    ],
)
def test_the_tag_of_a_programs_own_image_tells_its_version(program: str, image: str, version: tuple[int, ...]) -> None:
    assert version_of_image(program, image) == version

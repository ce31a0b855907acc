"""Rancher's bundles are told by what they are, in all versions of the scripts that make them, and each member is read as what it is."""

from __future__ import annotations

from collections import Counter

import pytest

from rkedoc.collect.files.formats.format import As, Bundle, Claim, Reading
from rkedoc.collect.files.formats.rancher_logs import RANCHER_LOGS
from rkedoc.collect.files.formats.rancher_review import RANCHER_REVIEW
from tests.support.samples import Files, check, found, made, samples, told

NAME = "rancher01-2026-11-23_05_37_31"


def only(files: Files, below: str = "") -> Bundle:
    (bundle,) = found(RANCHER_LOGS, files, below)
    return bundle


# The logs-collector ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "distribution"), [("rke1", "rke1"), ("rke2", "rke2")])
@pytest.mark.parametrize("below", ["", "case/12", "renamed.tar.gz", "all.zip/renamed.tar.gz"])
def test_a_sample_is_found_at_any_depth(name: str, distribution: str, below: str) -> None:
    bundle = only(samples()[f"rancher-logs-collector-{name}"], below)
    assert bundle.root == (f"{below}/{NAME}" if below else NAME)
    assert (bundle.time, bundle.local) == ("2026-11-23T05:37:31Z", True)
    assert bundle.facts == {"distribution": distribution}


def test_the_node_is_what_hostname_printed() -> None:
    assert only(samples()["rancher-logs-collector-rke1"]).node == "rancher01"
    assert only(samples()["rancher-logs-collector-rke2"]).node == "rancher01"  # by its folder


def test_a_renamed_bundle_has_the_time_of_its_log() -> None:
    files = {path.partition("/")[2]: text for path, text in samples()["rancher-logs-collector-rke1"].items()}
    bundle = only(files, "x")
    assert (bundle.root, bundle.time, bundle.local) == ("x", "2026-11-23T05:37:31Z", True)


@pytest.mark.parametrize(
    ("printed", "time", "local"),
    [
        ("Mon Nov 23 05:37:31 UTC 2026", "2026-11-23T05:37:31Z", False),
        ("Mon 23 Nov 2026 05:37:31 PM UTC", "2026-11-23T17:37:31Z", False),
        ("Mon Nov 23 12:37:31 AM UTC 2026", "2026-11-23T00:37:31Z", False),
        ("Mon Nov 23 05:37:31 -03 2026", "2026-11-23T08:37:31Z", False),
        ("Mon Nov 23 05:37:31 +0545 2026", "2026-11-22T23:52:31Z", False),
        ("Mon Nov 23 05:37:31 CST 2026", "2026-11-23T05:37:31Z", True),
        ("lun. 23 nov. 2026 05:37:31 CET", "2026-11-23T05:37:31Z", True),
        ("2026年 11月 23日 月曜日 05:37:31 JST", "2026-11-23T05:37:30Z", True),
        ("Mon Nov 31 05:37:31 UTC 2026", "2026-11-23T05:37:30Z", True),
    ],
)
def test_the_zone_of_a_node_is_what_date_printed(printed: str, time: str, local: bool) -> None:
    files = made("n-2026-11-23_05_37_30/{docker/dockerpsa,systeminfo/hostname}")
    bundle = only(files | {"n-2026-11-23_05_37_30/systeminfo/date": printed.encode()})
    assert (bundle.time, bundle.local) == (time, local)


def test_no_other_folder_with_a_hostname_is_one() -> None:
    assert not found(
        RANCHER_LOGS, made("a/systeminfo/{hostname,ps} b/hostname c/systeminfo/hostname c/rke3/kubectl/nodes")
    )
    assert not found(RANCHER_LOGS, {"a/collector-output.log": b"2026-11-23 05:37:31: Uploading..."})


@pytest.mark.parametrize("line", [b"Detecting k8s distribution... k3s", b"Setting k8s distro as k3s"])
def test_a_distribution_is_what_the_script_found(line: bytes) -> None:
    bundle = only({"a/collector-output.log": b"2026-11-23 05:37:31: " + line})
    assert bundle.facts == {"distribution": "k3s"}


@pytest.mark.parametrize(
    "printed",
    [
        b"Client Version: v1.31.0\nKustomize Version: v5.4.2\nServer Version: v1.27.12+rke2r1\n",
        (
            b'Client Version: version.Info{Major:"1", GitVersion:"v1.24.0"}\n'
            b'Server Version: version.Info{Major:"1", Minor:"27", GitVersion:"v1.27.12+rke2r1", GitCommit:"x"}\n'
        ),
    ],
)
def test_the_server_is_what_kubectl_printed_of_it(printed: bytes) -> None:
    files = {"systeminfo/hostname": b"n\n", "rke2/kubectl/pods": b"", "rke2/kubectl/version": printed}
    assert only(files).facts == {"distribution": "rke2", "server": "v1.27.12+rke2r1"}
    assert only(files | {"rke2/kubectl/version": b"error: no server"}).facts == {"distribution": "rke2"}


def test_where_the_script_found_none_it_is_still_a_bundle() -> None:
    bundle = only(
        {"a/collector-output.log": b"2026-11-23 05:37:31: Detecting k8s distribution... \n2026-11-23 05:37:32: x"}
    )
    assert not bundle.facts


def test_every_inspected_container_of_the_sample_is_read() -> None:
    files = samples()["rancher-logs-collector-rke1"]
    reading = only(files).reading
    read = Counter(reading(path.removeprefix(f"{NAME}/")).as_ for path in files)
    assert read == {As.DOCUMENTS: 4 + 8 + 33, As.TABLE: 3, As.NOTHING: 33 + 6}


LOGS = """
collector-output.log versions summary.txt systeminfo/{hostname,hostnamefqdn,ps,osrelease,date,sysctla}
networking/{iptablessave,ssanp,cni/10-canal.conflist} systemlogs/{syslog,syslog.2.gz/syslog.2,audit.log} journald/{rke2-server,kubelet}
etcd/{memberlist,endpointstatus,memberlist.json,etcd-metrics-10.0.0.1:2379.txt}
docker/{dockerinfo,dockerstats,dockerimages,etcdockerdaemon.json}
rancher/containerlogs/server-ff4290283590 k8s/containerlogs/etcd rke/podlogs/k8s_POD_x rke/nginx-proxy/nginx.conf rke/certs/kube-ca.pem
rke/directories/findetckubernetesssl rke2/{version,containerd.log} rke2/crictl/{statsa,images,version,imagefsinfo,crictl-version}
rke2/kubectl/{version,api-resources,events,ciliumstatus.json} rke2/podlogs/kube-system_etcd-x_1/etcd/0.log rke2/agent-logs/kubelet.log
k3s/check-config kubeadm/{staticpodlist,metrics_pod,pki/server/apiserver.crt,containers-varlogs/x.log}
"""

EXPECTED = {
    "docker/dockerpsa": "table",
    "{rke,k8s}/containerinspect/{etcd,etcd-rolling-snapshots,kube-apiserver,kubelet,nginx-proxy}": "documents",
    "{rke,k8s}/podinspect/k8s_POD_coredns-6f85d5fb88-225kd_kube-system_df40cd5e_0": "documents",
    "rancher/containerinspect/{server-ff4290283590,agent-67c44a9ef796}": "documents",
    "{rke,k8s,rke2,k3s,kubeadm,pod}/kubectl/pods": "table v1 Pod",
    "{rke,rke2,k3s,kubeadm}/kubectl/{services,deployments,pvc,ingress,apps,helmcharts,ciliumnetworkpolicy}": "nothing rows-alone",
    "rke/kubectl/nodes": "table v1 Node",
    "rke2/kubectl/nodes": "nothing stands-elsewhere",
    "rke2/kubectl/nodes.json": "documents v1 Node all of the cluster",
    "{rke,rke2}/kubectl/{nodesdescribe,poddescribe/kube-system,poddescribe-kube-system}": "nothing prose",
    "{rke2,k3s,rke}/kubectl/rancher-prov/clusters.management.cattle.io": "documents all of the cluster",
    "rancher/rancher-prov/{clusters,ec2-machines}": "documents all of the cluster",
    "{rke2/kubectl,rancher}/rancher-prov/cattle-controller-cfgmap": "documents",
    "{rke2,k3s}/crictl/{psa,pods}": "table",
    "{rke2,k3s}/crictl/info": "documents",
    "kubeadm/kubectl/cluster-info_dump": "documents all of the listed",
    "rke2/pod-manifests/etcd.yaml": "nothing desired-not-live",
    "{rke2/config.yaml,rke2/50-rancher.yaml,k3s/k3s.service,rke2/rke2-server.service}": "refused holds-credentials",
    "networking/cni/{calico-kubeconfig,multus.d/multus.kubeconfig}": "refused holds-credentials",
}


def test_each_member_is_read_as_what_it_is() -> None:
    files = made(f"{LOGS} rke2/kubectl/nodes.json " + " ".join(EXPECTED))
    check(
        only(files | {"collector-output.log": b"Detecting k8s distribution... rke2"}),
        EXPECTED | {LOGS: "nothing no-objects"},
    )


def test_rows_claim_nothing() -> None:
    files = samples()["rancher-logs-collector-rke2"]
    reading = only(files).reading
    claims = {reading(path.removeprefix(f"{NAME}/")).claim for path in files if "/rancher-prov/" not in path}
    assert {told(reading("rke2/kubectl/pods")), told(reading("rke2/crictl/psa"))} == {"table v1 Pod", "table"}
    assert claims == {Claim.NOTHING, Claim.CLUSTER}  # the nodes are a list of kubectl


# The supportability review ---------------------------------------------------------------------------------------------

REVIEW = {
    "{nodes,namespaces,crds,pods,services,persistentvolumeclaims,nodes-cattle,features-management}.json": "documents all of the cluster",
    "{storageclasses.storage.k8s.io,clusters.management.cattle.io,backup}.json": "documents all of the cluster",
    "{cattle-system-daemonsets,cattle-system-deploy,cattle-system-apps}.json": "documents in cattle-system all of the namespace",
    "{kube-system-daemonsets,kube-system-deploy,kube-system-configmap}.json": "documents in kube-system all of the namespace",
    "rke/ingress-nginx-daemonsets.json": "documents in ingress-nginx all of the namespace",
    "apps/{longhorn-settings,longhorn-system-volumes,longhorn-system-daemonsets}.json": "documents in longhorn-system all of the namespace",
    "machines.json": "documents in fleet-default all of the namespace",
    "services-default.json": "nothing stands-elsewhere",
    "{kubectl-version,server-version,settings-install-uuid,cattle-controllers-configmap}.json": "documents all of the listed",
    "rke2/node-local-dns-configmap.json": "documents all of the listed",
    "cluster-info.dump.log": "documents all of the listed",
    "api_version/{Event,CronJob}.json": "nothing parts-of-objects",
    "rke/full-cluster-state.json": "refused rke-state",
    "rke/{etcd,kubeApi,kubeController,dns}.json": "refused holds-credentials",
    "{rke2,k3s}/{config.yaml,config.yaml.d/50-rancher.yaml}": "refused holds-credentials",
    "{pod-count-per-node.json,pod-ipaddresses.json,pod-count,date.log,rancher_url,token-count.txt}": "nothing no-objects",
    "rke2/{kube-apiserver-args.json,cilium-status.json,ingress-nginx-help.txt}": "nothing no-objects",
}  # fmt: skip


@pytest.mark.parametrize("below", ["", "plugins/rancher-cluster-info/results/global", "x/clusterinfo.tar.gz"])
def test_a_review_is_read_as_what_it_is(below: str) -> None:
    files = made(" ".join(REVIEW)) | {"date.log": b"2026-11-23 05:37:31\n"}
    (bundle,) = found(RANCHER_REVIEW, files, below)
    assert (bundle.root, bundle.time, bundle.local) == (below, "2026-11-23T05:37:31Z", True)
    assert bundle.facts == {"distribution": "rke1"}
    check(bundle, REVIEW)


def test_without_all_services_those_of_default_are_read() -> None:
    (bundle,) = found(RANCHER_REVIEW, made("{services-default,cattle-system-deploy}.json"))
    assert told(bundle.reading("services-default.json")) == "documents in default all of the namespace"


def test_a_nodes_part_of_a_review_is_a_bundle_of_its_own() -> None:
    files = made(
        "n1/systeminfo/{os-release,kubectl-version.json,kubeletconfig.json,ps} n1/networking/{iptablessave,cni/x-kubeconfig}"
    )
    (bundle,) = found(
        RANCHER_REVIEW, files | made("n1/docker/{docker_info.json,docker_daemon.json} n1/rke/certs/kube-ca.pem")
    )
    assert (bundle.root, bundle.facts) == ("n1", {"distribution": "rke1"})
    shown = {path.removeprefix("n1/"): told(bundle.reading(path.removeprefix("n1/"))) for path in files}
    assert (
        shown["systeminfo/kubectl-version.json"]
        == told(bundle.reading("docker/docker_info.json"))
        == "documents all of the listed"
    )
    assert shown["networking/cni/x-kubeconfig"] == "refused holds-credentials"
    assert shown["systeminfo/kubeletconfig.json"] == shown["systeminfo/ps"] == "nothing no-objects"
    assert bundle.reading("docker/docker_daemon.json") == Reading(As.NOTHING, reason="no-objects")

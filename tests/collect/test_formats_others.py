"""Results of Sonobuoy, backups of Velero and reports of sos are told by what they are, and each member is read as what it is."""

from __future__ import annotations

import orjson
import pytest

from rkedoc.collect.files.formats.format import As, Claim, Failure
from rkedoc.collect.files.formats.sonobuoy import SONOBUOY
from rkedoc.collect.files.formats.sos import SOS
from rkedoc.collect.files.formats.velero import VELERO
from rkedoc.vocabulary import Result
from tests.support.samples import Files, check, found, made, samples, told

DEPTHS = ("", "case/12", "renamed.tar.gz", "all.zip/renamed.tar.xz")


# Sonobuoy --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("below", DEPTHS)
def test_results_of_sonobuoy_are_found_at_any_depth(below: str) -> None:
    (bundle,) = found(SONOBUOY, samples()["sonobuoy-new"], below)
    assert (bundle.root, bundle.time) == (below, "")
    check(
        bundle,
        {
            "resources/ns/default/apps_v1_deployments.json": "documents apps/v1 Deployment in default all of the namespace",
            "resources/ns/default/metrics.k8s.io_v1beta1_pods.json": "documents metrics.k8s.io/v1beta1 in default all of the namespace",
            "resources/cluster/core_v1_nodes.json": "documents v1 Node all of the cluster",
            "serverversion.json": "documents",
            "meta/query-time.json": "errors",
            "{servergroups,meta/config,meta/info,hosts/rancher01/configz}.json": "nothing no-objects",
            "podlogs/default/web-0/logs/web.txt": "nothing no-objects",
            "plugins/{e2e/results/global/e2e.log,systemd-logs/results/n/systemd_logs,e2e/sonobuoy_results.yaml}": "nothing no-objects",
            "resources/ns/default/{._core_v1_pods.json,pods/web-0/logs/web.txt}": "nothing no-objects",
        },
    )


OLD_CONFIG = b'{"Description":"EXAMPLE","UUID":"f15dc61b","Version":"v0.9.0","Filters":{"Namespaces":".*","LabelSelector":""},"Plugins":[]}'


def test_old_results_name_their_files_after_kinds() -> None:
    files = made("resources/ns/kube-system/{Pods,Secrets}.json resources/cluster/Nodes.json") | {
        "meta/config.json": OLD_CONFIG
    }
    (bundle,) = found(SONOBUOY, files, "201712211614_sonobuoy_f15dc61b.tar.gz")
    assert (bundle.tool, bundle.time, bundle.local) == ("v0.9.0", "2017-12-21T16:14:00Z", True)
    check(
        bundle,
        {
            "resources/ns/kube-system/Pods.json": "documents v1 Pod in kube-system all of the namespace",
            "resources/ns/kube-system/Secrets.json": "documents v1 Secret in kube-system all of the namespace",
            "resources/ns/kube-system/Events.json": "documents v1 Event in kube-system all of the namespace",
            "resources/ns/kube-system/HorizontalPodAutoscalers.json":
                "documents autoscaling/v1 HorizontalPodAutoscaler in kube-system all of the namespace",
            "resources/cluster/ComponentStatuses.json": "documents v1 ComponentStatus all of the cluster",
            "resources/cluster/CertificateSigningRequests.json":
                "documents certificates.k8s.io/v1 CertificateSigningRequest all of the cluster",
            "resources/cluster/StorageClasses.json": "documents storage.k8s.io/v1 StorageClass all of the cluster",
            "resources/cluster/PodSecurityPolicies.json": "documents policy/v1beta1 PodSecurityPolicy all of the cluster",
        },
    )  # fmt: skip


STEMS = """
CertificateSigningRequests ClusterRoleBindings ClusterRoles ComponentStatuses CustomResourceDefinitions Nodes PersistentVolumes
PodSecurityPolicies StorageClasses ThirdPartyResources ConfigMaps ControllerRevisions CronJobs DaemonSets Deployments Endpoints Events
HorizontalPodAutoscalers Ingresses Jobs LimitRanges NetworkPolicies PersistentVolumeClaims Pods PodDisruptionBudgets PodPresets
PodTemplates ReplicaSets ReplicationControllers ResourceQuotas RoleBindings Roles Secrets ServiceAccounts Services StatefulSets
"""


def test_every_kind_that_old_versions_asked_for_is_known() -> None:
    (bundle,) = found(SONOBUOY, samples()["sonobuoy-new"])
    for stem in STEMS.split():
        assert bundle.reading(f"resources/ns/default/{stem}.json").kind, stem


def test_the_oldest_results_have_places_of_their_own() -> None:
    files = made("resources/non-ns/Nodes.json serverversion/serverversion.json") | {"config.json": OLD_CONFIG}
    (bundle,) = found(SONOBUOY, files)
    check(
        bundle,
        {
            "resources/non-ns/Nodes.json": "documents v1 Node all of the cluster",
            "serverversion/serverversion.json": "documents",
            "resources/non-ns/results.json": "errors",
            "resources/ns/default/results.json": "errors in default",
            "config.json": "nothing no-objects",
        },
    )


def test_the_time_is_the_last_one_in_the_log() -> None:
    log = b'{"level":"info","msg":"x","time":"2017-12-21T16:14:15Z"}\n{"level":"info","msg":"y","time":"2017-12-21T17:15:00+01:00"}\n'
    files = {**samples()["sonobuoy-new"], "meta/run.log": log}
    (bundle,) = found(SONOBUOY, files, "201712211614_sonobuoy_x.tar.gz")
    assert (bundle.time, bundle.local) == ("2017-12-21T16:15:00Z", False)


def test_nothing_is_whole_of_which_some_labels_were_selected() -> None:
    config = b'{"UUID":"x","Filters":{"Namespaces":".*","LabelSelector":"app=web"}}'
    for content in (config, b""):
        files = {**samples()["sonobuoy-new"], "meta/config.json": content}
        (bundle,) = found(SONOBUOY, files)
        assert bundle.reading("resources/cluster/core_v1_nodes.json").claim is Claim.NOTHING


def test_a_folder_of_resources_alone_is_nobodys() -> None:
    assert not found(SONOBUOY, made("resources/ns/default/core_v1_pods.json"))
    assert not found(SONOBUOY, made("a/{servergroups,serverversion}.json a/resources/cluster/x.json"))


def test_queries_without_an_answer_are_failures() -> None:
    (bundle,) = found(SONOBUOY, samples()["sonobuoy-new"])
    failures = bundle.reading("meta/query-time.json").failures
    assert failures is not None
    queries = [
        {
            "queryobj": "CustomResourceDefinitions",
            "time": "1ms",
            "error": {"ErrStatus": {"reason": "NotFound", "code": 404}},
        },
        {"queryobj": "secrets", "namespace": "default", "time": "1ms", "error": {"ErrStatus": {"reason": "Forbidden"}}},
        {"queryobj": "jobs", "namespace": "default", "time": "1ms", "error": {}},
        {"queryobj": "Pods", "time": "1ms"},
        {"queryobj": "podlogs", "error": {}},
        {},
    ]
    assert list(failures(orjson.dumps(queries))) == [
        Failure("CustomResourceDefinitions", None, Result.ABSENT, "NotFound"),
        Failure("secrets", "default", Result.FORBIDDEN, "Forbidden"),
        Failure("jobs", "default", Result.FAILED, "query-failed"),
    ]
    assert not list(failures(b"{")) + list(failures(b"{}"))
    oldest = bundle.reading("resources/ns/web/results.json").failures
    assert oldest is not None
    assert list(oldest(b'[{"queryobj":"Jobs","error":{}},{}]')) == [
        Failure("Jobs", "web", Result.FAILED, "query-failed")
    ]


# Velero ----------------------------------------------------------------------------------------------------------------


def backup(name: str = "b", phase: str = "Completed", **spec: object) -> bytes:
    asked = {"includedNamespaces": ["*"], "excludedNamespaces": None, "includedResources": ["*"], **spec}
    annotations = {"velero.io/source-cluster-k8s-gitversion": "v1.20.9"}
    return orjson.dumps(
        {
            "kind": "Backup", "apiVersion": "velero.io/v1", "spec": asked,
            "metadata": {"name": name, "creationTimestamp": "2026-11-23T05:37:31Z", "annotations": annotations},
            "status": {"phase": phase, "startTimestamp": "2026-11-23T05:37:32Z"},
        }
    )  # fmt: skip


@pytest.mark.parametrize("below", DEPTHS)
def test_a_backup_is_found_at_any_depth(below: str) -> None:
    files = samples()["velero-backup"]
    (bundle,) = found(VELERO, files, below)
    assert (bundle.root, bundle.time, bundle.facts) == (below, "", {})
    readings = {path: bundle.reading(path) for path in files}
    assert {reading.claim for reading in readings.values()} == {Claim.NOTHING}
    for path, reading in readings.items():
        twice = "-preferredversion/" in path
        assert told(reading).split(" in ")[0] == (
            "nothing stands-elsewhere" if twice else "documents" if "resources/" in path else "nothing no-objects"
        )
    assert sum(reading.as_ is As.DOCUMENTS for reading in readings.values()) == (len(files) - 1) // 2


def test_an_object_that_stands_below_its_version_alone_is_read() -> None:
    files = {"metadata/version": b"1.1.0\n"} | made("resources/jobs.batch/v1-preferredversion/namespaces/web/j.json")
    (bundle,) = found(VELERO, files)
    check(bundle, {"resources/jobs.batch/v1-preferredversion/namespaces/web/j.json": "documents in web"})


CONTENT: Files = {"metadata/version": b"1\n"} | made(
    "resources/{pods,secrets,deployments.apps}/namespaces/{web,db}/x.json resources/persistentvolumes/cluster/x.json"
)


@pytest.mark.parametrize(
    ("spec", "pods_of_web", "pods_of_db", "volumes"),
    [
        ({}, Claim.NAMESPACE, Claim.NAMESPACE, Claim.CLUSTER),
        ({"includedNamespaces": ["web"]}, Claim.NAMESPACE, Claim.NOTHING, Claim.NOTHING),
        (
            {"includedNamespaces": ["web"], "includeClusterResources": True},
            Claim.NAMESPACE,
            Claim.NOTHING,
            Claim.CLUSTER,
        ),
        ({"includeClusterResources": False}, Claim.NAMESPACE, Claim.NAMESPACE, Claim.NOTHING),
        ({"excludedNamespaces": ["d*"]}, Claim.NAMESPACE, Claim.NOTHING, Claim.NOTHING),
        ({"includedResources": ["po"]}, Claim.NAMESPACE, Claim.NAMESPACE, Claim.NOTHING),
        ({"excludedResources": ["pods"]}, Claim.NOTHING, Claim.NOTHING, Claim.CLUSTER),
        ({"labelSelector": {"matchLabels": {"app": "web"}}}, Claim.NOTHING, Claim.NOTHING, Claim.NOTHING),
        ({"phase": "PartiallyFailed"}, Claim.NOTHING, Claim.NOTHING, Claim.NOTHING),
    ],
)
def test_what_a_backup_was_asked_for_says_of_what_it_is_whole(
    spec: dict[str, object], pods_of_web: Claim, pods_of_db: Claim, volumes: Claim
) -> None:
    files = {f"backups/b/b.tar.gz/{path}": text for path, text in CONTENT.items()}
    content = backup(**spec)  # type: ignore[arg-type]
    (bundle,) = found(VELERO, {**files, "backups/b/velero-backup.json": content, "backups/b/b-logs.gz": b""})
    assert (bundle.root, bundle.time, bundle.local) == ("backups/b", "2026-11-23T05:37:32Z", False)
    assert bundle.facts == {"server": "v1.20.9"}
    claims = [
        bundle.reading(f"b.tar.gz/resources/{path}/x.json").claim
        for path in ("pods/namespaces/web", "pods/namespaces/db", "persistentvolumes/cluster")
    ]
    assert claims == [pods_of_web, pods_of_db, volumes]
    check(bundle, {"{velero-backup.json,b-logs.gz,b.tar.gz/metadata/version}": "nothing no-objects"})


def test_a_backup_of_some_namespaces_has_not_all_namespaces_whatever_else_of_the_cluster() -> None:
    content = backup(includedNamespaces=["web"], includeClusterResources=True)
    (bundle,) = found(VELERO, {**CONTENT, "velero-backup.json": content})
    assert bundle.reading("resources/namespaces/cluster/web.json").claim is Claim.NOTHING
    assert bundle.reading("resources/persistentvolumes/cluster/x.json").claim is Claim.CLUSTER


def test_a_request_speaks_of_the_backup_of_its_name() -> None:
    files = {f"{name}.tar.gz/{path}": text for name in ("a", "b") for path, text in CONTENT.items()}
    first, second = found(VELERO, {**files, "velero-backup.json": backup("b")})
    assert (first.root, first.time) == ("", "2026-11-23T05:37:32Z")
    assert first.reading("b.tar.gz/resources/pods/namespaces/web/x.json").claim is Claim.NAMESPACE
    assert (second.root, second.time) == ("a.tar.gz", "")


def test_no_other_version_makes_a_backup() -> None:
    assert not found(VELERO, {"metadata/version": b"must-gather 4.1\n"} | made("resources/pods/namespaces/a/b.json"))
    assert not found(VELERO, {"metadata/version": b"1.1.0\n"} | made("resources/ns/a/b.json"))


# sos -------------------------------------------------------------------------------------------------------------------

REPORT = "sosreport-rancher01-2026-11-23-abcdefg"
KUBECTL = "sos_commands/kubernetes/cluster-info/"
COMMAND = "kubectl_--kubeconfig_.etc.kubernetes.admin.conf"


@pytest.mark.parametrize("below", DEPTHS)
def test_a_report_is_found_at_any_depth(below: str) -> None:
    files = samples()["sosreport"] | {f"{REPORT}/sos_commands/crio/crictl_ps_-a": b""}
    (bundle,) = found(SOS, files, below)
    assert bundle.root == (f"{below}/{REPORT}" if below else REPORT)
    assert (bundle.tool, bundle.time, bundle.node) == ("4.8.0", "", "")
    check(bundle, OF_REPORT)


OF_REPORT = {
    f"{KUBECTL}{COMMAND}_get_-o_json_nodes": "documents all of the cluster",
    f"{KUBECTL}kube-system/{COMMAND}_get_-o_json_--namespace_kube-system_{{pods,secrets,pvc,pods.1}}":
        "documents in kube-system all of the namespace",
    f"{KUBECTL}kube-system/{COMMAND}_get_-o_json_--namespace_kube-system_clusterroles":
        "documents in kube-system all of the cluster",
    "sos_commands/kubernetes/{,pods/}kubectl_get_-o_json_--namespace_web_pods": "documents in web all of the namespace",
    f"{KUBECTL}{COMMAND}_get_-o_json_roles": "documents all of the listed",
    f"{KUBECTL}{COMMAND}_get_--all-namespaces_true_pods": "table v1 Pod",
    f"{KUBECTL}{COMMAND}_get_nodes": "table v1 Node",
    f"{KUBECTL}{COMMAND}_get_{{pv,roles,--all-namespaces_true_deployments}}": "nothing rows-alone",
    f"{KUBECTL}{COMMAND}_get_{{--all-namespaces_true_events,--raw_.metrics}}": "nothing no-objects",
    f"{KUBECTL}web/pods/{COMMAND}_--namespace_web_describe_pods_x": "nothing prose",
    f"{KUBECTL}{COMMAND}_config_view": "refused holds-credentials",
    f"{KUBECTL}{{{COMMAND}_version,web/podlogs/x/{COMMAND}_--namespace_web_logs_x_-c_y}}": "nothing no-objects",
    "sos_commands/docker/{containers/,}docker_inspect_0ed7e3d09f88": "documents",
    "sos_commands/docker/{images/docker_inspect_rancher.pause_3.2,docker_network_inspect_host}": "documents",
    "sos_commands/docker/docker_ps": "nothing stands-elsewhere",
    "sos_commands/docker/docker_ps_-a": "table",
    "sos_commands/docker/{docker_info,docker_version,docker_images,docker_stats_--no-stream,containers/docker_logs_-t_x}": "nothing no-objects",
    "sos_commands/crio/{containers/crictl_inspect_x,pods/crictl_inspectp_x,images/crictl_inspecti_x,crictl_info}": "documents",
    "sos_commands/crio/{crictl_ps_-a,crictl_pods}": "table",
    "sos_commands/podman/{containers/podman_inspect_x,users/u/containers/podman_inspect_x}": "documents",
    "sos_commands/crio/crictl_ps": "nothing stands-elsewhere",
    "sos_commands/podman/podman_ps_-a": "table",
    "{version.txt,sos_reports/manifest.json,etc/hosts,etc/kubernetes/manifests/etcd.yaml,sos_logs/sos.log}": "nothing no-objects",
    "etc/kubernetes/{admin.conf,kubelet.conf,ssl/kubecfg-kube-node.yaml}": "refused holds-credentials",
    "{etc/rancher/rke2/config.yaml,etc/rancher/k3s/k3s.yaml,var/lib/kubelet/pki/kubelet.pem}": "refused holds-credentials",
}  # fmt: skip


def test_a_name_that_may_have_been_cut_claims_nothing() -> None:
    (bundle,) = found(SOS, made("sos_commands/docker/docker_ps"))
    name = f"{COMMAND}_get_-o_json_--namespace_{'n' * 63}_pods"
    assert bundle.reading(f"{KUBECTL}n/{name}").claim is Claim.NAMESPACE
    assert bundle.reading(f"{KUBECTL}n/{'x' * 170}{name}").claim is Claim.NOTHING


@pytest.mark.parametrize(
    ("files", "time", "local"),
    [
        (
            {"sos_commands/date/date_--utc": b"Mon Nov 23 05:37:31 UTC 2026\n", "sos_commands/date/date": b"x"},
            "05:37:31",
            False,
        ),
        ({"sos_commands/date/date": b"Mon Nov 23 06:37:31 CET 2026\n"}, "06:37:31", True),
        (
            {"sos_reports/manifest.json": b'{"version": "4.8.0", "start_time": "2026-11-23 06:37:30.123456"}'},
            "06:37:30",
            True,
        ),
    ],
)
def test_the_time_of_a_report_is_what_date_printed(files: Files, time: str, local: bool) -> None:
    (bundle,) = found(SOS, files | {"sos_commands/host/hostname": b"rancher01\n"}, "sosreport-x-20261123063729")
    assert (bundle.time, bundle.local, bundle.node) == (f"2026-11-23T{time}Z", local, "rancher01")


def test_a_report_whose_name_tells_the_second_has_it_as_time() -> None:
    (bundle,) = found(
        SOS, made("sos_commands/docker/docker_ps"), "sosreport-tux.123456-20171224185433.tar.xz/sosreport-tux"
    )
    assert (bundle.time, bundle.local) == ("2017-12-24T18:54:33Z", True)
    assert told(bundle.reading("sos_commands/docker/docker_ps")) == "table"


def test_an_archive_of_several_reports_holds_several_bundles() -> None:
    bundles = found(SOS, made("sos-collector/{a,b}.tar.xz/sosreport/sos_commands/docker/docker_ps"))
    assert [bundle.root for bundle in bundles] == [f"sos-collector/{name}.tar.xz/sosreport" for name in "ab"]

"""Bundles of crust-gather, must-gather, Troubleshoot, support-bundle-kit and k8shark are told by what they are, and each member is read
as what it is."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from hashlib import sha256

import orjson
import pytest
import zstandard

from rkedoc.collect.files.formats.crust_gather import CRUST_GATHER
from rkedoc.collect.files.formats.format import As, Failure, Format
from rkedoc.collect.files.formats.k8shark import K8SHARK
from rkedoc.collect.files.formats.must_gather import MUST_GATHER
from rkedoc.collect.files.formats.support_bundle_kit import SUPPORT_BUNDLE_KIT, as_answered
from rkedoc.collect.files.formats.troubleshoot import TROUBLESHOOT
from rkedoc.vocabulary import Result
from tests.support.samples import Files, check, found, made, samples, told

DEPTHS = ("", "case/12", "renamed.tar.gz", "all.zip/renamed.tar.xz")
FORMATS = (CRUST_GATHER, MUST_GATHER, TROUBLESHOOT, SUPPORT_BUNDLE_KIT, K8SHARK)


def unzipped(content: bytes) -> dict[str, bytes]:
    """What an archive holds, with what is compressed in it as it is."""
    packed = zipfile.ZipFile(io.BytesIO(content))
    files = {name: packed.read(name) for name in packed.namelist()}
    unpacked = zstandard.ZstdDecompressor().decompressobj
    return {name: unpacked().decompress(data) if name.endswith(".zst") else data for name, data in files.items()}


def sample(name: str) -> Files:
    files = samples()[name]
    return unzipped(files[name]) if name in files else files


@pytest.mark.parametrize("below", DEPTHS)
@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("crust-gather", CRUST_GATHER),
        ("must-gather", MUST_GATHER),
        ("troubleshoot", TROUBLESHOOT),
        ("k8shark.kshrk", K8SHARK),
    ],
)
def test_a_bundle_is_found_by_one_format_at_any_depth(name: str, of: Format, below: str) -> None:
    assert [one.name for one in FORMATS if found(one, sample(name), below)] == [of.name]
    (bundle,) = found(of, sample(name), below)
    assert bundle.root.startswith(below)


@pytest.mark.parametrize(
    "name", sorted(set(samples()) - {"crust-gather", "must-gather", "troubleshoot", "k8shark.kshrk"})
)
def test_no_format_takes_what_another_tool_wrote(name: str) -> None:
    assert [one.name for one in FORMATS if found(one, sample(name))] == []


# crust-gather ----------------------------------------------------------------------------------------------------------


def test_crust_gather_holds_one_object_a_file() -> None:
    (bundle,) = found(CRUST_GATHER, samples()["crust-gather"])
    assert (bundle.root, bundle.time, bundle.local, bundle.cluster) == ("", "2026-11-23T05:37:40Z", False, "")
    assert dict(bundle.facts) == {"server": "v1.20.9"}
    check(
        bundle,
        {
            "namespaces/kube-system/apps-v1/deployment/coredns.yaml": "documents in kube-system",
            "namespaces/shop/networking.k8s.io-v1beta1/ingress/web.yaml": "documents in shop",
            "cluster/{v1/node/rancher01,rbac.authorization.k8s.io-v1/clusterrole/system-node}.yaml": "documents",
            "namespaces/kube-system/v1/pod/web-0.patch": "nothing later-changes",
            "namespaces/kube-system/v1/pod/web-0/web/{current,previous}.log": "nothing no-objects",
            "version.yaml {api,apis}.json event-filter.html collected.timestamp app-versions.yaml": "nothing no-objects",
        },
    )


def test_every_object_of_the_sample_is_read() -> None:
    (bundle,) = found(CRUST_GATHER, samples()["crust-gather"])
    read = [path for path in samples()["crust-gather"] if bundle.reading(path).as_ is As.DOCUMENTS]
    assert sum(path.endswith(".yaml") for path in samples()["crust-gather"]) == len(read) + 1


def test_clusters_side_by_side_are_bundles_with_names() -> None:
    files = made("{one,two}/{version.yaml,cluster/v1/node/a.yaml,namespaces/x/v1/pod/b.yaml}")
    assert [(one.root, one.cluster) for one in found(CRUST_GATHER, files, "ci.tar.gz")] == [
        ("ci.tar.gz/one", "one"),
        ("ci.tar.gz/two", "two"),
    ]


def test_the_pod_under_which_a_nodes_logs_lie_is_made_up() -> None:
    (bundle,) = found(CRUST_GATHER, made("cluster/v1/node/n1.yaml"))
    pod = {"kind": "Pod", "metadata": {"name": "n1", "namespace": "default"}, "spec": {"nodeName": "n1"}}
    assert bundle.made_up("namespaces/default/v1/pod/n1.yaml", pod)
    served = {**pod, "metadata": {**pod["metadata"], "uid": "1"}}  # type: ignore[dict-item]
    assert not bundle.made_up("namespaces/default/v1/pod/n1.yaml", served)
    assert not bundle.made_up("x", {"kind": "Pod", "metadata": {"name": "web-0"}, "spec": {"nodeName": "n1"}})
    assert not bundle.made_up("x", {"kind": "Pod", "metadata": None})


# must-gather -----------------------------------------------------------------------------------------------------------

STAMP = b"2026-11-23 05:37:31.123456789 +0100 CET m=+0.104211801\n2026-11-23 05:51:02.5 +0100 CET m=+811.4\n"


def test_must_gather_has_its_stamp_above_what_it_holds() -> None:
    (bundle,) = found(MUST_GATHER, samples()["must-gather"], "01234567.zip")
    assert (bundle.root, bundle.time) == ("01234567.zip/must-gather.local.123456", "2026-11-23T05:38:00Z")
    check(
        bundle,
        {
            "quay-io-image-sha256-abc/namespaces/kube-public/kube-public.yaml": "documents in kube-public",
            "quay-io-image-sha256-abc/namespaces/kube-public/core/configmaps.yaml": "documents in kube-public",
            "quay-io-image-sha256-abc/namespaces/kube-public/pods/web-0/web-0.yaml": "documents in kube-public",
            "quay-io-image-sha256-abc/namespaces/x/batch/jobs/once.yaml": "documents in x",
            "quay-io-image-sha256-abc/cluster-scoped-resources/core/{nodes,nodes/rancher01}.yaml": "documents",
            "quay-io-image-sha256-abc/namespaces/x/pods/web-0/web/web/logs/{current.log,rotated/0.log.gz}": "nothing no-objects",
            "quay-io-image-sha256-abc/{version,etcd_info/member_list.json,aggregated-discovery-api.yaml}": "nothing no-objects",
            "quay-io-image-sha256-abc/{network_logs/x.yaml,audit_logs/kube-apiserver/n.log.gz}": "nothing no-objects",
            "timestamp event-filter.html must-gather.logs": "nothing no-objects",
        },
    )


@pytest.mark.parametrize(
    "outer", ["", "inspect.local.123/", "must-gather.local.1/quay-io-x/", "must-gather.local.1/node-1/quay-io-x/"]
)
def test_must_gather_is_told_at_any_level_and_of_any_image(outer: str) -> None:
    files = made(f"{outer}namespaces/shop/{{shop,core/pods}}.yaml") | {
        f"{outer}version": b"openshift/must-gather\nv4.15.0-202402\n",
        f"{outer.partition('/')[0]}{'/' if outer else ''}timestamp": STAMP,
    }
    (bundle,) = found(MUST_GATHER, files)
    assert (bundle.root, bundle.tool, bundle.time) == (
        outer.partition("/")[0],
        "v4.15.0-202402",
        "2026-11-23T04:51:02Z",
    )
    assert told(bundle.reading(f"{outer.partition('/')[2]}namespaces/shop/core/pods.yaml")) == "documents in shop"


def test_what_several_images_gathered_is_one_bundle() -> None:
    files = made("mg/{a-sha256-1/namespaces/x/x.yaml,b-sha256-2/cluster-scoped-resources/core/nodes.yaml}") | {
        "mg/timestamp": STAMP
    }
    (bundle,) = found(MUST_GATHER, files)
    check(
        bundle,
        {
            "a-sha256-1/namespaces/x/x.yaml": "documents in x",
            "b-sha256-2/cluster-scoped-resources/core/nodes.yaml": "documents",
        },
    )


def test_without_a_stamp_a_must_gather_has_no_time() -> None:
    (bundle,) = found(MUST_GATHER, made("cluster-scoped-resources/config.openshift.io/clusterversions.yaml"))
    assert (bundle.root, bundle.time, bundle.tool) == ("", "", "")


# Troubleshoot ----------------------------------------------------------------------------------------------------------

NAMESPACED = {
    "pods": "v1 Pod", "services": "v1 Service", "deployments": "apps/v1 Deployment", "statefulsets": "apps/v1 StatefulSet",
    "daemonsets": "apps/v1 DaemonSet", "replicasets": "apps/v1 ReplicaSet", "jobs": "batch/v1 Job", "cronjobs": "batch/v1 CronJob",
    "ingress": "networking.k8s.io/v1 Ingress", "network-policy": "networking.k8s.io/v1 NetworkPolicy",
    "resource-quota": "v1 ResourceQuota", "resource-quotas": "v1 ResourceQuota", "limitranges": "v1 LimitRange", "events": "v1 Event",
    "pvcs": "v1 PersistentVolumeClaim", "roles": "rbac.authorization.k8s.io/v1 Role",
    "rolebindings": "rbac.authorization.k8s.io/v1 RoleBinding", "endpoints": "v1 Endpoints",
    "endpointslices": "discovery.k8s.io/v1 EndpointSlice", "serviceaccounts": "v1 ServiceAccount",
    "leases": "coordination.k8s.io/v1 Lease", "configmaps": "v1 ConfigMap", "pod-disruption-budgets": "policy/v1 PodDisruptionBudget",
}  # fmt: skip
OF_CLUSTER = {
    "nodes": "v1 Node", "pvs": "v1 PersistentVolume", "storage-classes": "storage.k8s.io/v1 StorageClass",
    "ingress-classes": "networking.k8s.io/v1 IngressClass", "priorityclasses": "scheduling.k8s.io/v1 PriorityClass",
    "custom-resource-definitions": "apiextensions.k8s.io/v1 CustomResourceDefinition",
    "clusterroles": "rbac.authorization.k8s.io/v1 ClusterRole", "clusterrolebindings": "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
    "clusterRoleBindings": "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
    "volumeattachments": "storage.k8s.io/v1 VolumeAttachment",
    "certificatesigningrequests": "certificates.k8s.io/v1 CertificateSigningRequest",
    "validating-webhook-configurations": "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
    "mutating-webhook-configurations": "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration",
}  # fmt: skip
"""Everything that Troubleshoot calls a kind (pkg/constants/constants.go of v0.133.0, and the names of older versions)."""


def test_a_support_bundle_knows_its_time_and_version() -> None:
    (bundle,) = found(TROUBLESHOOT, samples()["troubleshoot"], "renamed")
    assert bundle.root == "renamed/support-bundle-2026-11-23T05_37_31"
    assert (bundle.time, bundle.local, bundle.tool) == ("2026-11-23T05:37:31Z", True, "v0.123.14")


def test_every_list_of_a_support_bundle_is_read_by_its_name() -> None:
    (bundle,) = found(TROUBLESHOOT, made("cluster-resources/nodes.json") | {"version.yaml": b"kind: SupportBundle\n"})
    for word, kind in NAMESPACED.items():
        check(bundle, {f"cluster-resources/{word}/shop.json": f"documents {kind} in shop all of the namespace"})
        check(bundle, {f"cluster-resources/{word}-errors.json": "errors"})
    for word, kind in OF_CLUSTER.items():
        check(bundle, {f"cluster-resources/{word}.json": f"documents {kind} all of the cluster"})
        check(bundle, {f"cluster-resources/{word}-errors.json": "errors"})
    check(
        bundle,
        {
            "cluster-resources/{auth-cani-list/shop,groups,resources,license,auth-cani-list-errors}.json": "nothing no-objects",
            "cluster-resources/image-pull-secrets/shop/pull.json": "nothing no-objects",
            "cluster-resources/statefulsets-errors.json/shop.json": "documents apps/v1 ReplicaSet in shop all of the namespace",
            "cluster-resources/{pods/logs/shop/web-0/web.log,storage-errors.txt}": "nothing no-objects",
            "{secrets,configmaps}/shop/db.json {secrets,configmaps}/shop/db/password.json": "refused holds-credentials",
            "cluster-info/cluster_version.json": "documents",
            "analysis.json execution-data/summary.txt host-collectors/system/cpu.json app/dump.json": "nothing no-objects",
        },
    )


def test_namespaces_are_all_only_if_they_are_a_list() -> None:
    version = {"version.yaml": b"apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n"}
    path = "cluster-resources/namespaces.json"
    (whole,) = found(TROUBLESHOOT, version | {path: b'{"kind": "NamespaceList", "items": []}'})
    assert told(whole.reading(path)) == "documents v1 Namespace all of the cluster"
    for part in (b'{"kind": "Namespace", "metadata": {"name": "shop"}}', b'[{"metadata": {"name": "shop"}}]'):
        (bundle,) = found(TROUBLESHOOT, version | {path: part})
        assert told(bundle.reading(path)) == "documents v1 Namespace"


def test_custom_objects_that_stand_twice_are_read_once() -> None:
    files = made("cluster-resources/custom-resources/{certs.x.io/shop.json,certs.x.io/shop.yaml,issuers.x.io.yaml}")
    (bundle,) = found(TROUBLESHOOT, files | {"version.yaml": b"kind: SupportBundle"})
    check(
        bundle,
        {
            "cluster-resources/custom-resources/certs.x.io/shop.json": "documents in shop all of the namespace",
            "cluster-resources/custom-resources/certs.x.io/shop.yaml": "nothing stands-elsewhere",
            "cluster-resources/custom-resources/issuers.x.io.yaml": "documents all of the cluster",
            "cluster-resources/custom-resources/custom-resources-errors.json": "errors",
        },
    )


def failures(of: Format, files: Files, path: str, content: bytes) -> list[Failure]:
    (bundle,) = found(of, files)
    read = bundle.reading(path).failures
    assert read is not None
    return list(read(content))


FORBIDDEN = 'pods is forbidden: User "system:serviceaccount:x:y" cannot list resource "pods" in API group "" in the namespace "shop"'


@pytest.mark.parametrize("nothing", [b"null", b"{}", b"[]", b"", b"not json", b"1"])
def test_no_error_is_no_failure(nothing: bytes) -> None:
    assert failures(TROUBLESHOOT, samples()["troubleshoot"], "cluster-resources/pods-errors.json", nothing) == []


def test_what_a_support_bundle_was_forbidden_is_told_by_namespace() -> None:
    files, missing = samples()["troubleshoot"], "the server could not find the requested resource"
    errors = orjson.dumps({"shop": FORBIDDEN, "till": missing, "": "dial tcp: i/o timeout"})
    assert failures(TROUBLESHOOT, files, "cluster-resources/network-policy-errors.json", errors) == [
        Failure("NetworkPolicy.networking.k8s.io", "shop", Result.FORBIDDEN, "Forbidden"),
        Failure("NetworkPolicy.networking.k8s.io", "till", Result.ABSENT, "NotFound"),
        Failure("NetworkPolicy.networking.k8s.io", None, Result.FAILED, "query-failed"),
    ]
    assert failures(TROUBLESHOOT, files, "cluster-resources/nodes-errors.json", orjson.dumps([FORBIDDEN])) == [
        Failure("Node", None, Result.FORBIDDEN, "Forbidden")
    ]
    errors = orjson.dumps({"crdList": FORBIDDEN, "certs.x.io": FORBIDDEN, "certs.x.io/shop": FORBIDDEN})
    assert failures(TROUBLESHOOT, files, "cluster-resources/custom-resources/custom-resources-errors.json", errors) == [
        Failure("certs.x.io", None, Result.FORBIDDEN, "Forbidden"),
        Failure("certs.x.io", "shop", Result.FORBIDDEN, "Forbidden"),
    ]


def test_the_servers_version_stands_one_level_deeper() -> None:
    (bundle,) = found(TROUBLESHOOT, samples()["troubleshoot"])
    inside = bundle.reading("cluster-info/cluster_version.json").inside
    assert inside is not None
    assert inside({"info": {"gitVersion": "v1.20.9"}, "string": "v1.20.9"}) == {"gitVersion": "v1.20.9"}


def test_a_bundle_without_a_version_is_told_by_its_lists() -> None:
    (bundle,) = found(
        TROUBLESHOOT, made("preflightbundle-2021-03-01T10_11_12/cluster-resources/{nodes,pods/default}.json")
    )
    assert (bundle.root, bundle.time) == ("preflightbundle-2021-03-01T10_11_12", "2021-03-01T10:11:12Z")


# support-bundle-kit ----------------------------------------------------------------------------------------------------

META = b"""bundlename: supportbundle-x
bundleversion: 0.1.0
kubernetesversion: v1.27.10+rke2r1
projectnamespaceuuid: b54b4b4b-9fef-4f32-8a1a-b8a5b2f0f1a1
bundlecreatedat: "2024-05-06T07:08:09Z"
issueurl: ""
issuedescription: it breaks
"""
KIT = made("yamls/{cluster/v1/nodes,namespaced/default/v1/pods}.yaml") | {"metadata.yaml": META}


@pytest.mark.parametrize("below", DEPTHS)
def test_bundles_of_harvester_and_longhorn_hold_whole_lists(below: str) -> None:
    assert [one.name for one in FORMATS if found(one, KIT, below)] == ["support-bundle-kit"]
    (bundle,) = found(SUPPORT_BUNDLE_KIT, KIT, below)
    assert (bundle.root, bundle.time, bundle.local, bundle.tool) == (below, "2024-05-06T07:08:09Z", False, "0.1.0")
    assert dict(bundle.facts) == {"server": "v1.27.10+rke2r1"}
    check(
        bundle,
        {
            "yamls/cluster/{v1/nodes,storage.k8s.io/v1/storageclasses}.yaml": "documents all of the cluster",
            "yamls/namespaced/longhorn-system/longhorn.io/v1beta2/volumes.yaml": "documents in longhorn-system all of the namespace",
            "yamls/cluster/harvesterhci.io/v1beta1/settings.yaml": "documents",
            "yamls/namespaced/fleet-local/v1/secrets.yaml": "documents in fleet-local",
            "bundleGenerationError.log": "errors",
            "logs/kube-system/web-0/web.log nodes/n1.zip/n1/logs/kernel.log metadata.yaml": "nothing no-objects",
            "nodes/n1.zip/n1/configs/etc/rancher/rke2/config.yaml.d/90.yaml": "nothing no-objects",
        },
    )


def test_what_could_not_be_listed_stands_in_its_log() -> None:
    log = (
        b'Failed to get /apis/apps/v1/namespaces/shop/deployments: deployments.apps is forbidden: User "x" cannot list resource\n'
        b"Failed to get /api/v1/bindings: the server does not allow this method on the requested resource\n"
        b"Failed to get /apis/metrics.k8s.io/v1beta1/nodes: the server is currently unable to handle the request\n"
        b"Support Bundle: failed to generate x: y\n"
    )
    assert failures(SUPPORT_BUNDLE_KIT, KIT, "bundleGenerationError.log", log) == [
        Failure("deployments.apps", "shop", Result.FORBIDDEN, "Forbidden"),
        Failure("nodes.metrics.k8s.io", None, Result.FAILED, "query-failed"),
    ]


def as_the_tool_writes(answer: object) -> object:
    """What support-bundle-kit makes of an answer (pkg/manager/collectors/common.go, toObjCommon of v0.0.84)."""
    text = re.sub(r'("[a-zA-Z]+":)(null,)', r'\1"null",', orjson.dumps(answer).decode())
    return orjson.loads(text.replace('""', '"null"'))


def test_empty_texts_that_the_tool_fills_are_empty_again() -> None:
    answer = {
        "metadata": {"creationTimestamp": None, "labels": {"empty": "", "full": "x"}},
        "rules": [{"apiGroups": [""], "resources": ["pods"]}],
        "spec": {"args": ['--name="x"', "--plain"], "env": [{"name": "A", "value": ""}], "last": None},
    }
    assert as_answered(as_the_tool_writes(answer)) == answer


# k8shark ---------------------------------------------------------------------------------------------------------------

SERVED = {
    "/api/v1/pods": [200, 200],
    "/api/v1/pods?as=Table": [200],
    "/apis/apps/v1/namespaces/shop/deployments": [200, 403],
    "/api/v1/namespaces/shop/configmaps": [200],
    "/api": [200],
}


def capture(*, wrapped: bool = True) -> tuple[dict[str, bytes], Mapping[str, str]]:
    """A capture of these questions and the codes of their answers, and the folders of the questions."""
    folders = {path: f"records/{sha256(path.encode()).hexdigest()[:16]}" for path in SERVED}
    entries = {
        path: {"seqs": list(range(len(codes))), "times": [f"2026-04-10T10:0{n}:00.5Z" for n in range(len(codes))]}
        for path, codes in SERVED.items()
    }
    files = {
        "metadata.json": orjson.dumps(
            {"captured_at": "2026-04-10T09:00:00Z", "kubernetes_version": "v1.30.2", "record_count": 7}
        ),
        "index.json.zst": orjson.dumps({"entries": entries} if wrapped else entries),
    }
    for path, codes in SERVED.items():
        files |= {
            f"{folders[path]}/{n}.json.zst": orjson.dumps(
                {"api_path": path, "response_code": code, "response_body": {"n": n}}
            )
            for n, code in enumerate(codes)
        }
    return {f"k8shark-capture/{path}": content for path, content in files.items()}, folders


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_capture_says_what_was_asked_and_the_last_answer_counts(wrapped: bool) -> None:
    files, folders = capture(wrapped=wrapped)
    (bundle,) = found(K8SHARK, files, "x.kshrk")
    assert (bundle.root, bundle.time, bundle.local) == ("x.kshrk/k8shark-capture", "2026-04-10T10:01:00Z", False)
    assert dict(bundle.facts) == {"server": "v1.30.2"}
    check(
        bundle,
        {
            f"{folders['/api/v1/pods']}/1.json.zst": "documents all of the cluster",
            f"{folders['/api/v1/pods']}/0.json.zst": "nothing earlier-answer",
            f"{folders['/api/v1/namespaces/shop/configmaps']}/0.json.zst": "documents in shop all of the namespace",
            f"{folders['/api']}/0.json.zst": "nothing no-objects",
            f"{folders['/api/v1/pods?as=Table']}/0.json.zst": "nothing no-objects",
            "metadata.json index.json.zst watch-index.json.zst": "nothing no-objects",
        },
    )


def test_the_object_of_an_answer_stands_in_it_and_an_error_is_a_failure() -> None:
    files, folders = capture()
    (bundle,) = found(K8SHARK, files)
    deployments = bundle.reading(f"{folders['/apis/apps/v1/namespaces/shop/deployments']}/1.json.zst")
    assert deployments.inside is not None and deployments.failures is not None
    denied = {"response_code": 403, "response_body": {"kind": "Status"}}
    assert deployments.inside(
        {"api_path": "/api/v1/pods", "response_code": 200, "response_body": {"kind": "PodList"}}
    ) == {"kind": "PodList"}
    assert deployments.inside(denied) is None and deployments.inside([]) is None
    assert deployments.inside({"api_path": "/api/v1", "response_code": 200, "response_body": {}}) is None
    assert (
        deployments.inside(
            {"api_path": "/api/v1/pods", "response_code": 200, "event_type": "ADDED", "response_body": {}}
        )
        is None
    )
    assert list(deployments.failures(orjson.dumps(denied))) == [
        Failure("deployments.apps", "shop", Result.FORBIDDEN, "Forbidden")
    ]
    for code in (200, 405):
        assert list(deployments.failures(orjson.dumps({"response_code": code}))) == []


def test_the_sample_was_captured_in_the_whole_cluster() -> None:
    files = sample("k8shark.kshrk")
    (bundle,) = found(K8SHARK, files)
    read = [bundle.reading(path.removeprefix("k8shark-capture/")) for path in files]
    assert bundle.time == "2026-11-23T05:37:31Z"
    assert sorted(told(one) for one in read) == ["documents all of the cluster"] * 11 + ["nothing no-objects"] * 2

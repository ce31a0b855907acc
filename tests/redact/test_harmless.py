"""What is harmless stays: a page that hides it explains nothing. All of these are real values of real nodes."""

from __future__ import annotations

from typing import Any

import pytest

from rkedoc.redact import Redactor, Shelter

ENVIRONMENT = """\
LOG_LEVEL=info
ADDRESS=/csi/csi.sock
AGENT_IMAGE=rancher/rancher-agent:v2.5.5
AGGREGATOR_URL=https://[10.42.1.2]:8080
AUDIT_LEVEL=0
CALICO_DISABLE_FILE_LOGGING=true
CALICO_IPV4POOL_CIDR=192.168.0.0/16
CALICO_NETWORKING_BACKEND=none
CATTLE_CA_CHECKSUM=4277ca45cff5ed95616339c2015f189e9ac24a6720ffc47e8c74ba7380e78b79
CATTLE_FEATURES=dashboard=true,fleet=true,istio-virtual-service-ui=true,multi-cluster-management=true,proxy=false,rke2=false,unsupported-storage-drivers=false
CATTLE_HELM_VERSION=v2.16.8-rancher1
CATTLE_SERVER=https://rancher.example.com
CLUSTER_TYPE=k8s,canal
CNI_CONF_NAME=10-canal.conflist
CSI_ENDPOINT=unix:///csi/csi.sock
DEFAULT_HTTP_BACKEND_PORT=tcp://10.43.21.179:80
E2E_SKIP=Alpha|\\[(Disruptive|Feature:[^\\]]+|Flaky)\\]
ETCDCTL_CACERT=/etc/kubernetes/ssl/kube-ca.pem
ETCDCTL_ENDPOINTS=https://127.0.0.1:2379
ETCDCTL_KEY=/etc/kubernetes/ssl/kube-etcd-192-0-2-2-key.pem
ETCD_UNSUPPORTED_ARCH=x86_64
FELIX_DEFAULTENDPOINTTOHOSTACTION=ACCEPT
FELIX_IPTABLESREFRESHINTERVAL=60
HELM_DRIVER=secret
HOME=/root
HOST_SUFFIX=.longhorn-system.svc.cluster.local.
IP_AUTODETECTION_METHOD=first-found
JAVA_HOME=/usr/lib/jvm/java-11-openjdk-amd64
JAVA_OPTS=-Xmx512m -Xms256m -XX:+UseG1GC
KUBERNETES_SERVICE_HOST=10.43.0.1
LANG=C.UTF-8
LONGHORN_MANAGER_IP=http://longhorn-backend:9500
MASTER_URL=https://[10.42.1.4]:8080/api/v1/results/by-node
METALLB_ML_LABELS=app.kubernetes.io/name=metallb,app.kubernetes.io/component=speaker
METALLB_ML_SECRET_NAME=one-metallb-memberlist
NGINX_VERSION=1.19.6
NO_PROXY=.svc,.cluster.local,10.42.0.0/16,10.43.0.0/16
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
POD_NAMESPACE=kube-system
PWD=/opt/rke-tools
OLDPWD=/root
RKE_KUBELET_DOCKER_FILE=/var/lib/kubelet/config.json
SONOBUOY_K8S_VERSION=v1.24.1
SSL_CERT_DIR=/etc/kubernetes/ssl/certs
TOKEN_TTL=16h
TZ=Asia/Shanghai
USE_POD_CIDR=true
VAULT_TOKEN_FILE=/var/run/secrets/vault/token
GOMAXPROCS=4
KEY_LENGTH=2048
AUTH_ENABLED=true
CERT_KEY_PATH=/certs/tls.key
GIT_COMMIT_SHORT=9f86d08
HTTP_PROXY=http://proxy.example.com:3128
""".splitlines()

ARGUMENTS = """\
--advertise-client-urls=https://192.0.2.2:2379
--allocate-node-cidrs=true
--anonymous-auth=false
--api-audiences=https://kubernetes.default.svc.cluster.local,rke2
--authentication-kubeconfig=/var/lib/rancher/rke2/server/cred/controller.kubeconfig
--authentication-token-webhook-cache-ttl=5s
--authentication-token-webhook-config-file=/etc/kubernetes/kube-api-authn-webhook.yaml
--authentication-token-webhook=true
--authorization-mode=Node,RBAC
--client-ca-file=/etc/kubernetes/ssl/kube-ca.pem
--client-cert-auth=true
--cluster-signing-cert-file=/etc/kubernetes/ssl/kube-ca.pem
--cluster-signing-key-file=/etc/kubernetes/ssl/kube-ca-key.pem
--cluster-signing-kube-apiserver-client-key-file=/var/lib/rancher/rke2/server/tls/client-ca.key
--controllers=*,-service,-route,-cloud-node-lifecycle
--controllers=*,tokencleaner
--default-params={"linear":{"coresPerReplica":128,"max":0,"min":1,"nodesPerReplica":4,"preventSinglePointFailure":true}}
--enable-admission-plugins=NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,NodeRestriction
--encryption-provider-config=/etc/kubernetes/ssl/encryption.yaml
--etcd-keyfile=/etc/kubernetes/ssl/kube-node-key.pem
--feature-gates=JobTrackingWithFinalizers=true
--initial-cluster-token=etcd-cluster-1
--initial-cluster=etcd-rancher01=https://192.0.2.2:2380
--key-file=/etc/kubernetes/ssl/kube-etcd-192-0-2-2-key.pem
--kubelet-client-key=/etc/kubernetes/ssl/kube-apiserver-key.pem
--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname
--kubeconfig=/etc/kubernetes/ssl/kubecfg-kube-proxy.yaml
--leader-election-namespace=$(POD_NAMESPACE)
--nodelabels=node-role.kubernetes.io/worker=true,beta.kubernetes.io/os=linux
--pod-infra-container-image=rancher/pause:3.2
--proxy-client-key-file=/etc/kubernetes/ssl/kube-apiserver-proxy-client-key.pem
--requestheader-extra-headers-prefix=X-Remote-Extra-
--requestheader-username-headers=X-Remote-User
--runtime-config=authorization.k8s.io/v1beta1=true
--service-account-issuer=rke
--service-account-key-file=/etc/kubernetes/ssl/kube-service-account-token-key.pem
--service-account-lookup=true
--service-account-private-key-file=/etc/kubernetes/ssl/kube-service-account-token-key.pem
--service-account-signing-key-file=/etc/kubernetes/ssl/kube-service-account-token-key.pem
--service-cluster-ip-range=10.43.0.0/16
--service-node-port-range=30000-32767
--s3-bucketName=rke-snapshots
--s3-region=eu-central-1
--terminated-pod-gc-threshold=1000
--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305
--tls-private-key-file=/etc/kubernetes/ssl/kube-apiserver-key.pem
--token-ttl=16h
--use-service-account-credentials=true
--volume-plugin-dir=/var/lib/kubelet/volumeplugins
--v=2
-Xmx512m
daemon off;
ls /mnt/*
exec /usr/local/bin/etcd --data-dir=/var/lib/rancher/etcd/
while [ $(curl -m 1 -s -o /dev/null -w "%{http_code}" http://longhorn-backend:9500/v1) != "200" ]; do echo waiting; sleep 2; done
global.clusterCIDR=10.42.0.0/16
longhornio/longhorn-share-manager:v1_20211020
/etc/config/rke-coredns-addon.yaml
/docker-entrypoint.sh
docker run -d --privileged --restart=unless-stopped --net=host -v /etc/kubernetes:/etc/kubernetes -v /var/run:/var/run rancher/rancher-agent:v2.5.5 --server https://rancher.example.com
""".splitlines()

LABELS = {
    "app": "cattle-cluster-agent",
    "pod-template-hash": "766678cb7b",
    "controller-revision-hash": "555d578b5d",
    "controller-uid": "072e4b49-6078-4c1a-8edf-862c68a01d79",
    "objectset.rio.cattle.io/hash": "362023f752e7f1989d8b652e029bd2c658ae7c44",
    "io.rancher.rke.container.name": "kube-apiserver",
    "cattle.io/creator": "norman",
    "helm.sh/chart": "rke2-metrics-server-2.11.100-build2021111904",
    "rbac.authorization.k8s.io/aggregate-to-admin": "true",
    "node-role.kubernetes.io/controlplane": "true",
    "field.cattle.io/projectId": "p-k2q9t",
    "kubernetes.io/config.hash": "1fc70152f8a83f99712d64c189e88e9a",
    "kubernetes.io/psp": "global-unrestricted-psp",
    "kubernetes.io/service-account.name": "attachdetach-controller",
    "nginx.ingress.kubernetes.io/auth-secret": "default/basic-auth",
    "nginx.ingress.kubernetes.io/auth-type": "basic",
    "nginx.ingress.kubernetes.io/proxy-body-size": "8m",
    "nginx.ingress.kubernetes.io/rewrite-target": "/$2",
    "cni.projectcalico.org/podIPs": "10.42.0.2/32",
    "prometheus.io/path": "/metrics",
    "authz.cluster.cattle.io/user-base": "false",
    "deployment.kubernetes.io/revision": "2",
    "objectset.rio.cattle.io/owner-gvk": "helm.cattle.io/v1, Kind=HelmChart",
}

FIELDS: dict[str, Any] = {
    "serviceAccountName": "attachdetach-controller",
    "secretName": "cattle-credentials-9f8d2c1",
    "imagePullSecrets": [{"name": "registry-cred"}],
    "automountServiceAccountToken": True,
    "envFrom": [{"secretRef": {"name": "db-credentials"}}],
    "valueFrom": {"secretKeyRef": {"name": "webapp-db", "key": "password"}},
    "projected": {"sources": [{"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}}, {"secret": {"name": "x", "items": [{"key": "tls.key", "path": "tls.key"}]}}]},
    "tls": [{"hosts": ["shop.example.com"], "secretName": "webapp-tls"}],
    "topologyKey": "kubernetes.io/hostname",
    "tolerations": [{"key": "node-role.kubernetes.io/etcd", "operator": "Exists"}],
    "image": "registry.example.com:5000/rancher/mirrored-coredns-coredns@sha256:66b9a377fe1f6948e99b65bb7955ceb893a73ade6f50b2c0fcadfaa0b66f62da",
    "containerID": "docker://3fc218d6724940753fe493700895a7c78a7cec7d9eefce2dfab997496b7e477f",
    "resources": ["secrets", "tokenreviews", "pods"],
    "hostPath": "/var/lib/kubelet/pods/1bf086e1-ef96-4d31-b8e6-111c71072fd7/volumes/kubernetes.io~secret/token",
    "sessionAffinity": "ClientIP",
    "terminationMessagePolicy": "FallbackToLogsOnError",
    "dnsPolicy": "ClusterFirstWithHostNet",
    "name": "rke2-coredns-rke2-coredns-autoscaler-766678cb7b-x2x9p",
    "gitRepo": "https://git.rancher.io/charts",
    "etcdV3CompactionPeriod": "10m0s",
    "bpfKubeProxyMinSyncPeriod": "1s",
    "schedule": "*/5 * * * *",
    "path": "/api/v1/tokens",
    "regex": "/something(/|$)(.*)",
}  # fmt: skip


def test_there_are_enough_of_them() -> None:
    assert len(ENVIRONMENT) + len(ARGUMENTS) + len(LABELS) + len(FIELDS) > 120


@pytest.mark.parametrize("entry", ENVIRONMENT)
def test_environment(entry: str) -> None:
    name, value = entry.split("=", 1)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "env": [{"name": name, "value": value}]}]},
    }
    assert Redactor().kubernetes(pod) == pod
    container = {"Name": "/kubelet", "Config": {"Env": [entry]}}
    assert Redactor().engine_container(container, Shelter()) == container


@pytest.mark.parametrize("word", ARGUMENTS)
def test_arguments(word: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "command": ["kube-apiserver"], "args": [word]}]},
    }
    assert Redactor().kubernetes(pod) == pod
    container = {"Name": "/kubelet", "Path": "/opt/rke-tools/entrypoint.sh", "Args": ["kube-apiserver", word]}
    assert Redactor().engine_container(container, Shelter()) == container


def test_a_checksum_of_a_public_certificate_stays_in_every_form() -> None:
    digest = "6b2f5a7c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a"
    container = {
        "Name": "/x",
        "Args": ["--ca-checksum", digest, f"--ca-checksum={digest}", f"docker run x --ca-checksum {digest} --etcd"],
    }
    assert Redactor().engine_container(container, Shelter()) == container


@pytest.mark.parametrize("key", LABELS)
def test_labels_and_annotations(key: str) -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {key: LABELS[key]}, "annotations": {key: LABELS[key]}},
    }
    assert Redactor().kubernetes(obj) == obj


@pytest.mark.parametrize("key", FIELDS)
def test_fields(key: str) -> None:
    obj = {"apiVersion": "a.example.com/v1", "kind": "Thing", "metadata": {"name": "p"}, "spec": {key: FIELDS[key]}}
    assert Redactor().kubernetes(obj) == obj


@pytest.mark.parametrize("name", ["coredns", "canal-config", "coredns-autoscaler", "nginx-configuration"])
def test_configuration_that_pages_explain_is_shown(answers: Any, name: str) -> None:
    found = [o for o in answers.objects("api_v1_configmaps") if o["metadata"]["name"] == name]
    for configmap in found:
        assert Redactor().kubernetes(configmap).get("data") == configmap.get("data")
    assert found or name == "nginx-configuration"


def test_of_a_whole_node_little_is_hidden(answers: Any) -> None:
    redactor = Redactor()
    for pod in answers.objects("api_v1_pods"):
        out = redactor.kubernetes(pod)
        if pod["metadata"]["namespace"] in ("kube-system", "ingress-nginx", "cattle-system", "fleet-system"):
            assert out["spec"]["containers"] == pod["spec"]["containers"] or "CANARY" in str(pod["spec"])
            assert out["status"] == pod["status"]
    for container in answers.containers():
        if container["Name"] in (
            "/kube-apiserver",
            "/kube-controller-manager",
            "/kube-scheduler",
            "/kube-proxy",
            "/etcd",
        ):
            assert redactor.engine_container(container, Shelter())["Args"] == container["Args"]

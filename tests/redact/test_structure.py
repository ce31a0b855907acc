"""What the structure of an object says is secret is hidden, however harmless the value looks."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from rkedoc.redact import Redactor, Shelter
from rkedoc.snapshot.record import HIDDEN

#: A secret that no rule for strings could tell from a word.
WORD = "opensesame"

NAMES = [
    "DB_PASSWORD", "Db_Password", "dbPwd", "MYSQL_PWD", "ROOT_CRED", "RKE_SIGNING", "API_KEY", "apikey", "SLACK_TOKEN", "CATTLE_TOKEN",
    "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "SESSION_SECRET", "JWT_SIGNING_KEY", "DOCKER_AUTH", "BASIC_AUTH", "CARD_PIN", "USER_PIN",
    "密码", "数据库密码", "管理员口令", "MIMA", "db_mima", "DB_KOULING", "SENTRY_DSN", "CONNECTION_STRING", "WEAVE_PASSWORD", "ENCRYPTION_KEY",
    "PRIVATE_KEY", "LICENSE_KEY", "HASH_SALT", "SMTP_PASS", "REDIS_PW", "OTP_SEED", "SSH_KEY", "WORKER_KEY", "OAUTH_CLIENT_SECRET",
    "CATTLE_BOOTSTRAP_PASSWORD", "BACKUP_PASSPHRASE", "GITHUB_PAT_TOKEN", "TLS_KEY", "COOKIE", "X_API_KEY", "KEYSTORE_PASS", "secret",
]  # fmt: skip


def _pod(**container: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "d", "uid": "856e265a-3a29-470d-bc04-5bcdb68dcc32"},
        "spec": {"containers": [{"name": "c", "image": "nginx:1.19.6", **container}]},
    }


def _first(pod: dict[str, Any]) -> dict[str, Any]:
    return Redactor().kubernetes(pod)["spec"]["containers"][0]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_says_secret_hides_its_value_wherever_it_stands(name: str) -> None:
    assert _first(_pod(env=[{"name": name, "value": WORD}]))["env"] == [{"name": name, "value": HIDDEN}]
    flag = "--" + name.lower().replace("_", "-")
    assert _first(_pod(args=[f"{flag}={WORD}"]))["args"] == [f"{flag}={HIDDEN}"]
    assert _first(_pod(args=[flag, WORD, "--v=2"]))["args"] == [flag, HIDDEN, "--v=2"]
    assert _first(_pod(command=["app", flag], args=[WORD]))["args"] == [HIDDEN]
    assert WORD not in _first(_pod(command=["sh", "-c", f"exec app {flag} {WORD} --v=2"]))["command"][2]
    assert WORD not in _first(_pod(command=["sh", "-c", f"export X=1; {name}={WORD} app"]))["command"][2]
    labelled = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x", "labels": {f"example.com/{name}": WORD}, "annotations": {name: WORD}},
    }
    assert WORD not in json.dumps(Redactor().kubernetes(labelled))
    container = {
        "Name": "/one",
        "Config": {"Env": [f"{name}={WORD}"], "Labels": {f"com.example.{name}": WORD}, "Cmd": [flag, WORD]},
    }
    out = Redactor().engine_container(container, Shelter())
    assert out["Config"]["Env"] == [f"{name}={HIDDEN}"]
    assert WORD not in json.dumps(out)


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in NAMES
        if not n.isascii() or not n.upper().endswith("KEY") or "API" in n or "PRIVATE" in n or "SSH" in n
    ],
)
def test_a_field_of_a_custom_resource_is_judged_by_its_name(name: str) -> None:
    obj = {
        "apiVersion": "a.example.com/v1",
        "kind": "Thing",
        "metadata": {"name": "x"},
        "spec": {name: WORD, "deep": [{"er": {name: [WORD]}}], "n": {name: {"value": WORD}}},
    }
    out = Redactor().kubernetes(obj)
    assert WORD not in json.dumps(out, ensure_ascii=False)
    assert set(out["spec"]) == {name, "deep", "n"}
    assert Redactor().kubernetes(out) == out


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["curl", "-u", f"bob:{WORD}", "http://x"], ["curl", "-u", f"bob:{HIDDEN}", "http://x"]),
        (["curl", "-H", f"X-Auth: {WORD}", "http://x"], ["curl", "-H", f"X-Auth: {HIDDEN}", "http://x"]),
        (["curl", f"-HAuthorization: Basic {WORD}"], None),
        (["mysql", "-uroot", f"-p{WORD}", "db"], ["mysql", "-uroot", f"-p{HIDDEN}", "db"]),
        (["redis-cli", "-a", WORD, "ping"], ["redis-cli", "-a", HIDDEN, "ping"]),
        (["redis-server", "--requirepass", WORD], ["redis-server", "--requirepass", HIDDEN]),
        (["sshpass", "-p", WORD, "ssh", "x"], ["sshpass", "-p", HIDDEN, "ssh", "x"]),
        (
            ["run.sh", "--server", "https://r.example.com", "-t", WORD],
            ["run.sh", "--server", "https://r.example.com", "-t", HIDDEN],
        ),
        (["docker", "login", "-u", "bob", "-p", WORD], ["docker", "login", "-u", "bob", "-p", HIDDEN]),
        (
            ["helm", "install", "--set", f"auth.password={WORD}"],
            ["helm", "install", "--set", f"auth.password={HIDDEN}"],
        ),
        (["java", f"-Ddb.password={WORD}", "-jar", "x.jar"], ["java", f"-Ddb.password={HIDDEN}", "-jar", "x.jar"]),
        (["sh", "-c", f"mysql -p{WORD} -h db < /x.sql"], None),
        (["sh", "-c", f"echo {WORD} | docker login --password-stdin"], None),
        (["env", f"PGPASSWORD={WORD}", "psql"], ["env", f"PGPASSWORD={HIDDEN}", "psql"]),
        (["app", "-token", WORD], ["app", "-token", HIDDEN]),
        (
            ["etcd-backup", f"--s3-accessKey={WORD}", f"--s3-secretKey={WORD}"],
            ["etcd-backup", f"--s3-accessKey={HIDDEN}", f"--s3-secretKey={HIDDEN}"],
        ),
        (["app", "--password", f"-{WORD}"], None),
        (["app", f"--dsn=user:{WORD}@tcp(db:3306)/x"], None),
        (["app", "--auth", f"bob:{WORD}"], None),
        (["curl", "-sSu", f"bob:{WORD}", "http://x"], ["curl", "-sSu", f"bob:{HIDDEN}", "http://x"]),
        (["kubectl", "create", "secret", "generic", "x", f"--from-literal=a={WORD}"], None),
        (["sh", "-c", f"x \\\n  --password \\\n  {WORD}"], None),
        (["sh", "-c", f'if [ "$TOKEN" == "{WORD}" ]; then x; fi'], None),
        (["python", "-c", f"os.environ['TOKEN'] = '{WORD}'"], None),
        (["x", f"/p:Password={WORD}"], None),
        (["x", f"--set=a.b.password={WORD}"], None),
        (["x", "a=" * 3000 + f"password={WORD}"], None),
    ],
)
def test_command_lines(words: list[str], shown: list[str] | None) -> None:
    out = _first(_pod(args=words))["args"]
    assert WORD not in json.dumps(out)
    if shown is not None:
        assert out == shown
    assert _first(_pod(args=out))["args"] == out


@pytest.mark.parametrize(
    "obj",
    [
        _pod(livenessProbe={"httpGet": {"path": "/", "port": 1, "httpHeaders": [{"name": "Authorization", "value": f"Bearer {WORD}"}]}}),
        _pod(livenessProbe={"httpGet": {"path": "/", "port": 1, "httpHeaders": [{"name": "X-Custom", "value": WORD}]}}),
        _pod(livenessProbe={"httpGet": {"path": f"/health?t={WORD}", "port": 1}}),
        _pod(readinessProbe={"exec": {"command": ["redis-cli", "-a", WORD, "ping"]}}),
        _pod(lifecycle={"preStop": {"exec": {"command": ["sh", "-c", f"curl -u a:{WORD} x"]}}}),
        _pod(env=[{"name": "OPTS", "value": f"-Da=b -Dpassword={WORD}"}]),
        _pod(env=[{"name": "CONFIG", "value": json.dumps({"db": {"password": WORD}})}]),
        _pod(env=[{"name": "CONFIG", "value": base64.b64encode(json.dumps({"password": WORD}).encode()).decode()}]),
        _pod(env=[{"name": "KUBECFG_KUBE_NODE", "value": f"apiVersion: v1\nusers: [{WORD}]"}]),
        _pod(env=[{"name": "X", "value": f"<password>{WORD}</password>"}]),
        _pod(env=[{"name": "X", "value": f"machine x login u password {WORD}"}]),
        _pod(env=[{"name": "X", "value": f"- name: DB_PASSWORD\n  value: {WORD}\n"}]),
        _pod(env=[{"name": "X", "value": f"口令是{WORD}"}]),
        _pod(env=[{"name": "X", "value": f"http://bob:{WORD}@proxy:3128"}]),
        _pod(env=[{"name": "X", "value": f"Server=db;Uid=bob;Pwd={WORD};"}]),
        _pod(env=[{"name": "X", "value": f"aescbc:\n  keys:\n  - name: key1\n    secret: {WORD}\n"}]),
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "annotations": {"note": WORD}}, "data": {"a": WORD}, "stringData": {"b": WORD}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "d"}, "data": {"a": WORD}, "binaryData": {"b": WORD}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "full-cluster-state", "namespace": "kube-system"}, "data": {"full-cluster-state": WORD}},
        {"apiVersion": "management.cattle.io/v3", "kind": "ClusterRegistrationToken", "metadata": {"name": "x"}, "status": {"token": WORD, "command": f"kubectl apply -f https://r/v3/import/{WORD}.yaml"}},
        {"apiVersion": "management.cattle.io/v3", "kind": "Token", "metadata": {"name": "x"}, "token": WORD, "description": WORD},
        {"apiVersion": "cluster.cattle.io/v3", "kind": "ClusterAuthToken", "metadata": {"name": "x"}, "hash": WORD},
        {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": {"name": "x"}, "spec": {"encryptedData": {"a": WORD}}},
        {"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "metadata": {"name": "x"}, "spec": {"valuesContent": f"admin: {WORD}", "set": {"a.b": WORD}}},
        {"apiVersion": "fleet.cattle.io/v1alpha1", "kind": "BundleDeployment", "metadata": {"name": "x"}, "spec": {"options": {"helm": {"values": {"a": {"b": WORD}, "n": [WORD]}}}}},
        {"apiVersion": "catalog.cattle.io/v1", "kind": "App", "metadata": {"name": "x"}, "spec": {"values": {"global": {"x": WORD}}}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "x", "annotations": {"nginx.ingress.kubernetes.io/configuration-snippet": f"proxy_set_header X {WORD};"}}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"a": WORD})}}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "annotations": {"kubernetes.io/change-cause": f"kubectl set env X={WORD}"}}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "managedFields": [{"fieldsV1": {f'k:{{"name":"{WORD}"}}': {}}}]}},
        {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "x"}, "data": {"spec": {"template": _pod(env=[{"name": "A_PASSWORD", "value": WORD}])}}},
        {**_pod(), "status": {"message": f"login failed for {WORD}", "containerStatuses": [{"lastState": {"terminated": {"exitCode": 3, "reason": "Error", "message": WORD}}}]}},
        {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "x"}, "message": f"pulled with {WORD}", "note": WORD, "reason": "Pulled"},
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "x"}, "spec": {"flexVolume": {"driver": "d/x", "options": {"password": WORD}}, "mountOptions": [f"username=u,password={WORD}"]}},
        {"apiVersion": "management.cattle.io/v3", "kind": "Cluster", "metadata": {"name": "x"}, "spec": {"rancherKubernetesEngineConfig": {"privateRegistries": [{"url": "r", "user": "u", "password": WORD}], "nodes": [{"sshKey": WORD}], "services": {"etcd": {"backupConfig": {"s3BackupConfig": {"accessKey": WORD, "secretKey": WORD}}}}}}, "status": {"serviceAccountToken": WORD}},
        {"apiVersion": "management.cattle.io/v3", "kind": "Setting", "metadata": {"name": "bootstrap-password"}, "value": WORD},
        {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "csr-1"}, "spec": {"request": WORD, "username": WORD, "groups": [WORD]}, "status": {"certificate": "x" * 80 + WORD}},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "x"}, "subjects": [{"kind": "User", "name": WORD}, {"kind": "Group", "name": WORD}]},
        {"apiVersion": "traefik.containo.us/v1alpha1", "kind": "Middleware", "metadata": {"name": "x"}, "spec": {"headers": {"customRequestHeaders": {"X-Auth": WORD}}, "basicAuth": {"users": [f"bob:{WORD}"]}}},
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "x"}, "spec": {"source": {"helm": {"parameters": [{"name": "db.password", "value": WORD}], "values": f"a: {WORD}"}}}},
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "x", "annotations": {"k3s.io/node-args": json.dumps(["server", "--token", WORD])}}},
    ],
)  # fmt: skip
def test_kinds_and_fields(obj: dict[str, Any]) -> None:
    out = Redactor().kubernetes(obj)
    assert WORD not in json.dumps(out, ensure_ascii=False)
    assert Redactor().kubernetes(out) == out


def test_termination_messages_keep_reason_and_exit_code() -> None:
    status = {"containerStatuses": [{"name": "c", "lastState": {"terminated": {"exitCode": 3, "reason": "Error", "message": "anything"}}, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container=c pod=crasher-5b57d9d889-sgxcm_staging(024612df-633d-41be-8181-1096302b9736)"}}}]}  # fmt: skip
    out = Redactor().kubernetes({**_pod(), "status": status})["status"]["containerStatuses"][0]
    assert out["lastState"]["terminated"] == {"exitCode": 3, "reason": "Error", "message": HIDDEN}
    assert out["state"] == status["containerStatuses"][0]["state"]


def test_a_secret_keeps_its_type_and_how_many_keys_it_has() -> None:
    out = Redactor().kubernetes({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": "x", "namespace": "d", "labels": {"app": "y"}}, "data": {"a": "", "b": ""}})  # fmt: skip
    assert out == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "dataCount": 2,
        "metadata": {"name": "x", "namespace": "d", "labels": {"app": "y"}},
    }

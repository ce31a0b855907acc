"""A specification of a pod, of any shape, becomes tables that leave nothing out and trust nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.cluster.containers import containers_of
from rkedoc.explain.commands import command_of
from rkedoc.sphinxext.blocks.view import (
    Badge,
    Block,
    Cell,
    Code,
    CodeBlock,
    Facts,
    Hidden,
    Ref,
    Strong,
    Table,
)
from rkedoc.sphinxext.views.parts.podspec import (
    command_blocks,
    container_blocks,
    probe_cell,
    scheduling_facts,
    security,
    volume_cell,
)
from tests.explain.recorded import cluster_of, record


def text(cell: Cell) -> str:
    """A cell as it is read."""
    out = []
    for item in cell:
        match item:
            case str():
                out.append(item)
            case Code(text=words) | Badge(text=words) | Strong(text=words):
                out.append(words)
            case Ref(name=name, text=words):
                out.append(words or name)
            case Hidden():
                out.append("‹hidden›")
    return "".join(out)


def facts(blocks: Iterable[Block]) -> dict[str, str]:
    return {name: text(cell) for block in blocks if isinstance(block, Facts) for name, cell in block.rows}


def table(blocks: Iterable[Block], column: str) -> list[tuple[str, ...]]:
    """The rows of the table whose first column has this name."""
    for block in blocks:
        if isinstance(block, Table) and block.columns[0] == column:
            return [tuple(text(cell) for cell in row.cells) for row in block.rows]
    return []


CONTAINER = {
    "name": "web",
    "image": "nginx:1.19",
    "imagePullPolicy": "Always",
    "command": ["/bin/web"],
    "args": ["--listen=0.0.0.0", "--token", "‹hidden›", "--verbose", "run", "--last"],
    "ports": [{"containerPort": 80, "name": "http", "hostPort": 8080}, {"containerPort": 53, "protocol": "UDP"}],
    "env": [
        {"name": "LOG_LEVEL", "value": "debug"},
        {"name": "PASSWORD", "value": "‹hidden›"},
        {"name": "FROM_SECRET", "valueFrom": {"secretKeyRef": {"name": "creds", "key": "password"}}},
        {"name": "FROM_MAP", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "mode", "optional": True}}},
        {"name": "LOST", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "lost"}}},
        {"name": "UNSEEN", "valueFrom": {"configMapKeyRef": {"name": "unseen", "key": "a"}}},
        {"name": "EMPTY"},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
    ],
    "envFrom": [{"secretRef": {"name": "all"}}, {"configMapRef": {"name": "more"}, "prefix": "X_"},
                {"configMapRef": {"name": "unseen"}, "prefix": "Y_"}],
    "volumeMounts": [{"name": "etc", "mountPath": "/etc/web", "subPath": "web.conf", "readOnly": True}, {"name": "gone", "mountPath": "/x"}],
    "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}},
    "readinessProbe": {"httpGet": {"path": "/ready", "port": 80}, "periodSeconds": 5},
    "livenessProbe": {"exec": {"command": ["cat", "/ok"]}, "initialDelaySeconds": 7},
    "securityContext": {"privileged": True, "runAsUser": 0, "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}},
}  # fmt: skip
CLUSTER = cluster_of([
    record("core/ConfigMap/ns/settings", {"data": {"mode": "strict"}}),
    record("core/ConfigMap/ns/more", {"data": {"one": "1", "two": "‹hidden›"}}),
])  # fmt: skip
SPEC = {"containers": [CONTAINER], "volumes": [{"name": "etc", "configMap": {"name": "settings"}}], "hostNetwork": True}


def test_a_container_shows_image_command_ports_resources_and_rights() -> None:
    shown = facts(container_blocks(CONTAINER, SPEC, "ns", CLUSTER))
    assert shown["Image"] == "nginx:1.19 (pulled: Always)"
    assert shown["Command"] == "/bin/web"
    assert shown["Ports"] == "80/TCP http on the node: 8080, 53/UDP"
    assert shown["Resources"] == "asks for cpu 100m; at most memory 1Gi"
    assert shown["Ready when"].startswith("HTTP GET :80/ready @ the pod (every 5 s")
    assert "begins after 7 s" in shown["Restarted unless"]
    for words in ("privileged", "network", "user 0", "added: NET_ADMIN", "dropped: ALL"):
        assert words in shown["Security"]


def test_flags_stand_beside_their_values_in_both_forms() -> None:
    rows = table(container_blocks(CONTAINER, SPEC, "ns", CLUSTER), "Argument")
    assert rows == [("--listen", "0.0.0.0"), ("--token", "‹hidden›"), ("--verbose", "run"), ("--last", "no value")]


def test_a_flag_without_a_value_before_another_flag_keeps_to_itself() -> None:
    _program, blocks = command_blocks(command_of((), ("--a", "--b=1", "--c=", "-d"), whole=False))
    assert table(blocks, "Argument") == [("--a", "no value"), ("--b", "1"), ("--c", "empty"), ("-d", "no value")]


def test_flags_that_an_engine_hands_over_with_the_program_are_a_table_too() -> None:
    program, blocks = command_blocks(command_of(("/entrypoint.sh", "kubelet", "--v=2"), ("--root-dir=/x",), whole=True))
    assert text(program) == "/entrypoint.sh kubelet"
    assert [row[:2] for row in table(blocks, "Argument")] == [("--v", "2"), ("--root-dir", "/x")]


def test_a_known_flag_is_explained_and_marked_where_it_differs_from_the_default() -> None:
    _program, blocks = command_blocks(
        command_of(
            ("/entrypoint.sh", "kubelet"),
            ("--root-dir=/var/lib/kubelet", "--fail-swap-on=false", "--own=1"),
            whole=True,
        )
    )
    (shown,) = [block for block in blocks if isinstance(block, Table)]
    assert shown.columns[2] == "Default of kubelet 1.19"
    rows = {row[0]: row[2:] for row in table(blocks, "Argument")}
    assert "differs" not in rows["--root-dir"][0]
    assert rows["--fail-swap-on"][0] == "true differs"
    assert "swap" in rows["--fail-swap-on"][1]
    assert rows["--own"] == ("–", "not explained in the catalog")


def test_flags_of_a_program_that_nobody_knows_have_no_default() -> None:
    _program, blocks = command_blocks(command_of(("/bin/own",), ("--v=2",), whole=True))
    assert table(blocks, "Argument") == [("--v", "2")]


def test_a_script_is_shown_as_a_script() -> None:
    program, blocks = command_blocks(command_of(("/bin/sh", "-c"), ("set -e\nrun",), whole=True))
    assert text(program) == "/bin/sh"
    assert blocks == (CodeBlock("-c\nset -e\nrun", "sh"),)


def test_the_environment_says_where_each_value_comes_from_and_never_a_secret() -> None:
    rows = {row[0]: row[1:] for row in table(container_blocks(CONTAINER, SPEC, "ns", CLUSTER), "Environment")}
    assert rows["LOG_LEVEL"] == ("debug", "")
    assert rows["PASSWORD"][0] == "‹hidden›"
    assert rows["FROM_SECRET"] == ("‹hidden›", "key password of creds")
    assert rows["FROM_MAP"] == ("strict", "key mode of settings (if it exists)")
    assert rows["LOST"] == ("not known there is no such key", "key lost of settings")
    assert rows["UNSEEN"] == ("not known there is no ConfigMap ns/unseen", "key a of unseen")
    assert rows["EMPTY"] == ("empty", "")
    assert rows["NODE"][0] == "from elsewhere"
    assert rows["NODE"][1] == "the pod's field spec.nodeName"
    assert rows["CPUS"][1] == "the container's resource limits.cpu"
    assert rows["*"] == ("‹hidden›", "every key of all")
    assert rows["X_one"] == ("1", "key one of more")
    assert rows["X_two"] == ("‹hidden›", "key two of more")
    assert rows["Y_*"] == ("not known there is no ConfigMap ns/unseen", "every key of unseen")


@pytest.mark.parametrize(
    ("server", "told"), [("v1.31.4", "not set a kubelet leaves out what is no name of a variable"), ("v1.32.0", "")]
)
def test_a_key_that_is_no_name_of_a_variable_is_left_out_before_1_32(server: str, told: str) -> None:
    cluster = cluster_of([record("core/ConfigMap/ns/more", {"data": {"1st": "a", "my.key": "b"}})], server=server)
    container = {"name": "c", "envFrom": [{"configMapRef": {"name": "more"}}]}
    rows = table(container_blocks(container, {}, "ns", cluster), "Environment")
    assert rows == [("1st", "a", f"key 1st of more {told}".strip()), ("my.key", "b", "key my.key of more")]


def test_of_a_name_that_stands_there_twice_the_last_holds() -> None:
    cluster = cluster_of([
        record("core/ConfigMap/ns/first", {"data": {"A": "1", "B": "1", "C": "1"}}), record("core/ConfigMap/ns/second", {"data": {"A": "2"}}),
    ])  # fmt: skip
    container = {
        "name": "c", "env": [{"name": "B", "value": "3"}],
        "envFrom": [{"configMapRef": {"name": "first"}}, {"configMapRef": {"name": "second"}}, {"secretRef": {"name": "s"}}, {"secretRef": {"name": "t"}}],
    }  # fmt: skip
    rows = table(container_blocks(container, {}, "ns", cluster), "Environment")
    assert [(name, value) for name, value, where in rows if "does not hold a later one of this name does" in where] == [
        ("A", "1"),
        ("B", "1"),
    ]


def test_fingerprints_of_hidden_values_are_not_shown() -> None:
    container = {"name": "c", "env": [{"name": "A", "value": "‹hidden:0123456789ab›"}]}
    assert table(container_blocks(container, {}, "ns", CLUSTER), "Environment") == [("A", "‹hidden›", "")]


def test_mounts_name_what_is_mounted() -> None:
    rows = table(container_blocks(CONTAINER, SPEC, "ns", CLUSTER), "Mounted at")
    assert rows[0] == ("/etc/web", "config map settings, only web.conf", "read only")
    assert rows[1] == ("/x", "volume gone", "read and write")


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ({"secret": {"secretName": "s"}}, "secret s"),
        ({"persistentVolumeClaim": {"claimName": "c"}}, "claim c"),
        ({"hostPath": {"path": "/var", "type": "Directory"}}, "the node's /var (Directory)"),
        ({"emptyDir": {}}, "scratch space, gone with the pod"),
        ({"emptyDir": {"medium": "Memory"}}, "scratch space in memory"),
        ({"projected": {"sources": [{"serviceAccountToken": {}}, {"configMap": {"name": "ca"}}]}}, "the account's token, config map ca"),
        ({"csi": {"driver": "d.example"}}, "volume of kind csi d.example"),
        ({}, "–"),
    ],
)  # fmt: skip
def test_volumes_say_what_they_are_made_from(volume: dict[str, Any], expected: str) -> None:
    assert text(volume_cell({"name": "v", **volume}, "ns")) == expected


def test_roles_follow_the_lists_of_the_specification() -> None:
    spec = {
        "initContainers": [{"name": "a"}, {"name": "b", "restartPolicy": "Always"}],
        "containers": [{"name": "c"}],
        "ephemeralContainers": [{"name": "d"}],
    }
    assert [(role, item["name"]) for role, item in containers_of(spec)] == [
        ("init", "a"), ("sidecar", "b"), ("app", "c"), ("ephemeral", "d"),
    ]  # fmt: skip


def test_no_security_context_is_said_plainly() -> None:
    assert text(security({}, {})) == "the defaults"


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        ({"tcpSocket": {"port": 5}}, "connects to TCP port 5"),
        ({"grpc": {"port": 6}}, "gRPC health check on port 6"),
        ({}, "–"),
    ],
)
def test_probes_of_every_kind_have_words(probe: dict[str, Any], words: str) -> None:
    assert text(probe_cell(probe)).startswith(words)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted(CONTAINER)


@given(
    st.dictionaries(st.sampled_from(KEYS), JSON), st.dictionaries(st.sampled_from(["volumes", "securityContext"]), JSON)
)
def test_fields_of_the_wrong_shape_never_break_a_page(container: dict[str, Any], spec: dict[str, Any]) -> None:
    container_blocks(container, {**spec, "containers": [container]}, "ns", CLUSTER)
    tuple(scheduling_facts({**spec, "affinity": container, "tolerations": [container], "nodeSelector": container}))
    tuple(containers_of(container))

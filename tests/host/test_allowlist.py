"""The table of paths: what it names passes, and nothing that is never opened can pass by any entry."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rkedoc.collect.host.allowlist import ForbiddenPath, How, check, entries, expand, is_allowed, never
from rkedoc.errors import ForbiddenRequest

OPENED: tuple[How, ...] = ("text", "certificate")
NAME = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda text: text not in (".", "..")
)


@st.composite
def paths_of(draw: st.DrawFn, pattern: str) -> str:
    """A path that a pattern names, whatever stands for its signs."""
    parts: list[str] = []
    for part in pattern.split("/")[1:]:
        if part == "**":
            parts += draw(
                st.lists(NAME | names_of_allowed_files(), min_size=1 if pattern.endswith("/**") else 0, max_size=3)
            )
        elif "*" in part or "<n>" in part:
            text = part.replace("<n>", str(draw(st.integers(0, 99999))))
            for _ in range(text.count("*")):
                text = text.replace("*", draw(NAME | st.just("")), 1)
            parts.append(text or "x")
        else:
            parts.append(part)
    return "/" + "/".join(parts)


@cache
def names_of_allowed_files() -> st.SearchStrategy[str]:
    """Names that entries of the allowlist end in or go through: those that come closest to being let through."""
    found = {part.replace("*", "x") for entry in entries() for one in entry.patterns for part in one.split("/") if part}
    return st.sampled_from(sorted(found))


def never_patterns() -> list[tuple[str, tuple[How, ...]]]:
    return [(pattern, one.told) for one in never() for pattern in one.patterns]


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("/proc/1/stat", "text"), ("/proc/4194304/cmdline", "text"), ("/proc/7/exe", "link"), ("/proc/7/fd/255", "link"),
        ("/proc/1/net/udp6", "text"), ("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "text"), ("/proc", "names"),
        ("/etc/systemd/system/k3s-worker.service", "text"), ("/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", "text"),
        ("/etc/systemd/system/multi-user.target.wants/rke2-server.service", "link"), ("/etc/rancher/k3s/config.yaml.d/a.yaml", "text"),
        ("/etc/systemd/system/k3s.service.env", "size"), ("/etc/default/rke2-server", "size"), ("/var/lib/rancher", "space"),
        ("/etc/kubernetes/ssl/kube-ca.pem", "certificate"), ("/opt/rke/etc/kubernetes/ssl/kube-node.pem", "certificate"),
        ("/var/lib/rancher/rke2/server/tls/etcd/peer-ca.crt", "certificate"), ("/etc/cni/net.d", "names"),
        ("/var/lib/kubelet/pki/kubelet-client-current.pem", "size"), ("/opt/rke/etcd-snapshots/x.zip", "size"),
        ("/etc/rancher/rke2/config.yaml", "size"),
    ],
)  # fmt: skip
def test_what_a_reading_needs_passes(path: str, how: How) -> None:
    check(path, how)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow", "/etc/passwd", "/etc/machine-id", "/root/.kube/config", "/home/a/.ssh/id_rsa",
        "/proc/1/environ", "/proc/self/environ", "/proc/1/mem", "/proc/1/root/etc/shadow", "/proc/1/cwd/x", "/proc/kcore",
        "/etc/rancher/rke2/rke2.yaml", "/etc/rancher/k3s/k3s.yaml", "/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf",
        "/etc/kubernetes/ssl/kube-ca-key.pem", "/etc/kubernetes/ssl/kubecfg-kube-node.yaml", "/etc/kubernetes/ssl/encryption.yaml",
        "/etc/kubernetes/cluster.rkestate", "/etc/kubernetes/pki/sa.key", "/etc/kubernetes/cloud-config",
        "/var/lib/rancher/rke2/server/node-token", "/var/lib/rancher/k3s/server/token", "/var/lib/rancher/k3s/server/agent-token",
        "/var/lib/rancher/rke2/server/cred/admin.kubeconfig", "/var/lib/rancher/rke2/server/cred/encryption-config.json",
        "/var/lib/rancher/rke2/server/tls/client-ca.key", "/var/lib/rancher/rke2/server/tls/dynamic-cert.json",
        "/var/lib/rancher/rke2/agent/kubelet.kubeconfig", "/var/lib/rancher/rke2/server/db/etcd/member/snap/db",
        "/var/lib/rancher/k3s/server/db/state.db", "/var/lib/rancher/rke2/server/manifests/rke2-coredns.yaml",
        "/var/lib/rancher/rke2/server/db/snapshots/etcd-snapshot-1", "/var/lib/rancher/rke2/agent/etc/containerd/config.toml",
        "/var/lib/rancher/agent/rancher2_connection_info.json", "/var/lib/rancher/agent/plans/a.plan", "/etc/rancher/node/password",
        "/var/lib/kubelet/pki/kubelet-client-current.pem", "/var/lib/kubelet/pki/kubelet.key", "/var/lib/kubelet/config.json",
        "/var/lib/kubelet/pods/a/volumes/kubernetes.io~secret/b/token", "/etc/systemd/system/k3s.service.env",
        "/usr/local/lib/systemd/system/rke2-server.env", "/etc/default/rke2-server", "/etc/sysconfig/kubelet", "/etc/cni/net.d/10-calico.conflist",
        "/etc/systemd/system/my-app.service", "/etc/systemd/system/sshd.service.d/a.conf",
        "", "/", "etc/os-release", "//etc/os-release", "/etc//os-release", "/etc/./os-release", "/etc/os-release/", "/proc/1/../1/stat",
        "/etc/rancher/rke2/config.yaml.d/../rke2.yaml", "/etc/os-release\0", "/proc/x/stat", "/proc/1/stat\n", "/proc/²/stat",
    ],
)  # fmt: skip
def test_nothing_else_is_opened(path: str) -> None:
    for how in OPENED:
        assert not is_allowed(path, how)
        with pytest.raises(ForbiddenPath) as error:
            check(path, how)
        assert isinstance(error.value, ForbiddenRequest)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(("pattern", "told"), never_patterns())
@settings(max_examples=30)
@given(data=st.data())
def test_no_path_that_is_never_opened_passes_by_any_entry(
    pattern: str, told: tuple[How, ...], data: st.DataObject
) -> None:
    path = data.draw(paths_of(pattern))
    for how in get_args(How):
        if how not in told:
            assert not is_allowed(path, how), path


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.patterns[0])
@settings(max_examples=30)
@given(data=st.data())
def test_what_an_entry_names_passes_unless_it_is_never_opened(entry: object, data: st.DataObject) -> None:
    assert isinstance(entry, type(entries()[0]))
    path = data.draw(st.sampled_from(entry.patterns).flatmap(paths_of))
    for how in entry.how:
        hidden = any(matches(pattern, path) and how not in told for pattern, told in never_patterns())
        assert is_allowed(path, how) is not hidden


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern names a path, by another way than the package's: part by part, from the left."""
    return _parts_match(pattern.split("/")[1:], path.split("/")[1:])


def _parts_match(pattern: list[str], path: list[str]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == "**":
        least = 1 if len(pattern) == 1 else 0
        return any(_parts_match(pattern[1:], path[count:]) for count in range(least, len(path) + 1))
    return bool(path) and _text_matches(pattern[0], path[0]) and _parts_match(pattern[1:], path[1:])


def _text_matches(pattern: str, text: str) -> bool:
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    if not text.startswith(first) or not text.endswith(rest[-1]) or len(text) < len(first) + len(rest[-1]):
        return False
    middle, at = text[len(first) : len(text) - len(rest[-1])], 0
    for piece in rest[:-1]:
        found = middle.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def test_no_entry_that_opens_files_reaches_any_depth() -> None:
    assert [one for entry in entries() for one in entry.patterns if "**" in one] == []


def test_no_entry_lets_contents_out_of_what_is_only_to_be_named() -> None:
    for one in never():
        assert set(one.told) <= {"size", "names"}
        assert one.why.endswith(".")


def test_each_entry_says_why_and_for_whom() -> None:
    for entry in entries():
        assert entry.why.endswith(".")
        assert set(entry.of) <= {"any", "rke1", "rke2", "k3s", "kubeadm"}
        assert set(entry.how) <= set(get_args(How))


def folders() -> Iterator[str]:
    for entry in entries():
        for pattern in entry.patterns:
            if "*" in pattern.rpartition("/")[2]:
                yield pattern.rpartition("/")[0]


def test_a_folder_can_be_listed_only_to_find_what_an_entry_names() -> None:
    assert all(is_allowed(folder.replace("<n>", "7").replace("*", "x"), "names") for folder in folders())
    for folder in (
        "/",
        "/etc",
        "/root",
        "/var/lib",
        "/var/lib/kubelet",
        "/var/lib/kubelet/pods",
        "/etc/kubernetes",
        "/proc/1",
    ):
        assert not is_allowed(folder, "names")


def test_braces_are_alternatives() -> None:
    assert list(expand("/{a,b}/{units}{,.d}", ("x",))) == ["/a/x", "/a/x.d", "/b/x", "/b/x.d"]

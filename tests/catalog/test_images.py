"""References to images are taken apart the way Docker does, and re-tagging does not change the family."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.catalog.images import parse_image


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag", "digest"),
    [
        ("nginx", None, "nginx", None, None),
        ("nginx:1.19.6", None, "nginx", "1.19.6", None),
        ("rancher/pause:3.2", None, "rancher/pause", "3.2", None),
        ("docker.io/library/nginx:1", "docker.io", "nginx", "1", None),
        ("192.168.1.121:5000/rancher/hyperkube:v1", "192.168.1.121:5000", "rancher/hyperkube", "v1", None),
        ("localhost/x:1", "localhost", "x", "1", None),
        ("PRIVATE.azurecr.io/rancher/rke-tools:v0.1.14", "PRIVATE.azurecr.io", "rancher/rke-tools", "v0.1.14", None),
        ("docker-pullable://rancher/x@sha256:" + "a" * 64, None, "rancher/x", None, "sha256:" + "a" * 64),
        ("reg:5000/a/b/c@sha256:" + "a" * 64, "reg:5000", "a/b/c", None, "sha256:" + "a" * 64),
        ("sha256:" + "a" * 64, None, "", None, "sha256:" + "a" * 64),
        ("beef10c5f19a", None, "", None, None),
    ],
)
def test_parts(text: str, registry: str | None, repository: str, tag: str | None, digest: str | None) -> None:
    image = parse_image(text)
    assert (image.registry, image.repository, image.tag, image.digest) == (registry, repository, tag, digest)
    assert image.identified == bool(repository)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("rancher/mirrored-coredns-coredns:1.8", "rancher/coredns-coredns"),
        ("rancher/hardened-etcd:v3.5.4-k3s1", "rancher/etcd"),
        ("rancher/pause-amd64:3.1", "rancher/pause"),
        ("registry.cn-hangzhou.aliyuncs.com/goodrain/hyperkube:v1.19.6-rke", "goodrain/hyperkube"),
    ],
)
def test_mirrors_are_taken_off(text: str, path: str) -> None:
    assert parse_image(text).path == path


def test_a_pattern_with_a_slash_needs_the_end_of_the_path() -> None:
    assert parse_image("reg.local:5000/mirror/rancher/rancher:v2.5.5").matches("rancher/rancher")
    assert not parse_image("acme/rancher:v2.5.5").matches("rancher/rancher")
    assert not parse_image("acme/notrancher/rancher").matches("rancher/rancher")


def test_flattened_names_match_only_loosely() -> None:
    image = parse_image("harbor.local/library/rancher-hyperkube:v1.20.9")
    assert image.matches("hyperkube", loosely=True)
    assert not image.matches("hyperkube")


@given(st.text(max_size=60))
def test_any_text_is_taken(text: str) -> None:
    image = parse_image(text)
    assert " " not in image.repository
    assert parse_image(text) == image

"""Every thing has one id, and every page and anchor a name of its own that any file system and any URL can hold."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rkedoc.snapshot.identity import (
    canonical_group,
    intent_id,
    is_generated_name,
    page_key,
    parse_id,
    record_id,
)

hostile = st.text(st.characters(), max_size=253) | st.text("aA-_./0\0\x01é\u212a", max_size=6)
like_names = st.from_regex(r"[a-z0-9]{1,3}(-[a-z0-9]{1,3}){0,2}", fullmatch=True)
segment = st.text(st.characters(exclude_characters="/"), min_size=1, max_size=20).filter(lambda text: text != "-")


@given(st.lists(hostile, max_size=4))
@example([])
@example([""])
@example(["x" * 253, "y" * 253, "z" * 253])
@example(["‹script›", "../../etc/passwd", "\0"])
def test_a_key_is_short_and_plain(parts: list[str]) -> None:
    assert re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?", page_key(*parts))


@given(st.integers(1, 3).flatmap(lambda n: st.tuples(*[st.tuples(*[hostile | like_names] * n)] * 2)))
@example((("Web",), ("web",)))
@example((("\u212a",), ("k",)))
@example((("a", "b-c"), ("a-b", "c")))
@example((("x" * 252 + "y", "web"), ("x" * 253, "web")))
@example((("a\0b", "c"), ("a", "b\0c")))
@example((("a\0", "b"), ("a", "\0b")))
@example((("a\x01\0", "b"), ("a", "\x01\0b")))
@example((("a/b", "c"), ("a", "b/c")))
@example((("é",), ("e",)))
def test_two_things_never_share_a_key(pair: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    one, other = pair
    assert (page_key(*one).lower() == page_key(*other).lower()) == (one == other)


@given(st.lists(hostile | like_names, min_size=2, max_size=2))
@example(["deployment", "My-App"])
def test_no_name_can_be_chosen_to_be_the_key_of_another(parts: list[str]) -> None:
    key = page_key(*parts)
    first, _, rest = key.partition("-")
    if [first, rest] != parts:
        assert page_key(first, rest) != key


def test_an_ordinary_name_can_be_read_in_its_key() -> None:
    assert page_key("deployment", "default", "my-web") == "deployment-default-my-web"
    assert re.fullmatch(
        r"deployment-kube-system-coredns-[0-9a-f]{10}", page_key("deployment", "kube-system", "coredns")
    )


@given(segment, segment, st.none() | segment, st.text(min_size=1))
@example("rbac.authorization.k8s.io", "ClusterRole", None, "system:controller:a/b/c")
def test_an_id_gives_its_parts_back(group: str, kind: str, namespace: str | None, name: str) -> None:
    found = parse_id(record_id(group, kind, namespace, name))
    assert found == (canonical_group(group, kind), kind, namespace, name)


@pytest.mark.parametrize(
    "broken", ["core/Pod/shop/", "core/Pod/web", "/Pod/shop/web", "core//shop/web", "core/Pod//web"]
)
def test_an_id_lacks_no_part(broken: str) -> None:
    with pytest.raises(ValueError, match=r"parts|unpack"):
        parse_id(broken)


@pytest.mark.parametrize(
    ("group", "kind", "stored"),
    [
        ("extensions", "Ingress", "networking.k8s.io"),
        ("networking.k8s.io", "Ingress", "networking.k8s.io"),
        ("extensions", "Deployment", "apps"),
        ("extensions", "NetworkPolicy", "networking.k8s.io"),
        ("crd.projectcalico.org", "NetworkPolicy", "crd.projectcalico.org"),
        ("events.k8s.io", "Event", "core"),
        ("", "Event", "core"),
        ("", "Pod", "core"),
        ("example.org", "Deployment", "example.org"),
    ],
)
def test_what_several_groups_serve_is_stored_once(group: str, kind: str, stored: str) -> None:
    assert canonical_group(group, kind) == stored
    assert canonical_group("" if stored == "core" else stored, kind) == stored


@pytest.mark.parametrize("name", ["nostalgic_curie", "boring_wozniak2"])
def test_a_container_that_its_engine_named_counts_by_its_image(name: str) -> None:
    assert is_generated_name(name)
    assert intent_id(f"engine/EngineContainer/node-a/{name}", "nginx:1") == "engine/EngineContainer/node-a/~nginx:1"


@pytest.mark.parametrize(
    "name", ["kubelet", "etcd-rolling-snapshots", "k8s_POD_web_shop_0b1c_0", "my_app_10", "My_App", "a__b"]
)
def test_a_container_that_somebody_named_counts_by_its_name(name: str) -> None:
    assert intent_id(f"engine/EngineContainer/node-a/{name}", "nginx:1") == f"engine/EngineContainer/node-a/{name}"


def test_only_containers_of_engines_have_generated_names() -> None:
    assert intent_id("core/Pod/shop/nostalgic_curie", "nginx:1") == "core/Pod/shop/nostalgic_curie"

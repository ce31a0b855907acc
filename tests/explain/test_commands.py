"""Command lines are read as whoever starts them reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.explain.commands import Command, Given, command_of
from rkedoc.explain.facts.flags import explained, read_at
from rkedoc.snapshot.record import HIDDEN

FLAGS = st.sampled_from(["--a", "--b=1", "--c=", "-d", "-e=2", "--", "x", "", "/y", "-1", HIDDEN, "--config=/etc/x"])


def told(command: Command) -> list[tuple[str, str, str]]:
    return [(one.name, one.value, str(one.given)) for one in command.arguments]


@pytest.mark.parametrize(
    ("entrypoint", "arguments", "program", "found"),
    [
        ((), ("/usr/local/bin/etcd", "--name=a"), ("/usr/local/bin/etcd",), [("--name", "a", "value")]),
        (("nginx",), ("-g", "daemon off;"), ("nginx",), [("-g", "daemon off;", "value")]),
        (("/coredns",), ("-conf", "/etc/coredns/Corefile"), ("/coredns",), [("-conf", "/etc/coredns/Corefile", "value")]),
        (("/entrypoint.sh", "kubelet"), ("--v=2",), ("/entrypoint.sh", "kubelet"), [("--v", "2", "value")]),
        (("dumb-init", "--", "/ctl"), ("--a=b",), ("dumb-init", "--", "/ctl"), [("--a", "b", "value")]),
        (("tail",), ("-f", "/dev/null"), ("tail",), [("-f", "/dev/null", "value")]),
        (("a",), ("--b=", "--c", "--d", ""), ("a",), [("--b", "", "empty"), ("--c", "", "nothing"), ("--d", "", "empty")]),
        (("a",), ("--level", "-1", "-v", "--", "--x"), ("a",), [("--level", "-1", "value"), ("-v", "", "nothing"), ("", "--x", "word")]),
        (("a",), ("--token", HIDDEN, "run"), ("a",), [("--token", HIDDEN, "value"), ("", "run", "word")]),
        ((), (), (), []),
        ((), ("a",), ("a",), []),
    ],
)  # fmt: skip
def test_the_program_comes_first_and_each_flag_has_what_it_was_given(
    entrypoint: tuple[str, ...], arguments: tuple[str, ...], program: tuple[str, ...], found: list[tuple[str, str, str]]
) -> None:
    command = command_of(entrypoint, arguments, whole=True)
    assert command.program == program
    assert told(command) == found


def test_a_pod_without_a_command_has_the_program_of_its_image() -> None:
    command = command_of((), ("server", "--v=2"), whole=False, image="rancher/kube-proxy:v1")
    assert command.program == ()
    assert told(command) == [("", "server", "word"), ("--v", "2", "value")]
    assert command.known == "kube-proxy"


@pytest.mark.parametrize(
    ("entrypoint", "arguments", "image", "known"),
    [
        ((), ("--kubelet-insecure-tls",), "rancher/mirrored-metrics-server:v0.6.4", "metrics-server"),
        (("/opt/bin/flanneld",), ("--ip-masq",), "rancher/hardened-flannel:v0.22.0", "flanneld"),
        ((), ("-conf", "/etc/coredns/Corefile"), "rancher/mirrored-coredns-coredns:1.8.6", "coredns"),
        ((), ("/nginx-ingress-controller", "--configmap=a/b"), "rancher/mirrored-ingress-nginx-controller:v1", "nginx-ingress-controller"),
        (("/own",), ("--v=2",), "example/coredns:1", ""),
    ],
)  # fmt: skip
def test_flags_of_add_ons_are_explained_too(
    entrypoint: tuple[str, ...], arguments: tuple[str, ...], image: str, known: str
) -> None:
    command = command_of(entrypoint, arguments, whole=False, image=image)
    assert command.known == known
    flags = [one.name.lstrip("-") for one in command.arguments if one.name]
    assert not known or all(explained(known, name) for name in flags)
    assert not known or read_at(known)


def test_a_switch_of_a_known_program_takes_no_word_behind_it() -> None:
    command = command_of(("kubelet",), ("--fail-swap-on", "word"), whole=True)
    assert told(command) == [("--fail-swap-on", "", "nothing"), ("", "word", "word")]


@pytest.mark.parametrize("entrypoint", [("/bin/sh", "-c"), ("bash", "-c")])
def test_what_a_shell_is_given_is_a_script(entrypoint: tuple[str, ...]) -> None:
    assert command_of(entrypoint, ("a\nb",), whole=True) == Command(entrypoint[:1], (), ("-c", "a\nb"))


@given(st.lists(FLAGS, max_size=7))
def test_no_word_is_lost_and_none_is_made_up(words: list[str]) -> None:
    command = command_of((), words, whole=True)
    shown = [*command.program, *(part for one in command.arguments for part in (one.name, one.value))]
    assert letters(shown) == letters(words)
    assert all(
        bool(one.value) is (one.given in (Given.VALUE, Given.WORD)) or one.given is Given.WORD
        for one in command.arguments
    )


def letters(words: list[str]) -> str:
    """Words one after the other, without what only joins a flag and its value or ends the flags."""
    return "".join(word for word in words if word != "--").replace("=", "")

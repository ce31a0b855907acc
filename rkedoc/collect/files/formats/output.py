"""What commands print: ``kubectl get``, ``docker inspect`` and their like, in files that somebody wrote. The format of whatever is in no
other one's bundle.

Objects that do not say of which kind they are have the one that their file is named after (``pods.json``, ``core_v1_pods.json``): a script
that writes ``.items`` of an API's answer leaves the kinds out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from rkedoc.collect.files.formats.format import Bundle, Claim, Format, Index, Reading
from rkedoc.i18n import N_, Message
from rkedoc.snapshot.identity import CORE
from rkedoc.snapshot.kinds import TABLE

_VERSIONS = {
    CORE: "v1",
    "apps": "apps/v1",
    "batch": "batch/v1",
    "rbac.authorization.k8s.io": "rbac.authorization.k8s.io/v1",
}
_KINDS = {
    kind.plural: (_VERSIONS[kind.group], kind.kind)
    for kind in TABLE
    if kind.group in _VERSIONS and kind.kind not in ("Event", "PodTemplate")
}
"""What the objects in a file are, by its name."""

_ENDING = re.compile(r"\.(?:json|jsonl|ndjson|ya?ml|txt)?(?:\.(?:gz|xz|zst|bz2))?\Z")


def kind_of_name(path: str) -> tuple[str, str]:
    """The apiVersion and the kind that a file is named after; empty if after none.

    >>> kind_of_name("dump/core_v1_pods.json.gz"), kind_of_name("pods"), kind_of_name("all.yaml")
    (('v1', 'Pod'), ('v1', 'Pod'), ('', ''))
    """
    stem = _ENDING.sub("", path.rpartition("/")[2])
    return _KINDS.get(stem.rpartition("_")[2].lower(), ("", ""))


def _reading(path: str) -> Reading:
    version, kind = kind_of_name(path)
    return Reading(version=version, kind=kind, claim=Claim.PRINTED)


def _find(_index: Index) -> Iterable[Bundle]:
    yield Bundle("", _reading)


def _find_brought(_index: Index) -> Iterable[Bundle]:
    yield Bundle("", lambda _path: Reading(claim=Claim.LISTED))


OUTPUT = Format(
    name="command-output",
    title=Message(N_("Output of kubectl get, docker inspect, docker ps and their like")),
    recognised=Message(N_("each document by its own shape; whatever lies in no other format's bundle")),
    shows=Message(
        N_(
            "Every object of a list in JSON or YAML, with what stands around it left aside; containers, images, networks and volumes of an "
            "engine. A list is complete for the namespaces that it holds objects of, unless it may be what somebody named or selected."
        )
    ),
    lacks=Message(N_("Which namespaces were asked for, and when: the time is that of the newest object.")),
    keys=frozenset(),
    find=_find,
)

BROUGHT = replace(OUTPUT, find=_find_brought)
"""What a package brings: of each list it says that it is all."""

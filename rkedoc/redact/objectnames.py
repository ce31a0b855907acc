"""Names of objects: kept, unless one really is a credential.

A name is what everything else is found by, and Kubernetes lets nobody put a password into one by accident: it is chosen, typed in
commands, and stands in every listing. ``secret1``, ``sk-learn-model-serving-v2`` and ``k8s-etcd-<64 digits>-node-6`` are names. What
is hidden is a key of a format that one service alone gives, with as much chance in it as such a key has.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rkedoc.redact.patterns import FORMATS, FORMATS_IN

_DNS = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
"""RFC 1123 labels and subdomains, which most names in Kubernetes are."""

_ENGINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}(?:~[0-9a-f]{1,12})?(?:~[0-9]{1,6})?")
"""What a container engine takes as a name (moby/moby 20.10, daemon/names/names.go), with what tells two of one name apart in a
snapshot: the first digits of an id, and a number."""

_LONG_RUN = re.compile(r"[a-z0-9]{32,}")
_HEX = re.compile(r"[0-9a-f]+")
_RUN = re.compile(r"[A-Za-z0-9]{16,}")


@lru_cache(maxsize=65_536)
def is_object_name(text: str) -> bool:
    """Whether a string has the shape of the name of an object of Kubernetes, and is none that chance alone made.

    Names hold what machines make up, in hexadecimal; so many letters and digits of all the alphabet are a token: Rancher's
    registration tokens are 54 of them (rancher/rancher v2.5.5, pkg/randomtoken).
    """
    return _DNS.fullmatch(text) is not None and not any(_HEX.fullmatch(run) is None for run in _LONG_RUN.findall(text))


def is_engine_name(text: str) -> bool:
    """Whether a string has the shape of the name of what an engine holds."""
    return _ENGINE.fullmatch(text) is not None


@lru_cache(maxsize=65_536)
def credential_rule(name: str) -> str | None:
    """The rule that says that a name is a credential; ``None`` for a name."""
    if not _RUN.search(name):
        return None
    for index in FORMATS_IN.candidates(name):
        rule, pattern = FORMATS[index]
        if any(_by_chance(match.group()) for match in pattern.finditer(name)):
            return rule
    return None


def _by_chance(key: str) -> bool:
    """Whether what has the format of a key has its entropy too: words and versions joined by dashes have not."""
    for run in _RUN.findall(key):
        digits = sum(char.isdigit() for char in run)
        if 2 <= digits < len(run) or (digits and run.isupper()):
            return True
    return False

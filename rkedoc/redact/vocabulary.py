"""What the name of a field, a variable, a flag or a header says about its value."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

from rkedoc.redact.needs import Prefilter
from rkedoc.resources import load_yaml
from rkedoc.snapshot.record import HIDDEN_RE

_DATA: dict[str, Any] = cast("dict[str, Any]", load_yaml("redact", "vocabulary.yaml"))


class Verdict(IntEnum):
    """How secret a name is."""

    HARMLESS = 0
    #: ``key``: secret as a variable or a flag, the name of something as a field
    WEAK = 1
    SECRET = 2


_ANYWHERE = re.compile("|".join(re.escape(word.replace(" ", "")) for word in _DATA["anywhere"]))
_WORDS: frozenset[str] = frozenset(_DATA["words"])
#: Abbreviations that are glued to what they belong to: ``dbpwd``, ``rootcreds``.
_ENDING = re.compile(r"(?:pwd|passwd|psw|pswd|creds?|passwort)$")
_LAST: frozenset[str] = frozenset(_DATA["last"])
_PAIRS: frozenset[tuple[str, ...]] = frozenset(tuple(pair.split()) for pair in _DATA["harmless_pairs"])
_OTHER: frozenset[str] = frozenset(_DATA["other_words"])
_COMMITS: frozenset[str] = frozenset(_DATA["commits"])
_WEAK: frozenset[str] = frozenset(_DATA["weak"])
_HARMLESS: frozenset[str] = frozenset(_DATA["harmless_names"])
_SECRET_NAME_ANNOTATIONS: frozenset[str] = frozenset(_DATA["secret_name_annotations"])
_EXPECTED: dict[str, str] = {word: shape for shape, words in _DATA["expected"].items() for word in words}

#: One search that says whether a text can hold the name of a secret at all.
KEYWORDS = Prefilter(
    [
        re.compile(re.escape(word), re.IGNORECASE)
        for word in (
            *(word.split(" ")[0] for word in _DATA["anywhere"]), *_DATA["words"], *_DATA["last"], *_DATA["weak"], "access", "private",
        )
    ]
)  # fmt: skip

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT = re.compile(r"[^0-9A-Za-z\u0080-\uffff]+")


@lru_cache(maxsize=16384)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: ``dbPwd``, ``DB_PWD`` and ``db-pwd`` all give ``("db", "pwd")``."""
    spaced = _CAMEL.sub(" ", name)
    return tuple(word.lower() for word in _SPLIT.split(spaced) if word)


@lru_cache(maxsize=16384)
def verdict(name: str) -> Verdict:
    """Whether a value under this name is secret unless its shape says otherwise."""
    lowered = name.lower().lstrip("-")
    if lowered in _HARMLESS:
        return Verdict.HARMLESS
    words = _telling(words_of(name))
    squashed = "".join(words)
    if _ANYWHERE.search(squashed) or not _WORDS.isdisjoint(words) or any(_ENDING.search(word) for word in words):
        return Verdict.SECRET
    if not _WEAK.isdisjoint(words) or not _LAST.isdisjoint(words[-1:]):
        return Verdict.WEAK
    return Verdict.HARMLESS


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name without those that mean something else than they seem to."""
    taken: set[int] = {index for index, word in enumerate(words) if word in _OTHER}
    for index, pair in enumerate(pairwise(words)):
        if pair in _PAIRS:
            taken |= {index, index + 1}
    return tuple(word for index, word in enumerate(words) if index not in taken)


def is_commit(name: str, value: str) -> bool:
    """Whether a value is the digest of a commit, by the name of what holds it."""
    return not _COMMITS.isdisjoint(words_of(name)) and _COMMIT.fullmatch(value) is not None


@lru_cache(maxsize=16384)
def _expected(name: str) -> str | None:
    if name.lower() in _SECRET_NAME_ANNOTATIONS:
        return "qualified"
    words = words_of(name)
    if len(words) < 2 and words[-1:] not in (("webhook",), ("hook",), ("encryption",)):
        return None
    return _EXPECTED.get(words[-1])


_COMMIT = re.compile(r"[0-9a-f]{7,12}|[0-9a-f]{40}|[0-9a-f]{64}")
_ALGORITHM = re.compile(
    r"[A-Za-z]{1,12}[-_]?\d{0,4}(?:[-_+/,: ][A-Za-z]{0,10}\d{0,4}){0,8}|v?\d{1,4}(?:\.\d{1,4}){0,3}|[a-z]\d?v\d{1,2}"
)
_PATH = re.compile(
    r"(?:file://)?(?:/(?:etc|var|run|opt|usr|root|home|mnt|tmp|data|srv|secrets?|vault|bin|sbin|lib|dev|proc|sys|node|host|app|"
    r"config|certs?|ssl|pki|tls|keys?|cattle-credentials|[a-z][\w.-]*(?=/))(?:/[\w.@~+:%-]+)*/?|\./[\w./-]+|\.\./[\w./-]+)"
)
_ANY_PATH = re.compile(
    r"(?:file://)?(?:[A-Za-z]:)?[\w.$(){}~-]*(?:[/\\][\w.@~+$(){}-]*)+|[\w-]+\.(?:ya?ml|json|pem|crt|key|conf|cfg|txt|ini|toml)"
)
_NAME = re.compile(r"[a-z0-9]([a-z0-9.:-]{0,251}[a-z0-9])?(/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?")
_KUBE_WORD = re.compile(r"[A-Za-z][A-Za-z]*([-_. ,/:][A-Za-z0-9]+){0,30}")
_AMOUNT = re.compile(
    r"-?\d{1,12}(\.\d+)?\s?(%|ns|us|µs|ms|s|m|h|d|w|y|k|M|G|T|Ki|Mi|Gi|Ti|KB|MB|GB)?([0-9]+(ms|s|m|h|d))*|never|none|0|unlimited"
)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+|[\w.-]+(:\d{1,5})?(/[\w./-]*)?|\[[0-9a-fA-F:]+\](:\d+)?|:\d{1,5}")
_SERVICE = re.compile(r"(?:https?://)?[a-z]+(?:[-.][a-z]+)+(?::\d{1,5})?(?:/[a-z/_-]*)?|\d{1,5}")
_SWITCH = re.compile(r"(?i)true|false|yes|no|on|off|enabled?|disabled?|none|null|auto|default|y|n")
_VARIABLE = re.compile(
    r"\$\([A-Za-z_][\w.-]*\)|\$\{[A-Za-z_]\w*\}|\$[A-Za-z_]\w*|\{\{[^{}]*\}\}|%[A-Z_]+%|<[a-z][a-z -]*>|__[A-Z_]+__"
)
_MASKED = re.compile(r"(?i)[*x•]{3,}|<?\[?\(?(redacted|hidden|masked|sensitive)\)?\]?>?|-|\.\.\.")

_SHAPES: dict[str, re.Pattern[str]] = {
    "path": _ANY_PATH,
    "word": _KUBE_WORD,
    "name": _NAME,
    "qualified": _NAME,
    "amount": _AMOUNT,
    "switch": _SWITCH,
    "url": _URL,
    "service": _SERVICE,
    "algorithm": _ALGORITHM,
}

#: Words whose value is hidden even if it is a number, a path or a plain word.
_HARD = frozenset({"pass", "pwd", "pin", "pins", "pw", "psw", "pswd", "otp", "psk"})
_HARD_ANYWHERE = re.compile("passw|passphrase|passcode|contrase|密码|密碼|口令|mima|kouling|パスワード|пароль")


@lru_cache(maxsize=16384)
def is_hard(name: str) -> bool:
    """Whether even a bare number under this name is secret (``PIN``, ``password``)."""
    words = words_of(name)
    return not _HARD.isdisjoint(words) or _HARD_ANYWHERE.search("".join(words)) is not None


@lru_cache(maxsize=8192)
def _allowed(name: str, value: str) -> bool:
    stripped = value.strip()
    if not HIDDEN_RE.fullmatch(stripped):
        # What was hidden in it already leaves its shape as it was: /home/‹hidden›/credentials is a path still.
        stripped = HIDDEN_RE.sub("hidden", stripped)
    if not stripped or _VARIABLE.fullmatch(stripped) or _MASKED.fullmatch(stripped) or HIDDEN_RE.fullmatch(stripped):
        return True
    hard = is_hard(name)
    expected = _expected(name)
    if expected is not None:
        if _SWITCH.fullmatch(stripped) or _SHAPES[expected].fullmatch(stripped):
            return True
        if expected not in ("path", "url", "name", "word"):
            return False
        return all(_SHAPES[expected].fullmatch(part) for part in re.split(r"[,;\s]+", stripped) if part)
    if _SWITCH.fullmatch(stripped):
        return True
    if _PATH.fullmatch(stripped) and ("/" in stripped[1:] or not hard):
        return True
    return not hard and len(stripped) <= 3 and stripped.isdigit()


def allows(name: str, value: str) -> bool:
    """Whether the shape of ``value`` shows that it is not the secret that ``name`` speaks of.

    A path, a switch, a reference to a variable, or what the last word of the name makes one expect (``--token-ttl=16h``,
    ``secretName: webapp-tls``). Value rules still have to be applied to what is allowed here.
    """
    if len(value) > 1024:
        return False
    return _allowed(name, value)

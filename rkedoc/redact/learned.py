"""What was hidden once is hidden wherever it stands again: in another variable, an argument, an annotation, inside a URL.

A value is hidden because something names it: its variable, its option, its field. People put the same value where nothing names it. So
what was hidden for its name is remembered while a run lasts, in memory alone, and looked for in every record before it is written; records
that were redacted before the value was met are no exception. Names and uids of objects stay, since everything else is found by them, and
so does what is too common to be a secret.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from rkedoc.snapshot.record import HIDDEN, HIDDEN_RE

RULE = "same-value"
"""The rule that counts what is hidden so."""

_NAMING = frozenset(
    {"argument", "assignment", "connection", "directive", "environment", "field", "header", "name-and-value", "spoken", "statement", "url-userinfo"}
)  # fmt: skip
"""Rules that hide a value for what names it."""

_LONGEST = 512
_FEW = 64
"""So many values are looked for one by one in less time than a line is cut into words."""

_RUN = re.compile(r"[A-Za-z0-9_\u0080-\U0010ffff]{4,}")
_TOKEN = re.compile(rb"\\u[0-9a-f]{4}|\\.|[A-Za-z0-9_\x80-\xff]{4,}")
"""The runs of letters and digits in a line of JSON; what is escaped is stepped over, so that the n of a line end joins no word."""

_USERINFO = re.compile(r"://[^\s/@]*:([^\s/@]+)@")
_COMMON = re.compile(
    r"[A-Za-z]+(?:[-_./ :,][A-Za-z]+)*"  # words
    r"|[a-z]{1,12}[-_.]?\d{1,2}"  # a word with a number: redis-0, mysql57
    r"|v?\d+(?:[.:/_-]\d+)*[a-zA-Z]{0,3}"  # versions, dates, addresses, sizes
    r"|[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+(?::\d+)?"  # hosts
    r"|/[\w./-]*|\S+\.(?:ya?ml|json|pem|crt|conf|key|txt)"  # paths
    r"|https?://[a-z0-9.:-]+/?"
)
_IDENTITIES = frozenset(
    {"name", "namespace", "uid", "kind", "apiVersion", "nodeName", "hostname", "secretName", "claimName", "serviceAccountName", "id", "image"}
)  # fmt: skip
"""Fields whose whole value is what an object is found by."""


def is_telling(value: str) -> bool:
    """Whether a value can only be the secret that it is: long enough, and neither a word, a name, a version nor a path.

    >>> is_telling("mobikaza94sa"), is_telling("83a1af91-1111-4082-aafe-bd6e30b34600")
    (True, True)
    >>> is_telling("true"), is_telling("admin"), is_telling("redis-0"), is_telling("db.example.org"), is_telling("10.42.0.10")
    (False, False, False, False, False)
    """
    if not 8 <= len(value) <= _LONGEST or "\n" in value or HIDDEN_RE.search(value) or _RUN.search(value) is None:
        return False
    if any(mark in value for mark in ("$(", "${", "{{")):
        return False
    kinds = sum(any(test(char) for char in value) for test in (str.isdigit, str.islower, str.isupper))
    kinds += any(not char.isalnum() for char in value)
    return kinds >= 2 and _COMMON.fullmatch(value) is None


class Learned:
    """The values that were hidden for their names in a run. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._by_run: dict[bytes, list[tuple[bytes, re.Pattern[str]]]] = {}
        """What was learned by its longest run of letters and digits: the value as it stands in JSON, and what finds it."""

    def learn(self, rule: str, value: str) -> None:
        """Take note of what a rule has hidden."""
        if rule not in _NAMING or value in self._known:
            return
        for secret in _parts(value):
            if is_telling(secret) and secret not in self._known:
                run = max(_RUN.findall(secret), key=len).encode("utf-8", "surrogatepass")
                pattern = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(secret)}(?![A-Za-z0-9_])")
                written = _written(secret)
                with self._lock:
                    self._known.add(secret)
                    self._by_run.setdefault(run, []).append((written, pattern))

    def clean_line(self, line: bytes, clean: Callable[[str], str]) -> tuple[bytes, int]:
        """A record's line with every learned value hidden in it, and how many were.

        ``clean`` applies the rules for strings: a string that they would change once a part of it is hidden is hidden whole.
        """
        if not self._by_run:
            return line, 0
        if len(self._by_run) <= _FEW:
            runs = {run for run in self._by_run if run in line}
        else:
            runs = self._by_run.keys() & set(_TOKEN.findall(line))
        if not runs:
            return line, 0
        patterns = [pattern for run in runs for written, pattern in self._by_run[run] if written in line]
        if not patterns:
            return line, 0
        content: dict[str, Any] = orjson.loads(line)
        hits = _Hits(patterns, clean)
        for part in ("intent", "observed"):
            if part in content:
                content[part] = hits.value(content[part])
        return (orjson.dumps(content, option=orjson.OPT_SORT_KEYS) + b"\n", hits.count) if hits.count else (line, 0)


def _written(secret: str) -> bytes:
    """A value as it stands in a line of JSON; empty, which stands in every line, for what cannot be written so."""
    try:
        return orjson.dumps(secret)[1:-1]
    except TypeError:  # half of a surrogate pair
        return b""


def _parts(value: str) -> tuple[str, ...]:
    """A hidden value, and the secret inside of it: after a scheme, after a user, within quotes."""
    bare = value.strip().strip("\"'")
    found = [bare]
    if match := _USERINFO.search(bare):
        found.append(match[1])
    scheme, space, token = bare.partition(" ")
    if space and scheme.lower() in ("bearer", "basic", "token", "digest"):
        found.append(token.strip())
    user, colon, secret = bare.partition(":")
    if colon and "/" not in bare and " " not in bare and user:
        found.append(secret)
    return tuple(found)


class _Hits:
    """One walk over a record."""

    def __init__(self, patterns: list[re.Pattern[str]], clean: Callable[[str], str]) -> None:
        self._patterns = patterns
        self._clean = clean
        self.count = 0

    def value(self, node: Any, key: str = "") -> Any:
        """A part of a record without the learned values."""
        if isinstance(node, str):
            return self._text(node, key)
        if isinstance(node, Mapping):
            return {name: self.value(inner, name) for name, inner in node.items()}
        if isinstance(node, list):
            return [self.value(inner, key) for inner in node]
        return node

    def _text(self, text: str, key: str) -> str:
        out = text
        for pattern in self._patterns:
            if key in _IDENTITIES and pattern.fullmatch(text):
                continue
            out, count = pattern.subn(HIDDEN, out)
            self.count += count
        return out if out == text or self._clean(out) == out else HIDDEN

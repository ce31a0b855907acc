"""Telling random tokens from words: the last net, for secrets of formats that nobody has named.

Judged is the way letters and digits alternate, not the length: the names that Kubernetes, Docker and Helm make up (a word, a
dash, ten characters) stay, a key of sixteen characters does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from math import log2

#: Candidates. ``/`` belongs to base64 as well as to paths; :func:`_spans` tells them apart.
_RUN = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_SEPARATOR = re.compile(r"[+/_=-]+")
_CHANGES = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_CASE_CHANGES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[a-z])")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_VERSIONED = re.compile(r"IPv[46]|(?<=[a-z])[vV]\d")
#: Seven consonants in a row, in small letters: no word of a language that names things has them.
_CLUSTER = re.compile(r"[bcdfghjklmnpqrstvwxz]{7}")
_VOWELS = re.compile(r"[aeiouyAEIOUY]")
_DATE = re.compile(r"\d{4}-\d\d-\d\d[T_-]?[\d:.-]*Z?")
_CIPHER = re.compile(
    r"(TLS|SSL)_[A-Z0-9_]+|(ECDHE|DHE|AES|CHACHA20|AES128|AES256|PSK)-[A-Z0-9-]+|(aes|chacha20)[a-z0-9-]+"
)

#: A hexadecimal identity where it says what it is: a digest with its algorithm, a container with its runtime, a folder of
#: Docker's, of the kubelet's or of K3s'.
_IDENTITY = re.compile(
    r"sha256:[0-9a-f]{64}|(?:docker|containerd|cri-o|cri-dockerd|docker-pullable)://[0-9a-f]{64}(?![0-9a-f])"
    r"|(?<=/)(?:overlay2|volumes|containers|netns|data|blobs/sha256|layers|kubepods(?:/[a-z]+)?|default|sandboxes|io\.containerd[\w.]*)"
    r"/(?:pod)?[0-9a-f-]{12,64}(?:-init|-json\.log)?(?:/[0-9a-f]{64}-json\.log)?"
    r"|(?<=[-_./])[0-9a-f]{64}(?=\.log|-json\.log)|\bcontainer:[0-9a-f]{64}(?![0-9a-f])"
    r"|(?i:commit(?:[-_]?sha)?|revision|git[-_]?sha|vcs[-_]?ref)[\"']?\s?[=:]\s?[\"']?[0-9a-f]{40}(?![0-9a-f])"
    r"|(?:ca[-_]checksum|CA[-_]CHECKSUM)[ =:]{1,2}[\"']?[0-9a-f]{64}(?![0-9a-f])"
)


def _entropy(text: str) -> float:
    size = len(text)
    return -sum(n / size * log2(n / size) for n in (text.count(c) for c in set(text)))


def _random_segment(segment: str) -> bool:
    """Whether a run of at least 16 letters and digits is random."""
    size = len(segment)
    if segment.isdigit():
        return False
    if _HEX.fullmatch(segment):
        return size >= 20 and not segment.isalpha()
    segment = _VERSIONED.sub("", segment)
    size = len(segment)
    changes = len(_CHANGES.findall(segment))
    if changes >= 4:
        return True
    cases = len(_CASE_CHANGES.findall(segment))
    pieces = _WORDS.findall(segment)
    if segment.isalpha():
        mute = [p for p in pieces if len(p) >= 3 and p[1:].islower() and not _VOWELS.search(p)]
        speechless = len(mute) >= 2 or any(len(p) >= 4 for p in mute)
        if cases >= 4 and len(pieces) * (4.6 if speechless else 3.3) > size:
            return True
        return size >= 16 and (_CLUSTER.search(segment) is not None or len(_VOWELS.findall(segment)) < 0.15 * size)
    if cases >= 3 and len(pieces) * 4 > size:
        return True
    return changes >= 2 and (cases >= 3 or _CLUSTER.search(segment) is not None) and size >= 16


def _mixed(segment: str) -> bool:
    """Whether a short piece between separators is unlike a word."""
    if len(segment) < 2:
        return bool(segment)
    if len(_CHANGES.findall(segment)) >= 2 or len(_CASE_CHANGES.findall(segment)) >= 2:
        return True
    upper_inside = segment[1:].lower() != segment[1:] and segment.upper() != segment
    return upper_inside and any(c.isdigit() for c in segment)


@lru_cache(maxsize=4096)
def is_random(token: str) -> bool:
    """Whether a token of ``[A-Za-z0-9+/_=-]`` looks like a key, a digest or a random password.

    UUIDs, dates, cipher suites and names of Kubernetes objects do not.
    """
    core = token.rstrip("=")
    size = len(core)
    if size < 16 or _UUID.fullmatch(core) or _DATE.fullmatch(core) or _CIPHER.fullmatch(core):
        return False
    segments = [segment for segment in _SEPARATOR.split(core) if segment]
    if any(len(segment) >= 16 and _random_segment(segment) for segment in segments):
        return True
    if size < 20 or core.lower() == core or core.upper() == core:
        return False
    mixed = sum(len(segment) for segment in segments if len(segment) < 16 and _mixed(segment))
    return mixed >= 0.6 * size and any(c.isdigit() for c in core) and _entropy(core) >= 3.5


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for run in _RUN.finditer(text):
        token = run.group()
        if "/" not in token:
            yield run.span()
            continue
        pieces = token.split("/")
        wordy = sum(
            1 for piece in pieces if piece and not _mixed(piece) and not is_random(piece) and piece.lower() == piece
        )
        if token.startswith("/") or text[: run.start()].endswith((":", ".", "~", ")", "}")) or 2 * wordy >= len(pieces):
            at = run.start()
            for piece in pieces:
                yield at, at + len(piece)
                at += len(piece) + 1
            whole = "".join(pieces)
            if len(token) >= 24 and wordy == 0 and is_random(whole):
                yield run.span()
        else:
            yield run.span()


def random_spans(text: str) -> list[tuple[int, int]]:
    """The parts of ``text`` that look random, as (start, end), in order and without overlaps."""
    if len(text) < 16:
        return []
    found = [span for span in _spans(text) if is_random(text[span[0] : span[1]])]
    if not found:
        return []
    safe = [m.span() for m in _IDENTITY.finditer(text)]
    found = [s for s in found if not any(a <= s[0] and s[1] <= b for a, b in safe)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged

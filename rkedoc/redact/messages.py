"""Free text: which messages are known word for word, so that they may be shown."""

from __future__ import annotations

import re
from typing import Any, cast

from rkedoc.resources import load_yaml

_DATA: dict[str, Any] = cast("dict[str, Any]", load_yaml("redact", "messages.yaml"))

_NAME = r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,252}"
_REASON = (
    r"(?:\d+ )?(?:node\(s\) (?:were unschedulable|didn't match (?:pod affinity/anti-affinity(?: rules)?|pod anti-affinity rules|pod affinity rules|Pod's node affinity(?:/selector)?|node selector"
    r"|pod topology spread constraints(?: \(missing required label\))?)|had (?:untolerated )?taints? (?:\{[\w./: -]+\}(?:, )?)+(?:that the pod didn't tolerate)?|had volume node affinity conflict"
    r"|didn't have free ports for the requested pod ports|were not ready|exceed max volume count|didn't find available persistent volumes to bind)"
    r"|Insufficient [\w./-]+|pod has unbound immediate PersistentVolumeClaims|Too many pods|persistentvolumeclaim \"[\w.-]+\" not found"
    r"|preemption: [\w /:.()']+)"
)
_HOLES = {
    "{name}": _NAME,
    "{quoted}": rf'"(?:{_NAME})?"',
    "{number}": r"\d{1,9}",
    "{time}": r"(?:\d{1,6}(?:\.\d+)?(?:h|ms|m|s|µs))+",
    "{image}": r'"[a-z0-9][a-z0-9._:/@-]{0,300}"',
    "{list}": rf"\[{_NAME}(?:[ ,]+{_NAME})*\]",
    "{words}": r"[A-Za-z0-9][A-Za-z0-9 ,.()'/_-]{0,200}",
    "{reasons}": rf"{_REASON}(?:, {_REASON})*\.?(?: {_REASON}\.?)*",
}


def _pattern(template: str) -> str:
    return "".join(_HOLES.get(part, re.escape(part)) for part in re.split(r"(\{[a-z]+\})", template))


#: ``{words}`` may be the tail of a sentence that a component quotes from elsewhere, so those templates are few and anchored.
_KNOWN = re.compile("|".join(f"(?:{_pattern(t)})" for t in [*_DATA["templates"], *_DATA["engine"]]))


def is_known(text: str) -> bool:
    """Whether a message is one of Kubernetes' or the engine's own, so that nothing of a user's can stand in it but names."""
    return len(text) <= 2000 and _KNOWN.fullmatch(text) is not None

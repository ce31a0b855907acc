"""What the lists of a container runtime say together: of its sandboxes, its containers and its images, as CRI answers with them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from rkedoc.snapshot.identity import ENGINE
from rkedoc.snapshot.kinds import CONFIG_SOURCE
from rkedoc.snapshot.record import Scope
from rkedoc.vocabulary import Result

KINDS: Final = {"containers": "engine/EngineContainer", "images": "engine/EngineImage", "engine": "engine/Engine"}
"""The kinds of the records that come of what a runtime lists, by the names of their scopes."""

BESIDE: Final = "beside"
"""The scope ``engine/beside``: containers that a runtime runs and its CRI does not show."""

NOT_VISIBLE: Final = "not-visible-through-cri"


def beside_unseen(path: str) -> Scope:
    """What runs in a runtime and in no pod of Kubernetes, where CRI is all that told of it."""
    return Scope(f"{ENGINE}/{BESIDE}", "list", path, None, Result.SKIPPED, NOT_VISIBLE, kind=KINDS["containers"])


def each_once(items: Iterable[Mapping[str, Any]], others: Collection[str] = ()) -> list[Mapping[str, Any]]:
    """The items of a list by id, without those that have none. Of several with one id the same one counts in whatever order they come;
    an id that is among ``others`` already is told of there."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        if (identifier := _text(item, "id")) and identifier not in others:
            found.setdefault(identifier, []).append(item)
    return [
        same[0] if len(same) == 1 else min(same, key=lambda item: json.dumps(item, sort_keys=True))
        for _identifier, same in sorted(found.items())
    ]


def image_ids(items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The id of each image by the digests under which it was pulled: what ran may be named by one."""
    return {
        digest: _text(item, "id")
        for item in items
        for digest in item.get("repo_digests") or ()
        if isinstance(digest, str)
    }


def states(sandboxes: Collection[Mapping[str, Any]], containers: Collection[Mapping[str, Any]]) -> dict[str, int]:
    """How many sandboxes and containers there are, and how many of them run."""
    ready = sum(item.get("state") != "SANDBOX_NOTREADY" for item in sandboxes)
    running = ready + sum(item.get("state") == "CONTAINER_RUNNING" for item in containers)
    total = len(sandboxes) + len(containers)
    return {"total": total, "running": running, "stopped": total - running}


def static_suffix(sandboxes: Iterable[Mapping[str, Any]]) -> str:
    """The node's name by its static pods, which are called ``<file's pod>-<node>``; empty if fewer than two tell.

    Source: kubernetes/kubernetes v1.27, pkg/kubelet/config/common.go, generatePodName.
    """
    names = sorted(
        {
            _text(item["metadata"], "name")
            for item in sandboxes
            if isinstance(item.get("metadata"), Mapping) and _map(item, "annotations").get(CONFIG_SOURCE) == "file"
        }
    )
    if len(names) < 2:
        return ""
    first, last = names[0].split("-"), [name.split("-") for name in names[1:]]
    count = next((n for n in range(len(first), 0, -1) if all(other[-n:] == first[-n:] for other in last)), 0)
    return "-".join(first[-count:]) if count and count < len(first) else ""


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _map(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}

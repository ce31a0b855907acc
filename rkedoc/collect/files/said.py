"""What commands say where they have no answer: which kind was asked for, and how that ended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rkedoc.collect.files.formats.format import Failure, Reading
from rkedoc.vocabulary import Result

_SERVER = re.compile(r"Error from server(?: \((?P<word>\w+)\))?: (?P<rest>.*)", re.DOTALL)
_CANNOT = re.compile(
    r"cannot (?:list|get|watch) (?:resource )?\"?(?P<plural>[a-z]+)(?:\.(?P<old>[a-z0-9.-]+))?\"?"
    r"(?: in API group \"(?P<group>[^\"]*)\")?(?P<rest>.*)",
    re.DOTALL,
)
"""kubernetes/apiserver v0.31, pkg/endpoints/handlers/responsewriters/errors.go (forbiddenMessage)."""

_NAMESPACE = re.compile(r"in the namespace \"(?P<namespace>[^\"]+)\"")
_NO_TYPE = re.compile(r"error: the server doesn't have a resource type \"(?P<kind>[^\"]+)\"")
_NO_SERVER = re.compile(r"Unable to connect to the server|The connection to the server ")
_NOT_LOGGED_IN = re.compile(r"error: You must be logged in to the server")
_NOTHING_FOUND = re.compile(r"No resources found\b")
"""kubernetes/kubectl v0.31, pkg/cmd/util/helpers.go and pkg/cmd/get/get.go."""
_ONE_THING = re.compile(r"[a-z]+(?:\.[a-z0-9.-]+)? \"[^\"]+\" not found")

_NO_SUCH = re.compile(
    r"[Ee]rror: (?:[Nn]o such (?:object|container|image|volume|network)\b|inspecting object: no such object\b)"
)
"""docker/cli v27, cli/command/inspect/inspector.go; containers/podman v5, cmd/podman/inspect."""

_ENDS = {"Forbidden": Result.FORBIDDEN, "Unauthorized": Result.FORBIDDEN, "NotFound": Result.ABSENT}


def says_no_such_thing(line: str) -> bool:
    """Whether an engine says that what somebody wanted to look into is not there: nothing is missing then."""
    return _NO_SUCH.match(line) is not None


def says_nothing_is_there(line: str) -> bool:
    """Whether kubectl says that there is nothing of what was asked for."""
    return _NOTHING_FOUND.match(line) is not None


def failure_of_status(status: Mapping[str, Any], reading: Reading) -> Failure | None:
    """What the answer of an API server says that is an error (Kubernetes API, Status); ``None`` if it speaks of no list."""
    details = status.get("details")
    about: Mapping[str, Any] = details if isinstance(details, dict) else {}
    word, message = status.get("reason"), status.get("message")
    if about.get("name") and word == "NotFound":
        return None
    kind, namespace = _asked(message if isinstance(message, str) else "", reading)
    if isinstance(plural := about.get("kind"), str) and plural:
        group = about.get("group")
        kind = f"{plural}.{group}" if isinstance(group, str) and group else plural
    reason = word if isinstance(word, str) and word.isalpha() else "server-error"
    return Failure(kind, namespace, _ENDS.get(reason, Result.FAILED), reason)


def failure_of(line: str, reading: Reading) -> Failure | None:
    """What a line says of a question that had no answer; ``None`` if it speaks of no list.

    ``reading`` tells what was asked for where the line does not. The kind of the failure is empty if nothing tells it.
    """
    if found := _SERVER.match(line):
        word = found["word"] or "server-error"
        if word == "NotFound" and _ONE_THING.match(found["rest"]):
            return None
        kind, namespace = _asked(found["rest"], reading)
        return Failure(kind, namespace, _ENDS.get(word, Result.FAILED), word)
    if found := _NO_TYPE.match(line):
        return Failure(found["kind"], None, Result.ABSENT, "NotFound")
    if _NOT_LOGGED_IN.match(line):
        return Failure(*_asked("", reading), Result.FORBIDDEN, "Unauthorized")
    if _NO_SERVER.match(line):
        return Failure(*_asked("", reading), Result.FAILED, "connection-failed")
    return None


def _asked(text: str, reading: Reading) -> tuple[str, str | None]:
    found = _CANNOT.search(text)
    if found is None:
        group, slash, _ = reading.version.rpartition("/")
        return f"{reading.kind}.{group}" if slash and reading.kind else reading.kind, reading.namespace
    group, place = found["group"] or found["old"] or "", _NAMESPACE.search(found["rest"])
    return f"{found['plural']}.{group}" if group else found["plural"], place["namespace"] if place else None

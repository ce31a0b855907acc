"""What the codes mean that say why a scope did not end well, for a person; programs read the codes (docs/reference/snapshot.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_WORDS: Final[Mapping[str, str]] = {
    "answer-too-large": "the answer was larger than any page is, and was dropped",
    "archive-not-read": "archives are not read: unpack it",
    "connection-failed": "the connection broke",
    "containers-not-listed": "of its containers those are known that were inspected: crictl ps -a -o json lists all",
    "contents-not-refused": "the server would have sent what the Secrets hold, and was cut off: names alone are taken",
    "continuation-repeats": "the server gave the same page again and again",
    "credentials-lost": "the credentials that worked when the run began were not renewed",
    "details-not-told": "the runtime told no command, environment and rights",
    "empty-folder": "no file is in it: --from reads what kubectl get -o json and docker inspect write",
    "engine-hangs": "the engine stopped answering",
    "hidden": "the kernel does not show other accounts' processes (hidepid)",
    "images-not-listed": "of its images those are known that were inspected: crictl images -o json lists all",
    "leads-elsewhere": "a symbolic link leads to what is not on the list",
    "no-objects": "no object was found in it",
    "no-such-file": "it is not there",
    "not-a-list": "the answer was no list",
    "not-inspected": "its row in a list alone is there: no command, environment and rights",
    "not-json": "this is no JSON",
    "permission-denied": "this account may not read it",
    "running-only": "all that are listed run: ps -a lists the others too",
    "sandboxes-not-listed": "there is no list of sandboxes: crictl pods -o json writes it",
    "timeout": "no answer in time",
    "too-large": "it is larger than what is read",
    "Unauthorized": "the server did not accept the credentials",
    "vanished": "it was gone before it was asked for",
    "yaml-not-read": "YAML is not read: write JSON (kubectl get -o json)",
}


def in_words(reason: str) -> str:
    """What a reason means; empty where the code says it. A number after a colon says how many."""
    return _WORDS.get(reason.partition(":")[0], "")

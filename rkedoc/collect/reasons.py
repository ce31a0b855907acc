"""What the codes mean that say why a scope did not end well, for a person; programs read the codes (docs/reference/snapshot.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_WORDS: Final[Mapping[str, str]] = {
    "answer-too-large": "the answer was larger than any page is, and was dropped",
    "archive-broken": "what stands behind the place where it breaks is lost",
    "command-failed": "the command said that it failed, and not at what",
    "connection-failed": "the connection broke",
    "containers-not-listed": "of its containers those are known that were inspected: crictl ps -a -o json lists all",
    "contents-not-refused": "the server would have sent what the Secrets hold, and was cut off: names alone are taken",
    "continuation-repeats": "the server gave the same page again and again",
    "credentials-lost": "the credentials that worked when the run began were not renewed",
    "cut-off": "it ends, or goes wrong, in the middle of a document",
    "desired-not-live": "what somebody wants to run; what runs is told elsewhere",
    "details-not-told": "the runtime told no command, environment and rights",
    "earlier-answer": "a later answer to the same question counts",
    "empty-folder": "no file is in it",
    "encrypted": "it is encrypted: decrypt it first, if you may",
    "engine-hangs": "the engine stopped answering",
    "etcd-snapshot": "a snapshot of etcd holds everything, Secrets in clear: it is never read",
    "hidden": "the kernel does not show other accounts' processes (hidepid)",
    "holds-credentials": "it holds credentials, and is never read",
    "hostile-name": "its name leads out of its archive, or is none",
    "images-not-listed": "of its images those are known that were inspected: crictl images -o json lists all",
    "later-changes": "what happened to an object after the time of its bundle is left aside",
    "leads-elsewhere": "a symbolic link leads to what is not on the list",
    "link": "a link: what it leads to is read where it stands",
    "may-be-some": "the list may be what somebody named or selected: --complete says that it is all",
    "nested-too-deep": "archives lie in one another more often than is followed",
    "no-objects": "no object was found in it",
    "no-such-file": "it is not there",
    "not-a-file": "it is a device or the like",
    "not-a-list": "the answer was no list",
    "not-inspected": "its row in a list alone is there: no command, environment and rights",
    "not-json": "no document in JSON or YAML is in it",
    "not-yaml": "this is no YAML",
    "packed-too-tightly": "it would become so much larger than it is that it was taken for a trap",
    "parts-of-objects": "of these objects little more than the names was kept",
    "permission-denied": "this account may not read it",
    "prose": "objects as a text for people (kubectl describe)",
    "rke-state": "RKE's state holds all private keys of a cluster: it is never read",
    "rows-alone": "a table that tells no more of these than their names",
    "rows-without-namespace": "a table of pods that does not say in which namespace they are: kubectl get pods -A does",
    "running-only": "all that are listed run: ps -a lists the others too",
    "sandboxes-not-listed": "there is no list of sandboxes: crictl pods -o json writes it",
    "stands-elsewhere": "it stands in another file of the bundle, too, and there in full",
    "timeout": "no answer in time",
    "too-deep": "a document in it is nested deeper than is read",
    "too-large": "it is larger than what is read",
    "too-large-in-all": "all together is larger than what is read: the rest was left out",
    "too-many-broken": "the rest of it was left alone",
    "too-many-members": "it holds more files than are read: the rest was left out",
    "too-many-repetitions": "it would become so much larger than it is that it was taken for a trap",
    "Unauthorized": "the server did not accept the credentials",
    "vanished": "it was gone before it was asked for",
}


def in_words(reason: str) -> str:
    """What a reason means; empty where the code says it. A number after a colon says how many."""
    return _WORDS.get(reason.partition(":")[0], "")

"""What a site says, for programs: one JSON file beside its first page, and the shape of it as a JSON Schema.

Portals and assistants read here what people read on the pages: the ledger, components, versions, problems and relations, with the address of
the page that tells of each. Ids and codes are the same in every language; titles and summaries are in that of the site. Values are as on
the pages: what was hidden or masked in the snapshot is so here, and no fingerprint is shown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from rkedoc.cluster.distribution import distribution
from rkedoc.explain.images import image_users
from rkedoc.explain.ledger.processes import process_ledger
from rkedoc.explain.ledger.sockets import open_sockets
from rkedoc.explain.relations.graph import VERBS
from rkedoc.explain.rights import rights
from rkedoc.explain.support_report import support_as_known
from rkedoc.sphinxext.blocks import markdown
from rkedoc.sphinxext.blocks.sanitize import one_line, visible
from rkedoc.sphinxext.headings import page_heading
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.vocabulary import Basis, Origin, ProblemKind, ProcessClass, Result, Right, Role, Severity, SupportState

if TYPE_CHECKING:
    from rkedoc.explain.health.checks import Problem
    from rkedoc.sphinxext.layout import Page
    from rkedoc.sphinxext.site import Site

NAME: Final = "rkedoc.json"
"""The name of the file, in the root of a site."""

INDEX: Final = "llms.txt"
"""The name of the list of all Markdown files, in their root (https://llmstxt.org)."""

FORMAT: Final = 1
"""The version of its form."""

Address = Callable[[str], str]
"""Gives the address of a document from the root of the site."""


def content(site: Site, language: str, classification: str, address: Address) -> dict[str, Any]:
    """What the file holds."""
    cluster = site.cluster
    header = cluster.header
    kind = distribution(cluster)
    processes = process_ledger(cluster)
    ledger = site.ledger.to_json()
    if processes.read:
        ledger["processes"] = processes.to_json()
        ledger["sockets"] = [one.to_json() for one in open_sockets(cluster)]
    found: dict[str, Any] = {
        "rkedoc": "site",
        "format": FORMAT,
        "language": language,
        "classification": classification,
        "cluster": {
            "name": str(header.cluster.get("name") or ""),
            "uid": str(header.cluster.get("uid") or ""),
            "distribution": kind.id or "",
            "called": kind.name,
            "nodes": [node.name for node in cluster.nodes()],
            "namespaces": [namespace.name for namespace in cluster.namespaces()],
        },
        "captures": [
            {"source": capture.source, "node": capture.node or "", "time": capture.time} for capture in header.captures
        ],
        "not_collected": [
            {
                "source": capture.source, "node": capture.node or "", "list": scope.name, "namespace": scope.namespace or "",
                "result": scope.result, "status": scope.status, "reason": scope.reason,
            }
            for capture in header.captures
            for scope in capture.scopes
            if scope.result not in (Result.COMPLETE, Result.ABSENT)
        ],
        "versions": [{"of": str(name), "version": str(value), "read_in": str(where)} for name, value, where in kind.versions],
        **support_as_known(cluster),
        "pages": [_page(site, page, address) for page in site.pages.values()],
        "workloads": [
            {
                "id": workload.id, "kind": workload.kind, "namespace": workload.namespace, "name": workload.name,
                "component": workload.entry.id if workload.entry else None,
                "pods": [pod.id for pod in workload.pods], "owner": _owner(site, workload.id), "page": _where(site, workload.id, address),
            }
            for workload in cluster.workloads()
        ],
        "images": [
            {"image": image, "users": [{"record": user.subject, "container": user.container, "page": _where(site, user.subject, address)} for user in users]}
            for image, users in sorted(image_users(cluster).items())
        ],
        "components": list(_components(site)),
        "ledger": ledger,
        "problems": [_problem(site, problem, address) for problem in desk(site).problems],
        "rights": rights(cluster).to_json(),
        "relations": [
            {"source": edge.source, "verb": edge.verb, "target": edge.target, "evidence": edge.evidence}
            for edge in site.relations
        ],
    }  # fmt: skip
    return {key: _as_shown(value) for key, value in found.items()}


def write(path: Path, said: Mapping[str, Any]) -> None:
    """Write the file, whole or not at all. No ``<`` stands in it, should a server give it out as something else than JSON."""
    _replace(path, orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE).replace(b"<", rb"\u003c"))


def index(name: str, summary: str, documents: Iterable[tuple[str, str]]) -> str:
    """A list of documents, for assistants: addresses and titles in the order given, those of a folder below its name."""
    folders: dict[str, list[str]] = {"": []}
    for address, title in documents:
        line = f"- [{markdown.escape(title)}]({address})"
        folders.setdefault(address.rpartition("/")[0], []).append(line)
    parts = [f"# {markdown.escape(name)}", f"> {summary}"]
    for folder, lines in folders.items():
        parts += [*([f"## {folder}"] if folder else []), "\n".join(lines)]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    _replace(path, text.encode("utf-8", "replace"))


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.write_bytes(content)
    temporary.replace(path)


def _page(site: Site, page: Page, address: Address) -> dict[str, Any]:
    return {
        "key": page.key, "kind": page.kind, "subject": page.subject, "title": one_line(page_heading(site, page), 300),
        "address": address(page.docname), "parent": page.parent or None, "records": list(page.record_ids),
    }  # fmt: skip


def _owner(site: Site, record_id: str) -> str | None:
    """Who answers for a workload; ``None`` where nobody says so."""
    found = site.owners.by_record.get(record_id)
    return found.owner or None if found is not None else None


def _where(site: Site, record_id: str, address: Address) -> str | None:
    page = site.page_of_record.get(record_id)
    return None if page is None else address(page.docname)


def _problem(site: Site, problem: Problem, address: Address) -> dict[str, Any]:
    return {
        "record": problem.record_id, "subject": problem.subject, "severity": problem.severity, "seen": problem.seen.kind, "said": problem.what,
        "reason": problem.reason, "exit_code": problem.exit_code, "evidence": [str(item) for item in problem.evidence],
        "commands": list(problem.commands), "events": dict(problem.events), "others": list(problem.others),
        "page": _where(site, problem.record_id, address),
    }  # fmt: skip


def _components(site: Site) -> Iterable[dict[str, Any]]:
    """The entries of the catalog that explain something here, each with the number of containers that it explains."""
    cluster = site.cluster
    counts: dict[str, int] = {}
    for workload in cluster.workloads():
        if workload.entry is not None:
            counts.setdefault(workload.entry.id, 0)
    for process in process_ledger(cluster).lines:
        if process.component:
            counts.setdefault(process.component, 0)
    for line in site.ledger.lines:
        if line.component:
            counts[line.component] = counts.get(line.component, 0) + 1
    for name in sorted(counts):
        entry = cluster.catalog.get(name)
        if entry is not None:
            yield {
                "id": entry.id, "name": entry.name, "origin": entry.origin, "summary": entry.summary,
                "containers": counts[name], "talks_to": [name for name in entry.talks_to if cluster.catalog.get(name)],
                "notes": [{"key": note.key, "text": note.text, "written_in": note.provenance} for note in entry.notes],
            }  # fmt: skip


def _as_shown(value: Any) -> Any:
    """The value with its texts as pages show them: no fingerprint, nothing invisible, nothing that is no Unicode."""
    match value:
        case str():
            return visible(str(value))
        case dict():
            return {visible(str(key)): _as_shown(item) for key, item in value.items()}
        case list() | tuple():
            return [_as_shown(item) for item in value]
        case _:
            return value


# -- the schema -------------------------------------------------------------------------------------------------------

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_COUNTS: Final = {"type": "object", "additionalProperties": _COUNT}
_MAYBE: Final = {"type": ["string", "null"]}


def _object(description: str, properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object", "description": description, "additionalProperties": False, "properties": properties,
        "required": [name for name in properties if name not in optional],
    }  # fmt: skip


def _list(items: Mapping[str, Any], description: str = "") -> dict[str, Any]:
    return {"type": "array", "items": dict(items), **({"description": description} if description else {})}


def _told(description: str, of: Mapping[str, Any] = _TEXT) -> dict[str, Any]:
    return {**of, "description": description}


def _codes(terms: Iterable[str], description: str) -> dict[str, Any]:
    return {"enum": [str(term) for term in terms], "description": description}


_RECORD: Final = _told("the id of a record of the snapshot")
_ADDRESS: Final = _told("the address of the page that tells of it, from the root of the site", _MAYBE)
_WHY: Final = {"rule": _told("the codes of the reasons"), "evidence": _told("what they found, in English")}


def _ledger_schema() -> dict[str, Any]:
    absent = _object(
        "what the ledger cannot know",
        {"what": _TEXT, "node": _TEXT, "pods": _COUNT, "why": _TEXT},
        optional=("node", "pods"),
    )
    mismatch = _object(
        "what engine and API do not agree about",
        {"what": _TEXT, "node": _TEXT, "container": _TEXT, "pod": _TEXT, "why": _TEXT},
        optional=("node", "container", "pod"),
    )
    runtime = _object(
        "a container runtime that was asked",
        {"node": _TEXT, "runtime": _TEXT, "version": _TEXT, "endpoint": _TEXT, "view": _TEXT},
    )
    container = _object(
        "a container",
        {
            "id": _TEXT, "name": _TEXT, "node": _TEXT, "state": _TEXT, "role": _codes(Role, "what it is to its pod"),
            "origin": _codes(Origin, "whose it is"), "component": _told("the id of its component", _MAYBE), **_WHY,
            "made_of": _codes(Basis, "what was read of it"),
            "pod": _MAYBE, "namespace": _MAYBE,
        },
    )  # fmt: skip
    process = _object(
        "a process of a host",
        {
            "node": _TEXT, "pid": _COUNT, "program": _TEXT, "unit": _TEXT, "class": _codes(ProcessClass, "what it belongs to"),
            "component": _MAYBE, "container": _MAYBE, **_WHY,
        },
    )  # fmt: skip
    processes = _object(
        "the processes of the hosts that were read",
        {
            "total": _COUNT, "by_class": _COUNTS, "by_node": _COUNTS, "closes": {"type": "boolean"},
            "unexplained": _list(_TEXT), "processes": _list(process),
        },
    )  # fmt: skip
    socket = _object(
        "a listening socket of a host",
        {
            "node": _TEXT, "protocol": _TEXT, "address": _TEXT, "port": _COUNT, "processes": _list(_TEXT),
            "components": _list(_TEXT), "purpose": _TEXT, "unread": _TEXT,
        },
    )  # fmt: skip
    return _object(
        "every container once, with its role, its origin and why; what `rkedoc ledger --format json` prints",
        {
            "total": _COUNT, "running": _COUNT, "by_role": _COUNTS, "by_origin": _COUNTS, "by_node": _COUNTS,
            "made_of": _COUNTS,
            "closes": _told("whether every container stands in it once and is explained, and all were seen", {"type": "boolean"}),
            "closes_for_what_was_seen": _told("the same of those that were seen", {"type": "boolean"}),
            "not_seen": _list(_TEXT, "which containers were not seen, in English"),
            "unexplained": _list(_TEXT), "mismatches": _list(mismatch), "not_collected": _list(absent),
            "runtimes": _list(runtime), "containers": _list(container), "processes": processes, "sockets": _list(socket),
        },
        optional=("processes", "sockets"),
    )  # fmt: skip


def _rights_schema() -> dict[str, Any]:
    subject = _object(
        "an account, a group or a user",
        {"kind": _TEXT, "name": _TEXT, "namespace": _told("that of an account", _MAYBE)},
    )
    grant = _object(
        "a right that a binding gives",
        {
            "right": _codes(Right, "what may be done"), "subject": subject,
            "namespace": _told("where it may be done, null for the whole cluster", _MAYBE), "role": _RECORD, "binding": _RECORD,
            "ways": _list(_TEXT, "the verbs with their resource"), "names": _list(_TEXT, "the objects that it is narrowed to, none for all"),
        },
    )  # fmt: skip
    return _object(
        "who may do what, by roles and bindings",
        {
            "grants": _list(grant), "unresolved": _list(_RECORD, "bindings whose roles were not collected"),
            "unseen": _list(_TEXT, "what else was not collected that could hold more, in English"),
        },
    )  # fmt: skip


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the file."""
    cluster = _object(
        "the cluster",
        {
            "name": _TEXT, "uid": _told("the uid of its namespace kube-system"),
            "distribution": _told("rke1, rke2, k3s, kubeadm, other, or empty where nothing tells"),
            "called": _told("how people call it"), "nodes": _list(_TEXT), "namespaces": _list(_TEXT),
        },
    )  # fmt: skip
    capture = _object("a source that was read", {"source": _TEXT, "node": _TEXT, "time": _told("RFC 3339, UTC")})
    missing = _object(
        "a list that could not be read, or in part",
        {
            "source": _TEXT, "node": _TEXT, "list": _TEXT, "namespace": _TEXT, "result": _codes(Result, "how it ended"),
            "status": _told("the status of HTTP", {"type": ["integer", "null"]}), "reason": _TEXT,
        },
    )  # fmt: skip
    version = _object("a version that was read", {"of": _TEXT, "version": _TEXT, "read_in": _TEXT})
    support = _object(
        "how it stands with the support of a line of versions, on the day that support_on names",
        {
            "of": _TEXT, "version": _TEXT, "line": _TEXT, "state": _codes(SupportState, "how it stands"),
            "state_collected": _told("how it stood on the day of the collection", _MAYBE),
            "ends": _told("the last day of support", _MAYBE),
            "at_latest": _told("whether the day is one by which support had ended, and not the last one", {"type": "boolean"}),
            "source": _told("where that was read", _MAYBE),
        },
    )  # fmt: skip
    removed = _object(
        "something here that later Kubernetes has no more",
        {
            "what": _told("a version of an API with the kind, or dockershim"), "gone_with": _told("the release that has it no more"),
            "day": _told("when that release came out"), "instead": _told("the version of the API that has the kind", _MAYBE),
            "served_since": _told("the first release that serves that", _MAYBE), "objects": _list(_TEXT, "where it was met"),
            "source": _told("where that was read"),
        },
    )  # fmt: skip
    page = _object(
        "a page",
        {
            "key": _told("unique in the site, of small letters, digits and hyphens"), "kind": _told("that of its subject, or fixed"),
            "subject": _TEXT, "title": _told("in the language of the site"), "address": _TEXT,
            "parent": _told("the key of the page that leads here", _MAYBE), "records": _list(_RECORD),
        },
    )  # fmt: skip
    workload = _object(
        "what somebody decided to run",
        {
            "id": _RECORD, "kind": _TEXT, "namespace": _TEXT, "name": _TEXT, "component": _MAYBE, "pods": _list(_RECORD),
            "owner": _told("who answers for it", _MAYBE), "page": _ADDRESS,
        },
    )  # fmt: skip
    user = _object(
        "a container that names an image",
        {"record": _told("the record of its workload; outside pods its own"), "container": _TEXT, "page": _ADDRESS},
    )
    image = _object(
        "an image that something here is made from", {"image": _told("as its users name it"), "users": _list(user)}
    )
    note = _object("what the operator's files say", {"key": _TEXT, "text": _TEXT, "written_in": _TEXT})
    component = _object(
        "an entry of the catalog that explains something here",
        {
            "id": _TEXT, "name": _TEXT, "origin": _codes(Origin, "whose it is"), "summary": _told("in the language of the site"),
            "containers": _COUNT, "talks_to": _list(_TEXT), "notes": _list(note),
        },
    )  # fmt: skip
    problem = _object(
        "something that is not well",
        {
            "record": _RECORD, "subject": _TEXT, "severity": _codes(Severity, "how grave it is"),
            "seen": _codes(ProblemKind, "what was seen"), "said": _told("it as a sentence, in the language of the site"), "reason": _told("the machine's code"),
            "exit_code": {"type": ["integer", "null"]}, "evidence": _list(_TEXT), "commands": _list(_TEXT, "what to type next"),
            "events": _COUNTS, "others": _list(_RECORD), "page": _ADDRESS,
        },
    )  # fmt: skip
    relation = _object(
        "how two objects hang together",
        {
            "source": _RECORD, "verb": _codes(VERBS, "what the source does to the target"), "target": _RECORD,
            "evidence": _told("the field that says so"),
        },
    )  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A site of rkedoc for programs, format {FORMAT}",
        **_object(
            "What a site says of a cluster.",
            {
                "rkedoc": {"const": "site"}, "format": {"const": FORMAT, "description": "the version of this form"},
                "language": _told("that of titles, summaries and sentences"), "classification": _told("for whom the site is"), "cluster": cluster, "captures": _list(capture),
                "not_collected": _list(missing), "versions": _list(version), "support_on": _told("the day for which support is judged"), "support": _list(support), "removed": _list(removed), "pages": _list(page),
                "workloads": _list(workload), "images": _list(image), "components": _list(component), "ledger": _ledger_schema(),
                "problems": _list(problem, "the gravest first"), "rights": _rights_schema(), "relations": _list(relation),
            },
        ),
    }  # fmt: skip

"""What the cluster's own objects say about themselves: descriptions, owners and charts, as their authors wrote them.

Read are the well-known annotations ``kubernetes.io/description`` (kubernetes.io, "Well-Known Labels, Annotations and
Taints"), ``field.cattle.io/description`` (Rancher's, rancher/rancher v2.5.5, pkg/api), those of ``a8r.io`` (ambassador
labs' convention, a8r.io), the labels ``app.kubernetes.io/*`` (kubernetes.io, "Recommended Labels") and Helm's marks
(helm.sh, "Labels and Annotations").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rkedoc.cluster.fields import mapping, plain, text
from rkedoc.i18n import N_
from rkedoc.snapshot.record import is_hidden

if TYPE_CHECKING:
    from rkedoc.snapshot.record import Record

DESCRIPTIONS: Final = (
    "kubernetes.io/description", "field.cattle.io/description", "a8r.io/description", "description",
    "openshift.io/description",
)  # fmt: skip
"""Annotations that hold a sentence about their object, the strongest first."""

_MARKS: Final = (
    ("a8r.io/owner", N_("Owner")),
    ("field.cattle.io/creatorId", N_("Made by the Rancher user")),
    ("a8r.io/chat", N_("Chat")),
    ("a8r.io/support", N_("Support")),
    ("a8r.io/runbook", N_("Runbook")),
    ("a8r.io/documentation", N_("Documentation")),
    ("a8r.io/repository", N_("Repository")),
    ("a8r.io/bugs", N_("Bugs")),
    ("a8r.io/logs", N_("Logs")),
    ("a8r.io/incidents", N_("Incidents")),
    ("a8r.io/uptime", N_("Uptime")),
    ("a8r.io/performance", N_("Performance")),
    ("a8r.io/dependencies", N_("Dependencies")),
    ("app.kubernetes.io/name", N_("Application")),
    ("app.kubernetes.io/instance", N_("Instance")),
    ("app.kubernetes.io/version", N_("Version of the application")),
    ("app.kubernetes.io/component", N_("Part")),
    ("app.kubernetes.io/part-of", N_("Part of")),
    ("app.kubernetes.io/managed-by", N_("Managed by")),
    ("meta.helm.sh/release-name", N_("Helm release")),
    ("meta.helm.sh/release-namespace", N_("Namespace of the Helm release")),
    ("helm.sh/chart", N_("Helm chart")),
    ("chart", N_("Helm chart")),
)
_LONGEST: Final = 600


@dataclass(frozen=True, slots=True)
class Said:
    """Something that an object says of itself: what it is about (a message to be translated), and where it stands."""

    about: str
    text: str
    where: str


def description(record: Record) -> Said | None:
    """The sentence that an object carries about itself, if it carries one."""
    for name in DESCRIPTIONS:
        if said := _value(record, "annotations", name):
            return Said(N_("Description"), said, f"{record.kind} {record.name}, annotation {name}")
    return None


def marks(record: Record) -> tuple[Said, ...]:
    """Whose an object is, where to read on, and what it belongs to, each thing once."""
    found: dict[str, Said] = {}
    for name, about in _MARKS:
        for part in ("annotations", "labels"):
            if about not in found and (said := _value(record, part, name)):
                found[about] = Said(about, said, f"{record.kind} {record.name}, {part[:-1]} {name}")
    return tuple(found.values())


def _value(record: Record, part: str, name: str) -> str:
    value = text(mapping(record.body, "metadata", part), name)
    if not value or is_hidden(value):
        return ""
    line = plain(" ".join(value.split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"

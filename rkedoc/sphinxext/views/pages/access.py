"""Access: who may do what in the whole cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.explain.rights import rights
from rkedoc.i18n import _, between
from rkedoc.sphinxext.blocks.view import Badge, Block, Cell, Para, Part, Ref, Row, Table, View
from rkedoc.sphinxext.views.pages.concepts import concept_picture
from rkedoc.sphinxext.views.pages.namespace import row
from rkedoc.sphinxext.views.parts.cells import codes, listing, ref, ref_of, reservation
from rkedoc.sphinxext.views.parts.prose import about
from rkedoc.sphinxext.views.parts.related import refs, users
from rkedoc.sphinxext.views.parts.rights import binding_row, rule_cells, who
from rkedoc.vocabulary import Right

if TYPE_CHECKING:
    from rkedoc.explain.rights import Grant, RightsReport
    from rkedoc.sphinxext.site import Site

_RBAC = "rbac.authorization.k8s.io"


def intro(site: Site, key: str) -> View:
    """What the page says, and what it cannot say."""
    del key
    text = _(
        "Rights come from roles, and a binding gives a role to an account, a group or a user, in the whole cluster or in one "
        "namespace. Who belongs to a group or holds a certificate, the cluster does not know."
    )
    notes = reservation(
        site, (f"{_RBAC}/clusterroles", f"{_RBAC}/clusterrolebindings", f"{_RBAC}/rolebindings", f"{_RBAC}/roles")
    )
    return (Para((text,)), *notes, *concept_picture(site, "accounts-and-rights"))


def about_view(site: Site, key: str) -> View:
    """What accounts and rights are, as the catalog tells it."""
    del key
    entry = site.cluster.catalog.get("accounts-and-rights")
    return about(site, entry) if entry is not None else ()


def may(site: Site, key: str) -> View:
    """The answer to each question about rights, as roles and bindings give it."""
    del key
    report = rights(site.cluster)
    notes: list[Block] = []
    if report.unresolved:
        words = _("These bindings give roles that were not collected, so that nobody knows here what they allow:")
        notes.append(Para((Badge(_("not complete"), "warn"), " ", words, " ", *refs(report.unresolved), "."), "warn"))
    if report.unseen:
        beyond = between("; ").join(item.translated for item in report.unseen)
        notes.append(
            Para((_("Not seen, so that more may have these rights: {beyond}.").format(beyond=beyond),), "warn")
        )
    return (*notes, *(Part(f"may-{right}", right.label.translated, _right(report, right)) for right in Right))


_MOST = 300
"""Rows of one table; what is more is counted, and stands whole in the site's JSON."""


def _right(report: RightsReport, right: Right) -> tuple[Block, ...]:
    """Who has a right, where, by which verbs and through which role."""
    found = report.of(right)
    out: list[Block] = [Para((right.why.translated,))]
    if right == Right.DO_EVERYTHING:
        more = _("Containers with rights on their node can do as much; they stand, with whose they are, under")
        out.append(Para((more, " ", Ref("page", "risks", _("risks")), ".")))
    all_of_it = {(grant.subject, grant.binding) for grant in report.of(Right.DO_EVERYTHING)}
    everything: Cell = (Badge(_("everything"), "bad"),)
    rows = tuple(
        Row((who(grant.subject), _where(grant), everything if (grant.subject, grant.binding) in all_of_it else _ways(grant), (ref_of(grant.role), ", ", ref_of(grant.binding))))
        for grant in found[:_MOST]
    )  # fmt: skip
    if rows or not (report.unseen or report.unresolved):
        columns = (_("Who"), _("Where"), _("By the verbs"), _("Role and binding"))
        out.append(Table(columns, rows, empty=_("Nobody, by any role."), filterable=len(rows) > _FEW))
    if len(found) > _MOST:
        out.append(Para((_("and {count} more").format(count=len(found) - _MOST),), "muted"))
    if report.unseen and not rows:
        out.append(Para((_("Nobody that was seen."),), "warn"))
    return tuple(out)


_FEW = 8


def _where(grant: Grant) -> Cell:
    return (_("the whole cluster"),) if grant.namespace is None else (Ref("namespace", grant.namespace),)


def _ways(grant: Grant) -> Cell:
    only: Cell = ("; ", _("only"), " ", *codes(grant.names)) if grant.names else ()
    return (*codes(grant.ways), *only)


def bindings(site: Site, key: str) -> View:
    """Bindings for the whole cluster."""
    del key
    columns = (_("Binding"), _("Role"), _("Given to"))
    rows = (binding_row(record) for record in site.cluster.snapshot.by_kind("ClusterRoleBinding"))
    return listing(site, f"{_RBAC}/clusterrolebindings", columns, rows, none=_("No binding."), filterable=True)


def accounts(site: Site, key: str) -> View:
    """Accounts that something uses or that a binding names; the rest stands on the pages of their namespaces."""
    del key
    rows = []
    for record in site.cluster.snapshot.by_kind("ServiceAccount"):
        edges = [edge for edge in site.relations.of(record.id) if edge.verb in ("runs-as", "grants")]
        if not edges:
            continue
        rows.append(
            Row(((Ref("namespace", record.namespace or ""),), (ref(record, record.name),), users(site, record.id)))
        )
    columns = (_("Namespace"), _("Account"), _("Used by and named in"))
    return listing(site, "core/serviceaccounts", columns, rows, none=_("No account is used or named."), filterable=True)


def roles(site: Site, key: str) -> View:
    """Roles for the whole cluster with their rules."""
    del key
    columns = (_("Role"), _("Rights"))
    rows = (row(record, rule_cells(record.body)) for record in site.cluster.snapshot.by_kind("ClusterRole"))
    return listing(site, f"{_RBAC}/clusterroles", columns, rows, none=_("No role."), filterable=True)

"""Access: who may do what in the whole cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkedoc.explain.rights import all_powerful
from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.view import Cell, Para, Ref, Row, View
from rkedoc.sphinxext.views.pages.concepts import concept_picture
from rkedoc.sphinxext.views.pages.namespace import row
from rkedoc.sphinxext.views.parts.cells import listing, ref, reservation, string
from rkedoc.sphinxext.views.parts.prose import about
from rkedoc.sphinxext.views.parts.related import users
from rkedoc.sphinxext.views.parts.rights import (
    binding_row,
    role_ref,
    rule_cells,
    subjects,
)

if TYPE_CHECKING:
    from rkedoc.sphinxext.site import Site

_RBAC = "rbac.authorization.k8s.io"


def intro(site: Site, key: str) -> View:
    """What the page says, and what it cannot say."""
    del key
    text = _(
        "Rights come from roles, and a binding gives a role to an account, a group or a user. Rights in one namespace stand on "
        "its page; here are those for the whole cluster. Who belongs to a group or holds a certificate, the cluster does not know."
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


def powerful(site: Site, key: str) -> View:
    """Who may do everything by a role."""
    del key
    snapshot = site.cluster.snapshot
    everything = all_powerful(site.cluster)
    rows = []
    for record in (*snapshot.by_kind("ClusterRoleBinding"), *snapshot.by_kind("RoleBinding")):
        body = record.body
        if string(body, "roleRef", "kind") == "ClusterRole" and string(body, "roleRef", "name") in everything:
            where: Cell = (Ref("namespace", record.namespace),) if record.namespace else (_("the whole cluster"),)
            rows.append(
                Row((subjects(body, record.namespace), (role_ref(body, None),), where, (ref(record, record.name),)))
            )
    columns = (_("Who"), _("Role"), _("Where"), _("Through the binding"))
    bindings = listing(
        site, f"{_RBAC}/clusterrolebindings", columns, rows, none=_("No binding gives a role that allows everything.")
    )
    more = Para(
        (
            _("Containers with rights on their node can do as much; they stand, with whose they are, under"),
            " ",
            Ref("page", "risks", _("risks")),
            ".",
        )
    )
    return (*bindings, more)


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

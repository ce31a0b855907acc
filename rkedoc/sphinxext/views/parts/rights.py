"""Rights as people read them: rules of roles, and bindings of roles to accounts, groups and users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rkedoc.cluster.fields import items, mapping
from rkedoc.explain.rights import subjects_of
from rkedoc.i18n import _
from rkedoc.sphinxext.blocks.view import Badge, Cell, Code, Inline, ObjectTarget, Ref, Row
from rkedoc.sphinxext.kinds import kind_of, qualified_name
from rkedoc.sphinxext.views.parts.cells import code, codes, joined, string, words

if TYPE_CHECKING:
    from rkedoc.explain.rights import Subject
    from rkedoc.snapshot.record import Record

_READ = frozenset(("get", "list", "watch"))


def rule_cells(body: Mapping[str, Any]) -> Cell:
    """The rules of a role, one after the other."""
    cells = [_rule(rule) for rule in items(body, "rules")]
    if mapping(body, "aggregationRule"):
        cells.append((_("and whatever roles with matching labels add"),))
    return joined(cells, "; ")


def _rule(rule: Mapping[str, Any]) -> Cell:
    verbs = words(rule, "verbs")
    what = words(rule, "resources") or words(rule, "nonResourceURLs")
    names = words(rule, "resourceNames")
    if "*" in verbs and "*" in what:
        return (Badge(_("everything"), "bad"),)
    doing: Inline = _("read") if frozenset(verbs) == _READ else Code(" ".join(verbs))
    only: Cell = (" ", _("named"), " ", *codes(names)) if names else ()
    return (doing, " ", *codes(what, " "), *only)


def role_ref(body: Mapping[str, Any], namespace: str | None) -> Ref:
    """The role that a binding gives."""
    name = string(body, "roleRef", "name")
    if string(body, "roleRef", "kind") == "Role" and namespace is not None:
        return Ref("role", f"{namespace}/{name}", name)
    return Ref("role", name)


def subjects(body: Mapping[str, Any], namespace: str | None) -> Cell:
    """Whom a binding gives its role."""
    return joined(who(subject) for subject in subjects_of(body, namespace))


def who(subject: Subject) -> Cell:
    """An account, a group or a user. Of the groups that Kubernetes makes of accounts it says who is in them."""
    match subject.kind:
        case "ServiceAccount":
            return (_("account"), " ", Ref("serviceaccount", subject.label))
        case "Group":
            return (_("group"), " ", *code(subject.name), *_members(subject.name))
        case _:
            return (_("user"), " ", *code(subject.name))


_OF_ACCOUNTS = "system:serviceaccounts"


def _members(group: str) -> Cell:
    """Who is in a group that the API server fills by itself (kubernetes.io, docs/reference/access-authn-authz/rbac)."""
    if group == _OF_ACCOUNTS:
        return (" ", _("(every account)"))
    if group.startswith(f"{_OF_ACCOUNTS}:"):
        return (" ", _("(every account of namespace {name})").format(name=group.removeprefix(f"{_OF_ACCOUNTS}:")))
    if group == "system:authenticated":
        return (" ", _("(everybody who is logged in)"))
    return (" ", _("(everybody, without logging in)")) if group == "system:unauthenticated" else ()


def binding_row(record: Record) -> Row:
    """A binding as a row, which is the target of references to it."""
    body = record.body
    target = ObjectTarget(kind_of(record), qualified_name(record), record.name, subject=True)
    return Row(
        ((Code(record.name),), (role_ref(body, record.namespace),), subjects(body, record.namespace)), objects=(target,)
    )

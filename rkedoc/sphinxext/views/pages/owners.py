"""Owners: who answers for what, and the page of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rkedoc.cluster.fields import natural
from rkedoc.i18n import _, counted
from rkedoc.snapshot.identity import parse_id
from rkedoc.sphinxext.blocks.view import Badge, Block, Cell, CodeBlock, Para, Ref, Row, Table, View
from rkedoc.sphinxext.layout import subject_key
from rkedoc.sphinxext.views.pages.namespace import workload_table
from rkedoc.sphinxext.views.parts.cells import DASH, badge, joined, reservation
from rkedoc.sphinxext.views.parts.problems import amounts, problem_box
from rkedoc.sphinxext.views.parts.related import page_ref, sentence
from rkedoc.sphinxext.views.parts.site_index import desk
from rkedoc.vocabulary import Whose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkedoc.explain.health.checks import Problem
    from rkedoc.explain.owners import Ownership
    from rkedoc.sphinxext.site import Site

_LISTS = ("core/pods", "apps/deployments", "apps/daemonsets", "apps/statefulsets", "core/namespaces", "core/services")
"""The lists that tell what there is, and whose."""

_FEW = 6
_EXAMPLE = """---
id: shop
name: Shop
summary: The web shop that customers see.
match:
  - {workload: webapp, namespace: default}
owner: the shop's team
---"""


_WANTING: Final = (Whose.OWN, Whose.UNKNOWN, Whose.ADD_ON)
"""What wants an owner: everything that somebody decided to run here, well known or not."""


def owner_ref(owner: str) -> Ref:
    """A link to the page of an owner."""
    return Ref("page", subject_key("owner", owner), owner)


def table(site: Site, key: str) -> View:
    """Every owner with what is theirs, then what nobody names an owner of."""
    del key
    known = site.owners
    rows = [_row(site, (owner_ref(name),), found) for name, found in known.by_owner.items()]
    if unowned := known.without(*_WANTING):
        rows.append(_row(site, (Badge(_("nobody says whose"), "unexplained"),), unowned))
    if platform := known.without(Whose.PLATFORM):
        rows.append(_row(site, (badge(Whose.PLATFORM), " ", _("without an owner of its own")), platform))
    columns = (_("Owner"), _("Workloads and containers outside pods"), _("Namespaces"), _("Not well"))
    return (*reservation(site, _LISTS), Table(columns, tuple(rows), empty=_("Nothing runs here."), filterable=True))


def _row(site: Site, who: Cell, found: Sequence[Ownership]) -> Row:
    places = sorted({place for item in found if (place := _namespace(item))}, key=natural)
    shown = joined((Ref("namespace", place),) for place in places[:_FEW]) if places else DASH
    more: Cell = (_(" and {count} more").format(count=len(places) - _FEW),) if len(places) > _FEW else ()
    return Row((who, (str(len(found)),), (*shown, *more), amounts(_problems(site, found))))


def _namespace(item: Ownership) -> str:
    found = parse_id(item.record_id)
    return "" if found.kind == "EngineContainer" else found.namespace or ""


def _problems(site: Site, found: Sequence[Ownership]) -> tuple[Problem, ...]:
    """What is not well with what somebody has, the worst first, each once."""
    index = desk(site)
    ill: set[Problem] = set()
    for item in found:
        workload = index.workload_by_id.get(item.record_id)
        ill.update(index.problems_with(workload) if workload is not None else index.problems_of((item.record_id,)))
    return tuple(problem for problem in index.problems if problem in ill)


def unowned(site: Site, key: str) -> View:
    """What nobody names an owner of, and how to name one."""
    del key
    found = site.owners.without(*_WANTING)
    if not found:
        return reservation(site, _LISTS) or (Para((_("Everything that is not the platform's has an owner."),), "ok"),)
    text = _(
        "An annotation of the object or of its namespace names the owner, such as a8r.io/owner, or a file of your own:"
    )
    return (*_things(site, found), Para((text,)), CodeBlock(_EXAMPLE, "yaml"))


def _things(site: Site, found: Sequence[Ownership]) -> tuple[Block, ...]:
    """Workloads, then containers outside pods."""
    index = desk(site).workload_by_id
    workloads = [index[item.record_id] for item in found if item.record_id in index]
    out: list[Block] = [workload_table(site, workloads, namespace=True)] if workloads else []
    rows = tuple(
        Row(((page_ref(site, item.record_id, parse_id(item.record_id).name),), (sentence(site, item.record_id),)))
        for item in found
        if item.record_id not in index
    )
    if rows:
        out.append(Table((_("Container outside pods"), _("What it is")), rows, filterable=True))
    return tuple(out)


def _of(site: Site, key: str) -> tuple[Ownership, ...]:
    return site.owners.by_owner[site.page(key).subject]


def owner_intro(site: Site, key: str) -> View:
    """How much is theirs, and what of it is not well."""
    found = _of(site, key)
    places = sorted({place for item in found if (place := _namespace(item))}, key=natural)
    amount = counted(len(found), _("{count} thing that runs is theirs"), _("{count} things that run are theirs"))
    where: Cell = (", ", _("in"), " ", *joined((Ref("namespace", place),) for place in places)) if places else ()
    out: list[Block] = [Para((amount, *where, "."))]
    return (*out, *problem_box(_problems(site, found)))


def owner_things(site: Site, key: str) -> View:
    """Everything that is theirs."""
    return _things(site, _of(site, key))


def owner_said(site: Site, key: str) -> View:
    """Where it is said that it is theirs."""
    places: dict[str, list[str]] = {}
    for item in _of(site, key):
        places.setdefault(item.where, []).append(item.record_id)
    rows = []
    for where, ids in sorted(places.items()):
        shown = joined((page_ref(site, one, parse_id(one).name),) for one in ids[:_FEW])
        more: Cell = (_(" and {count} more").format(count=len(ids) - _FEW),) if len(ids) > _FEW else ()
        rows.append(Row(((where,), (*shown, *more))))
    return (Table((_("Written in"), _("Of")), tuple(rows)),)

"""How a workload scales: its autoscalers and its disruption budgets with their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rkedoc.explain.scaling import Autoscaler, Budget, Metric, autoscalers, budgets, sized_by
from rkedoc.i18n import _
from rkedoc.snapshot.identity import page_key
from rkedoc.sphinxext.blocks.view import Badge, Block, Cell, Code, Facts, ObjectTarget, Para, Part, Row, Table
from rkedoc.sphinxext.kinds import kind_of, qualified_name
from rkedoc.sphinxext.views.parts.cells import DASH, code, filled, joined, missing, moment, reservation
from rkedoc.sphinxext.views.parts.related import page_ref

if TYPE_CHECKING:
    from rkedoc.cluster.model import Workload
    from rkedoc.snapshot.record import Record
    from rkedoc.sphinxext.site import Site

SCALERS, BUDGETS = "autoscaling/horizontalpodautoscalers", "policy/poddisruptionbudgets"
"""The lists that tell of both."""

_SCALABLE = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})
"""The kinds of Kubernetes' own that have a number of pods to change."""


def scaling(site: Site, workload: Workload) -> tuple[Block, ...]:
    """All autoscalers and budgets of a workload. That there are none is said where there could be some, and where their lists are whole."""
    scalers = autoscalers(site.cluster, site.relations, workload.id)
    limits = budgets(site.cluster, site.relations, workload.id)
    out: list[Block] = [_scaler(item) for item in scalers]
    out += [_budget(item) for item in limits]
    if workload.kind in _SCALABLE:
        out += reservation(site, (SCALERS, BUDGETS), workload.namespace)
        sizers = sized_by(site.cluster, workload)
        if sizers:
            who = joined((page_ref(site, one.id, one.name),) for one in sizers)
            sentence = _("How many pods it has is set by {workload}, by how many nodes and cores the cluster has.")
            out.append(Para(filled(sentence, {"workload": who})))
        elif not scalers and not missing(site, SCALERS, workload.namespace):
            out.append(Para((_("No autoscaler: the number of pods stays as somebody has set it."),)))
        if not limits and not missing(site, BUDGETS, workload.namespace):
            out.append(Para((_("No disruption budget: whoever drains nodes may stop all of its pods at once."),)))
    return tuple(out)


def _target(record: Record) -> tuple[ObjectTarget, ...]:
    return (ObjectTarget(kind_of(record), qualified_name(record), record.name, subject=True),)


def _scaler(item: Autoscaler) -> Part:
    many = _("any number") if item.most is None else item.most
    lead = _("An autoscaler (HorizontalPodAutoscaler, HPA) keeps between {least} and {most} pods.").format(
        least=item.least, most=many
    )
    blind: Cell = (" ", Badge(_("it has nothing to go by"), "warn")) if item.is_blind else ()
    out: list[Block] = [Para((lead, *blind)), Facts(tuple(_scaler_facts(item)))]
    if item.metrics:
        out.append(Table((_("Goes by"), _("Measured on"), _("Target"), _("Now")), tuple(map(_metric, item.metrics))))
    if item.conditions:
        rows = tuple(
            Row((code(each.type), code(each.status), code(each.reason), (each.message,))) for each in item.conditions
        )
        out.append(Table((_("Condition"), _("Status"), _("Reason"), _("Message")), rows))
    title = _("Autoscaler {name}").format(name=item.record.name)
    return Part(f"autoscaler-{page_key(item.record.name)}", title, tuple(out), _target(item.record))


def _scaler_facts(item: Autoscaler) -> Iterator[tuple[str, Cell]]:
    yield _("Least and most pods"), (f"{item.least} – {'∞' if item.most is None else item.most}",)
    yield _("Pods now"), _number(item.current)
    # Before it has seen its metrics for the first time it reports 0, which is no wish.
    yield _("Pods wanted"), _number(None if item.is_blind and not item.wanted else item.wanted)
    if item.scaled_at:
        yield _("Last scaled"), moment(item.scaled_at)


def _metric(item: Metric) -> Row:
    of: Cell = (Code(item.of),) if item.of else (_("the pods, on average"),)
    return Row((code(item.name), of, code(item.target), code(item.current) if item.current else (_("not known"),)))


def _budget(item: Budget) -> Part:
    out: list[Block] = [Para((_asked(item),)), Facts(tuple(_budget_facts(item)))]
    if item.blocks_for_good:
        text = _("All of its pods are ready and none may be evicted: draining a node of theirs waits until somebody "
                 "changes the budget or the number of pods.")  # fmt: skip
        out.append(Para((Badge(_("blocks draining"), "warn"), " ", text), "warn"))
    title = _("Disruption budget {name}").format(name=item.record.name)
    return Part(f"budget-{page_key(item.record.name)}", title, tuple(out), _target(item.record))


def _asked(item: Budget) -> str:
    """What the budget asks for, in words."""
    if item.at_least:
        return _(
            "A disruption budget (PodDisruptionBudget, PDB) keeps at least {count} of its pods available while nodes are drained."
        ).format(count=item.at_least)
    if item.at_most_away:
        return _(
            "A disruption budget (PodDisruptionBudget, PDB) lets at most {count} of its pods be away while nodes are drained."
        ).format(count=item.at_most_away)
    return _("A disruption budget (PodDisruptionBudget, PDB) without a number of pods.")


def _budget_facts(item: Budget) -> Iterator[tuple[str, Cell]]:
    tone = "" if item.allowed is None else "ok" if item.allowed else "warn"
    yield (
        _("May be evicted now"),
        (Badge(str(item.allowed), tone),) if item.allowed is not None else _number(None),
    )
    yield _("Have to stay"), _number(item.needed)
    yield _("Ready"), _number(item.healthy)
    yield _("Counted by the budget"), _number(item.expected)


def _number(value: int | None) -> Cell:
    return DASH if value is None else (str(value),)

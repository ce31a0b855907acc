"""Which clusters are not like the others of their group, thing by thing: versions, components, flags, settings.

Each cluster is the same as the group, or differs, or it is not known. That something is the same is said of what was seen whole: a cluster of
which a part was not looked at differs where it shows something else, and is not known elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from rkedoc.errors import FleetError
from rkedoc.explain.facts.keys import FactKey
from rkedoc.explain.health.nodes import left_out_of
from rkedoc.fleet.ask import ALL, Asked
from rkedoc.fleet.schema import NO_IMAGE, NO_REFERENCE, NOT_READ
from rkedoc.nearby import unknown
from rkedoc.vocabulary import Likeness

if TYPE_CHECKING:
    from rkedoc.fleet.accepted import Accepted
    from rkedoc.fleet.snapshots import Kept

_OF_NODES: Final = ("kubelet", "container runtime", "operating system", "kernel")
_PRODUCTS: Final = frozenset({"Kubernetes", *_OF_NODES})
"""Of the versions those that no image tells: the others are versions of components."""

_OF_THE_MOMENT: Final = frozenset({FactKey.LAST_SNAPSHOT.value})
"""Settings that say what has happened, and not what somebody wants."""

Values = tuple[str, ...]
"""What a thing is set to in one cluster: every value that was seen in it, sorted; none where it is not there."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How one cluster is in one thing. ``why`` says why it is not known, ``last_known`` when it was known last, if ever."""

    cluster: str
    state: Likeness
    values: Values = ()
    why: str = ""
    last_known: datetime | None = None
    accepted: Accepted | None = None
    expired: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is a difference that nobody has accepted, or not any more."""
        return self.state == Likeness.DIFFERS and (self.accepted is None or self.expired)

    def to_json(self) -> dict[str, Any]:
        """It for programs."""
        content: dict[str, Any] = {"cluster": self.cluster, "values": list(self.values)}
        if self.state == Likeness.NOT_KNOWN:
            known = self.last_known
            content |= {"why": self.why, "last_known": f"{known.isoformat()}Z" if known is not None else None}
        if self.accepted is not None:
            content |= {"accepted": self.accepted.to_json(), "expired": self.expired}
        return content


@dataclass(frozen=True, slots=True)
class Compared:
    """A thing (``flag/kubelet/max-pods``), what is usual in the group, and how each cluster is. ``usual`` is ``None`` where no value is what
    more clusters have than any other, or where that of the reference is not known."""

    what: str
    usual: Values | None
    cells: tuple[Cell, ...]

    def of(self, state: Likeness) -> tuple[Cell, ...]:
        """The clusters that are so."""
        return tuple(cell for cell in self.cells if cell.state == state)

    def to_json(self) -> dict[str, Any]:
        """It for programs."""
        return {
            "what": self.what,
            "usual": list(self.usual) if self.usual is not None else None,
            "same": [cell.cluster for cell in self.of(Likeness.SAME)],
            "differs": [cell.to_json() for cell in self.of(Likeness.DIFFERS)],
            "not_known": [cell.to_json() for cell in self.of(Likeness.NOT_KNOWN)],
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Clusters that are compared with each other, each with the time at which it was collected, and in what. ``name`` is what they have in
    common; empty for all."""

    name: str
    clusters: Mapping[str, datetime | None]
    things: tuple[Compared, ...]

    def to_json(self) -> dict[str, Any]:
        """It for programs."""
        return {
            "name": self.name,
            "clusters": {
                name: f"{time.isoformat()}Z" if time is not None else None for name, time in self.clusters.items()
            },
            "things": [one.to_json() for one in self.things],
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """What the comparison came to on a day. ``unused`` are accepted differences that are not there."""

    groups: tuple[Group, ...]
    reference: str
    today: date
    unused: tuple[Accepted, ...]
    left_out: tuple[Kept, ...]
    phrases: Mapping[str, str] = field(default_factory=dict)
    """Values that are phrases of ours, with the phrase."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells of all groups."""
        return tuple(cell for group in self.groups for thing in group.things for cell in thing.cells)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many cells are how; ``accepted`` and ``expired`` are among those that differ."""
        cells = self.cells
        states = Counter(cell.state.value for cell in cells)
        return {
            **{state.value: states[state.value] for state in Likeness},
            "accepted": sum(cell.accepted is not None and not cell.expired for cell in cells),
            "expired": sum(cell.expired for cell in cells),
        }

    def to_json(self) -> dict[str, Any]:
        """The comparison for programs: the same in every language."""
        return {
            "rkedoc": "fleet-drift",
            "today": self.today.isoformat(),
            "reference": self.reference or None,
            "counts": dict(self.counts),
            "groups": [group.to_json() for group in self.groups],
            "accepted_unused": [one.to_json() for one in self.unused],
            "left_out": [{"file": str(one.path), "why": one.fault} for one in self.left_out],
        }


@dataclass(slots=True)
class _Seen:
    """What was seen of one cluster: values by thing, what is not known by thing or by the beginning of one, all with its reason."""

    name: str
    of: str
    time: datetime | None
    labels: Mapping[str, str]
    values: dict[str, set[str]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    def why(self, what: str) -> str:
        """Why a thing is not known, or not wholly; empty if it is."""
        aspect, _slash, rest = what.partition("/")
        for key in (what, f"{aspect}/{rest.partition('/')[0]}/", f"{aspect}/"):
            if key in self.unknown:
                return self.unknown[key]
        return ""


def drift(
    asked: Asked, today: date, *, label: str = "", names: Sequence[str] = (), reference: str = "",
    accepted: Sequence[Accepted] = (),
) -> Drift:  # fmt: skip
    """Compare the clusters that share a ``label``'s value, or whose names a pattern of ``names`` fits, or all: with each other, or with the
    ``reference``.

    Raises :class:`~rkedoc.errors.FleetError` for a reference that is not there.
    """
    seen, phrases = _seen(asked)
    known = {one.name for one in seen}
    if reference and reference not in known:
        raise FleetError(f"--reference: {unknown('cluster', reference, known)}")
    used: set[int] = set()
    groups = []
    last = _LastKnown(asked)
    for name, members in _groups(seen, label, names):
        with_reference = [one for one in seen if one.name == reference and one not in members]
        things = _things([*members, *with_reference])
        rows = [_compared(what, members, [*members, *with_reference], reference, last) for what in things]
        rows = [_with_accepted(row, accepted, today, used) for row in rows]
        groups.append(Group(name, {one.name: one.time for one in members}, tuple(rows)))
    unused = tuple(one for place, one in enumerate(accepted) if place not in used)
    return Drift(tuple(groups), reference, today, unused, asked.left_out, phrases)


def _groups(seen: Sequence[_Seen], label: str, names: Sequence[str]) -> Iterator[tuple[str, list[_Seen]]]:
    if label:
        for value in sorted({one.labels.get(label, "") for one in seen}):
            found = [one for one in seen if one.labels.get(label, "") == value]
            yield f"{label}={value}", found
    for pattern in names:
        yield pattern, [one for one in seen if fnmatchcase(one.name, pattern)]
    if not label and not names:
        yield "", list(seen)


def _things(seen: Sequence[_Seen]) -> list[str]:
    return sorted({what for one in seen for what in (*one.values, *one.unknown) if not what.endswith("/")})


def _compared(
    what: str, members: Sequence[_Seen], among: Sequence[_Seen], reference: str, last: _LastKnown
) -> Compared:
    told = {one.of: tuple(sorted(one.values.get(what, ()))) for one in among}
    unsure = {
        one.of: one.why(what) or (NO_IMAGE if "" in told[one.of] and _is_component(what) else "") for one in among
    }
    usual = _usual(among, told, unsure, reference)
    cells = []
    for one in members:
        values, why = told[one.of], unsure[one.of]
        if usual is None and reference:
            state, why = Likeness.NOT_KNOWN, why or NO_REFERENCE
        elif why and not _unlike(values, usual):
            state = Likeness.NOT_KNOWN
        else:
            state, why = Likeness.SAME if values == usual else Likeness.DIFFERS, ""
        cells.append(Cell(one.name, state, values, why, last.of(one.of, what) if why else None))
    return Compared(what, usual, tuple(cells))


def _unlike(values: Values, usual: Values | None) -> bool:
    """Whether values that are not all that there may be are other ones all the same: something where nothing is usual, or another value."""
    return usual is not None and (not set(values) - {""} <= set(usual) or bool(values) > bool(usual))


def _is_component(what: str) -> bool:
    return what.startswith("component/")


def _usual(
    among: Sequence[_Seen], told: Mapping[str, Values], unsure: Mapping[str, str], reference: str
) -> Values | None:
    """What the reference has, or what more clusters have than have anything else; ``None`` where that is not known."""
    if reference:
        of = next(one.of for one in among if one.name == reference)
        return None if unsure[of] else told[of]
    (first, most), (_second, next_) = [
        *Counter(told[one.of] for one in among if not unsure[one.of]).most_common(2),
        ((), 0),
        ((), 0),
    ][:2]
    return first if most > next_ else None


def _with_accepted(row: Compared, accepted: Sequence[Accepted], today: date, used: set[int]) -> Compared:
    cells = []
    for cell in row.cells:
        fitting = [
            place
            for place, one in enumerate(accepted)
            if cell.state == Likeness.DIFFERS and one.covers(row.what, cell.cluster)
        ]
        used.update(fitting)
        # Of several the one that holds longest.
        best = max((accepted[place] for place in fitting), key=lambda one: one.until, default=None)
        expired = best is not None and best.until < today
        cells.append(Cell(cell.cluster, cell.state, cell.values, cell.why, cell.last_known, best, expired))
    return Compared(row.what, row.usual, tuple(cells))


# -- what was seen ----------------------------------------------------------------------------------------------------


def _seen(asked: Asked) -> tuple[list[_Seen], dict[str, str]]:
    """What was seen of each cluster in its newest snapshot, by name."""
    _columns, rows = asked.query(
        "FROM clusters SELECT snapshot, cluster, coalesce(cluster_uid, cluster), collected_at, labels WHERE cluster GLOB $name ORDER BY cluster, snapshot",
        "clusters",
        name=asked.clusters,
    )
    called = Counter(cluster for _snapshot, cluster, *_more in rows)
    seen = {
        # Two clusters of one name are told apart by their uids.
        snapshot: _Seen(cluster if called[cluster] == 1 else f"{cluster} ({of})", of, time, labels or {})
        for snapshot, cluster, of, time, labels in rows
    }
    phrases: dict[str, str] = {}
    for snapshot, what, value, phrase, why in _rows(asked, ""):
        if (one := seen.get(snapshot)) is None or _is_left_out(what):
            continue
        if why:
            one.unknown.setdefault(what, why)
        else:
            one.values.setdefault(what, set()).add(value)
        if phrase:
            phrases[value] = phrase
    for one in seen.values():
        # Nodes that were not read are missing in what nodes tell; the version of the API server stands by itself.
        if why := one.unknown.pop("version/", ""):
            one.unknown |= {f"version/{product}": why for product in _OF_NODES}
        if "version/Kubernetes" not in one.values:
            one.unknown["version/Kubernetes"] = NOT_READ
    return list(seen.values()), phrases


def _rows(asked: Asked, of: str) -> list[tuple[str, str, str, str | None, str | None]]:
    """Snapshot, thing, value, phrase and reason of everything that is compared, from tables whose names begin with ``of``."""
    _columns, rows = asked.query(
        _QUERY.format(of=of), *(f"{of}{name}" for name in ("versions", "components", "settings"))
    )
    return rows


_QUERY: Final = """
FROM {of}versions SELECT snapshot, 'version/' || coalesce(product, '') AS what, coalesce(version, '') AS value, NULL AS phrase, not_known
    WHERE product IS NOT NULL OR starts_with(not_known, 'core/nodes:')
UNION ALL
FROM {of}components SELECT snapshot, 'component/' || coalesce(component, ''), coalesce(version, ''), NULL, not_known
UNION ALL
FROM {of}settings SELECT snapshot,
    topic || '/' || CASE WHEN subject IS NULL AND name IS NULL THEN '' WHEN name IS NULL THEN subject || '/'
        ELSE concat_ws('/', subject, name) END,
    coalesce(value, ''), phrase, not_known
"""
"""A row that says that something is not known of a whole aspect, or of all flags of a program, has a thing that ends with a slash."""

_BY_NODE: Final = left_out_of("settings")


def _is_left_out(what: str) -> bool:
    """Whether a thing is not compared: it is different from node to node, or of the moment, or told by an image."""
    aspect, _slash, rest = what.partition("/")
    last = rest.rpartition("/")[2]
    if aspect == "version":
        return bool(rest) and rest not in _PRODUCTS
    return last in _BY_NODE if aspect == "flag" else last in _OF_THE_MOMENT


class _LastKnown:
    """When a thing of a cluster was known last, in any of its snapshots; looked up when it is first asked for."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._found: dict[tuple[str, str], datetime] | None = None

    def of(self, cluster: str, what: str) -> datetime | None:
        """The time of the newest snapshot of a cluster in which a thing had a value; ``None`` if there is none."""
        if self._found is None:
            self._found = {}
            _columns, times = self._asked.query(
                f"FROM {ALL}clusters SELECT snapshot, coalesce(cluster_uid, cluster), collected_at", f"{ALL}clusters"
            )
            known = {snapshot: (of, time) for snapshot, of, time in times}
            for snapshot, thing, _value, _phrase, why in _rows(self._asked, ALL):
                if not why and snapshot in known:
                    of, time = known[snapshot]
                    key = of, thing
                    if time is not None and (key not in self._found or self._found[key] < time):
                        self._found[key] = time
        return self._found.get((cluster, what))

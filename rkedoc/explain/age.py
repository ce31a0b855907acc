"""What the time of a snapshot is the time of."""

from __future__ import annotations

from rkedoc.i18n import N_
from rkedoc.snapshot.record import NEWEST_IN_OBJECTS, TIME, TIME_OF_READING, Header


def time_words(header: Header, time: str) -> str:
    """The message that says it, with the field ``{time}``: a collection has a time, a dump tells of its own or of none."""
    told = {capture.tool.get(TIME) for capture in header.captures if capture.time == time}
    if NEWEST_IN_OBJECTS in told:
        return N_("of a dump, whose newest object is of {time}")
    return N_("of a dump without a time, read {time}") if TIME_OF_READING in told else N_("collected {time}")

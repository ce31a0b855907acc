"""A few calls at a time to something that may hang: a container runtime on a sick node."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from rkedoc.collect.kubernetes.transport import NoAnswer

AT_ONCE = 4
"""Calls to a container runtime that are under way at any moment."""

MOST_HUNG = 8
"""After so many calls without an answer a container runtime is asked for no more details."""

GRACE = 2.0
"""Seconds beyond the limit of a call after which its thread is given up, whatever it hangs on."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Done(Generic[Item, Result]):
    """What became of one call: its result, or why there is none."""

    item: Item
    result: Result | None
    error: NoAnswer | None


def few_at_a_time(
    call: Callable[[Item], Result], items: Iterable[Item], *, at_once: int, seconds: float, hung: int
) -> Iterator[Done[Item, Result]]:
    """Make a call for each item, ``at_once`` at a time, and yield what became of each, as they end.

    A call that takes longer than ``seconds`` is given up, whatever it waits for: its thread is left behind, and the
    engine with one request that it does not answer. After ``hung`` such calls no more are made, and the rest ends with
    the reason ``engine-hangs``. An error other than :class:`~rkedoc.collect.kubernetes.transport.NoAnswer` is raised.
    """
    results: queue.SimpleQueue[tuple[int, Result | None, BaseException | None]] = queue.SimpleQueue()
    waiting = iter(items)
    under_way: dict[int, tuple[Item, float]] = {}
    serial = given_up = 0
    exhausted = False

    def work(number: int, item: Item) -> None:
        try:
            results.put((number, call(item), None))
        except BaseException as error:  # noqa: BLE001 - raised again where the results are read
            results.put((number, None, error))

    while True:
        while not exhausted and given_up < hung and len(under_way) < at_once:
            try:
                item = next(waiting)
            except StopIteration:
                exhausted = True
                break
            serial += 1
            under_way[serial] = (item, time.monotonic() + seconds)
            threading.Thread(target=work, args=(serial, item), name=f"rkedoc-engine-{serial}", daemon=True).start()
        if not under_way:
            break
        first, (item, ends) = min(under_way.items(), key=lambda entry: entry[1][1])
        try:
            number, result, error = results.get(timeout=max(ends - time.monotonic(), 0.001))
        except queue.Empty:
            del under_way[first]
            given_up += 1
            yield Done(item, None, NoAnswer("timeout"))
            continue
        if number not in under_way:
            continue
        item, _ = under_way.pop(number)
        if error is not None and not isinstance(error, NoAnswer):
            raise error
        given_up += isinstance(error, NoAnswer) and error.reason == "timeout"
        yield Done(item, result, error)
    for item in waiting if not exhausted else ():
        yield Done(item, None, NoAnswer("engine-hangs"))


def one(call: Callable[[], Result], *, seconds: float) -> Result:
    """Make one call, and give it up after ``seconds``. Raises what it raises, or :class:`NoAnswer` ``timeout``."""
    done = next(few_at_a_time(lambda _: call(), (None,), at_once=1, seconds=seconds, hung=1))
    if done.error is not None:
        raise done.error
    return cast("Result", done.result)

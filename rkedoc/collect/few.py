"""A few calls at a time to something that may hang: a container runtime on a sick node."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar, cast

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
    engine with one request that it does not answer. Threads that are not given up are used again, since starting one costs as much
    as what a call does on this side. After ``hung`` such calls no more are made, and the rest ends with
    the reason ``engine-hangs``. An error other than :class:`~rkedoc.collect.kubernetes.transport.NoAnswer` is raised.
    """
    results: queue.SimpleQueue[tuple[int, Result | None, BaseException | None]] = queue.SimpleQueue()
    under_way: dict[int, tuple[Item, float, _Tasks[Item]]] = {}
    idle: list[_Tasks[Item]] = []

    def work(tasks: _Tasks[Item]) -> None:
        while (task := tasks.get()) is not None:
            number, item = task
            try:
                results.put((number, call(item), None))
            except BaseException as error:  # noqa: BLE001 - raised again where the results are read
                results.put((number, None, error))

    def begin(number: int, item: Item) -> _Tasks[Item]:
        if idle:
            tasks = idle.pop()
        else:
            tasks = queue.SimpleQueue()
            threading.Thread(target=work, args=(tasks,), name=f"rkedoc-engine-{number}", daemon=True).start()
        tasks.put((number, item))
        return tasks

    try:
        yield from _each(begin, results, under_way, idle, iter(items), at_once=at_once, seconds=seconds, hung=hung)
    finally:  # a thread ends once its call does
        for tasks in (*idle, *(tasks for _item, _ends, tasks in under_way.values())):
            tasks.put(None)


_Tasks: TypeAlias = "queue.SimpleQueue[tuple[int, Item] | None]"
"""What one thread has to do: calls by their number, and at last ``None``."""


def _each(
    begin: Callable[[int, Item], _Tasks[Item]],
    results: queue.SimpleQueue[tuple[int, Result | None, BaseException | None]],
    under_way: dict[int, tuple[Item, float, _Tasks[Item]]],
    idle: list[_Tasks[Item]],
    waiting: Iterator[Item],
    *,
    at_once: int,
    seconds: float,
    hung: int,
) -> Iterator[Done[Item, Result]]:
    """What became of each call. ``under_way`` and ``idle`` say at each moment which threads are there."""
    serial = given_up = 0
    exhausted = False
    while True:
        while not exhausted and given_up < hung and len(under_way) < at_once:
            try:
                item = next(waiting)
            except StopIteration:
                exhausted = True
                break
            serial += 1
            ends = time.monotonic() + seconds
            under_way[serial] = (item, ends, begin(serial, item))
        if not under_way:
            break
        first, (item, ends, tasks) = min(under_way.items(), key=lambda entry: entry[1][1])
        try:
            number, result, error = results.get(timeout=max(ends - time.monotonic(), 0.001))
        except queue.Empty:
            del under_way[first]
            tasks.put(None)
            given_up += 1
            yield Done(item, None, NoAnswer("timeout"))
            continue
        if number not in under_way:
            continue
        item, _ends, tasks = under_way.pop(number)
        idle.append(tasks)
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

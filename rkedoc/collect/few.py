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
    threads = _Threads(call)
    try:
        yield from _each(threads, iter(items), at_once=at_once, seconds=seconds, hung=hung)
    finally:
        threads.end()


class _Threads(Generic[Item, Result]):
    """Threads that make calls, each used again until it is given up."""

    def __init__(self, call: Callable[[Item], Result]) -> None:
        self._call = call
        self._results: queue.SimpleQueue[tuple[int, Result | None, BaseException | None]] = queue.SimpleQueue()
        self._idle: list[_Tasks[Item]] = []
        self.under_way: dict[int, tuple[Item, float, _Tasks[Item]]] = {}
        """The calls that were begun and have not ended, by number: with when each is given up, and its thread's tasks."""

    def begin(self, number: int, item: Item, ends: float) -> None:
        """Begin a call, in a thread that has nothing to do or in a new one."""
        if self._idle:
            tasks = self._idle.pop()
        else:
            tasks = queue.SimpleQueue()
            threading.Thread(target=self._work, args=(tasks,), name=f"rkedoc-engine-{number}", daemon=True).start()
        tasks.put((number, item))
        self.under_way[number] = (item, ends, tasks)

    def wait(self, seconds: float) -> tuple[Item, Result | None, BaseException | None] | None:
        """What became of the next call that ends, if it was not given up meanwhile. Raises :class:`queue.Empty` after ``seconds``."""
        number, result, error = self._results.get(timeout=seconds)
        if number not in self.under_way:
            return None
        item, _ends, tasks = self.under_way.pop(number)
        self._idle.append(tasks)
        return item, result, error

    def give_up(self, number: int) -> None:
        """Wait no longer for a call: its thread ends once the call does."""
        _item, _ends, tasks = self.under_way.pop(number)
        tasks.put(None)

    def end(self) -> None:
        """Let every thread end once its call does."""
        for tasks in (*self._idle, *(tasks for _item, _ends, tasks in self.under_way.values())):
            tasks.put(None)

    def _work(self, tasks: _Tasks[Item]) -> None:
        while (task := tasks.get()) is not None:
            number, item = task
            try:
                self._results.put((number, self._call(item), None))
            except BaseException as error:  # noqa: BLE001 - raised again where the results are read
                self._results.put((number, None, error))


_Tasks: TypeAlias = "queue.SimpleQueue[tuple[int, Item] | None]"
"""What one thread has to do: calls by their number, and at last ``None``."""


def _each(
    threads: _Threads[Item, Result], waiting: Iterator[Item], *, at_once: int, seconds: float, hung: int
) -> Iterator[Done[Item, Result]]:
    """What became of each call."""
    serial = given_up = 0
    exhausted = False
    while True:
        while not exhausted and given_up < hung and len(threads.under_way) < at_once:
            try:
                item = next(waiting)
            except StopIteration:
                exhausted = True
                break
            serial += 1
            threads.begin(serial, item, time.monotonic() + seconds)
        if not threads.under_way:
            break
        first, (item, ends, _tasks) = min(threads.under_way.items(), key=lambda entry: entry[1][1])
        try:
            ended = threads.wait(max(ends - time.monotonic(), 0.001))
        except queue.Empty:
            threads.give_up(first)
            given_up += 1
            yield Done(item, None, NoAnswer("timeout"))
            continue
        if ended is None:
            continue
        item, result, error = ended
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

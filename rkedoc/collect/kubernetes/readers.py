"""At most four lists at a time: threads that read, and one consumer that redacts.

Reading waits for the network, so it is done by threads; redaction works the processor and keeps counts, so it is done
by one. Between them is a short queue: readers that are ahead wait, and memory holds a few pages whatever the size of
a list. Threads are daemons: an interrupted run does not wait for a server that does not answer.
"""

from __future__ import annotations

import functools
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from rkedoc.collect.kubernetes.lists import End, Get, ListRequest, Page, read_list

AT_ONCE = 4
"""Requests under way at any moment."""

_AHEAD = 2
"""Pages that wait for the consumer."""

Tag = TypeVar("Tag")


@dataclass(frozen=True, slots=True)
class Begun:
    """A list is being asked for."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """A list begins again: what came of it so far is void."""


News = Begun | Page | Restarted | End


class Readers(Generic[Tag]):
    """Reads lists and says what comes. ``stop`` ends everything early."""

    def __init__(self, get: Get, stop: threading.Event) -> None:
        self._get = get
        self._stop = stop

    def read(self, requests: Iterable[tuple[Tag, ListRequest]]) -> Iterator[tuple[Tag, News]]:
        """What happens to each list, in the order in which it happens; a list begins, has pages, and ends.

        Lists begin in the order given. Errors of a reader (which are ours, not the server's) are raised here.
        """
        jobs: queue.SimpleQueue[tuple[Tag, ListRequest] | None] = queue.SimpleQueue()
        count = 0
        for job in requests:
            jobs.put(job)
            count += 1
        news: queue.Queue[tuple[Tag, News] | BaseException] = queue.Queue(maxsize=_AHEAD)
        workers = min(AT_ONCE, count)
        for _ in range(workers):
            jobs.put(None)
        for number in range(workers):
            threading.Thread(target=self._work, args=(jobs, news), name=f"rkedoc-read-{number}", daemon=True).start()
        while count:
            item = news.get()
            if isinstance(item, BaseException):
                raise item
            count -= isinstance(item[1], End)
            yield item

    def _work(
        self,
        jobs: queue.SimpleQueue[tuple[Tag, ListRequest] | None],
        news: queue.Queue[tuple[Tag, News] | BaseException],
    ) -> None:
        while not self._stop.is_set():
            job = jobs.get()
            if job is None:
                return
            tag, request = job

            say = functools.partial(self._say, news, tag)
            say(Begun())
            try:
                again = functools.partial(say, Restarted())
                say(read_list(self._get, request, on_page=say, on_restart=again, stop=self._stop))
            except BaseException as error:  # noqa: BLE001 - handed over, and raised where it is awaited
                news.put(error)
                return

    @staticmethod
    def _say(news: queue.Queue[tuple[Tag, News] | BaseException], tag: Tag, what: News) -> None:
        news.put((tag, what))


def at_once(jobs: Iterable[Callable[[], None]]) -> None:
    """Run small jobs, four at a time, and wait for all; the first error is raised. For discovery."""
    waiting: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    count = 0
    for job in jobs:
        waiting.put(job)
        count += 1
    workers = min(AT_ONCE, count)

    def work() -> None:
        while (job := waiting.get()) is not None:
            try:
                job()
                done.put(None)
            except BaseException as error:  # noqa: BLE001 - handed over, and raised where it is awaited
                done.put(error)
                return

    for _ in range(workers):
        waiting.put(None)
    for _ in range(workers):
        threading.Thread(target=work, name="rkedoc-discover", daemon=True).start()
    for _ in range(count):
        error = done.get()
        if error is not None:
            raise error

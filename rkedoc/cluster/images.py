"""The names of the image of an engine's container, and the container outside pods as the catalog is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rkedoc.catalog.bound import OutsidePods
from rkedoc.catalog.images import parse_image
from rkedoc.cluster.fields import mapping, text, words

if TYPE_CHECKING:
    from rkedoc.snapshot.record import Record

Get = Callable[[str], "Record | None"]
"""Gives the record of an id, as a snapshot does."""


def image_names(get: Get, container: Record) -> tuple[str, ...]:
    """The names of a container's image: the one that the engine shows, unless it is an id, then its tags and digests.

    An image that was given another tag, for a registry of one's own, keeps those that it was pulled by.
    """
    shown = text(container.body, "image")
    names = [shown]
    for identifier in (text(container.body, "imageId"), shown):
        image = get(f"engine/EngineImage/{container.namespace}/{identifier}") if identifier else None
        if image is not None:
            names += [*words(image.body, "tags"), *words(image.body, "digests")]
            break
    return tuple(
        dict.fromkeys(name for name in names if name and not name.startswith("<none>") and parse_image(name).identified)
    )


def image_name(get: Get, container: Record) -> str:
    """The first name of a container's image; where it has none, what the engine shows."""
    return next(iter(image_names(get, container)), text(container.body, "image"))


def outside_pods(get: Get, container: Record) -> OutsidePods:
    """A container outside pods as it is looked for in the catalog, with every name that its image has."""
    body = container.body
    labels = {key: value for key, value in mapping(body, "labels").items() if isinstance(value, str)}
    shown = text(body, "image")
    return OutsidePods(
        name=container.name,
        images=image_names(get, container) or ((shown,) if shown else ()),
        labels=labels,
        command=(*words(body, "entrypoint"), *words(body, "args")),
    )

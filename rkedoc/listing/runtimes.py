"""Read what ``crictl pods``, ``crictl images``, ``podman ps`` and containerd's own ``ctr`` print, with and without headers.

Columns are those of crictl 1.0 to 1.31 and of ctr 1.3 to 2.0.
"""

from __future__ import annotations

import re

from rkedoc.listing.row import CONTAINERD, CONTAINERD_NAMESPACE, NAMELESS, RUNTIME_IMAGE, TASK, ListingRow

_POD = re.compile(
    r"(?P<id>[0-9a-f]{12,13}|[0-9a-f]{64})\s+\S.*?\s(?P<state>(?:SANDBOX_)?(?:Ready|NotReady|READY|NOTREADY))\s+(?P<pod>\S+)\s+(?P<namespace>\S+)"
    r"(?:\s+(?P<attempt>\d+)(?:\s+\S+)?)?"
)
_CRI_ID = 64
_PODMAN = re.compile(
    r"[0-9a-f]{12}\s+(?=\S*[/:])(?P<image>[^\s\"]+)\s+(?P<command>[^\"“]*?)\s*\b(?:\d+|About an?|Less than an?)\s[a-z]+ ago\s+"
    r"(?P<status>Up|Exited|Created|Paused|Initialized)\b.*\s(?P<name>[A-Za-z0-9][\w.-]*)"
)
_SIZE = r"[\d.]+\s?[kKMGT]?i?B"
_IMAGE = re.compile(
    rf"(?P<image>[^\s<][^\s=]*)\s+(?P<tag>\S+)\s+(?:(?:sha256:)?[0-9a-f]{{13,}}\s+|<none>\s+)?[0-9a-f]{{12,64}}\s+(?P<ago>\S.*\sago\s+)?{_SIZE}"
)
_DISK_USAGE = re.compile(rf"(?P<image>[^\s<]+)\s+[0-9a-f]{{12}}\s+{_SIZE}\s+{_SIZE}(?:\s+\S+)?")
"""``docker image ls`` of Docker 29, whose first column holds name and tag."""
_NAMELESS = re.compile(
    r"(?P<id>[0-9a-f]{12})\s+(?P<image>[^\s\"]+)\s+\"[^\"]*\"\s+\S.*?\sago\s+(?:Up|Created|Exited \(\d+\)(?: \S.*? ago)?)"
)
"""``nerdctl ps`` of a container that it did not start itself, before it made names of pods for these."""
_CONTAINER = re.compile(r"(?P<name>\S+)\s+(?P<image>[^\s=]+)\s+io\.containerd\.\S+")
_TASK = re.compile(r"(?P<name>\S+)\s+\d+\s+(?P<state>RUNNING|STOPPED|CREATED|PAUSED|PAUSING|UNKNOWN)")
_REF = re.compile(r"(?P<image>\S+)\s+application/vnd\.\S+\s+sha256:\S+.*")
_NAMESPACE = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\s+(?!map\[)\S.*)?")


def runtime_row(line: str, number: int) -> ListingRow | None:
    """The pod, image, container or task of a line, by its shape alone."""
    text = line.strip()
    if found := _POD.fullmatch(text):
        attempt = found["attempt"]
        return ListingRow(
            number, "Pod", found["pod"], namespace=found["namespace"], status=found["state"], pod_id=found["id"],
            attempt=int(attempt) if attempt else None,
        )  # fmt: skip
    if found := (_IMAGE.fullmatch(text) or _REF.fullmatch(text)):
        of_docker = found.re is _IMAGE and found["ago"] is not None
        return ListingRow(number, "image" if of_docker else RUNTIME_IMAGE, found["image"], image=found["image"])
    if found := _DISK_USAGE.fullmatch(text):
        return ListingRow(number, "image", found["image"], image=found["image"])
    if found := _NAMELESS.fullmatch(text):
        # Docker says since when: there the name is missing because the line was cut.
        what = CONTAINERD if text.endswith("Up") else NAMELESS
        return ListingRow(number, what, found["id"], image=found["image"], id=found["id"])
    if found := _CONTAINER.fullmatch(text):
        image = found["image"] if found["image"] != "-" else None
        return ListingRow(number, CONTAINERD, found["name"], image=image)
    if found := _TASK.fullmatch(text):
        return ListingRow(number, TASK, found["name"], status=found["state"])
    return podman_row(line, number)


def podman_row(line: str, number: int) -> ListingRow | None:
    """The container of a line of ``podman ps``, which prints commands without quotation marks."""
    found = _PODMAN.fullmatch(line.strip())
    if found is None:
        return None
    return ListingRow(
        number, "engine", found["name"], image=found["image"], command=found["command"] or None, status=found["status"]
    )


def cut_container(line: str, number: int) -> ListingRow | None:
    """The container of a line of ``ctr containers ls`` that ends before its last column, so that its image may be cut too."""
    words = line.split()
    return ListingRow(number, CONTAINERD, words[0]) if len(words) < 3 and len(words[0]) == _CRI_ID else None


def containerd_namespace(line: str, number: int) -> ListingRow | None:
    """The namespace of containerd that a line of ``ctr namespaces ls`` names, under its header alone."""
    found = _NAMESPACE.fullmatch(line.strip())
    return ListingRow(number, CONTAINERD_NAMESPACE, found["name"]) if found else None

"""What names a store: ``s3://``, ``gs://``, ``az://`` and ``file://``.

A URL never holds a credential: those come from the environment (:mod:`rkedoc.store.clients`). One that holds some is refused, and not shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from rkedoc.errors import UsageError

S3, GS, AZ, FILE = "s3", "gs", "az", "file"

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}[A-Za-z0-9]")
"""What all three clouds have in common with those who speak as they do: Google allows the longest names, of 222 characters with dots
(cloud.google.com/storage/docs/buckets, Bucket names)."""
_OPTIONS: Final[Mapping[str, frozenset[str]]] = {S3: frozenset({"endpoint", "region"})}
_SCHEMES: Final = (S3, GS, AZ, FILE)


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """A place in a store. ``bucket`` is what Azure calls a container, and empty for ``file://``; ``prefix`` has no slash at its ends.

    ``endpoint`` and ``region`` are for servers that speak S3 and are not Amazon's; empty: as the environment says.
    """

    scheme: str
    bucket: str
    prefix: str
    endpoint: str = ""
    region: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The segments of the prefix."""
        return tuple(self.prefix.split("/")) if self.prefix else ()

    def at(self, *parts: str) -> StoreUrl:
        """The place with these segments in the same bucket, or on the same host."""
        return replace(self, prefix="/".join(parts))

    def __str__(self) -> str:
        place = (
            f"{self.scheme}://{'/'.join(part for part in (self.bucket, self.prefix) if part or self.scheme == FILE)}"
        )
        options = {name: value for name in ("endpoint", "region") if (value := getattr(self, name))}
        return f"{place}?{urlencode(options, safe=':/')}" if options else place


def is_url(text: str) -> bool:
    """Whether something is the URL of a store and not the name of a file."""
    return _SCHEME.match(text) is not None


def parse_url(text: str) -> StoreUrl:
    """The place that a URL names.

    >>> parse_url("s3://fleet/clusters?endpoint=https://minio.example.org").prefix
    'clusters'

    Raises :class:`~rkedoc.errors.UsageError`, which shows nothing of a URL that may hold a credential.
    """
    found = _SCHEME.match(text)
    scheme = found[1] if found is not None else ""
    if found is None or scheme not in _SCHEMES:
        raise UsageError(
            f"{scheme[:20] or 'URL'}: a store is s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or file:///FOLDER"
        )
    place, _mark, query = text[found.end() :].partition("?")
    bucket, _slash, prefix = place.partition("/")
    if scheme == FILE:
        if bucket or not prefix.strip("/"):
            raise UsageError("file://: write the whole path of a folder behind two slashes: file:///srv/fleet")
    elif _BUCKET.fullmatch(bucket) is None:
        hint = "; credentials do not belong into a URL, set them in the environment" if "@" in place else ""
        raise UsageError(f"{scheme}://: what follows is not the name of a bucket{hint}")
    prefix = prefix.strip("/")
    if any(part in ("", ".", "..") or not part.isprintable() for part in prefix.split("/") if prefix):
        raise UsageError(f"{scheme}://{bucket}: a segment of the path is empty, a dot or two, or cannot be printed")
    return StoreUrl(scheme, bucket, prefix, **_options(scheme, bucket, query))


def _options(scheme: str, bucket: str, query: str) -> dict[str, str]:
    """What stands behind the question mark; none of it is shown where it is wrong: it may be the signature of a signed URL."""
    known = _OPTIONS.get(scheme, frozenset())
    try:
        options = parse_qsl(query, strict_parsing=True) if query else []
    except ValueError:
        options = [("", "")]
    names = [name for name, _value in options]
    if not known.issuperset(names) or len(names) > len(set(names)):
        may = f"only {' and '.join(sorted(known))} may, each once" if known else "nothing may"
        raise UsageError(
            f"{scheme}://{bucket}: behind the question mark {may}; credentials and signatures do not belong into a URL"
        )
    found = dict(options)
    if (endpoint := found.get("endpoint")) is not None:
        found["endpoint"] = checked_endpoint(endpoint, f"{scheme}://{bucket}: endpoint")
    if (region := found.get("region")) is not None and re.fullmatch(r"[A-Za-z0-9-]{1,64}", region) is None:
        raise UsageError(f"{scheme}://{bucket}: region: this is not the name of a region")
    return found


def checked_endpoint(endpoint: str, where: str) -> str:
    """The address of a server. Raises :class:`~rkedoc.errors.UsageError`, which does not show it."""
    try:
        parts = urlsplit(endpoint)
        good = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
        _port = parts.port
    except ValueError:
        good = False
        parts = urlsplit("")
    if not good or not endpoint.isprintable() or "@" in parts.netloc:
        raise UsageError(f"{where}: this has to be https://HOST[:PORT] or http://HOST[:PORT], and holds no credentials")
    return endpoint.rstrip("/")

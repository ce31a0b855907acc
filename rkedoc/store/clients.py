"""The client of each kind of store: obstore, which is imported here alone, and only when a URL was given.

Credentials are those that the environment gives (apache/arrow-rs-object-store 0.14.1, the ``builder.rs`` of ``aws``, ``gcp`` and ``azure``):
variables, web identity, the accounts of pods and machines, and Google's file of application default credentials. Nothing is
retried for longer than :data:`PATIENCE` seconds: somebody waits, and a schedule tries again by itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rkedoc import __version__
from rkedoc.errors import StoreError, UsageError
from rkedoc.store.url import AZ, FILE, GS, StoreUrl, checked_endpoint

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

PATIENCE: Final = 20
"""Seconds after which a request is not tried again."""
_TRIES_AGAIN: Final = 3
_CONNECTS: Final = 5
_STALLS: Final = 60
"""Seconds in which a server has to take a part of an upload and to answer."""
_WHOLE: Final = 1800
"""Seconds for a request as a whole, a download among them."""

_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
"""Variables that name a server that speaks S3: the first two are Amazon's own (docs.aws.amazon.com/sdkref, Service-specific endpoints), the
third obstore's."""
_OTHER_ENDPOINTS: Final[Mapping[str, str]] = {AZ: "AZURE_STORAGE_ENDPOINT", GS: "GOOGLE_BASE_URL"}
_AUTHORITIES: Final = "AWS_CA_BUNDLE"
"""A file of certificates of authorities (docs.aws.amazon.com/sdkref, General configuration settings). They are trusted besides the
system's, for any store: an own server is what has need of it."""


def connect(url: StoreUrl, environment: Mapping[str, str] = os.environ, *, make: bool = False) -> ObjectStore:
    """The client for a place in a store; with ``make`` the folder of ``file://`` is made if it is not there.

    Raises :class:`~rkedoc.errors.UsageError` without the extra, and for a variable that makes no sense;
    :class:`~rkedoc.errors.StoreError` where the client cannot be made.
    """
    try:
        from obstore import store
        from obstore.exceptions import BaseError
    except ImportError:
        raise UsageError(f"{url}: a store needs the extra rkedoc[store]: pip install 'rkedoc[store]'") from None
    from rkedoc.store.failures import failed

    endpoint = _endpoint(url, environment)
    options: dict[str, Any] = {"client_options": _client(endpoint, environment), "retry_config": _retries()}
    try:
        match url.scheme:
            case "file":
                folder = Path("/" + url.prefix)
                if not make and not folder.is_dir():
                    raise StoreError(f"{url}: there is no such folder")
                return store.LocalStore(folder, mkdir=make)
            case "gs":
                return store.GCSStore(url.bucket, prefix=url.prefix or None, **options)
            case "az":
                return store.AzureStore(url.bucket, prefix=url.prefix or None, **options)
        # Under this name it comes before what the environment says, which the client reads as well.
        config = {"aws_endpoint_url_s3": endpoint} if endpoint else {}
        if url.region:
            config["region"] = url.region
        return store.S3Store(url.bucket, prefix=url.prefix or None, config=config, **options)  # type: ignore[arg-type]
    except (BaseError, OSError, ValueError) as error:
        raise failed(url, error) from None


def _endpoint(url: StoreUrl, environment: Mapping[str, str]) -> str:
    """The server that is asked; empty for the cloud's own."""
    if url.endpoint or url.scheme == FILE:
        return url.endpoint
    names = (name,) if (name := _OTHER_ENDPOINTS.get(url.scheme)) else _ENDPOINTS
    found = next(((name, value) for name in names if (value := environment.get(name))), None)
    return checked_endpoint(found[1], found[0]) if found is not None else ""


def _client(endpoint: str, environment: Mapping[str, str]) -> ClientConfig:
    config: ClientConfig = {
        # Plain HTTP is for a server that somebody wrote so; an answer of another may not lead to it.
        "allow_http": endpoint.startswith("http:"),
        "connect_timeout": f"{_CONNECTS}s",
        "read_timeout": f"{_STALLS}s",
        "timeout": f"{_WHOLE}s",
        "user_agent": f"rkedoc/{__version__}",
    }
    if authorities := environment.get(_AUTHORITIES):
        try:
            config["root_certificate"] = Path(authorities).read_bytes()
        except OSError as error:
            raise UsageError(f"{_AUTHORITIES}: {authorities}: cannot be read: {error.strerror}") from None
    return config


def _retries() -> RetryConfig:
    return {"max_retries": _TRIES_AGAIN, "retry_timeout": timedelta(seconds=PATIENCE)}

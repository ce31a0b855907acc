"""How a Rancher is reached: its address, and the token that opens it.

The token is sent to this address alone: no redirection is followed, and no error, log or header says it.
"""

from __future__ import annotations

from rkedoc.bearer import server_address
from rkedoc.collect.kubernetes.endpoint import Endpoint, bare_url, with_token
from rkedoc.collect.kubernetes.transport import Transport
from rkedoc.collect.options import Through
from rkedoc.collect.rancher.guard import check

SOURCE = "rancher"

_API = "/v3"
"""What Rancher's own page of API keys shows at the end of its address."""


def address_of(given: str) -> str:
    """Rancher's address, without a slash at its end and without the path of its API.

    Raises :class:`~rkedoc.errors.UsageError`, which never repeats the address: it may hold a password.
    """
    return bare_url(server_address(given, "--rancher", "https://rancher.example")).rstrip("/").removesuffix(_API)


def rancher_transport(address: str, token: str, *, run_id: str) -> tuple[Endpoint, Transport]:
    """What sends requests to Rancher itself. Raises :class:`~rkedoc.errors.SourceUnavailable`."""
    endpoint = with_token(address, token, origin=SOURCE, configured="--rancher", cluster="")
    return endpoint, Transport(endpoint, run=run_id, guard=check)


def endpoint_through(through: Through) -> Endpoint:
    """The API of a cluster behind Rancher's proxy (rancher/rancher v2.5.5 and v2.14.4, pkg/clusterrouter/lookup.go)."""
    url = f"{through.rancher}/k8s/clusters/{through.id}"
    return with_token(url, through.token, origin=SOURCE, configured="--rancher", cluster=through.name)

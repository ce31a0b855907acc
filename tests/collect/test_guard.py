"""Nothing but reads of discovery documents, lists and a namespace can be sent."""

from __future__ import annotations

import pytest

from rkedoc.collect.kubernetes.guard import METADATA_ONLY, TABLE_ONLY, check
from rkedoc.collect.kubernetes.transport import JSON_ONLY
from rkedoc.errors import ForbiddenRequest


@pytest.mark.parametrize(
    "path",
    [
        "/version", "/api", "/apis", "/api/v1", "/apis/apps/v1", "/apis/metrics.k8s.io/v1beta1",
        "/api/v1/pods", "/api/v1/namespaces/default/pods", "/apis/apps/v1/deployments", "/api/v1/namespaces",
        "/apis/crd.projectcalico.org/v1/namespaces/kube-system/networkpolicies", "/api/v1/namespaces/kube-system",
    ],
)  # fmt: skip
def test_reading_paths_pass(path: str) -> None:
    check("GET", path, {}, JSON_ONLY)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "CONNECT"])
def test_no_other_method_passes(method: str) -> None:
    with pytest.raises(ForbiddenRequest):
        check(method, "/api/v1/pods", {}, JSON_ONLY)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "//version", "/healthz", "/metrics", "/logs/kubelet.log", "/openapi/v2", "/api/v1/pods/",
        "/api/v2/pods",
        "/api/v1/watch/pods", "/api/v1/watch", "/api/v1/proxy", "/api/v1/namespaces/default/pods/web",
        "/api/v1/namespaces/default/pods/web/log", "/api/v1/namespaces/default/pods/web/exec",
        "/api/v1/nodes/node-1/proxy/configz", "/api/v1/namespaces/default/services/web/proxy",
        "/apis/apps/v1/namespaces/default/deployments/web/scale", "/api/v1/../../etc", "/api/v1/namespaces/../pods",
        "/apis/apps/v1/deployments?watch=1", "/apis/apps/v1/deployments#x", "/apis/apps/v1/%2e%2e",
        "http://example.com/api/v1/pods", "/api/v1/pods\r\nX: y", "/api/v1/Pods",
    ],
)  # fmt: skip
def test_no_other_path_passes(path: str) -> None:
    with pytest.raises(ForbiddenRequest):
        check("GET", path, {}, JSON_ONLY)


@pytest.mark.parametrize("query", [{"watch": "1"}, {"limit": "x"}, {"fieldSelector": "a=b"}, {"pretty": "1"}])
def test_no_other_parameter_passes(query: dict[str, str]) -> None:
    with pytest.raises(ForbiddenRequest):
        check("GET", "/api/v1/pods", query, JSON_ONLY)


@pytest.mark.parametrize("path", ["/api/v1/secrets", "/api/v1/namespaces/default/secrets"])
def test_secrets_are_asked_for_without_contents_or_not_at_all(path: str) -> None:
    check("GET", path, {"limit": "500"}, TABLE_ONLY)
    check("GET", path, {"limit": "500"}, METADATA_ONLY)
    for accept in (JSON_ONLY, f"{TABLE_ONLY}, application/json", "*/*"):
        with pytest.raises(ForbiddenRequest):
            check("GET", path, {"limit": "500"}, accept)


def test_credentials_that_are_custom_resources_are_never_asked_for_as_a_table() -> None:
    path = "/apis/management.cattle.io/v3/clusterregistrationtokens"
    check("GET", path, {}, METADATA_ONLY)
    for accept in (TABLE_ONLY, JSON_ONLY):
        with pytest.raises(ForbiddenRequest):
            check("GET", path, {}, accept)


def test_the_message_shows_no_control_characters() -> None:
    with pytest.raises(ForbiddenRequest) as caught:
        check("GET", "/x\r\n\x1b[2J" + "y" * 5000, {}, JSON_ONLY)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400

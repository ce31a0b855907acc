"""Certificates are hidden; until when an authority holds is kept, and nothing else of it."""

from __future__ import annotations

import base64
import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from rkedoc.redact import Redactor
from rkedoc.redact.audit import audit
from rkedoc.redact.certificates import expiry
from rkedoc.redact.fingerprint import generate_key_file
from rkedoc.snapshot.intent import object_record
from rkedoc.snapshot.record import HIDDEN_RE, until_of
from tests.collect.test_engine_tls import authority


@pytest.fixture
def pem(tmp_path: Path) -> str:
    return (authority(tmp_path / "ca") / "ca.pem").read_text()


def ends(pem: str) -> str:
    return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def webhook(bundle: str) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "rancher.cattle.io"},
        "webhooks": [{"name": "rancher.cattle.io", "clientConfig": {"caBundle": bundle, "service": {"name": "w", "namespace": "x"}}}],
    }  # fmt: skip


def shown(redactor: Redactor, bundle: str) -> str:
    return str(redactor.kubernetes(webhook(bundle))["webhooks"][0]["clientConfig"]["caBundle"])


def test_the_end_of_a_bundle_is_kept_and_the_bundle_is_not(pem: str, tmp_path: Path) -> None:
    encoded = base64.b64encode(pem.encode()).decode()
    for redactor in (Redactor(), Redactor(key=generate_key_file(tmp_path / "key"))):
        found = shown(redactor, encoded)
        assert until_of(found) == ends(pem)
        assert HIDDEN_RE.search(found)
        assert encoded[:40] not in found


def test_the_earliest_end_of_several_counts(pem: str) -> None:
    assert expiry(pem + pem) == ends(pem)
    assert expiry("comment\n" + pem) == ends(pem)


@pytest.mark.parametrize(
    "text",
    ["", "x", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t!!"],
)  # fmt: skip
def test_what_is_no_certificate_has_no_end(text: str) -> None:
    assert expiry(text) == ""


def test_a_written_end_passes_the_audit_and_is_redacted_to_itself(pem: str) -> None:
    once = Redactor().kubernetes(webhook(base64.b64encode(pem.encode()).decode()))
    assert Redactor().kubernetes(once) == once
    assert audit(object_record(once)) == ()


def test_an_end_with_something_behind_it_is_hidden(pem: str) -> None:
    del pem
    text = "‹hidden› (until 2030-01-02T03:04:05Z) s3cr3t-v4lue-0123456789abcdef"
    assert "s3cr3t" not in shown(Redactor(), text)


def test_the_end_is_the_day_on_which_it_ends(pem: str) -> None:
    assert datetime.datetime.fromisoformat(expiry(pem)) > datetime.datetime.now(datetime.UTC)

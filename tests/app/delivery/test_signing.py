"""Receivers verify our signatures with the official library, also while a secret is being rotated."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.delivery.signing import Secrets, new_secrets, rotated, signed_headers, valid_secrets
from tenants.ids import new_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = '{"type":"sale.created","data":{"name":"Їжак “€” 🦔"}}'


def test_the_official_library_verifies_the_signature() -> None:
    secrets = new_secrets()
    headers = signed_headers(new_id(), BODY, valid_secrets(secrets, NOW))
    assert Webhook(secrets.current).verify(BODY.encode(), headers)["type"] == "sale.created"
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets.current).verify(BODY + " ", headers)


def test_the_signature_is_the_hmac_of_id_timestamp_and_body() -> None:
    secrets, delivery_id = new_secrets(), new_id()
    headers = signed_headers(delivery_id, BODY, (secrets.current,))
    key = base64.b64decode(secrets.current.removeprefix("whsec_"))
    signed = f"{delivery_id}.{headers['webhook-timestamp']}.{BODY}".encode()
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert len(key) == 32


def test_both_secrets_sign_for_a_day_after_a_rotation_and_then_only_the_new_one() -> None:
    first = new_secrets()
    second = rotated(first, NOW)
    during = signed_headers(new_id(), BODY, valid_secrets(second, NOW + timedelta(hours=23, minutes=59)))
    for secret in (first.current, second.current):
        assert Webhook(secret).verify(BODY, during)
    after = signed_headers(new_id(), BODY, valid_secrets(second, NOW + timedelta(hours=24)))
    assert Webhook(second.current).verify(BODY, after)
    with pytest.raises(WebhookVerificationError):
        Webhook(first.current).verify(BODY, after)


def test_a_second_rotation_ends_the_oldest_secret_at_once() -> None:
    first = new_secrets()
    second = rotated(first, NOW)
    third = rotated(second, NOW)
    assert valid_secrets(third, NOW) == (third.current, second.current)


def test_secrets_survive_being_stored() -> None:
    for secrets in (new_secrets(), rotated(new_secrets(), NOW)):
        assert Secrets.from_bytes(secrets.to_bytes()) == secrets

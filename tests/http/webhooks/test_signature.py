"""Signatures of deliveries, by the official library of Standard Webhooks."""

import time
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from celeriac_api.resources.webhooks.signature import new_secret, signed_headers

BODY = '{"type": "task.ended", "data": {"text": "é"}}'.encode()


def test_the_official_library_verifies_a_signature_by_each_of_two_secrets() -> None:
    secrets = [new_secret(), new_secret()]
    headers = signed_headers("id", at=int(time.time()), body=BODY, secrets=secrets)
    for secret in secrets:
        assert Webhook(secret).verify(BODY, headers)["data"] == {"text": "é"}


def test_the_official_library_makes_the_same_signature() -> None:
    secret, at = new_secret(), 1_700_000_000
    moment = datetime.fromtimestamp(at, UTC)
    headers = signed_headers("id", at=at, body=BODY, secrets=[secret])
    assert headers["webhook-signature"] == Webhook(secret).sign("id", moment, BODY.decode())


def test_another_secret_and_another_body_do_not_verify() -> None:
    secret = new_secret()
    headers = signed_headers("id", at=int(time.time()), body=BODY, secrets=[secret])
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", headers)

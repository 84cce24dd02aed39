"""What we sign is what the library of Standard Webhooks takes, whatever the secret looks like."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from paging.core import signing

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=64)
STANDARD = st.binary(min_size=16, max_size=64).map(lambda key: "whsec_" + base64.b64encode(key).decode())


@given(st.one_of(SECRETS, STANDARD), st.text(), st.uuids())
def test_the_library_takes_it(secret, text, message_id):
    stamp = int(datetime.now(UTC).timestamp())
    body = text.encode("utf-8", "surrogatepass")
    said = signing.headers(message_id=str(message_id), stamp=stamp, body=body, secrets=[secret])
    try:
        Webhook(signing.spelled(secret)).verify(body, said, json_parse=False)
    except UnicodeDecodeError:  # the library reads the body as text
        assert text.encode("utf-8", "replace") != body


@given(STANDARD)
def test_a_standard_secret_stays_as_it_is(secret):
    assert signing.spelled(secret) == secret
    assert not signing.is_misspelled(secret)


def test_of_two_secrets_each_alone_is_enough():
    stamp = int(datetime.now(UTC).timestamp())
    one, other, third = "a" * 20, "b" * 20, "c" * 20
    said = signing.headers(message_id="1", stamp=stamp, body=b"{}", secrets=[one, other])
    for secret in (one, other):
        assert Webhook(signing.spelled(secret)).verify(b"{}", said) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.spelled(third)).verify(b"{}", said)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!!", "whsec_c2hvcnQ=", "whsec_é"])
def test_what_begins_as_a_standard_secret_and_is_none(secret):
    assert signing.is_misspelled(secret)

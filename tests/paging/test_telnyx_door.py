"""Only Telnyx comes in by a door of Telnyx's, and only just now."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from paging.inbound.telnyx import MAX_BYTES, TOLERANCE, Event, door, event_of, is_signed
from tests.fakes.telnyx import FakeTelnyx

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
COMPANY = FakeTelnyx()
SAID = {"id": "1", "text": "1a"}
IN = (200, Event("message.received", SAID))


@pytest.fixture(autouse=True)
def company(settings):
    settings.TELNYX = settings.TELNYX | {"public_key": COMPANY.settings["public_key"]}


def post(arguments, *, headers=None, method="post"):
    seen = []

    @door(lambda: NOW)
    def view(request, event):
        seen.append(event)
        return HttpResponse("in")

    sent = arguments | {"headers": arguments["headers"] | (headers or {})}
    response = view(getattr(RequestFactory(), method)("/telnyx/status/1", **sent))
    assert len(seen) == (response.status_code == 200)
    return response.status_code, *seen


def received(**signing):
    return COMPANY.webhook("message.received", SAID, **{"at": NOW.timestamp()} | signing)


def test_what_telnyx_signed_just_now_comes_in():
    assert post(received()) == IN


@pytest.mark.parametrize("late", [-300, -1, 1, 300])
def test_clocks_that_differ_by_five_minutes_are_borne(late):
    assert post(received(at=NOW.timestamp() + late)) == IN


@pytest.mark.parametrize("late", [-301, 301, -86_400, 86_400])
def test_what_was_signed_longer_ago_or_ahead_is_refused(late):
    assert post(received(at=NOW.timestamp() + late)) == (403,)


def test_what_somebody_else_signed_is_refused():
    assert post(received(key=Ed25519PrivateKey.generate())) == (403,)


def test_a_body_that_was_changed_is_refused():
    sent = received()
    assert post(sent | {"data": sent["data"].replace(b"1a", b"1r")}) == (403,)


def test_a_time_that_was_changed_is_refused():
    assert post(received(), headers={"telnyx-timestamp": str(int(NOW.timestamp()) + 1)}) == (403,)


@pytest.mark.parametrize(
    "signature", ["", "forged", "AAAA", base64.b64encode(b"0" * 64).decode(), "é", "A" * 88]
)
def test_a_signature_of_any_shape_is_refused(signature):
    assert post(received(), headers={"telnyx-signature-ed25519": signature}) == (403,)


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "٣", "9" * 400, " 1795230000", "0x1"])
def test_a_time_of_any_shape_is_refused(timestamp):
    assert post(received(), headers={"telnyx-timestamp": timestamp}) == (403,)


@pytest.mark.parametrize("key", ["", "AAAA", "no key", "A" * 43 + "="])
def test_without_the_key_nothing_comes_in(settings, key):
    settings.TELNYX = settings.TELNYX | {"public_key": key}
    assert post(received()) == (403,)


def test_a_page_that_is_only_looked_at_is_not_a_post():
    assert post(received(), method="put") == (405,)


def test_a_body_that_is_too_large_is_not_read():
    large = COMPANY.signed(b"x" * (MAX_BYTES + 1), at=NOW.timestamp())
    assert post(large) == (413,)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"data": 1}', b'{"data": {"event_type": 1, "payload": {}}}',
     b'{"data": {"event_type": "message.sent", "payload": []}}', b"\xff"],
)  # fmt: skip
def test_what_is_signed_and_no_event_is_said_to_be_none(body):
    assert post(COMPANY.signed(body, at=NOW.timestamp())) == (400,)


@given(st.binary(max_size=200))
def test_no_body_whatever_is_more_than_no_event(body):
    assert event_of(body) is None or isinstance(event_of(body), Event)


@given(st.binary(max_size=100), st.integers(0, 99), st.integers(1, 255))
def test_not_one_byte_may_differ(body, place, by):
    moment = str(int(NOW.timestamp()))
    sent = COMPANY.signed(body, at=NOW.timestamp())
    signature, key = sent["headers"]["telnyx-signature-ed25519"], COMPANY.settings["public_key"]
    assert is_signed(body, signature, moment, public_key=key, now=NOW)
    assert not is_signed(
        body, signature, moment, public_key=key, now=NOW + 2 * TOLERANCE + timedelta(seconds=1)
    )
    if body:
        place %= len(body)
        other = body[:place] + bytes([body[place] ^ by]) + body[place + 1 :]
        assert not is_signed(other, signature, moment, public_key=key, now=NOW)

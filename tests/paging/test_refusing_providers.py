"""A provider that refuses us altogether shows where operators look, until it takes something again."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from paging import dispatch
from paging.selectors import refusing_providers
from tests.paging.world import ALICE_SMS, NOW, Clock, page, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(phone, second):
    """Twilio does not accept our keys, and the second provider has sent the page."""
    phone.fail_next(status=401, code=20003)
    page(person(sms=ALICE_SMS))
    dispatch.send_due(clock=Clock())
    second.expect_sms(to=ALICE_SMS)
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        yield


def test_doctor_says_which_and_why(refused, capsys):
    with pytest.raises(SystemExit):
        call_command("doctor", format="json")
    errors = [row["what"] for row in json.loads(capsys.readouterr().out) if row["level"] == "error"]
    assert any(
        line.startswith("Provider “twilio” has taken nothing since 2026-11-21 03:00 UTC: Twilio 20003")
        for line in errors
    )


def test_it_is_reported_and_no_reason_to_be_unready(refused, client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["refusing_providers"]) == (200, ["twilio"])
    assert "Provider “twilio” refuses us; manage.py doctor says why." in answer.json()["warnings"]
    assert 'watchbill_refusing_provider{provider="twilio"} 1.0' in client.get("/metrics").content.decode()


def test_what_it_takes_later_ends_it(refused, phone):
    page(person("bob", "Bob Ruiz", sms="+14155550102"))
    dispatch.send_due(clock=Clock(NOW + timedelta(seconds=31)))
    phone.expect_sms(to="+14155550102")
    assert refusing_providers(now=NOW + timedelta(minutes=1)) == []


def test_it_is_forgotten_after_a_day(refused):
    assert refusing_providers(now=NOW + timedelta(hours=23)) != []
    assert refusing_providers(now=NOW + timedelta(hours=25)) == []


def test_one_that_is_only_busy_is_not_among_them(phone, second):
    phone.fail_next(status=503)
    page(person(sms=ALICE_SMS))
    dispatch.send_due(clock=Clock())
    second.expect_sms(to=ALICE_SMS)
    assert refusing_providers(now=NOW + timedelta(minutes=1)) == []

"""Twilio down, Telnyx sends: the real channels, and two phone companies on the loopback."""

import pytest

from paging import dispatch
from paging.models import Attempt, Notification
from tests.paging.world import ALICE_SMS, Clock, page, person, timeline

pytestmark = pytest.mark.django_db


def tried():
    return list(Attempt.objects.order_by("pk").values_list("provider", "accepted"))


@pytest.mark.parametrize(("status", "code"), [(503, None), (401, 20003)], ids=["down", "auth refused"])
def test_when_twilio_fails_telnyx_sends_it_at_once(phone, telnyx, status, code):
    page(person(sms=ALICE_SMS))
    phone.fail_next(status=status, code=code)
    assert dispatch.send_due(clock=Clock()) == 1
    sms = telnyx.expect_sms(to=ALICE_SMS, containing="DiskFull")
    sent = Notification.objects.get()
    assert (sent.state, sent.provider) == ("sent", "telnyx")
    assert tried() == [("twilio", False), ("telnyx", True)]
    assert sms.webhook.endswith(f"/telnyx/status/{sent.message_id}")
    assert timeline()[-1] == "SMS to Alice Ng (+1415…0101) handed to Telnyx"


def test_with_telnyx_first_twilio_is_the_one_to_fall_back_on(phone, telnyx, settings):
    first, second = settings.PAGING_CHANNELS["sms"]
    settings.PAGING_CHANNELS = settings.PAGING_CHANNELS | {"sms": (second, first)}
    page(person(sms=ALICE_SMS))
    telnyx.fail_next(status=500, code="10007")
    assert dispatch.send_due(clock=Clock()) == 1
    phone.expect_sms(to=ALICE_SMS)
    assert tried() == [("telnyx", False), ("twilio", True)]


def test_as_long_as_twilio_takes_it_telnyx_is_not_asked(phone, telnyx):
    page(person(sms=ALICE_SMS))
    assert dispatch.send_due(clock=Clock()) == 1
    phone.expect_sms(to=ALICE_SMS)
    assert tried() == [("twilio", True)]

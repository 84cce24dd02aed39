"""The second provider of SMS: what it is given, and what its refusals mean."""

import subprocess
import sys

import pytest

from paging.channels import telnyx_account as channel
from paging.channels.base import ChannelError, Fault
from paging.channels.registry import channels_for
from paging.channels.telnyx import TelnyxChannel
from paging.core.telnyx import KNOWN, OURS, TEMPORARY, explained
from tests.fakes.telnyx import NUMBER
from tests.paging.test_channels import message
from tests.paging.world import ALICE_SMS

ID = "6d8cf30f-0f1d-4c4e-8f32-7d9f7b4f6a10"


def refused(**failure):
    with pytest.raises(ChannelError) as caught:
        TelnyxChannel().send(message(**failure))
    return caught.value


def test_an_sms_reaches_the_phone_and_its_receipt_comes_to_our_message(telnyx, settings):
    settings.PUBLIC_URL = "https://pager.example"
    accepted = TelnyxChannel().send(message(message_id=ID))
    sms = telnyx.expect_sms(to=ALICE_SMS, containing="DiskFull")
    assert (accepted.provider, accepted.provider_id) == ("telnyx", sms.id)
    assert sms.sender == NUMBER
    assert sms.asked["webhook_url"] == f"https://pager.example/telnyx/status/{ID}"
    assert sms.asked["use_profile_webhooks"] is False
    assert "messaging_profile_id" not in sms.asked


def test_a_messaging_profile_sends_from_its_own_numbers(telnyx, settings):
    settings.TELNYX = settings.TELNYX | {"messaging_profile_id": "4000eba1", "from_number": ""}
    TelnyxChannel().send(message())
    sms = telnyx.expect_sms(to=ALICE_SMS)
    assert sms.sender == "4000eba1"
    assert "from" not in sms.asked


@pytest.mark.parametrize(
    ("status", "code", "fault", "sentence"),
    [
        (401, "10009", Fault.PROVIDER, "does not accept TELNYX_API_KEY"),
        (403, "10010", Fault.PROVIDER, "may not send"),
        (403, "20100", Fault.PROVIDER, "no money"),
        (400, "40305", Fault.PROVIDER, "TELNYX_FROM_NUMBER"),
        (400, "40315", Fault.PROVIDER, "40315: scripted, in detail"),
        (400, "40310", Fault.ADDRESS, "not a phone number"),
        (400, "40302", Fault.MESSAGE, "40302"),
        (429, "10011", Fault.TEMPORARY, "10011"),
        (429, "", Fault.TEMPORARY, "429"),
        (500, "10007", Fault.TEMPORARY, "10007"),
        (503, "", Fault.TEMPORARY, "503"),
        (404, "", Fault.PROVIDER, "404"),
    ],
)
def test_each_refusal_says_what_helps(telnyx, status, code, fault, sentence):
    telnyx.fail_next(status=status, code=code)
    refusal = refused()
    assert refusal.fault is fault
    assert sentence in str(refusal)
    assert len(telnyx.refused) == 1, "the library must not try again by itself"


@pytest.mark.parametrize(
    "raw", [b"<html>Bad gateway</html>", b"[]", b'"no"', b'{"errors": {"code": 1}}', b"{"]
)
def test_a_proxy_that_answers_anything_at_all_is_a_failure_for_now(telnyx, raw):
    telnyx.fail_next(status=502, raw=raw)
    assert refused().fault is Fault.TEMPORARY


def test_a_key_that_is_not_the_accounts_asks_for_another_provider(telnyx, settings):
    settings.TELNYX = settings.TELNYX | {"api_key": "KEYwrong"}
    refusal = refused()
    assert refusal.fault is Fault.PROVIDER
    assert "KEYwrong" not in str(refusal)


def test_a_provider_that_does_not_answer_is_given_up_for_now(telnyx, monkeypatch):
    monkeypatch.setattr(channel, "TIMEOUT", channel.telnyx.Timeout(0.05, connect=1))
    silence = telnyx.hang_next()
    refusal = refused()
    silence.status = 500
    silence.release.set()
    assert "did not answer" in str(refusal)
    assert refusal.fault is Fault.TEMPORARY


def test_a_provider_that_is_not_there_is_a_failure_for_now(telnyx, settings):
    settings.TELNYX = settings.TELNYX | {"api_base_url": "http://127.0.0.1:1/v2"}
    refusal = refused()
    assert "did not answer" in str(refusal)
    assert refusal.fault is Fault.TEMPORARY


def test_the_time_for_a_call_of_the_provider_is_eight_seconds():
    assert (channel.TIMEOUT.connect, channel.TIMEOUT.read) == (3, 5)


def test_where_only_telnyx_is_set_up_it_carries_sms(telnyx):
    assert [type(channel) for channel in channels_for("sms")] == [TelnyxChannel]


def test_a_code_has_one_meaning():
    assert not OURS & TEMPORARY
    assert not set(KNOWN) & (OURS | TEMPORARY)


@pytest.mark.parametrize("errors", [None, "40300", [], ["40300"], [{}], [{"code": None}], [{"code": [1]}], 7])
def test_errors_of_any_shape_are_read(errors):
    fault, sentence = explained(errors, status=400)
    assert fault is Fault.MESSAGE
    assert sentence == "Telnyx 400: no reason given"


def test_no_process_loads_the_library_before_a_message_goes_that_way():
    """It takes a second and 90 MB, which the start of each process would pay, or the first SMS of each."""
    code = (
        "import django, sys; django.setup(); import watchbill.urls; from django.conf import settings;"
        "from django.utils.module_loading import import_string as load;"
        "load(settings.SMS_CHANNELS['telnyx'])(); sys.exit('telnyx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

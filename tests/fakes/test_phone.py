"""The phone company keeps its promises too: a test that relies on it must fail when it should."""

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from paging.channels.sms import SmsChannel
from paging.channels.voice import VoiceChannel
from paging.inbound import twiml
from paging.inbound.twilio import door
from tests.fakes.phone import FakePhone
from tests.paging.test_channels import message
from tests.paging.world import ALICE_SMS, NOW, page, person, states

SEEN = []


@door
def sms(_request, form):
    SEEN.append(form)
    return HttpResponse(twiml.message(f"heard {form['Body']}"))


@door
def status(_request, form, _message):
    SEEN.append(form)
    return HttpResponse(status=204)


@door
def voice(_request, form, message):
    SEEN.append(form)
    return HttpResponse(twiml.menu("Press one.", action=f"http://127.0.0.1:8000/twilio/voice/{message}/key"))


@door
def key(_request, form, message):
    SEEN.append(form)
    return HttpResponse(twiml.goodbye(f"You pressed {form['Digits']}."))


@door
def broken(_request, _form):
    return HttpResponse("it broke", status=500)


urlpatterns = [
    path("twilio/sms", sms),
    path("twilio/status/<_message>", status),
    path("twilio/voice/<message>", voice),
    path("twilio/voice/<message>/key", key),
]


@pytest.fixture
def ours():
    """Doors that only remember what came in."""
    SEEN.clear()
    with override_settings(ROOT_URLCONF=__name__):
        yield SEEN


def an_sms(phone):
    SmsChannel().send(message())
    return phone(ALICE_SMS).expect_sms()


def a_call(phone):
    VoiceChannel().send(message("voice", answerable=True))
    return phone(ALICE_SMS).expect_call()


def test_a_call_that_nobody_expected_fails_the_test(settings):
    phone = FakePhone().__enter__()
    settings.TWILIO = phone.settings
    VoiceChannel().send(message("voice"))
    with pytest.raises(AssertionError, match=r"Nobody expected \[Call\(.*\+14155550101"):
        phone.__exit__(None)


def test_a_phone_sees_only_what_comes_to_it(phone):
    SmsChannel().send(message())
    with pytest.raises(AssertionError, match=r"an SMS to \+14155550199 .*Arrived instead: .*0101"):
        phone("+14155550199").expect_sms(timeout=0.01)
    with pytest.raises(AssertionError, match="containing “elsewhere”"):
        phone(ALICE_SMS).expect_sms("elsewhere", timeout=0.01)
    phone(ALICE_SMS).expect_sms("DiskFull")


def test_a_reply_arrives_signed_and_brings_its_answer(phone, ours):
    assert an_sms(phone).reply("1a 👍") == "heard 1a 👍"
    assert (ours[0]["From"], ours[0]["To"], ours[0]["Body"]) == (ALICE_SMS, phone.number, "1a 👍")


def test_a_message_can_be_posted_again_and_is_the_same(phone, ours):
    phone(ALICE_SMS).text("ack", times=3)
    phone(ALICE_SMS).text("ack")
    assert len(ours) == 4
    assert len({form["MessageSid"] for form in ours}) == 2


def test_news_come_in_the_order_of_the_test(phone, ours):
    an_sms(phone).delivered().status("sent").status("sent").undelivered(30005)
    assert [form["MessageStatus"] for form in ours] == ["delivered", "sent", "sent", "undelivered"]
    assert ours[-1]["ErrorCode"] == "30005"


def test_a_call_is_answered_and_a_key_pressed(phone, ours):
    call = a_call(phone).answer()
    assert call.wants_key
    assert "Press one." in call.spoken
    assert call.press("4").spoken == "You pressed 4."
    assert not call.wants_key
    with pytest.raises(AssertionError, match="waits for no key"):
        call.press("4")


@pytest.mark.parametrize(
    ("act", "last"),
    [("busy", "busy"), ("no_answer", "no-answer"), ("fails", "failed"), ("hang_up", "completed")],
)
def test_a_call_ends_as_the_test_says(phone, ours, act, last):
    getattr(a_call(phone), act)()
    assert [form["CallStatus"] for form in ours] == [last]


def test_a_voicemail_is_known_for_one_and_presses_nothing(phone, ours):
    a_call(phone).voicemail()
    assert [form.get("AnsweredBy") for form in ours] == [None, None, "machine_start", "machine_start"]
    assert not any("Digits" in form for form in ours)


def test_what_our_side_refuses_fails_the_test(phone, ours, settings):
    sms = an_sms(phone)
    settings.TWILIO = settings.TWILIO | {"auth_token": "another"}
    with pytest.raises(AssertionError, match="403"):
        sms.reply("1a")


def test_what_breaks_on_our_side_fails_the_test(phone, ours, monkeypatch):
    sms = an_sms(phone)
    monkeypatch.setattr(urlpatterns[0], "callback", broken)
    with pytest.raises(AssertionError, match="500: it broke"):
        sms.reply("1a")


@pytest.mark.django_db(transaction=True)
def test_a_running_server_is_posted_to_over_http(phone, live_server, settings):
    settings.PUBLIC_URL = "https://pager.acme.example"
    phone.calls_back(live_server.url, public=settings.PUBLIC_URL)
    person(sms=ALICE_SMS)
    assert phone(ALICE_SMS).text("hello").startswith("Not understood.")
    assert phone("+14155550199").text("hello") == ""


@pytest.mark.django_db
def test_failures_come_first_and_then_it_works_again(phone):
    phone.fail_next(status=503, times=2)
    for _ in range(2):
        with pytest.raises(Exception, match="503"):
            SmsChannel().send(message())
    an_sms(phone)
    assert len(phone.refused) == 2
    page(person(), now=NOW)
    assert states() == {}

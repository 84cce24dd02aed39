import json
from datetime import UTC, datetime

import pytest

from paging.channels import twilio_account
from paging.channels.base import ChannelError, Fault
from paging.channels.email import EmailChannel
from paging.channels.outbox import OutboxChannel
from paging.channels.registry import channels_for
from paging.channels.sms import SmsChannel
from paging.channels.voice import VoiceChannel
from paging.core.message import Message
from tests.fakes.phone import NUMBER
from tests.paging.world import ALICE_MAIL, ALICE_SMS

AT = datetime(2026, 11, 21, 3, 0, 0, 250000, tzinfo=UTC)


def message(via: str = "sms", to: str = ALICE_SMS, **changes: object) -> Message:
    values = {"message_id": "2f1c", "via": via, "to": to, "user": "alice", "text": "#42 DiskFull", "at": AT}
    return Message(**(values | changes))


def test_an_sms_reaches_the_phone_and_goes_stale_in_time(phone):
    accepted = SmsChannel().send(message(valid_seconds=300))
    sms = phone.expect_sms(to=ALICE_SMS, containing="DiskFull")
    assert (accepted.provider, accepted.provider_id) == ("twilio", sms.sid)
    assert sms.sender == NUMBER
    assert sms.form["ValidityPeriod"] == "300"
    assert sms.form["StatusCallback"] == "http://127.0.0.1:8000/twilio/status/2f1c"


def test_a_message_of_which_twilio_says_no_id_has_none(phone):
    """Or a receipt of its real one would be taken for that of another try."""
    phone.fail_next(status=201, times=2)
    assert SmsChannel().send(message()).provider_id == ""
    assert VoiceChannel().send(message("voice")).provider_id == ""


@pytest.mark.parametrize("code", [21609, 21205])
def test_where_twilio_cannot_reach_us_the_message_leaves_all_the_same(phone, code):
    phone.fail_next(status=400, code=code)
    SmsChannel().send(message())
    assert "StatusCallback" not in phone.expect_sms(to=ALICE_SMS).form
    phone.fail_next(status=400, code=code)
    VoiceChannel().send(message("voice", text="DiskFull", answerable=True))
    call = phone.expect_call(to=ALICE_SMS, containing="DiskFull")
    assert not {"StatusCallback", "Url", "AsyncAmdStatusCallback"} & set(call.form)


def test_where_twilio_refuses_twice_it_is_not_asked_a_third_time(phone):
    phone.fail_next(status=400, code=21609, times=2)
    with pytest.raises(ChannelError, match="PUBLIC_URL"):
        SmsChannel().send(message())
    assert len(phone.refused) == 2


def test_a_call_that_can_be_answered_asks_what_to_say_when_it_is_picked_up(phone):
    VoiceChannel().send(message("voice", answerable=True))
    call = phone.expect_call(to=ALICE_SMS)
    assert call.form["Url"] == "http://127.0.0.1:8000/twilio/voice/2f1c"
    assert "Twiml" not in call.form
    assert call.form["StatusCallback"] == "http://127.0.0.1:8000/twilio/status/2f1c"
    assert (call.form["MachineDetection"], call.form["AsyncAmd"]) == ("Enable", "true")


@pytest.mark.parametrize(("asked", "sent"), [(0, "1"), (1, "1"), (36000, "36000"), (36001, "36000")])
def test_the_validity_period_stays_within_what_the_carrier_takes(phone, asked, sent):
    SmsChannel().send(message(valid_seconds=asked))
    assert phone.expect_sms(to=ALICE_SMS).form["ValidityPeriod"] == sent


def test_a_messaging_service_is_the_sender_where_there_is_one(phone, settings):
    settings.TWILIO = settings.TWILIO | {"messaging_service_sid": "MG1", "from_number": ""}
    SmsChannel().send(message())
    sms = phone.expect_sms(to=ALICE_SMS)
    assert sms.sender == "MG1"
    assert "From" not in sms.form
    with pytest.raises(ChannelError, match="TWILIO_FROM_NUMBER") as refused:
        VoiceChannel().send(message("voice"))
    assert refused.value.fault is not Fault.TEMPORARY


def test_a_call_speaks_the_summary_twice_as_text_not_markup(phone):
    accepted = VoiceChannel().send(message("voice", text="DiskFull <Hangup/> & more"))
    call = phone.expect_call(
        to=ALICE_SMS, containing='<Say loop="2">DiskFull &lt;Hangup/&gt; &amp; more</Say>'
    )
    assert accepted.provider_id == call.sid


@pytest.mark.parametrize(
    ("failure", "permanent", "sentence"),
    [
        ((400, 21211), True, "not a phone number"),
        ((400, 21614), True, "cannot receive SMS"),
        ((400, 21610), True, "STOP"),
        ((400, 21408), True, "country"),
        ((401, 20003), True, "TWILIO_AUTH_TOKEN"),
        ((400, 21606), True, "21606: Unable to create record: scripted"),
        ((429, 20429), False, "20429"),
        ((429, None), False, "429"),
        ((400, 21611), False, "21611"),
        ((500, 20500), False, "20500"),
        ((503, None), False, "503"),
    ],
)
def test_the_carriers_refusals_are_for_good_or_for_now(phone, failure, permanent, sentence):
    phone.fail_next(status=failure[0], code=failure[1])
    with pytest.raises(ChannelError, match=sentence) as refused:
        SmsChannel().send(message())
    assert (refused.value.fault is not Fault.TEMPORARY) is permanent


def test_a_carrier_that_does_not_answer_is_given_up_for_now(phone, monkeypatch):
    monkeypatch.setattr(twilio_account, "TIMEOUT", (1, 0.05))
    silence = phone.hang_next()
    with pytest.raises(ChannelError, match="did not answer") as refused:
        SmsChannel().send(message())
    silence.status = 500
    silence.release.set()
    assert refused.value.fault is Fault.TEMPORARY


def test_a_carrier_that_is_not_there_is_a_failure_for_now(settings):
    settings.TWILIO = {
        "account_sid": "AC0",
        "auth_token": "t",
        "from_number": NUMBER,
        "messaging_service_sid": "",
        "api_base_url": "http://127.0.0.1:1",
    }
    with pytest.raises(ChannelError, match="did not answer") as refused:
        SmsChannel().send(message())
    assert refused.value.fault is Fault.TEMPORARY


def test_the_time_for_a_call_of_the_carrier_is_eight_seconds():
    assert sum(twilio_account.TIMEOUT) == 8


def test_an_email_arrives_with_text_html_and_a_stable_id(mailbox, settings):
    settings.DEFAULT_FROM_EMAIL = "Watchbill <pager@acme.example>"
    sent = message(
        "email", ALICE_MAIL, subject="[SEV-1] Größe", text="DiskFull → now\n", html="<h3>DiskFull</h3>"
    )
    accepted = EmailChannel().send(sent)
    mail = mailbox.expect_mail(to=ALICE_MAIL, subject="Größe", containing="DiskFull → now")
    assert mail.message_id == accepted.provider_id == "<2f1c@acme.example>"
    assert mail.sender == "pager@acme.example"
    assert "<h3>DiskFull</h3>" in mail.body("html")
    assert mail.message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [("451 4.3.0 try later", False), ("550 5.1.1 no such user", True), ("421 4.3.2 going down", False)],
)
def test_a_mail_servers_refusals_are_for_good_or_for_now(mailbox, answer, permanent):
    mailbox.refuse_next(answer)
    with pytest.raises(ChannelError, match="The mail server said") as refused:
        EmailChannel().send(message("email", ALICE_MAIL, subject="x"))
    assert (refused.value.fault is not Fault.TEMPORARY) is permanent


@pytest.mark.parametrize(("answer", "permanent"), [("450 4.2.1 busy", False), ("550 5.1.1 unknown", True)])
def test_a_mailbox_that_is_not_there_is_a_failure_for_good(mailbox, answer, permanent):
    mailbox.refuse_recipient(answer)
    with pytest.raises(ChannelError, match="The mail server said") as refused:
        EmailChannel().send(message("email", ALICE_MAIL, subject="x"))
    assert (refused.value.fault is not Fault.TEMPORARY) is permanent


def test_a_mail_server_that_is_not_there_is_a_failure_for_now(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(ChannelError, match="refused") as refused:
        EmailChannel().send(message("email", ALICE_MAIL, subject="x"))
    assert refused.value.fault is Fault.TEMPORARY


def test_without_a_provider_a_message_is_one_json_line(capsys):
    accepted = OutboxChannel().send(message(text="#42 Größe\nhttps://w.example/p/x", subject="s"))
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {
        "outbox": {
            "at": "2026-11-21T03:00:00.250Z",
            "to": ALICE_SMS,
            "via": "sms",
            "user": "alice",
            "subject": "s",
            "text": "#42 Größe\nhttps://w.example/p/x",
        }
    }
    assert accepted.provider == "outbox"


def test_an_address_that_is_a_key_is_not_printed(capsys):
    OutboxChannel().send(message("chat", "slack://T1/B1/secret"))
    assert json.loads(capsys.readouterr().out)["outbox"]["to"] == "slack://…"


def test_a_closed_terminal_does_not_stop_the_outbox(monkeypatch):
    class Closed:
        def write(self, _text: str) -> None:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", Closed())
    assert OutboxChannel().send(message()).provider == "outbox"


def test_a_kind_that_nothing_carries_is_said_so(settings):
    settings.PAGING_CHANNELS = {}
    with pytest.raises(ChannelError, match="PAGING_CHANNELS") as refused:
        channels_for("sms")
    assert refused.value.fault is not Fault.TEMPORARY


def test_every_message_gets_a_channel_of_its_own():
    assert channels_for("sms")[0] is not channels_for("sms")[0]

"""Somebody calls for the on-call: a phone rings, then the next, then a message becomes an incident."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from escalation.actions import config, hot_lines
from escalation.models import HotCall, Incident
from oncall import actions as oncall
from paging.actions import contacts
from people.actions import deactivate_user
from people.ledger.models import Entry
from people.models import User
from tests.fakes.caller import IncomingCall
from tests.world import TESTS, World

LINE = "+15005550006"
CALLER = "+14155550123"
ANA, BO, MIA = "+14155550101", "+14155550102", "+14155550103"
RECORDING = "https://api.twilio.com/2010-04-01/Accounts/AC0/Recordings/RE1"


@pytest.fixture
def world(db, settings):
    settings.PUBLIC_URL = "https://pager.example"
    settings.TWILIO = settings.TWILIO | {"auth_token": "fake-token"}
    world = World()
    for user, number in ((world.ana, ANA), (world.bo, BO), (world.mia, MIA)):
        contacts.set_contact_method(user=user, kind="voice", address=number, by=TESTS, now=world.now)
    hot_lines.add_hot_line(service=world.service, number=LINE, by=TESTS, now=world.now)
    with time_machine.travel(world.now, tick=False) as clock:
        world.clock = clock
        yield world


@pytest.fixture
def call(world, client):
    return IncomingCall(client, to=LINE, caller=CALLER)


def the_incident():
    return Incident.objects.get()


def test_the_primary_is_rung_and_takes_the_call_with_a_key(world, call):
    call.begin()
    assert call.heard == "Connecting you to the on-call of payments-api."
    assert call.rings == ANA
    assert call.dial.attrib["timeout"] == "20"
    assert call.dial.attrib["callerId"] == LINE, "the number that her phone lets through"
    ana = call.pick_up()
    assert "payments-api. Press 1 to take it." in ana.heard
    assert ana.press("1").joined
    assert call.stop_ringing("completed").over
    taken = HotCall.objects.get()
    assert (taken.taken_by, taken.caller, taken.incident) == (world.ana, CALLER, None)
    assert taken.rings.get().outcome == "took the call"
    assert not Incident.objects.exists()


def test_the_caller_never_learns_the_number_of_who_is_on_call(call):
    call.begin()
    assert ANA not in call.heard
    assert "Ana" not in call.heard


@pytest.mark.parametrize("outcome", ["no-answer", "busy", "failed", "completed", ""])
def test_then_the_secondary_is_rung(world, call, outcome):
    call.begin().stop_ringing(outcome)
    assert call.rings == BO
    assert call.pick_up().press("1").joined
    assert HotCall.objects.get().taken_by == world.bo


def test_a_voicemail_that_answers_takes_no_call(call):
    voicemail = call.begin().pick_up()
    assert voicemail.document.find("Hangup") is not None, "without a key it is over"
    assert call.stop_ringing("completed").rings == BO
    assert HotCall.objects.get().taken_by is None


@pytest.mark.parametrize("digit", ["4", "2", "11", "", "#"])
def test_only_the_right_key_takes_a_call(call, digit):
    ana = call.begin().pick_up().press(digit)
    assert not ana.joined
    assert call.stop_ringing("completed").rings == BO


def test_who_presses_a_wrong_key_is_told_and_may_press_again(world, call):
    """4 is what acknowledges a page, and a hand in the dark knows it."""
    ana = call.begin().pick_up().press("4")
    assert "That key does nothing. A call for the on-call of payments-api. Press 1 to take it." in ana.heard
    assert ana.press("1").joined
    assert HotCall.objects.get().taken_by == world.ana


def test_then_a_message_is_taken_and_pages_like_any_alert(world, call):
    call.begin().stop_ringing().stop_ringing("busy")
    assert call.rings is None
    assert call.recording
    assert call.say(RECORDING).over
    incident = the_incident()
    assert (incident.title, incident.severity) == (f"A call from {CALLER}: a message of 23 s", "SEV-2")
    assert incident.service == world.service
    alert = incident.alerts.get()
    assert alert.labels == {"caller": CALLER}
    assert alert.links == [["recording", f"{RECORDING}.mp3"]]
    assert HotCall.objects.get().recording == f"{RECORDING}.mp3"
    world.tick()
    assert {who for _, who, _ in world.sent()} == {"ana"}


def test_every_step_stands_on_the_timeline(world, call):
    call.begin()
    world.clock.shift(20)
    call.stop_ringing()
    world.clock.shift(5)
    call.stop_ringing("busy").say(RECORDING)
    (said,) = [line for line in world.timeline(the_incident()) if "rang" in line]
    assert said == (
        f"{LINE} (call): {CALLER} called at 10:00:00 UTC; rang "
        "10:00:00 UTC Ana Ruiz (Payments primary): no answer; "
        "10:00:20 UTC Bo Lind (Payments secondary): busy (a message of 23 s)"
    )


def test_a_call_that_was_taken_is_on_record_step_by_step(world, call):
    call.begin().stop_ringing()
    call.pick_up().press("1")
    said = Entry.objects.filter(subject_type="hot_call").order_by("pk").values_list("actor_name", "what")
    assert list(said) == [
        (f"{LINE} (call)", f"{CALLER} called the on-call of payments-api"),
        (f"{LINE} (call)", "rings Ana Ruiz (Payments primary)"),
        (f"{LINE} (call)", "rang Ana Ruiz (Payments primary): no answer"),
        (f"{LINE} (call)", "rings Bo Lind (Payments secondary)"),
        ("Bo Lind (call)", f"took the call from {CALLER}"),
    ]


def test_who_is_on_call_is_read_at_each_step(world, call):
    call.begin()
    assert call.rings == ANA
    oncall.add_override(
        schedule=world.schedule,
        role="secondary",
        user=world.mia,
        start=world.now,
        end=world.now + timedelta(hours=1),
        reason="Bo is asleep",
        by=TESTS,
        now=world.now,
    )
    assert call.stop_ringing().rings == MIA


def test_who_has_no_verified_number_is_passed_over(world, call):
    contacts.disable_contact_method(
        method=world.ana.contact_methods.get(kind="voice"), reason="lost", by=TESTS, now=world.now
    )
    assert call.begin().rings == BO
    call.stop_ringing()
    assert call.rings == MIA, "the policy's next: two phones ring"
    call.stop_ringing().say_nothing()
    assert "Ana Ruiz (Payments primary): no verified number" in " ".join(world.timeline(the_incident()))


def test_with_nobody_on_call_the_message_is_taken_at_once(world, call):
    nobody = config.TargetSpec(user=world.person("gone", "Gone Away"))
    policy = config.create_policy(
        name="Nights", repeat=0, steps=[world.step(nobody)], by=TESTS, now=world.now
    )
    config.change_service(service=world.service, policy=policy, by=TESTS, now=world.now)
    deactivate_user(user=User.objects.get(username="gone"), by=TESTS, now=world.now)
    assert call.begin().recording
    call.say(RECORDING)
    assert "called at 10:00:00 UTC; nobody is on call" in " ".join(world.timeline(the_incident()))


def test_a_caller_who_says_nothing_is_an_incident_too(call):
    call.begin().stop_ringing().stop_ringing().say_nothing()
    assert the_incident().title == f"A call from {CALLER}: no message was left"


def test_a_caller_who_hangs_up_while_it_rings_is_an_incident(world, call):
    call.begin().hang_up()
    assert the_incident().title == f"A call from {CALLER}: no message was left"
    assert "Ana Ruiz (Payments primary): the caller hung up" in " ".join(world.timeline(the_incident()))


def test_that_needs_no_status_callback_of_the_number(call):
    call.begin().status = "completed"
    assert call.stop_ringing("canceled").over
    assert the_incident().title == f"A call from {CALLER}: no message was left"


def test_a_caller_who_hangs_up_before_the_tone_is_an_incident(call):
    call.begin().stop_ringing().stop_ringing()
    call.ended()
    assert the_incident().title == f"A call from {CALLER}: no message was left"


def test_a_message_that_comes_after_the_end_of_the_call_joins_its_incident(world, call):
    call.begin().stop_ringing().stop_ringing()
    call.ended()
    call.say(RECORDING)
    assert the_incident().alerts.get().links == [["recording", f"{RECORDING}.mp3"]]
    assert f"the caller left a message: {RECORDING}.mp3" in world.timeline(the_incident())[-1]


def test_a_call_that_was_taken_is_no_incident_when_it_ends(call):
    call.begin().pick_up().press("1")
    call.hang_up()
    assert not Incident.objects.exists()


def test_who_presses_the_key_after_the_caller_has_gone_is_joined_to_nobody(call):
    ana = call.begin().pick_up()
    call.hang_up()
    assert not ana.press("1").joined
    assert ana.heard == "This call is over, or somebody else has taken it. Goodbye."
    assert HotCall.objects.get().taken_by is None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+266696687", ""),
        ("anonymous", ""),
        ("", ""),
        ("Restricted", ""),
        ("sip:bob@example.com", ""),
        ("+1 (415) 555-0123", CALLER),
    ],
)
def test_a_withheld_number_is_said_to_be_one(call, written, kept):
    call.caller = written
    call.begin().stop_ringing().stop_ringing().say(RECORDING)
    assert HotCall.objects.get().caller == kept
    assert the_incident().title.startswith(f"A call from {kept or 'a withheld number'}: ")
    assert the_incident().alerts.get().labels == ({"caller": kept} if kept else {})


def test_a_webhook_that_comes_twice_changes_nothing(world, call):
    call.begin()
    first = call.after
    assert call.begin().after == first, "the same phone goes on ringing"
    call.stop_ringing()
    second = call.after
    again = call.post(first, DialCallStatus="no-answer")
    assert again.find("Dial").attrib["action"] == second
    call.stop_ringing()
    record = call.document.find("Record").attrib["action"]
    for _ in range(2):
        call.post(record, RecordingUrl=RECORDING, RecordingDuration="23")
    call.ended()
    assert Incident.objects.count() == 1
    assert HotCall.objects.get().rings.count() == 2
    assert Entry.objects.filter(what="rang Ana Ruiz (Payments primary): no answer").count() == 1
    assert the_incident().alerts.get().event_count == 1


@pytest.mark.django_db(transaction=True)
def test_webhooks_that_come_at_the_same_moment_make_one_incident(world, call):
    call.begin().stop_ringing().stop_ringing()
    record = call.document.find("Record").attrib["action"].removeprefix("https://pager.example")

    def post(number):
        try:
            if number % 2:
                return call.send(record, RecordingUrl=RECORDING, RecordingDuration="23").status_code
            return call.send("/twilio/call-in/ended", CallStatus="completed").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(post, range(8))) == {200, 204}
    assert Incident.objects.count() == 1
    assert the_incident().alerts.get().links == [["recording", f"{RECORDING}.mp3"]]


def test_a_key_pressed_twice_takes_the_call_once(call):
    ana = call.begin().pick_up()
    assert ana.press("1").joined
    assert ana.press("1").joined
    assert Entry.objects.filter(verb="hot_call.taken").count() == 1


@pytest.mark.parametrize("number", ["+15005550007", "", "anonymous"])
def test_a_number_that_is_no_hot_line_rings_nobody(call, number):
    call.to = number
    assert call.begin().over
    assert call.heard == "This number is not in use."
    assert not HotCall.objects.exists()


def test_the_line_of_a_retired_service_rings_nobody(world, call):
    config.retire_service(service=world.service, by=TESTS, now=world.now)
    assert world.service.hot_lines.get().retired_at == world.now
    assert call.begin().over
    assert not HotCall.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/twilio/call-in",
        "/twilio/call-in/ended",
        "/twilio/call-in/rings/1/whisper",
        "/twilio/call-in/rings/1/answer",
        "/twilio/call-in/rings/1/after",
        "/twilio/call-in/1/message",
    ],
)
def test_what_twilio_did_not_sign_is_refused(call, path):
    assert call.send(path, signature="forged").status_code == 403
    assert not HotCall.objects.exists()


def test_the_addresses_of_another_call_are_not_found(call):
    assert call.send("/twilio/call-in/rings/999/after").status_code == 404
    assert call.send("/twilio/call-in/999/message").status_code == 404


def test_a_service_named_with_markup_is_spoken_as_text(world, call):
    world.service.name = "pay<Hangup/>&ments"
    world.service.save()
    assert call.begin().heard == "Connecting you to the on-call of pay<Hangup/>&ments."


def test_a_line_reaches_one_service_and_says_so(world):
    search = config.create_service(name="search", policy=world.policy, team=None, by=TESTS, now=world.now)
    with pytest.raises(config.ConfigError, match="already reaches the on-call of payments-api"):
        hot_lines.add_hot_line(service=search, number="+1 500 555 0006", by=TESTS, now=world.now)
    with pytest.raises(config.ConfigError, match="is not a phone number; write it with its country"):
        hot_lines.add_hot_line(service=search, number="0151 2", by=TESTS, now=world.now)
    line = world.service.hot_lines.get()
    hot_lines.retire_hot_line(line=line, by=TESTS, now=world.now)
    hot_lines.add_hot_line(service=search, number=LINE, by=TESTS, now=world.now)
    said = Entry.objects.filter(verb__startswith="hot_line").order_by("pk").values_list("what", flat=True)
    assert list(said) == [
        f"calls to {LINE} reach the on-call of service payments-api",
        f"calls to {LINE} no longer reach the on-call of service payments-api",
        f"calls to {LINE} reach the on-call of service search",
    ]

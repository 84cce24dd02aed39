"""A call is picked up, or by a machine; keys act, and nothing else does."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from escalation.actions import respond
from escalation.models import Incident
from escalation.replies import acting, calls
from paging.actions import contacts, pages, testing
from paging.models import Inbound, Notification, Page
from people.ledger.record import Actor
from tests.escalation.replies.conftest import ANA, BO, deadlocked
from tests.world import TESTS


@pytest.fixture
def incident(world, phone):
    world.have_phone(world.ana, ANA, "voice")
    world.have_phone(world.bo, BO, "voice")
    incident = world.alert()
    world.send()
    return incident


@pytest.fixture
def ana(phone, incident):
    return phone(ANA).expect_call()


def status(incident):
    incident.refresh_from_db()
    return incident.status


def test_the_call_says_what_it_is_about_and_which_keys_there_are(ana, incident):
    spoken = ana.answer().spoken
    assert f"severity 1 page, number {incident.pk}. payments-api: disk is full." in spoken
    assert "Press 4 to acknowledge, 6 to resolve, 5 to escalate, or star to hear this again." in spoken
    assert status(incident) == "triggered"


def test_4_acknowledges(world, ana, incident):
    assert ana.answer().press("4").spoken == f"Acknowledged number {incident.pk} disk is full. Goodbye."
    assert not ana.wants_key
    assert (status(incident), incident.acknowledged_by) == ("acknowledged", world.ana)
    assert "Ana Ruiz (by phone): acknowledged; everyone's paging stops" in world.timeline(incident)
    world.wait(minutes=20)
    assert {user for _, user, _ in world.sent()} == {"ana"}


def test_a_key_that_the_database_turns_away_for_a_moment_is_not_lost(ana, incident, monkeypatch):
    monkeypatch.setattr(calls, "perform", deadlocked(calls.perform, times=2))
    assert ana.answer().press("4").spoken.startswith("Acknowledged")
    assert status(incident) == "acknowledged"


def test_6_resolves(world, ana, incident):
    assert ana.answer().press("6").spoken.startswith("Resolved")
    assert (status(incident), incident.resolved_by) == ("resolved", world.ana)


def test_each_key_is_kept_with_what_it_did(ana, incident):
    ana.answer()
    for key in ("7", "*", "4"):
        ana.press(key)
    kept = list(Inbound.objects.order_by("pk").values_list("said", "understood", "outcome"))
    assert kept == [("7", "", "wrong"), ("*", "say it again", "done"), ("4", "acknowledge", "done")]
    last = Inbound.objects.latest("pk")
    assert (last.via, last.sender, last.user.username) == ("voice", ANA, "ana")
    assert last.answer == f"Acknowledged number {incident.pk} disk is full. Goodbye."


def test_keys_do_not_count_against_replies_from_the_same_phone(world, phone, ana, incident):
    ana.answer()
    for _ in range(6):
        ana.press("9")
    assert phone(ANA).text("hello").startswith("Not understood. Reply 1a")


def test_5_escalates(world, ana, incident, phone):
    assert ana.answer().press("5").spoken.startswith("Escalated")
    world.send()
    phone(BO).expect_call("disk is full")


def test_star_says_it_again(ana, incident):
    first = ana.answer().spoken
    assert ana.press("*").spoken == first
    assert ana.press("4").spoken.startswith("Acknowledged")


@pytest.mark.parametrize("digit", ["0", "1", "2", "3", "7", "8", "9", "#", "", "44", "x" * 100])
def test_any_other_key_does_nothing_and_is_asked_again(ana, incident, digit):
    assert ana.answer().press(digit).spoken.startswith("That key does nothing. Press 4")
    assert status(incident) == "triggered"
    assert ana.press("4").spoken.startswith("Acknowledged")


@pytest.mark.parametrize("machine", ["voicemail", "silent_voicemail"])
def test_a_voicemail_never_acknowledges(world, ana, incident, phone, machine):
    getattr(ana, machine)()
    assert status(incident) == "triggered"
    world.wait(minutes=5)
    phone(BO).expect_call("disk is full")


def test_a_voicemail_of_the_only_method_pages_the_next_person_at_once(world, ana, incident, phone):
    ana.voicemail()
    world.send()
    phone(BO).expect_call("disk is full")
    assert any("a voicemail answered" in line for line in world.timeline(incident))


@pytest.mark.parametrize("end", ["busy", "no_answer", "fails"])
def test_where_nobody_takes_it_the_next_person_is_paged_at_once(world, ana, incident, phone, end):
    getattr(ana, end)()
    world.send()
    phone(BO).expect_call("disk is full")


def test_who_hangs_up_without_a_key_has_acknowledged_nothing(world, ana, incident, phone):
    ana.answer().hang_up()
    world.send()
    assert status(incident) == "triggered"
    world.wait(minutes=5)
    phone(BO).expect_call()


def test_what_was_taken_for_a_voicemail_and_presses_a_key_is_a_person(ana, incident):
    ana.answer().status("in-progress", AnsweredBy="machine_start")
    ana.press("4")
    assert status(incident) == "acknowledged"
    assert Notification.objects.get().state == "delivered"


def test_who_picks_up_too_late_hears_who_was_quicker(world, ana, incident):
    by = Actor.person(world.bo, via="web")
    respond.acknowledge(incident_id=incident.pk, by=by, now=world.now)
    assert ana.answer().spoken == (
        f"This is Watchbill. number {incident.pk} disk is full is already acknowledged by Bo Lind. Goodbye."
    )
    assert not ana.wants_key
    respond.resolve(incident_id=incident.pk, by=by, now=world.now)
    assert "already resolved by Bo Lind" in ana.answer().spoken


def test_who_presses_too_late_hears_who_was_quicker(world, ana, incident):
    ana.answer()
    respond.resolve(incident_id=incident.pk, by=Actor.person(world.bo), now=world.now)
    assert ana.press("4").spoken == f"Incident number {incident.pk} is already resolved by Bo Lind. Goodbye."


def test_a_summary_is_spoken_not_obeyed(world, phone):
    world.have_phone(world.ana, ANA, "voice")
    world.alert()
    Incident.objects.update(title="<Hangup/> & “🔥” \x07" + "x" * 1000)
    world.send()
    call = phone(ANA).expect_call().answer()
    assert "<Hangup/> & “🔥” x" in call.spoken
    assert len(call.spoken) < 1500
    assert call.wants_key


def test_a_call_of_somebody_who_has_left_since_says_nothing(world, ana, incident):
    type(world.ana).objects.filter(pk=world.ana.pk).update(is_active=False)
    assert "payments-api" not in ana.answer().spoken
    assert not ana.wants_key


def test_the_doors_are_shut_without_a_signature(ana, incident):
    strict, path = Client(enforce_csrf_checks=True), f"/twilio/voice/{Notification.objects.get().message_id}"
    for door in (path, f"{path}/key"):
        assert strict.post(door, {"Digits": "4"}).status_code == 403
        assert strict.get(door).status_code == 405
        assert strict.post(door, b"\xff" * 10_000, "text/plain").status_code == 403
    assert strict.post("/twilio/voice/1", {}).status_code == 404
    assert status(incident) == "triggered"


def test_a_signature_of_one_call_opens_no_other(ana, incident, phone):
    ana.answer()
    message = Notification.objects.get().message_id
    form = {"CallSid": "CA1", "Digits": "4"}
    signed = phone.callbacks._validator.compute_signature(phone.callbacks.address("/twilio/sms"), form)
    path = f"/twilio/voice/{message}/key"
    assert Client().post(path, form, headers={"X-Twilio-Signature": signed}).status_code == 403
    assert status(incident) == "triggered"


def test_of_a_call_that_is_not_ours_nothing_is_known(phone, db):
    for path in (f"/twilio/voice/{uuid4()}", f"/twilio/voice/{uuid4()}/key"):
        text = phone.callbacks.post(phone.callbacks.address(path), {"CallSid": "CA1", "Digits": "4"}).text
        assert "There is no page for you here." in text


def test_the_menu_waits_for_a_key_and_then_hangs_up(ana, incident):
    twiml = ana.answer().twiml
    assert twiml.count("<Gather") == 2
    assert 'numDigits="1"' in twiml
    assert 'finishOnKey=""' in twiml
    assert twiml.index("No key was pressed") < twiml.index("<Hangup")


@pytest.fixture
def many(world, phone):
    world.have_phone(world.ana, ANA, "voice")
    found = [world.alert(key) for key in ("disk", "cpu")]
    world.send()
    return found


def test_a_call_that_says_many_acknowledges_them_all_with_4_and_knows_no_other_key(world, phone, many):
    call = phone(ANA).expect_call()
    spoken = call.answer().spoken
    assert "has 2 unacknowledged alerts, among them number" in spoken
    assert "Press 4 to acknowledge them all" in spoken
    assert call.press("6").spoken.startswith("That key does nothing.")
    assert [status(one) for one in many] == ["triggered"] * 2
    assert call.press("4").spoken.startswith("Acknowledged 2:")
    assert [status(one) for one in many] == ["acknowledged"] * 2


def test_a_call_that_says_many_of_which_none_waits_says_so(world, phone, many):
    by = Actor.person(world.bo, via="web")
    for one in many:
        respond.acknowledge(incident_id=one.pk, by=by, now=world.now)
    assert phone(ANA).expect_call().answer().spoken.startswith("This is Watchbill. Nothing is waiting")


@pytest.fixture
def tested(world, phone):
    """A test page by two calls, of which one has been made."""
    world.have_phone(world.ana, ANA, "voice")
    wanted = [("voice", timedelta(0)), ("voice", timedelta(minutes=5))]
    contacts.set_rules(user=world.ana, urgency="high", rules=wanted, by=TESTS, now=world.now)
    testing.send_test_page(user=world.ana, urgency="high", by=Actor.person(world.ana), now=world.now)
    world.send()
    return phone(ANA).expect_call()


@pytest.mark.parametrize("key", ["4", "5", "6"])
def test_a_key_in_the_call_of_a_test_page_stops_the_rest_of_it(world, tested, key):
    assert "Press 4 to acknowledge the test, or star to hear this again." in tested.answer().spoken
    assert "Press 4 to acknowledge the test" in tested.press("*").spoken
    assert tested.press("9").spoken.startswith("That key does nothing. Press 4 to acknowledge the test")
    assert tested.press(key).spoken == f"{acting.TEST} Goodbye."
    assert sorted(Notification.objects.values_list("state", flat=True)) == ["delivered", "suppressed"]
    assert Page.objects.get().stop_reason == "answered by Ana Ruiz (by phone)"


def test_a_call_that_says_two_moments_of_one_incident_knows_all_its_keys(world, phone):
    """Its first call was held back until its second came due."""
    world.have_phone(world.ana, ANA, "voice")
    first = world.alert("disk")
    world.send()
    phone(ANA).expect_call()
    pages.stop(cause=f"incident:{first.pk}", reason="acknowledged", now=world.now)
    wanted = [("voice", timedelta(0)), ("voice", timedelta(minutes=1))]
    contacts.set_rules(user=world.ana, urgency="high", rules=wanted, by=TESTS, now=world.now)
    second = world.alert("cpu")
    world.send()
    world.now += timedelta(minutes=1)
    world.send()
    call = phone(ANA).expect_call()
    assert Notification.objects.filter(state="bundled").count() == 1
    assert "Press 4 to acknowledge, 6 to resolve" in call.answer().spoken
    assert call.press("6").spoken.startswith("Resolved")
    assert status(second) == "resolved"


def test_a_call_that_says_more_than_one_key_may_do_asks_for_it_again(world, phone, many, monkeypatch):
    monkeypatch.setattr(acting, "MOST", 1)
    monkeypatch.setattr(calls, "MOST", 1)
    call = phone(ANA).expect_call()
    call.answer()
    said = call.press("4").spoken
    assert said.startswith("Acknowledged 1 of 2. Answer the same again for the others. Press 4")
    call.press("4")
    assert [status(one) for one in many] == ["acknowledged"] * 2

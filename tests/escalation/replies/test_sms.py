"""People answer a page by SMS, and it is done as if they had pressed a button."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from escalation import engine
from escalation.actions import config
from escalation.models import Alert, Incident
from escalation.replies import acting
from escalation.replies import sms as replies
from escalation.sources.event import Action
from paging.actions import contacts, testing
from paging.models import ContactMethod, Inbound, Notification, Page
from people.ledger.record import Actor
from tests.escalation.replies.conftest import ANA, BO, Company, deadlocked
from tests.world import TESTS, pagerduty

URL = "/twilio/sms"


def status(incident):
    incident.refresh_from_db()
    return incident.status


def paged(world, key="disk"):
    """Each a minute after the one before it: earlier they would be one message."""
    if Incident.objects.exists():
        world.wait(minutes=1)
    incident = world.alert(key)
    world.send()
    return incident


@pytest.mark.parametrize("said", ["1a", "a 1", "Ack #1", "ack", "a", "“1A”"])
def test_an_acknowledgement_stops_everyones_paging(world, ana, said):
    incident = paged(world)
    assert ana.expect_sms("Reply 1a ack, 1r resolve, 1e escalate").reply(said) == (
        f"Acknowledged #{incident.pk} disk is full."
    )
    assert status(incident) == "acknowledged"
    assert incident.acknowledged_by == world.ana
    assert "Ana Ruiz (by SMS): acknowledged; everyone's paging stops" in world.timeline(incident)
    world.wait(minutes=20)
    assert {user for _, user, _ in world.sent()} == {"ana"}


@pytest.mark.parametrize("said", ["1r", "1c", "close", "c", "resolve 1"])
def test_a_reply_resolves(world, ana, said):
    incident = paged(world)
    assert ana.expect_sms().reply(said) == f"Resolved #{incident.pk} disk is full."
    assert (status(incident), incident.resolved_by) == ("resolved", world.ana)


def test_a_reply_escalates(world, ana, bo):
    incident = paged(world)
    assert ana.expect_sms().reply("1e") == (
        f"Escalated #{incident.pk} disk is full. The next step is paged now."
    )
    world.send()
    bo.expect_sms("disk is full")


def test_a_bare_ack_means_the_last_one_shown(world, ana):
    first, second = paged(world), paged(world, "cpu")
    ana.expect_sms("disk")
    assert ana.expect_sms("cpu").reply("ack") == f"Acknowledged #{second.pk} cpu is full."
    assert status(first) == "triggered"
    assert ana.text("1a") == f"Acknowledged #{first.pk} disk is full."


def test_an_incident_is_known_by_its_own_number_too(world, ana):
    incident = paged(world)
    ana.expect_sms()
    assert ana.text(f"ack #{incident.pk}") == f"Acknowledged #{incident.pk} disk is full."


def test_who_is_too_late_is_told_who_was_quicker(world, ana, bo):
    incident = paged(world)
    world.wait(minutes=5)
    bo.expect_sms().reply("1r")
    assert ana.expect_sms().reply("1a") == f"Incident #{incident.pk} is already resolved by Bo Lind."


def test_who_joins_somebody_is_told_whom(world, ana, bo):
    incident = paged(world)
    world.wait(minutes=5)
    bo.expect_sms().reply("1a")
    assert ana.expect_sms().reply("1a").endswith("disk is full. Bo Lind is on it, too.")
    assert status(incident) == "acknowledged"


def test_a_number_is_free_again_a_while_after_its_incident_is_over(world, ana):
    paged(world)
    ana.expect_sms().reply("1r")
    world.clock.shift(timedelta(minutes=15))
    world.now += timedelta(minutes=15)
    second = paged(world, "cpu")
    assert ana.expect_sms("Reply 1a").reply("1a") == f"Acknowledged #{second.pk} cpu is full."


def test_who_answers_what_has_just_ended_acknowledges_nothing_else(world, ana):
    """They read the first message when the second comes."""
    first = paged(world)
    ana.expect_sms("Reply 1a")
    world.alert("disk", action=Action.RESOLVE)
    second = paged(world, "cpu")
    ana.expect_sms("Reply 2a")
    ana.expect_sms("Resolved by")
    assert ana.text("1a") == f"Incident #{first.pk} is already resolved."
    assert status(second) == "triggered"


def test_ack_all_acknowledges_what_was_shown_and_nobody_is_on(world, ana):
    shown = [paged(world, key) for key in ("disk", "cpu", "net")]
    for one in shown:
        ana.expect_sms(one.title)
    ana.text("2a")
    unseen = world.alert("unseen")
    engine.run_due(clock=lambda: world.now)  # its page is written, and no message has left
    numbers = f"#{shown[0].pk}, #{shown[2].pk}"
    assert ana.text("ack all") == f"Acknowledged 2: {numbers}."
    assert [status(one) for one in shown] == ["acknowledged"] * 3
    assert status(unseen) == "triggered"
    assert ana.text("ack all") == "Nothing is waiting to be acknowledged."


def test_ack_all_of_one_service_leaves_the_others(world, ana):
    other = other_service(world)
    first, second = paged(world), paged(world, "cpu")
    third = elsewhere(world, other)
    for one in (first, second, third):
        ana.expect_sms(one.title)
    assert ana.text("1aa") == f"Acknowledged 2: #{first.pk}, #{second.pk}."
    assert status(third) == "triggered"


def other_service(world):
    service = config.create_service(
        name="other", policy=world.policy, team=world.team, by=TESTS, now=world.now
    )
    key = "f" * 32
    config.ensure_routing_key(service=service, name="other", key=key, by=TESTS, now=world.now)
    return key


def elsewhere(world, key):
    Client().post("/v2/enqueue", pagerduty("net", key=key), "application/json")
    world.send()
    return Alert.objects.get(dedup_key="net").incident


def test_one_message_posted_twice_acts_once(world, ana, bo):
    incident = paged(world)
    assert ana.expect_sms().reply("1e", times=3).startswith("Escalated")
    world.send()
    bo.expect_sms("disk is full")
    assert sum("escalated by hand" in line for line in world.timeline(incident)) == 1


@pytest.mark.parametrize("word", ["STOP", "stop", "End", "CANCEL", "quit", "unsubscribe"])
def test_stop_ends_sms_and_start_begins_them_again(world, ana, phone, word):
    world.have_phone(world.ana, ANA, "voice")
    paged(world)
    ana.expect_call()
    assert ana.expect_sms().reply(word) == ""
    paged(world, "cpu")
    ana.expect_call("cpu is full")
    assert ana.text("START") == ""
    paged(world, "net")
    ana.expect_call("net is full")
    ana.expect_sms("net is full")


def test_stop_acknowledges_nothing(world, ana):
    incident = paged(world)
    ana.expect_sms().reply("STOP")
    assert status(incident) == "triggered"


def test_whose_sms_end_is_told_by_another_way_and_so_are_their_managers(world, ana, mailbox):
    contacts.set_contact_method(
        user=world.ana, kind="email", address="ana@example.com", by=TESTS, now=world.now
    )
    contacts.set_contact_method(
        user=world.mia, kind="email", address="mia@example.com", by=TESTS, now=world.now
    )
    ana.text("STOP")
    world.send()
    for address in ("ana@example.com", "mia@example.com"):
        mailbox.expect_mail(to=address, subject="Ana Ruiz is no longer paged by SMS", containing="send START")


def test_start_makes_no_number_somebody_s_who_has_not_verified_it(world, ana):
    entered = ContactMethod.objects.create(user=world.bo, kind="sms", address=ANA)
    ana.text("STOP")
    ana.text("START")
    entered.refresh_from_db()
    assert (entered.verified_at, entered.disabled_reason) == (None, "")


def test_a_carriers_own_word_for_stop_is_one(world, ana):
    ana.text("leave me alone", opt_out_type="STOP")
    assert ContactMethod.objects.get(kind="sms").disabled_reason.startswith("opted out")
    ana.text("come back", opt_out_type="START")
    assert ContactMethod.objects.get(kind="sms").disabled_reason == ""


@pytest.mark.parametrize("said", ["yes", "Yes!", "START"])
def test_a_yes_where_nothing_had_ended_is_told_how_to_acknowledge(world, ana, said):
    incident = paged(world)
    assert ana.expect_sms().reply(said) == replies.NOT_UNDERSTOOD
    assert status(incident) == "triggered"


def test_start_does_not_lift_what_was_disabled_for_another_reason(world, ana):
    world.have_phone(world.ana, ANA, "voice")
    method = ContactMethod.objects.get(kind="sms")
    contacts.disable_contact_method(method=method, reason="too many", by=TESTS, now=world.now)
    assert ana.text("START") == replies.NOT_UNDERSTOOD
    method.refresh_from_db()
    assert method.disabled_reason == "too many"


def test_stop_the_bleeding_is_not_stop(world, ana):
    paged(world)
    assert ana.expect_sms().reply("stop the bleeding").startswith("Not understood.")
    assert ContactMethod.objects.get(kind="sms").disabled_reason == ""


@pytest.mark.parametrize("said", ["1a", "ack all", "STOP", "hello", ""])
def test_a_stranger_hears_nothing(world, ana, phone, said):
    incident = paged(world)
    ana.expect_sms()
    assert phone("+14155559999").text(said) == ""
    assert status(incident) == "triggered"
    kept = Inbound.objects.get()
    assert (kept.outcome, kept.user, kept.answer) == ("stranger", None, "")
    assert (kept.sender, kept.said) == ("+1415…9999", said)


def test_strangers_do_not_fill_the_database(world, ana, phone):
    for number in range(60):
        for _ in range(8):
            phone(f"+1415555{number:04}").text("hello")
    assert Inbound.objects.filter(sender="+1415…0000").count() == 5
    assert Inbound.objects.count() == 50
    world.clock.shift(timedelta(minutes=15, seconds=1))
    phone("+14155550001").text("hello")
    assert Inbound.objects.count() == 51


@pytest.mark.parametrize("change", [{"is_active": False}, None])
def test_who_has_left_or_lost_the_phone_is_a_stranger(world, ana, change):
    incident = paged(world)
    ana.expect_sms()
    if change:
        type(world.ana).objects.filter(pk=world.ana.pk).update(**change)
    else:
        ContactMethod.objects.filter(kind="sms").update(disabled_reason="lost phone")
    assert ana.text("1a") == ""
    assert status(incident) == "triggered"


def test_an_unverified_number_is_a_strangers(world, ana):
    incident = paged(world)
    ana.expect_sms()
    ContactMethod.objects.filter(kind="sms").update(verified_at=None)
    assert ana.text("1a") == ""
    assert status(incident) == "triggered"


def test_a_phone_cannot_answer_for_another(world, ana, bo):
    incident = paged(world)
    ana.expect_sms()
    assert bo.text("1a").startswith("No message to this phone has the number 1.")
    assert bo.text("ack").startswith("No page was sent to this phone.")
    assert bo.text(f"ack #{incident.pk}").startswith("No message to this phone")
    assert status(incident) == "triggered"


def test_five_wrong_replies_in_a_row_are_answered_and_no_more(world, ana):
    paged(world)
    ana.expect_sms()
    answers = [ana.text("I am driving, I will read this later") for _ in range(8)]
    assert all(answer.startswith("Not understood.") for answer in answers[:4])
    assert answers[4] == replies.LAST_ANSWER
    assert answers[5:] == ["", "", ""]


def test_guessed_numbers_are_locked_and_the_lock_ends(world, ana):
    incident = paged(world)
    ana.expect_sms()
    answers = [ana.text(f"{number}a") for number in range(900_001, 900_006)]
    assert answers[4] == replies.LAST_GUESS
    assert ana.text("1a") == ""
    assert status(incident) == "triggered"
    world.clock.shift(timedelta(minutes=15))
    assert ana.text("1a").startswith("Acknowledged")


def test_who_is_locked_out_can_still_acknowledge_what_was_shown_last(world, ana):
    incident = paged(world)
    ana.expect_sms()
    for number in range(900_001, 900_006):
        ana.text(f"{number}a")
    assert ana.text("ack").startswith("Acknowledged")
    assert status(incident) == "acknowledged"
    assert ana.text("1r").startswith("Resolved")


def test_a_phone_that_answers_by_itself_locks_nobody_out(world, ana):
    incident = paged(world)
    ana.expect_sms()
    for _ in range(9):
        ana.text("I am driving, I will read this later")
    assert ana.text("1a").startswith("Acknowledged")
    assert status(incident) == "acknowledged"


def test_a_right_reply_ends_the_row_of_wrong_ones(world, ana):
    paged(world)
    ana.expect_sms()
    for _ in range(3):
        assert all(ana.text("hello") for _ in range(4))
        assert ana.text("ack").startswith("Acknowledged")


@pytest.mark.parametrize(
    "said", ["👩‍🚒🔥" * 400, "a" * 10_000, "\x00", "é" * 1600, "<Message>x</Message>", "'; --"]
)
def test_whatever_is_written_is_answered_in_one_segment(world, ana, said):
    answer = ana.text(said)
    assert answer == replies.NOT_UNDERSTOOD
    assert len(answer) <= 160


def test_a_title_cannot_put_words_of_its_own_into_an_answer(world, ana):
    incident = world.alert()
    Incident.objects.update(title="</Message><Message>x" + "y" * 300 + "🔥")
    world.send()
    answer = ana.expect_sms().reply("1a")
    assert answer.startswith(f"Acknowledged #{incident.pk} </Message><Message>x")
    assert len(answer) <= 160


@pytest.mark.parametrize("prefix", ["+91", "+86", "+502", "+506", "+507", "+84"])
def test_where_replies_never_arrive_no_number_is_shown(world, phone, prefix):
    number = prefix + "5550123456"[: 12 - len(prefix)]
    ContactMethod.objects.filter(user=world.ana).update(kind="sms", address=number)
    paged(world)
    body = phone(number).expect_sms("disk is full").body
    assert "Reply" not in body
    assert ("http" in body) is (prefix != "+86")


def test_where_no_number_of_ours_sends_no_number_is_shown(world, ana, settings):
    settings.TWILIO = settings.TWILIO | {"auth_token": ""}
    settings.PAGING_CHANNELS = settings.PAGING_CHANNELS | {"sms": "paging.channels.outbox.OutboxChannel"}
    paged(world)


class TestTheDoor:
    FORM = {"MessageSid": "SM1", "From": ANA, "Body": "1a"}

    def test_without_a_signature_nobody_comes_in(self, world, ana):
        incident = paged(world)
        ana.expect_sms()
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(URL, self.FORM).status_code == 403
        assert strict.post(URL, self.FORM, headers={"X-Twilio-Signature": "Z" * 28}).status_code == 403
        assert status(incident) == "triggered"

    def test_without_a_token_of_ours_nobody_comes_in(self, world, ana, settings):
        settings.TWILIO = settings.TWILIO | {"auth_token": ""}
        with pytest.raises(AssertionError, match="403"):
            ana.text("1a")

    @pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
    @pytest.mark.parametrize("url", [URL, URL + "/"])
    def test_anything_but_a_post_is_refused_without_a_redirect(self, client, method, url, db):
        assert getattr(client, method)(url).status_code == 405

    @pytest.mark.parametrize("body", [b"", b"\xff\x00", b"{}", b"a=" + b"x" * 10_000])
    def test_garbage_is_refused(self, client, body, db):
        assert client.post(URL, body, "application/x-www-form-urlencoded").status_code == 403
        assert client.post(URL, body, "application/json").status_code == 403

    def test_a_form_without_what_makes_it_a_message_does_nothing(self, phone, db):
        assert "<Response />" in phone.callbacks.post(phone.callbacks.address(URL), {"x": "y"}).text

    def test_with_its_last_slash_it_is_the_same_door(self, world, ana, phone):
        incident = paged(world)
        ana.expect_sms()
        phone.callbacks.post(phone.callbacks.address(URL + "/"), self.FORM)
        assert status(incident) == "acknowledged"


@pytest.mark.django_db(transaction=True)
def test_one_message_posted_twice_at_the_same_moment_acts_once(phone):
    world = Company()
    world.have_phone(world.ana, ANA, "sms")
    world.have_phone(world.bo, BO, "sms")
    with time_machine.travel(world.now, tick=False):
        incident = paged(world)
        phone(ANA).expect_sms()

        def post(_number):
            try:
                return replies.answer_sms(
                    provider="twilio", provider_id="SM1", phone=ANA, body="1e", now=world.now
                )
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            answers = set(pool.map(post, range(4)))
    assert len(answers) == 1
    assert sum("escalated by hand" in line for line in world.timeline(incident)) == 1


def test_a_message_that_says_many_is_answered_for_all_of_them(world, ana):
    shown = [world.alert(key) for key in ("disk", "cpu", "net")]
    world.send()
    numbers = ", ".join(f"#{one.pk}" for one in shown)
    assert ana.expect_sms("3 unacked alerts").reply("1aa") == f"Acknowledged 3: {numbers}."
    assert [status(one) for one in shown] == ["acknowledged"] * 3


def test_a_message_that_says_more_than_one_answer_may_do_is_answered_in_parts_and_says_so(
    world, ana, monkeypatch
):
    monkeypatch.setattr(acting, "MOST", 2)
    shown = [world.alert(key) for key in ("disk", "cpu", "net")]
    world.send()
    said = ana.expect_sms("3 unacked alerts").reply("1aa")
    assert said == "Acknowledged 2 of 3. Answer the same again for the others."
    assert ana.text("1aa").startswith(f"Acknowledged #{shown[2].pk}")
    assert [status(one) for one in shown] == ["acknowledged"] * 3


def test_one_reply_acknowledges_as_many_as_a_storm_puts_into_one_message(world, ana):
    shown = [world.alert(f"disk {number}") for number in range(30)]
    world.send()
    assert ana.expect_sms("30 unacked alerts").reply("1aa").startswith("Acknowledged 30:")
    assert {status(one) for one in shown} == {"acknowledged"}


@pytest.mark.parametrize("faults", [1, 2])
def test_a_reply_that_the_database_turns_away_for_a_moment_is_not_lost(world, ana, monkeypatch, faults):
    """The phone company posts it once."""
    incident = paged(world)
    ana.expect_sms()
    monkeypatch.setattr(replies, "perform", deadlocked(replies.perform, times=faults))
    assert ana.text("1a").startswith("Acknowledged")
    assert status(incident) == "acknowledged"


class TestTestPages:
    @pytest.mark.parametrize("said", ["1a", "ack", "1r", "1e", "1aa", "ack all"])
    def test_a_reply_to_a_test_page_stops_the_rest_of_it(self, world, ana, said):
        ask_test_page(world)
        answer = ana.expect_sms("test").reply(said)
        assert answer == acting.TEST
        assert Notification.objects.filter(page__cause__startswith="test:", state="pending").count() == 0
        page = Page.objects.get(cause__startswith="test:")
        assert page.stop_reason == "answered by Ana Ruiz (by SMS)"

    def test_ack_all_answers_the_incidents_and_the_test_page(self, world, ana):
        incident = paged(world)
        ana.expect_sms()
        world.clock.shift(timedelta(minutes=1))
        ask_test_page(world)
        ana.expect_sms("test")
        assert ana.text("ack all").startswith(f"Acknowledged #{incident.pk}")
        assert status(incident) == "acknowledged"
        assert Page.objects.get(cause__startswith="test:").stopped_at is not None


def ask_test_page(world):
    wanted = [("sms", timedelta(0)), ("sms", timedelta(minutes=5))]
    contacts.set_rules(user=world.ana, urgency="high", rules=wanted, by=TESTS, now=world.now)
    world.now = max(world.now, timezone.now())
    testing.send_test_page(user=world.ana, urgency="high", by=Actor.person(world.ana), now=world.now)
    world.send()


def test_who_resolves_says_what_it_was_and_also_of_what_was_over_already(world, ana):
    incident = paged(world)
    phone = ana.expect_sms()
    assert phone.reply("1r noise") == (
        f"Resolved #{incident.pk} disk is full. #{incident.pk} is labelled: noise."
    )
    assert phone.reply("1r acted") == f"#{incident.pk} is labelled: somebody had to act."
    incident.refresh_from_db()
    assert (incident.status, incident.label, incident.labelled_by) == ("resolved", "acted", world.ana)

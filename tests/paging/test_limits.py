"""Limits of an address, from rows; what they hold back, what they never do, and what one message says."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from paging import dispatch, links, selectors
from paging.actions import bundles, pages
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from paging.models import Attempt, Notification
from people.ledger.models import Entry
from tests import racing
from tests.paging.world import ALICE_MAIL, ALICE_SMS, NOW, Clock, Statements, facts, person, rules
from tests.racing import at_once

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def ask(user, number, *, now=NOW, service="checkout-api", urgency="high", run="1.0.1"):
    """A page about incident `number`."""
    said = facts(
        reference=f"#{number}", title=f"alert {number}", service=service, path=f"/incidents/{number}"
    )
    request = pages.PageRequest(
        user_id=user.pk, cause=f"incident:{number}", run=run, urgency=urgency, facts=said
    )
    pages.page(requests=[request], now=now)


def send(clock):
    return dispatch.send_due(clock=clock)


def bodies(kind="sms"):
    rows = Attempt.objects.filter(accepted=True, notification__method__kind=kind).order_by("pk")
    return [row.subject or row.body.splitlines()[0] for row in rows]


def sent_after(kind="sms"):
    """When each message of this kind left, in seconds."""
    rows = Attempt.objects.filter(accepted=True, notification__method__kind=kind).order_by("pk")
    return [(at - NOW).total_seconds() for at in rows.values_list("at", flat=True)]


def drain(clock, *, until=timedelta(hours=4)):
    """Let time pass from one due message to the next."""
    while clock.now < NOW + until:
        send(clock)
        following = (
            Notification.objects.filter(state="pending", due_at__gt=clock.now).order_by("due_at").first()
        )
        if following is None:
            return
        clock.now = following.due_at


def timeline(number):
    rows = Entry.objects.filter(subject_type="incident", subject_id=number).order_by("id")
    return list(rows.values_list("what", flat=True))


def test_one_whose_limits_cannot_be_reckoned_leaves_without_and_holds_up_no_other(phone, monkeypatch):
    """It is the first in the row: a fault of ours about it would keep back every page behind it."""
    alice, bob, clock = person(sms=ALICE_SMS), person("bob", "Bob Ruiz", sms="+14155550102"), Clock()

    def broken(lead, *, now):
        if lead.page.user == alice:
            Notification.objects.create(
                pk=lead.pk
            )  # the database refuses it, and the rest of the transaction
        return admit(lead, now=now)

    admit = dispatch.admit
    monkeypatch.setattr(dispatch, "admit", broken)
    ask(alice, 1)
    ask(bob, 2)
    assert send(clock) == 2
    phone.expect_sms(to=ALICE_SMS)
    phone.expect_sms(to="+14155550102")


# What a limit holds back


def test_what_a_limit_holds_back_keeps_its_row_and_says_so_in_plain_words_once():
    alice, clock = person(sms=ALICE_SMS), Clock()
    ask(alice, 1, urgency="low")
    ask(alice, 2, urgency="low", service="billing-api")
    send(clock)
    held = Notification.objects.get(page__cause="incident:2")
    why = "waits until 2026-11-21 03:01:00 UTC: at most 1 SMS in 1 min to one number"
    assert (held.state, held.due_at, held.reason, held.held_since) == ("pending", NOW + MINUTE, why, NOW)
    clock.advance(seconds=59)
    assert send(clock) == 0
    assert [line for line in timeline(2) if "waits" in line] == [f"SMS to Alice Ng (+1415…0101) {why}"]
    clock.advance(seconds=1)
    assert send(clock) == 1
    assert sent_after() == [0, 60]
    assert Entry.objects.get(verb="page.sent", subject_id=2).why == "a limit had held it back"


@pytest.mark.parametrize(
    ("kind", "leave"), [("sms", [0, 1, 2, 3, 4, 15]), ("voice", [0, 1, 2, 15, 26.25, 37.5])]
)
def test_an_endless_supply_of_one_address_leaves_as_the_rules_say(kind, leave):
    alice, clock = person(**{kind: ALICE_SMS}), Clock()
    for number in range(len(leave)):
        ask(alice, number + 1, urgency="low", service=f"service-{number}")
    drain(clock)
    assert sent_after(kind) == [minutes * 60 for minutes in leave]


def test_a_limit_is_of_the_number_whoever_it_belongs_to():
    clock = Clock()
    ask(person(sms=ALICE_SMS), 1, urgency="low")
    ask(person("bob", "Bob Ruiz", sms=ALICE_SMS), 2, urgency="low")
    assert send(clock) == 1
    drain(clock)
    assert sent_after() == [0, 60]


def test_calls_and_sms_to_one_number_have_limits_of_their_own_and_mail_has_none():
    alice, clock = person(sms=ALICE_SMS, voice=ALICE_SMS, email=ALICE_MAIL), Clock()
    rules(alice, ("sms", 0), ("voice", 0), ("email", 0), urgency="low")
    for number in range(1, 4):
        ask(alice, number, urgency="low", service=f"service-{number}")
    send(clock)
    assert (len(bodies("sms")), len(bodies("voice")), len(bodies("email"))) == (1, 1, 3)


def test_what_a_provider_refused_counts_for_nothing(phone):
    alice, clock = person(sms=ALICE_SMS), Clock()
    ask(alice, 1, urgency="low")
    phone.fail_next(status=400, code=21408)
    send(clock)
    ask(alice, 2, urgency="low", service="billing-api")
    assert send(clock) == 1
    phone.expect_sms(to=ALICE_SMS, containing="#2")


def test_another_try_of_a_message_waits_for_no_limit_and_what_follows_waits_for_it(phone):
    alice, clock = person(sms=ALICE_SMS), Clock()
    ask(alice, 1, urgency="low")
    phone.fail_next(status=503)
    send(clock)
    ask(alice, 2, urgency="low", service="billing-api")
    assert send(clock) == 0
    clock.advance(seconds=3)
    assert send(clock) == 1
    phone.expect_sms(to=ALICE_SMS, containing="#1")
    drain(clock)
    phone.expect_sms(to=ALICE_SMS, containing="#2")
    assert sent_after() == [3, 63]


def test_a_lost_claim_is_sent_again_within_its_lease_whatever_the_limit(phone):
    alice, clock = person(sms=ALICE_SMS), Clock()
    ask(alice, 1)
    assert dispatch._claim(clock)  # and the worker is killed
    clock.advance(seconds=16)
    assert send(clock) == 1
    phone.expect_sms(to=ALICE_SMS)


def test_two_moments_of_one_page_that_fall_together_become_one():
    """A rule's second SMS comes due at the very moment its first is held until."""
    alice, clock = person(sms=ALICE_SMS), Clock()
    rules(alice, ("sms", 0), ("sms", 1), urgency="low")
    ask(alice, 1, urgency="low", service="billing-api", now=NOW - MINUTE / 2)
    clock.now = NOW - MINUTE / 2
    send(clock)
    ask(alice, 2, urgency="low", now=NOW - MINUTE / 2)
    send(clock)
    drain(clock)
    assert sorted(body.split()[0] for body in bodies()) == ["#1", "#1", "#2"]
    states = Notification.objects.filter(page__cause="incident:2").values_list("state", flat=True)
    assert sorted(states) == ["bundled", "sent"]


def test_when_the_one_of_them_fails_the_page_has_nothing_left_that_may_still_come(phone):
    """Or nobody would be asked in the place of who was not reached, before the step is over."""
    alice, clock = person(sms=ALICE_SMS), Clock()
    ask(alice, 1)
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    rules(alice, ("sms", 0), ("sms", 1))
    ask(alice, 2)
    send(clock)
    clock.advance(minutes=1)
    phone.fail_next(status=400, code=30007)
    send(clock)
    states = Notification.objects.filter(page__cause="incident:2").values_list("state", flat=True)
    assert sorted(states) == ["failed", "failed"]
    assert selectors.unreachable_runs(limit=10) == [("incident:2", "1.0.1")]


def test_what_was_said_by_a_page_that_joins_a_bundle_fails_with_that(phone):
    alice, clock = person(sms=ALICE_SMS), Clock()
    ask(alice, 1)
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    rules(alice, ("sms", 0), ("sms", 1))
    for number in (2, 3):
        ask(alice, number)
    send(clock)
    clock.advance(minutes=1)
    phone.fail_next(status=400, code=30007)
    send(clock)
    assert len(phone.refused) == 1
    assert {cause for cause, _ in selectors.unreachable_runs(limit=10)} == {"incident:2", "incident:3"}


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_near_the_limit_never_send_more_than_it_allows(phone):
    alice = person(sms=ALICE_SMS)
    for number in range(1, 21):
        ask(alice, number, urgency="low", service=f"service-{number}")
    at_once(*4 * [lambda: dispatch.send_due(clock=Clock())])
    phone.expect_sms(to=ALICE_SMS)
    assert Attempt.objects.count() == 1
    assert Notification.objects.filter(state="pending", due_at__gt=NOW).count() == 19


@pytest.mark.django_db(transaction=True)
def test_a_backlog_that_is_held_back_costs_a_look_nothing_and_is_put_off_in_one_go():
    alice, clock = person(sms=ALICE_SMS), Clock()

    def first_look(pages):
        for number in range(pages):
            ask(alice, number, urgency="low", service=f"service-{number}", run=f"{clock.now}", now=clock.now)
        return len(Statements.during(lambda: send(clock)))

    few = first_look(5)
    assert len(Statements.during(lambda: send(clock))) <= 5
    clock.advance(hours=4)
    Notification.objects.filter(state="pending").update(state="suppressed")
    assert first_look(60) == few
    assert not Notification.objects.filter(state="pending", due_at__lte=clock.now).exists()


# The first page of a high-urgency incident


def test_a_first_page_goes_by_the_next_method_at_once():
    alice, clock = person(sms=ALICE_SMS, voice=ALICE_SMS, email=ALICE_MAIL), Clock()
    rules(alice, ("sms", 0), ("voice", 2), ("email", 5))
    ask(alice, 1)
    send(clock)
    clock.advance(seconds=10)
    ask(alice, 2, now=clock.now)
    send(clock)
    assert (sent_after("sms"), sent_after("voice")) == ([0], [10])
    (said,) = [line for line in timeline(2) if "waits" in line]
    assert said.startswith("SMS to Alice Ng (+1415…0101) waits until 2026-11-21 03:01:00 UTC: ")
    assert said.endswith("at most 1 SMS in 1 min to one number; call at once instead")
    clock.advance(seconds=50)
    send(clock)
    assert sent_after("sms") == [0, 60]


def test_a_method_that_no_rule_names_is_better_than_waiting():
    alice, clock = person(sms=ALICE_SMS, email=ALICE_MAIL), Clock()
    rules(alice, ("sms", 0))
    for number in (1, 2):
        ask(alice, number, service=f"service-{number}")
    send(clock)
    assert (bodies("sms")[0].split()[0], bodies("email")) == ("#1", ["[SEV-1] service-2: alert 2 (#2)"])


def test_with_no_method_left_a_first_page_is_sent_beyond_the_limit_and_so_recorded():
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in (1, 2):
        ask(alice, number, service=f"service-{number}")
    assert send(clock) == 2
    assert sent_after() == [0, 0]
    beyond = Notification.objects.get(beyond_limit=True)
    assert beyond.page.cause == "incident:2"
    why = "beyond the limit, at most 1 SMS in 1 min to one number: a first page does not wait"
    assert Entry.objects.get(verb="page.sent", subject_id=2).why == why


def test_no_long_limit_holds_a_first_page_of_the_same_service_back():
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 8):
        ask(alice, number, now=clock.now)
        assert send(clock) == 1
        clock.advance(seconds=61)
    assert Notification.objects.filter(beyond_limit=True).count() == 2


def test_a_second_page_of_the_same_incident_waits():
    alice, clock = person(sms=ALICE_SMS), Clock()
    ask(alice, 1)
    send(clock)
    ask(alice, 1, run="1.0.2")
    assert send(clock) == 0
    drain(clock)
    assert sent_after() == [0, 60]


def test_a_first_page_is_still_one_when_what_went_instead_has_failed(settings):
    alice, clock = person(sms=ALICE_SMS, email=ALICE_MAIL), Clock()
    rules(alice, ("sms", 0))
    settings.PAGING_CHANNELS = {"sms": settings.PAGING_CHANNELS["sms"]}
    for number in (1, 2):
        ask(alice, number, service=f"service-{number}")
    send(clock)
    assert sent_after() == [0, 0]
    assert Notification.objects.filter(method__kind="email").values_list("state", flat=True)[0] == "failed"


# Bundles


def test_four_alerts_before_the_first_send_are_one_sms():
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 5):
        ask(alice, number, service="My Service")
    assert send(clock) == 1
    assert bodies() == ["My Service: 4 unacked alerts"]
    speaker = Notification.objects.get(state="sent")
    assert list(speaker.members.values_list("state", flat=True)) == ["bundled"] * 3
    assert speaker.members.first().get_state_display() == "said by another message"
    for number in range(1, 5):
        said = "SMS to Alice Ng (+1415…0101) handed to the outbox; it says 4 at once"
        assert timeline(number)[-1] == said


def test_one_that_waits_is_never_bundled_and_services_are_not_mixed():
    alice, clock = person(sms=ALICE_SMS), Clock()
    ask(alice, 1, service="a")
    ask(alice, 2, service="b")
    send(clock)
    assert bodies() == ["#1 SEV-1 a: alert 1", "#2 SEV-1 b: alert 2"]
    assert not Notification.objects.filter(state="bundled").exists()


def test_three_pages_of_one_incident_on_one_phone_are_one_sms_about_it():
    """Case D11: the oldest leaves and says the others, whatever their order; another phone is untouched."""
    alice, bob, clock = person(sms=ALICE_SMS), person("bob", "Bob", sms="+14155550102"), Clock()
    for run, minutes in (("3", 60), ("4", 0), ("5", 120)):
        ask(alice, 1, run=run, urgency="low", now=NOW - timedelta(hours=4) + minutes * MINUTE)
    ask(bob, 1, run="6", urgency="low", now=NOW - timedelta(hours=1))
    assert send(clock) == 2
    assert bodies() == ["#1 SEV-1 checkout-api: alert 1"] * 2
    hers, his = (Notification.objects.filter(method__user=one).order_by("page__run") for one in (alice, bob))
    assert list(hers.values_list("page__run", "state")) == [("3", "bundled"), ("4", "sent"), ("5", "bundled")]
    assert list(his.values_list("page__run", "state", "says")) == [("6", "sent", 1)]


def test_what_trickles_in_on_one_phone_is_said_together_within_a_minute():
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 121):
        ask(alice, number, now=clock.now)
        send(clock)
        clock.advance(seconds=1)
    assert bodies() == [
        "#1 SEV-1 checkout-api: alert 1",
        "checkout-api: 60 unacked alerts",
    ]
    drain(clock)
    assert bodies()[2:] == ["checkout-api: 59 unacked alerts"]


def test_a_page_that_was_stopped_drops_out_of_what_waits():
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 5):
        ask(alice, number)
    pages.stop(cause="incident:3", reason="acknowledged", now=NOW)
    send(clock)
    assert bodies() == ["checkout-api: 3 unacked alerts"]


@pytest.mark.parametrize("stopped", [1, 2])
def test_a_page_that_was_stopped_drops_out_before_another_try(phone, stopped):
    """The one whose row leaves, or another."""
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 5):
        ask(alice, number)
    phone.fail_next(status=503)
    send(clock)
    pages.stop(cause=f"incident:{stopped}", reason="acknowledged", now=NOW)
    clock.advance(seconds=3)
    assert send(clock) == 1
    phone.expect_sms(to=ALICE_SMS, containing="checkout-api: 3 unacked alerts")
    assert Notification.objects.get(page__cause=f"incident:{stopped}").state == "suppressed"


def test_a_page_that_was_stopped_between_the_claim_and_the_sending_drops_out_at_once(phone):
    """Or it would count as said, and its person would hear of the end of what they never heard of."""
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 5):
        ask(alice, number)
    claimed = dispatch.claim_next(clock=clock)
    pages.stop(cause="incident:3", reason="acknowledged", now=NOW)
    dispatch.hand_over(claimed, clock=clock)
    phone.expect_sms(to=ALICE_SMS, containing="checkout-api: 3 unacked alerts")
    row = Notification.objects.get(page__cause="incident:3")
    assert (row.state, row.reason) == ("suppressed", "its page was stopped")
    assert selectors.told_of("incident:3") == []
    assert not any("handed to" in line for line in timeline(3))
    assert selectors.told_of("incident:2") == [alice.pk]


@pytest.mark.django_db(transaction=True)
def test_who_acknowledges_while_a_message_gathers_others_is_not_turned_away(phone, monkeypatch):
    """A claim holds what waits, then what that speaks for. So does a stop, or both would end in a deadlock,
    of which the database picks the victim.
    """
    alice, clock = person(sms=ALICE_SMS), Clock()
    ask(alice, 1)
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    pages.stop(cause="incident:1", reason="acknowledged", now=NOW)
    rules(alice, ("sms", 0), ("sms", 1))
    for number in (2, 3):
        ask(alice, number)
        send(clock)  # each is held back, and what it would say in a minute is folded into it
    gather, faults = bundles.say_together, []

    def acknowledge():
        try:
            with transaction.atomic():
                pages.stop(cause="incident:2", reason="acknowledged", now=NOW)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the test tells it
            faults.append(fault)
        finally:
            connection.close()

    def gather_while_it_waits(*given):
        stopping.start()
        while connection.vendor == "postgresql" and stopping.is_alive() and not racing.waiting():
            stopping.join(racing.POLL)
        gather(*given)

    stopping = threading.Thread(target=acknowledge)
    monkeypatch.setattr(bundles, "say_together", gather_while_it_waits)
    clock.advance(minutes=1)
    claimed = dispatch.claim_next(clock=clock)
    stopping.join(racing.GIVE_UP)
    assert (claimed.page.cause, claimed.says, faults) == ("incident:3", 4, [])


def test_a_bundle_whose_every_page_stopped_is_suppressed(phone):
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 5):
        ask(alice, number)
    phone.fail_next(status=503)
    send(clock)
    for number in range(1, 5):
        pages.stop(cause=f"incident:{number}", reason="resolved", now=NOW)
    clock.advance(minutes=10)
    assert send(clock) == 0
    assert set(Notification.objects.values_list("state", flat=True)) == {"suppressed"}


def test_what_a_worker_held_when_its_page_was_stopped_releases_the_others(phone):
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 4):
        ask(alice, number)
    assert dispatch._claim(clock)  # and the worker is killed
    pages.stop(cause="incident:1", reason="acknowledged", now=NOW)
    clock.advance(seconds=16)
    send(clock)
    send(clock)
    phone.expect_sms(to=ALICE_SMS, containing="checkout-api: 2 unacked alerts")


def test_a_bundle_that_fails_takes_all_its_pages_another_way(phone, mailbox):
    alice, clock = person(sms=ALICE_SMS, email=ALICE_MAIL), Clock()
    rules(alice, ("sms", 0))
    for number in range(1, 4):
        ask(alice, number)
    phone.fail_next(status=400, code=21211)
    send(clock)
    for number in range(1, 4):
        mailbox.expect_mail(to=ALICE_MAIL, containing=f"alert {number}")
        assert "SMS to Alice Ng (+1415…0101) failed; email at once instead" in timeline(number)
    mailbox.expect_mail(to=ALICE_MAIL, containing="no longer paged by SMS")
    assert len(phone.refused) == 1


def test_a_bundle_that_fails_with_no_way_left_leaves_each_of_its_pages_unreachable(phone):
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 4):
        ask(alice, number)
    phone.fail_next(status=400, code=21211)
    send(clock)
    assert {cause for cause, _ in selectors.unreachable_runs(limit=10)} == {
        "incident:1",
        "incident:2",
        "incident:3",
    }


def test_a_call_says_how_many_and_the_worst(capsys):
    alice, clock = person(voice=ALICE_SMS), Clock()
    for number in (1, 2):
        ask(alice, number)
    send(clock)
    assert "checkout-api has 2 unacknowledged alerts, among them, severity 1: alert 1" in bodies("voice")[0]


def test_a_flood_of_mail_is_one_mail_that_lists_every_one():
    alice, clock = person(email=ALICE_MAIL), Clock()
    for number in range(1, 31):
        ask(alice, number)
    assert send(clock) == 1
    mail = Attempt.objects.get()
    assert mail.subject == "checkout-api: 30 unacked alerts"
    assert all(f"#{number}: SEV-1 alert {number}\n" in mail.body for number in range(1, 31))


def test_a_bundle_names_its_causes_to_whoever_answers_it():
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 5):
        ask(alice, number)
    send(clock)
    speaker = Notification.objects.get(state="sent")
    said = selectors.said_by(speaker.pk)
    assert said == (alice, tuple(f"incident:{number}" for number in range(1, 5)))
    assert selectors.said_by(speaker.pk + 1000) is None
    url = Attempt.objects.get().body.splitlines()[-1]
    assert links.read_bundle_token(url.rpartition("/p/")[2]) == speaker.pk


# Order


def test_the_first_page_of_a_service_jumps_the_queue():
    people = [person(f"p{n}", sms=f"+1415555{n:04}", email=f"p{n}@acme.example") for n in range(3)]
    for one in people:
        rules(one, ("email", 0))
        for number in range(1, 6):
            ask(one, number, now=NOW - MINUTE)
    ask(people[0], 7, service="billing-api", now=NOW)
    clock = Clock()
    for _ in range(4):
        dispatch.send_due(clock=clock, limit=1)
    assert "[SEV-1] billing-api: alert 7 (#7)" in bodies("email")


def test_a_quarter_of_an_hour_later_a_service_has_a_first_page_again():
    alice = person(email=ALICE_MAIL)
    for minutes, number in ((0, 1), (1, 2), (17, 3)):
        ask(alice, number, now=NOW + minutes * MINUTE)
    assert list(Notification.objects.order_by("pk").values_list("priority", flat=True)) == [0, 1, 0]


def test_of_many_pages_asked_for_at_once_one_is_the_first():
    alice = person(email=ALICE_MAIL)
    requests = [
        pages.PageRequest(user_id=alice.pk, cause=f"incident:{n}", run="1", urgency="high", facts=facts())
        for n in range(5)
    ]
    pages.page(requests=requests, now=NOW)
    assert sorted(Notification.objects.values_list("priority", flat=True)) == [0, 1, 1, 1, 1]


# Notices


def tell_of(user, number, *, now=NOW):
    said = Notice(title=f"Resolved by Bo: #{number}", service="checkout-api")
    request = NoticeRequest(user_id=user.pk, cause=f"incident:{number}", run="told", notice=said)
    tell(requests=[request], now=now)


def test_a_page_waits_for_no_notice_and_a_notice_waits_for_pages():
    alice, clock = person(sms=ALICE_SMS), Clock()
    tell_of(alice, 1)
    send(clock)
    ask(alice, 2, urgency="low")
    assert send(clock) == 1
    tell_of(alice, 3)
    assert send(clock) == 0
    assert timeline(3)[-1].endswith("to one number")
    drain(clock)
    assert sent_after() == [0, 0, 180]


def test_notices_that_wait_are_told_together():
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in range(1, 5):
        tell_of(alice, number)
    assert send(clock) == 1
    assert bodies() == ["checkout-api: 4 notices, the last: Resolved by Bo: #4"]
    assert "/p/" not in Attempt.objects.get().body


def test_a_notice_and_a_page_of_one_service_are_two_messages():
    alice, clock = person(sms=ALICE_SMS), Clock()
    ask(alice, 1)
    tell_of(alice, 2)
    drain(clock)
    assert bodies() == ["#1 SEV-1 checkout-api: alert 1", "Resolved by Bo: #2"]


def test_nobody_answers_for_what_a_bundle_has_not_said_yet(phone):
    alice, clock = person(sms=ALICE_SMS), Clock()
    for number in (1, 2):
        ask(alice, number)
    claimed = dispatch.claim_next(clock=clock)
    assert claimed is not None
    assert claimed.says == 2
    assert selectors.told_causes([alice.pk]) == {}
    dispatch.hand_over(claimed, clock=clock)
    phone.expect_sms(to=ALICE_SMS, containing="2 unacked alerts")
    assert set(selectors.told_causes([alice.pk])) == {"incident:1", "incident:2"}


@pytest.mark.parametrize("order", [("sms", "email"), ("email", "sms")])
def test_a_mail_wakes_nobody_so_a_first_page_whose_sms_waits_rings(phone, mailbox, order):
    ways = {"sms": ALICE_SMS, "email": ALICE_MAIL}
    alice, clock = person(**{kind: ways[kind] for kind in order}, voice=ALICE_SMS), Clock()
    rules(alice, ("sms", 0), ("email", 0), ("voice", 10))
    ask(alice, 1)
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    mailbox.expect_mail(to=ALICE_MAIL)
    clock.advance(seconds=5)
    ask(alice, 2, now=clock.now)
    send(clock)
    mailbox.expect_mail(to=ALICE_MAIL)
    phone.expect_call(to=ALICE_SMS)
    assert "call at once instead" in " ".join(timeline(2))

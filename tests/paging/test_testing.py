"""A test page goes the way of every page, and counts as none."""

from datetime import timedelta

import pytest

from paging import dispatch, selectors
from paging.actions import testing
from paging.actions.contacts import Refused
from paging.models import Attempt, Notification, Page
from people import metrics
from people.ledger.models import Entry
from people.ledger.record import Actor
from tests.paging.world import ALICE_MAIL, ALICE_SMS, Clock, person, rules, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def alice():
    return person(sms=ALICE_SMS, email=ALICE_MAIL, voice=ALICE_SMS)


def ask(user, clock, urgency="high"):
    testing.send_test_page(user=user, urgency=urgency, by=Actor.person(user, via="web"), now=clock())


def test_it_follows_the_rules_of_its_urgency(alice, clock):
    rules(alice, ("sms", 0), ("voice", 2))
    ask(alice, clock)
    dispatch.send_due(clock=clock)
    assert states() == {"sms": "sent", "voice": "pending"}
    clock.advance(minutes=2)
    dispatch.send_due(clock=clock)
    assert states() == {"sms": "sent", "voice": "sent"}
    said = Entry.objects.get(verb="page.tested")
    assert (said.what, said.actor_name) == (
        "Alice Ng asked for a test page at high urgency",
        "Alice Ng (web)",
    )
    assert (said.subject_type, said.subject_id) == ("user", alice.pk)


def test_at_low_urgency_it_wakes_nobody(alice, clock):
    ask(alice, clock, "low")
    assert set(states()) == {"email"}


def test_its_messages_say_that_nothing_is_wrong(alice, clock):
    ask(alice, clock)
    dispatch.send_due(clock=clock)
    texts = list(Attempt.objects.values_list("body", flat=True))
    assert len(texts) == 3
    assert all("Nothing is wrong" in text for text in texts)


def test_it_is_sent_once_a_minute_and_a_newer_one_stops_the_older(alice, clock):
    rules(alice, ("sms", 0), ("voice", 2))
    ask(alice, clock)
    clock.advance(seconds=45)
    with pytest.raises(Refused, match="in 15 s"):
        ask(alice, clock)
    clock.advance(seconds=15)
    ask(alice, clock)
    assert Notification.objects.filter(state="suppressed").count() == 2
    assert Page.objects.filter(stopped_at=None).count() == 1


def test_who_cannot_be_paged_is_told_what_to_add(clock):
    with pytest.raises(Refused, match="Nobody can page you: add a number"):
        ask(person(), clock)
    assert not Entry.objects.exists()


@pytest.mark.parametrize("urgency", ["", "info", "urgent", "\x00" * 10_000])
def test_there_are_two_urgencies(alice, clock, urgency):
    with pytest.raises(Refused, match="write high or low"):
        ask(alice, clock, urgency)


def test_no_report_metric_or_rest_counts_it(alice, clock):
    pages = metrics.PAGES.labels(urgency="high")._value
    delays = metrics.SEND_DELAY.labels(kind="sms")._sum
    before = (pages.get(), delays.get())
    ask(alice, clock)
    clock.advance(seconds=30)
    dispatch.send_due(clock=clock)
    assert Attempt.objects.filter(accepted=True).count() == 3
    since = clock() - timedelta(hours=1)
    assert selectors.high_pages([alice.pk], since=since) == []
    assert selectors.paged_since([alice.pk], since=since) == {}
    assert selectors.paged_between([alice.pk], since=since, until=clock()) == []
    assert (pages.get(), delays.get()) == before


def test_one_that_reached_nobody_asks_nobody_in_their_place(alice, clock, phone):
    rules(alice, ("sms", 0))
    alice.contact_methods.exclude(kind="sms").update(disabled_reason="gone")
    phone.fail_next(status=400, code=21211)
    ask(alice, clock)
    dispatch.send_due(clock=clock)
    assert Page.objects.get().unreachable_at == clock()
    assert selectors.unreachable_runs(limit=10) == []

"""Money: what was sent is priced, and administrators hear once when a month nears its cap. No page waits."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine

from paging import dispatch
from paging.actions.spending import watch_spending
from paging.core.price import Prices
from paging.models import Attempt, MonthOfSpending, Notification, Page
from paging.selectors import carried, spent
from people.models import User
from tests.paging.world import ALICE_MAIL, ALICE_SMS, NOW, Clock, page, person
from tests.racing import at_once
from watchbill.doctor import site
from watchbill.ticking import keeper

pytestmark = pytest.mark.django_db

MONTH = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def prices(settings):
    settings.PRICES = Prices(sms=Decimal("0.5"), call=Decimal(1), currency="EUR")
    settings.SPENDING_CAP = Decimal(10)


@pytest.fixture
def root():
    user = person("root", "Root", email="root@acme.example")
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    return user


def told():
    return list(Page.objects.filter(cause__startswith="spending:").order_by("pk"))


def look(clock):
    return watch_spending(clock=clock)


def spend(amount, at=NOW):
    """As a message that was sent leaves it."""
    user = person(f"p{Attempt.objects.count()}", "P", email=ALICE_MAIL)
    page(user)
    sent = Notification.objects.get(page__user=user)
    Attempt.objects.create(
        notification=sent,
        at=at,
        provider="twilio",
        accepted=True,
        body="x",
        cost=Decimal(amount),
        currency="EUR",
    )


def test_what_was_taken_costs_what_the_operator_says(phone):
    page(person(sms=ALICE_SMS, voice=ALICE_SMS))
    dispatch.send_due(clock=Clock())
    phone.expect_sms(to=ALICE_SMS)
    phone.expect_call(to=ALICE_SMS)
    costs = dict(Attempt.objects.values_list("notification__method__kind", "cost"))
    assert costs == {"sms": Decimal("0.5"), "voice": Decimal(1)}
    assert spent(since=MONTH, currency="EUR") == Decimal("1.5")
    assert spent(since=MONTH, currency="USD") == 0


def test_what_was_refused_costs_nothing(phone):
    phone.fail_next(status=429, code=20429)
    page(person(sms=ALICE_SMS))
    dispatch.send_due(clock=Clock(), limit=1)
    refused = Attempt.objects.get()
    assert (refused.accepted, refused.cost, refused.currency) == (False, None, "")


def test_the_outbox_costs_nothing():
    page(person(email=ALICE_MAIL))
    dispatch.send_due(clock=Clock())
    assert Attempt.objects.get().cost is None


def test_administrators_hear_once_at_80_and_once_at_100_percent(root):
    clock = Clock()
    spend("7.99")
    assert (look(clock), told()) == (1, [])
    clock.advance(minutes=5)
    spend("0.01")
    look(clock)
    (first,) = told()
    assert first.user == root
    assert first.facts["title"] == "Messages of 2026-11 cost 8.00 EUR so far: 80 % of the cap or more"
    spend("5")
    for _ in range(5):
        clock.advance(minutes=5)
        look(clock)
    assert [row.facts["title"].split(": ")[1] for row in told()] == [
        "80 % of the cap or more",
        "100 % of the cap or more",
    ]


def test_who_reaches_the_cap_at_once_hears_once(root):
    spend(20)
    look(Clock())
    assert len(told()) == 1


def test_a_page_leaves_whatever_was_spent(root, phone):
    spend(1000)
    look(Clock())
    page(person("bo", "Bo", sms=ALICE_SMS))
    dispatch.send_due(clock=Clock())
    phone.expect_sms(to=ALICE_SMS)


def test_a_new_month_begins_at_nothing(root):
    spend(20)
    december = Clock(datetime(2026, 12, 1, tzinfo=UTC))
    look(december)
    assert told() == []
    spend(9, at=december.now)
    december.advance(minutes=5)
    look(december)
    assert len(told()) == 1


def test_it_is_added_up_every_five_minutes_and_costs_one_query_between(root, django_assert_num_queries):
    clock = Clock()
    assert look(clock) == 1
    clock.advance(minutes=4, seconds=59)
    with django_assert_num_queries(1):
        assert look(clock) == 0
    clock.advance(seconds=1)
    assert look(clock) == 1


def test_without_a_cap_nobody_looks(settings, django_assert_num_queries):
    settings.SPENDING_CAP = None
    with django_assert_num_queries(0):
        assert look(Clock()) == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_tells():
    root = person("root", "Root", email="root@acme.example")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    spend(20)
    at_once(*3 * [lambda: look(Clock())])
    assert len(told()) == 1
    assert MonthOfSpending.objects.get().spent == 20


def test_the_keeper_does_it(root):
    spend(20)
    with time_machine.travel(NOW, tick=False):
        keeper.CHORES["spending"](lambda: False)
    assert len(told()) == 1


def test_providers_are_counted_by_kind_with_how_fast_they_answer(phone):
    phone.fail_next(status=429, code=20429)
    user = person(sms=ALICE_SMS, email=ALICE_MAIL)
    page(user)
    dispatch.send_due(clock=Clock())
    Attempt.objects.filter(provider="twilio").update(took_ms=120)
    rows = {(row.provider, row.kind): row for row in carried(since=MONTH)}
    sms, mail = rows["twilio", "sms"], rows["outbox", "email"]
    assert (sms.attempts, sms.accepted, sms.unsaid, sms.took_ms, sms.cost) == (1, 0, 0, (120, 120), None)
    assert (mail.attempts, mail.accepted, mail.unsaid) == (1, 1, 1)


def test_doctor_says_when_a_month_is_over_its_cap():
    assert list(site.spending(NOW)) == []
    spend(10)
    (found,) = site.spending(NOW)
    assert found.what == "Messages of 2026-11 cost 10.00 EUR, over SPENDING_CAP (10.00)."


def test_doctor_says_when_a_cap_counts_nothing(settings):
    settings.PRICES = Prices()
    (found,) = site.spending(NOW)
    assert "no price is known" in found.what

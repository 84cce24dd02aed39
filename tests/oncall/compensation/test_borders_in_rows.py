"""The same borders, from rows: nights over the end of a month, people who move, half months, shared slots."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from oncall import actions
from oncall.core.definition import Definition
from paging.models import ContactMethod, Notification, Page
from people import actions as people
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from tests.oncall.compensation.test_reckoning import (
    AFTER,
    BEFORE,
    BY,
    BY_THE_WEEK,
    owed,
    person,
    plan,
    totals,
)
from tests.oncall.test_reading import daily, schedule

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MAY, JUNE, JULY, AUGUST = (date(2025, month, 1) for month in (5, 6, 7, 8))
MIDNIGHT = datetime(2025, 6, 30, 23, tzinfo=UTC)  # of the first of July, in London
CALLED = {"call_outs": {"merge": 3600, "pay": {"amount": "60"}}}
EACH_DAY = {"standby": [{"band": "all", "amount": "50", "per": "day"}]}


def paged(user, incident, at, minutes):
    """One page, acknowledged at once and resolved after some minutes."""
    method, _ = ContactMethod.objects.get_or_create(user=user, kind="email", address="a@example.com")
    page = Page.objects.create(
        user=user, cause=f"incident:{incident}", run="1", urgency="high", facts={}, created_at=at
    )
    Notification.objects.create(
        page=page, method=method, due_at=at, created_at=at, sent_at=at, state=Notification.State.SENT
    )
    by, about = Actor.person(user), ("incident", incident)
    record([Line(Verb.INCIDENT_ACKNOWLEDGED, about, by, "acknowledged")], now=at)
    record([Line(Verb.INCIDENT_RESOLVED, about, by, "resolved")], now=at + minutes * MINUTE)


def exact(user, *edges):
    """What the periods between the edges come to, before they are rounded."""
    found = Fraction(0)
    for since, until in pairwise(edges):
        found += sum((line.exact for line in owed(user, since, until).statement.lines), Fraction(0))
    return found


def test_a_night_over_the_end_of_a_month_is_paid_whole_and_in_the_month_it_began_in():
    ana = person("ana", "Europe/London")
    plan("UK", "GBP", CALLED, ana)
    paged(ana, 1, MIDNIGHT - 10 * MINUTE, 5)
    paged(ana, 2, MIDNIGHT + 10 * MINUTE, 20)
    (line,) = owed(ana, JUNE, JULY).statement.lines
    assert (line.amount, len(line.pages)) == (Decimal("40.00"), 2)
    assert owed(ana, JULY, AUGUST).statement.lines == ()


def test_a_page_after_a_month_without_a_plan_is_paid_by_the_plan_that_begins_with_it():
    ana = person("ana", "Europe/London")
    plan("UK", "GBP", CALLED, ana, effective_from=JULY)
    paged(ana, 1, MIDNIGHT - 10 * MINUTE, 5)
    paged(ana, 2, MIDNIGHT + 10 * MINUTE, 20)
    assert totals(ana, JULY, AUGUST) == {"GBP": Decimal("20.00")}


@pytest.mark.parametrize("lands", [datetime(2025, 6, 30, hour, tzinfo=UTC) for hour in (4, 14, 20, 23)])
def test_who_flies_over_the_end_of_a_month_is_paid_each_day_once(lands):
    ana = person("ana", "America/New_York")
    schedule("Checkout", ana, now=BEFORE)
    plan("Days", "USD", EACH_DAY, ana)
    people.change_user(user=ana, time_zone="Asia/Tokyo", by=BY, now=lands)
    assert exact(ana, JUNE, JULY, AUGUST) == exact(ana, JUNE, AUGUST) == 61 * 50


def test_half_months_add_up_to_the_month_also_where_a_week_and_a_shift_go_on():
    ana, bo = person("ana"), person("bo", "Asia/Tokyo")
    pager = schedule("Checkout", ana, bo, now=BEFORE, shift_length="1w")
    by_shift = {"band": "shift", "amount": "70", "per": "shift", "prorate": True, "additive": True}
    flat = {"band": "flat", "amount": "30", "per": "week", "additive": True}
    terms = {"standby": [*BY_THE_WEEK["standby"], by_shift, flat]}
    plan("Weeks", "USD", terms, ana, bo, effective_until=date(2025, 6, 11))
    plan("Weeks", "USD", terms | {"overlap": "each"}, ana, bo, effective_from=date(2025, 6, 11))
    for day in (4, 13, 20):
        start = datetime(2025, 6, day, 15, tzinfo=UTC)
        actions.add_override(
            schedule=pager, role="primary", kind="cover", start=start, end=start + 2 * DAY, user=bo, by=BY,
            now=BEFORE + 100 * DAY,
        )  # fmt: skip
    for user in (ana, bo):
        assert exact(user, JUNE, date(2025, 6, 12), date(2025, 6, 18), JULY) == exact(user, JUNE, JULY) > 0


def test_of_two_in_a_slot_the_one_who_stays_when_the_other_leaves_is_paid_once():
    ana, bo = person("ana", "UTC"), person("bo", "UTC")
    both = daily() | {"participants": [[ana.pk, bo.pk]], "shift_length": "1w"}
    pager = actions.create_schedule(
        name="Checkout", team=None, time_zone="UTC", holidays="",
        definition=Definition.from_json({"roles": {"primary": {"layers": [both]}}}), by=BY, now=BEFORE,
    )  # fmt: skip
    alone = Definition.from_json({"roles": {"primary": {"layers": [both | {"participants": [[ana.pk]]}]}}})
    at = datetime(2025, 6, 12, 12, tzinfo=UTC)
    actions.new_version(
        schedule=pager, time_zone="UTC", holidays="", definition=alone, by=BY, now=at, effective_from=at
    )
    terms = {"standby": [{"band": "all", "amount": "1", "per": "hour"}], "overlap": "each"}
    plan("Hours", "EUR", terms, ana, bo)
    assert totals(ana, JUNE, JULY) == {"EUR": Decimal(30 * 24)}
    assert totals(bo, JUNE, JULY) == {"EUR": Decimal(11 * 24 + 12)}
    assert at < AFTER

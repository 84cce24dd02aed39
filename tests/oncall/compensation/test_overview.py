"""A team's month, and the months ahead, counted by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from oncall.compensation import reckoning
from oncall.compensation.core.callouts import Engagement
from oncall.compensation.core.carried import Carried
from oncall.compensation.forecast import forecast
from oncall.compensation.models import PayBudget, Statement, StatementLine
from oncall.compensation.overview import longest_stretch, people_of, teams_month
from oncall.core.span import Span
from people import actions as people
from tests.oncall.compensation.test_reckoning import AFTER, BEFORE, BY, hourly, person, plan
from tests.oncall.test_reading import queries, schedule

JUNE = date(2025, 6, 1)
FIRST, END = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def carried(start, end, role="primary"):
    """In hours after the first moment of June."""
    span = Span(FIRST + start * HOUR, FIRST + end * HOUR)
    return Carried(schedule="Checkout", role=role, span=span, turn=span)


@pytest.mark.parametrize(
    ("spans", "longest"),
    [
        ([(0, 5), (5, 9), (10, 14)], (0, 9)),  # what touches is one stretch
        ([(0, 5), (3, 9), (10, 20)], (10, 20)),
        ([(-48, 2), (10, 20)], (-48, 2)),  # began before the month, and is measured whole
        ([(-48, 0), (10, 20)], (10, 20)),  # over when it begins: not of this month
        ([(719, 800), (10, 20)], (719, 800)),
        ([(720, 800), (10, 20)], (10, 20)),  # begins when it is over
        ([(0, 5), (10, 15)], (0, 5)),
        ([], None),
    ],
)
def test_the_longest_stretch_goes_over_the_edges_of_the_month(spans, longest):
    found = longest_stretch([carried(*one) for one in spans], Span(FIRST, END))
    assert found == (longest and carried(*longest).span)


def test_a_shadow_is_not_on_call():
    assert longest_stretch([carried(0, 9, "shadow"), carried(3, 4)], Span(FIRST, END)) == carried(3, 4).span


@pytest.fixture
def shop(db):
    """Ana and Bo, a day each from midnight UTC since January, by the hour at 1 USD; Mia manages them."""
    team = people.create_team(name="Shop", by=BY, now=BEFORE)
    ana, bo, mia = (person(name, "UTC") for name in ("ana", "bo", "mia"))
    members = {ana: "responder", bo: "responder", mia: "manager"}
    people.set_members(team=team, members=members, by=BY, now=BEFORE)
    schedule("Checkout", ana, bo, now=BEFORE)
    plan("Hours", "USD", hourly("1"), team)
    return team


def test_a_month_in_hours_by_band_pay_and_the_longest_stretch(shop):
    """June has 30 days: 15 of each, a day at a time."""
    month = teams_month(shop, month=JUNE, now=AFTER)
    assert [(one.user.username, one.by_band, one.call_outs) for one in month.people] == [
        ("ana", {"all": 15 * 24 * 3600}, 0),
        ("bo", {"all": 15 * 24 * 3600}, 0),
        ("mia", {}, 0),
    ]
    ana = month.people[0]
    assert ana.longest.end - ana.longest.start == 24 * HOUR
    assert [(one.currency, one.amount) for one in ana.totals] == [("USD", Decimal(360))]
    assert (ana.state, month.people[2].longest, month.bands) == ("none", None, ["all"])
    (spent,) = month.spent
    assert (spent.amount, spent.settled, spent.budget) == (Decimal(720), 0, None)


def test_what_a_statement_says_stands_and_is_settled_once_it_is_approved(shop):
    ana, mia = people_of(shop, month=JUNE)[0], people_of(shop, month=JUNE)[2]
    row = Statement.objects.create(
        user=ana, month=JUNE, state="approved", reckoned_at=AFTER, approved_at=AFTER, approved_by=mia
    )
    StatementLine.objects.create(
        statement=row, position=1, kind="standby", plan="Hours", band="all", start=FIRST, end=END,
        seconds=3600, exact="300", amount=300, currency="USD",
    )  # fmt: skip
    for since, amount in ((date(2025, 1, 1), 500), (JUNE, 900), (date(2025, 7, 1), 100)):
        PayBudget.objects.create(team=shop, since=since, amount=amount, currency="USD")
    (spent,) = teams_month(shop, month=JUNE, now=AFTER).spent
    assert (spent.amount, spent.settled, spent.budget) == (Decimal(660), Decimal(300), Decimal(900))


def test_who_left_during_the_month_is_among_its_people_and_who_left_before_is_not(shop):
    ana, _, mia = people_of(shop, month=JUNE)
    people.set_members(team=shop, members={mia: "manager"}, by=BY, now=FIRST)
    assert people_of(shop, month=JUNE) == [mia]
    assert ana in people_of(shop, month=date(2025, 5, 1))


def test_any_number_of_people_costs_the_same_number_of_queries(shop):
    few = queries(lambda: teams_month(shop, month=JUNE, now=AFTER))
    more = {person(f"p{n}", "UTC"): "responder" for n in range(5)}
    now = {one.user: one.role for one in shop.memberships.all()}
    people.set_members(team=shop, members=now | more, by=BY, now=BEFORE)
    for one in more:
        Statement.objects.create(user=one, month=JUNE, reckoned_at=AFTER)
    assert queries(lambda: teams_month(shop, month=JUNE, now=AFTER)) == few


def test_the_months_ahead_are_as_the_schedules_stand(shop):
    ana = people_of(shop, month=JUNE)[0]
    found = forecast([ana.pk], months=3, now=datetime(2025, 6, 15, 12, tzinfo=UTC))
    days = {date(2025, 7, 1): 16, date(2025, 8, 1): 15, date(2025, 9, 1): 15}
    got = {one.month: one.standby["USD"] / 24 for one in found}
    assert set(got) == set(days)
    assert all(abs(got[month] - days[month]) <= 1 for month in days)
    assert sum(got.values()) == 46  # of 92 days, every other one
    assert [one.call_outs for one in found] == [{}, {}, {}]


def test_call_outs_ahead_are_as_many_as_in_the_last_90_days(shop, monkeypatch):
    """Two hours in 90 days at 45 an hour are 1 a day."""
    ana = people_of(shop, month=JUNE)[0]
    now = datetime(2025, 6, 15, 12, tzinfo=UTC)
    rules = {
        "call_outs": {"pay": {"amount": "45", "per": "hour"}, "minimum": 3600, "time_in_lieu": {"rate": "1"}}
    }
    plan("Called", "USD", rules, ana)
    nights = [datetime(2025, month, 3, 2, tzinfo=UTC) for month in (4, 5)]
    kept = [Engagement(span=Span(at, at + HOUR), pages=(n,)) for n, at in enumerate(nights)]

    def as_it_was(user_ids, *, since, until, now):
        return {ana.pk: [one for one in kept if since <= one.span.start < until]}

    monkeypatch.setattr(reckoning, "engagements_of", as_it_was)
    found = forecast([ana.pk], months=2, now=now)
    assert [(one.month.month, one.call_outs, one.lieu_minutes) for one in found] == [
        (7, {"USD": Decimal("31.00")}, 41),
        (8, {"USD": Decimal("31.00")}, 41),
    ]
    assert [one.standby for one in found] == [{}, {}]

"""A team's month for those who manage it: who carried what, at what cost, and how far its statements are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Q

from oncall.compensation.core.carried import Carried
from oncall.compensation.core.line import Kind
from oncall.compensation.core.months import next_month
from oncall.compensation.core.terms import NEVER_PAID
from oncall.compensation.exports.items import Item, Total, kept_item, reckoned_item, totals
from oncall.compensation.loading.stages import stages
from oncall.compensation.models import PayBudget, Statement, StatementLine
from oncall.compensation.reckoning import Owed, carried_by, kept_by, owed
from oncall.core.span import Span, union
from people.models import Membership, PastMembership, Team, User

LOOKED_AROUND = timedelta(days=31)
"""A stretch that began before the month, or goes on after it, is measured whole, as far as this."""


@dataclass(frozen=True, kw_only=True)
class PersonsMonth:
    """`statement` None: there is no draft yet, and everything is as reckoned now. `by_band` has seconds of
    standby. `longest` is the longest time without a break that touches the month, with its edges outside.
    """

    user: User
    statement: Statement | None
    lines: Sequence[StatementLine]
    by_band: Mapping[str, int]
    longest: Span | None
    call_outs: int
    totals: Sequence[Total]
    unpaid: timedelta

    @property
    def lieu_minutes(self) -> int:
        return sum(total.lieu_minutes for total in self.totals)

    @property
    def state(self) -> str:
        return self.statement.state if self.statement else "none"


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Of one currency: what the team costs in the month, `settled` of it approved or locked. `budget` None:
    nobody set one.
    """

    currency: str
    amount: Decimal
    settled: Decimal
    budget: Decimal | None


@dataclass(frozen=True, kw_only=True)
class TeamsMonth:
    people: Sequence[PersonsMonth]
    bands: Sequence[str]
    spent: Sequence[Spent]


def people_of(team: Team, *, month: date) -> list[User]:
    """Those who are in the team, and those who were in it during the month, by name."""
    first, end = (datetime.combine(day, time(0), UTC) for day in (month, next_month(month)))
    past = PastMembership.objects.filter(Q(since=None) | Q(since__lt=end), team=team, until__gt=first)
    now = Membership.objects.filter(team=team)
    wanted = Q(pk__in=now.values("user")) | Q(pk__in=past.values("user"))
    return list(User.objects.filter(wanted).order_by("username"))


def teams_month(team: Team, *, month: date, now: datetime) -> TeamsMonth:
    """In a number of queries that does not grow with people. What a statement says stands; who has none yet
    is reckoned now.
    """
    users = people_of(team, month=month)
    rows = Statement.objects.filter(user__in=users, month=month).select_related("user")
    statements = {row.user_id: row for row in rows}
    lines: dict[int, list[StatementLine]] = {}
    for line in StatementLine.objects.filter(statement__in=rows).order_by("statement", "position"):
        lines.setdefault(line.statement_id, []).append(line)
    live, longest = _reckoned(users, month=month, now=now)
    people = []
    for user in users:
        row = statements.get(user.pk)
        kept = lines.get(row.pk, []) if row else []
        mine = live[user.pk]
        items = (
            [kept_item(line) for line in kept]
            if row
            else [reckoned_item(one, mine) for one in mine.statement.lines]
        )
        people.append(
            PersonsMonth(
                user=user,
                statement=row,
                lines=kept,
                by_band=by_band(items),
                longest=longest[user.pk],
                call_outs=sum(item.kind == Kind.CALL_OUT for item in items),
                totals=totals(items),
                unpaid=mine.unpaid,
            )
        )
    bands = dict.fromkeys(band for one in people for band in one.by_band)
    return TeamsMonth(people=people, bands=list(bands), spent=_spent(team, month, people))


def by_band(items: Iterable[Item]) -> dict[str, int]:
    """Seconds of standby."""
    found: dict[str, int] = {}
    for item in items:
        if item.kind == Kind.STANDBY:
            found[item.band] = found.get(item.band, 0) + item.seconds
    return found


def longest_stretch(carried: Iterable[Carried], within: Span) -> Span | None:
    """The longest time without a break, in any roles that may be paged, of those that touch `within`; whole,
    also where it reaches beyond. Of equal ones the first.
    """
    runs = union(one.span for one in carried if one.role != NEVER_PAID)
    touching = [run for run in runs if run.start < within.end and run.end > within.start]
    return max(touching, key=lambda run: run.end - run.start, default=None)


def _reckoned(
    users: Collection[User], *, month: date, now: datetime
) -> tuple[Mapping[int, Owed], Mapping[int, Span | None]]:
    """As `reckoning.reckoned`, out of a roster that reaches further."""
    staged = stages([user.pk for user in users], since=month, until=next_month(month))
    if not staged:
        return {}, {}
    first = min(one.reach.start for one in staged.values())
    end = max(one.reach.end for one in staged.values())
    carried = carried_by(staged, Span(first - LOOKED_AROUND, end + LOOKED_AROUND))
    kept = kept_by(staged, Span(first, end), now=now)
    found = {user: owed(one, carried.get(user, []), kept.get(user, [])) for user, one in staged.items()}
    longest = {user: longest_stretch(carried.get(user, []), one.whole) for user, one in staged.items()}
    return found, longest


def _spent(team: Team, month: date, people: Iterable[PersonsMonth]) -> list[Spent]:
    budgets: dict[str, Decimal] = {}
    for row in PayBudget.objects.filter(team=team, since__lte=month).order_by("since"):
        budgets[row.currency] = row.amount
    amounts: dict[str, list[Decimal]] = {currency: [Decimal(0), Decimal(0)] for currency in budgets}
    for one in people:
        for total in one.totals:
            both = amounts.setdefault(total.currency, [Decimal(0), Decimal(0)])
            both[0] += total.amount
            both[1] += total.amount if one.state in {"approved", "locked"} else 0
    return [
        Spent(currency=currency, amount=both[0], settled=both[1], budget=budgets.get(currency))
        for currency, both in sorted(amounts.items())
    ]

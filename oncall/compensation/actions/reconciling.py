"""A locked month is reckoned anew: what it comes to more or less now is paid in the next open one, once."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, tzinfo
from decimal import Decimal

from django.db import transaction

from oncall.actions.refusal import sentence_of_span
from oncall.compensation.actions.checks import locked_row, record_pay, statement_of
from oncall.compensation.core import reconciled
from oncall.compensation.core.line import Line
from oncall.compensation.core.months import in_words, next_month
from oncall.compensation.core.reconciled import MINUTES, Said, Sum
from oncall.compensation.currencies import shown
from oncall.compensation.models import Adjustment, Statement, StatementLine
from oncall.compensation.reckoning import Owed, reckoned
from oncall.compensation.selectors import ADJUSTMENT, lines_of
from people.ledger.record import ENGINE
from people.ledger.verbs import Verb

LONGEST = 400
State = Statement.State


def reconcile(*, user_ids: Collection[int], month: date, now: datetime) -> list[Adjustment]:
    """Make good what these people's locked statements of the month differ from what is reckoned now: one
    adjustment for each currency, in the first month after it that is neither approved nor locked.

    1. Everybody is reckoned, and those who differ are found, without a lock.
    2. Each of those is looked at once more with their statement locked: of two who do this at once, the
       second one finds it made good. The time in lieu that differs goes with the first adjustment.
    """
    rows = Statement.objects.filter(user__in=user_ids, month=month, state=State.LOCKED)
    locked = list(rows.select_related("user").order_by("user"))
    if not locked:
        return []
    owed = reckoned([row.user_id for row in locked], since=month, until=next_month(month), now=now)
    lines: dict[int, list[StatementLine]] = {row.pk: [] for row in locked}
    for line in StatementLine.objects.filter(statement__in=lines).exclude(kind=ADJUSTMENT):
        lines[line.statement_id].append(line)
    about: dict[int, list[Adjustment]] = {row.user_id: [] for row in locked}
    for one in _about(month).filter(user__in=about):
        about[one.user_id].append(one)
    made = []
    for row in locked:
        if _missing(lines[row.pk], about[row.user_id], owed[row.user_id]):
            made += _make_good(row, now)
    return made


def _make_good(row: Statement, now: datetime) -> list[Adjustment]:
    with transaction.atomic():
        row = locked_row(row)
        mine = reckoned([row.user_id], since=row.month, until=next_month(row.month), now=now)[row.user_id]
        lines = list(lines_of(row).exclude(kind=ADJUSTMENT))
        about = list(_about(row.month).filter(user=row.user_id))
        left = _missing(lines, about, mine)
        minutes = int(left.pop(MINUTES, 0))
        if minutes and not left:  # it goes with no money, and every adjustment has a currency
            left[next(one.currency for one in [*mine.statement.lines, *lines, *about])] = Decimal(0)
        month, made = first_open(row, now=now), []
        zone = mine.staged.zone
        what = reconciled.changes(_said_stored(lines, zone), _said_reckoned(mine.statement.lines, zone))
        for currency, amount in left.items():
            made.append(_adjustment(row, month, amount, currency, minutes, what, now))
            minutes = 0
    return made


def _adjustment(  # noqa: PLR0913, PLR0917 - the words of one adjustment
    row: Statement, month: date, amount: Decimal, currency: str, minutes: int, what: str, now: datetime
) -> Adjustment:
    more = "more" if amount > 0 else "less"
    money = f"{shown(abs(amount), currency)} {currency} {more}" if amount else "as much money"
    lieu = f" and {minutes:+} min in lieu" if minutes else ""
    why = f"{in_words(row.month)} comes to {money}{lieu} than when it was locked: {what}"
    made = Adjustment.objects.create(
        user=row.user,
        month=month,
        about=row.month,
        amount=amount,
        currency=currency,
        lieu_minutes=minutes,
        why=why if len(why) <= LONGEST else f"{why[: LONGEST - 1]}…",
        found=True,
        created_at=now,
    )
    record_pay(
        Verb.ADJUSTMENT_FOUND,
        row.user,
        f"{shown(amount, currency)} {currency}{lieu} for {row.user} in {in_words(month)}",
        by=ENGINE,
        now=now,
        why=made.why,
        adjustment=made.pk,
        month=month.isoformat(),
        about=row.month.isoformat(),
        amount=shown(amount, currency),
        currency=currency,
        lieu_minutes=minutes,
    )
    return made


def _about(month: date):  # type: ignore[no-untyped-def]  # a queryset
    return Adjustment.objects.filter(about=month, cancelled_at=None)


def _missing(lines: Iterable[StatementLine], about: Collection[Adjustment], owed: Owed) -> dict[str, Decimal]:
    """By currency, and under MINUTES those of time in lieu."""
    return reconciled.missing(
        paid=_sums(lines),
        found=_sums(one for one in about if one.found),
        entered=_sums(one for one in about if not one.found),
        now=_sums(owed.statement.lines),
    )


def _sums(rows: Iterable[StatementLine | Adjustment | Line]) -> Iterator[Sum]:
    for row in rows:
        yield Sum(row.currency, row.amount)
        if row.lieu_minutes:
            yield Sum(MINUTES, Decimal(row.lieu_minutes))


def first_open(row: Statement, *, now: datetime) -> date:
    """The first month after it that is neither approved nor locked. Its lock is held, so that it is not
    approved before it has the adjustment.
    """
    month = next_month(row.month)
    while statement_of(row.user, month, now=now).state != State.DRAFT:
        month = next_month(month)
    return month


def _said_stored(lines: Iterable[StatementLine], zone: tzinfo) -> list[Said]:
    return [Said(name=named(one), start=one.start.astimezone(zone), amount=_amount(one)) for one in lines]


def _said_reckoned(lines: Iterable[Line], zone: tzinfo) -> list[Said]:
    return [
        Said(name=named(one), start=one.span.start.astimezone(zone), amount=_amount(one)) for one in lines
    ]


def _amount(line: StatementLine | Line) -> str:
    lieu = f" and {line.lieu_minutes} min in lieu" if line.lieu_minutes else ""
    return f"{shown(line.amount, line.currency)} {line.currency}{lieu}"


def named(line: StatementLine | Line) -> str:
    """“standby weekend, primary of Checkout”."""
    kind = str(line.kind).replace("_", "-")
    what = f"{kind} {line.band}" if line.band else kind
    return f"{what}, {line.role} of {line.schedule}" if line.schedule else what


def in_a_sentence(line: StatementLine, zone: tzinfo) -> str:
    """“standby weekend, primary of Checkout, from 2025-06-07 00:00 to ... (Europe/London), 250.00 GBP”."""
    return f"{named(line)}, {sentence_of_span(line.start, line.end, zone)}, {_amount(line)}"

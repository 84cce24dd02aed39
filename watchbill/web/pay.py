"""My pay: the months, what is left of time in lieu, and until when I rest."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from oncall.compensation.core.months import next_month
from oncall.compensation.core.rest import earliest_start
from oncall.compensation.exports.items import reckoned_item, totals
from oncall.compensation.exports.wording import figure, hours_and_minutes
from oncall.compensation.models import Dispute, Statement
from oncall.compensation.permissions import manages_any, statements_seen
from oncall.compensation.reckoning import reckoned
from oncall.compensation.resting import rests_of
from oncall.compensation.selectors import NOTHING, Totals, lieu_accounts, lieu_uses_of, months_of, totals_of
from people.models import Team, User
from people.permissions import managed_team_ids
from watchbill.web.pages import for_people, person
from watchbill.web.pay_lines import Sum, sums
from watchbill.web.pay_months import this_month

SHOWN_MONTHS, SHOWN_ENTRIES, SHOWN_WAITING = 24, 12, 20
A_MOMENT = timedelta(seconds=1)


class Lieu(NamedTuple):
    """As words; empty where there is none. `entries` are the last of the account, newest first."""

    left: str
    next_loss: str
    next_loss_at: datetime | None
    lost: str
    entries: list[tuple[datetime, str, str, str]]


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    now, reader = timezone.now(), person(request)
    rows = list(months_of(reader)[:SHOWN_MONTHS])
    by_row = totals_of(rows)
    waiting = _waiting(reader, now) if manages_any(reader) else Statement.objects.none()
    month = this_month(reader, now)
    kept = next((row for row in rows if row.month == month), None)
    context = {
        "here": "pay",
        "reader": reader,
        "month": month,
        "so_far": _sums(by_row.get(kept.pk, NOTHING)) if kept else _live(reader, month, now),
        "months": [(row, _sums(by_row.get(row.pk, NOTHING))) for row in rows],
        "lieu": _lieu(reader, now),
        "taking": lieu_uses_of(reader).filter(at__gt=now),
        "rest_until": _rest_until(reader, now),
        "waiting": waiting[:SHOWN_WAITING],
        "disputes": _disputes(reader)[:SHOWN_WAITING],
        "teams": _teams(reader),
    }
    return render(request, "web/pay.html", context)


def _live(reader: User, month: date, now: datetime) -> list[Sum]:
    """Of a month without a draft, as reckoned now; what lies ahead of it as the schedules stand."""
    mine = reckoned([reader.pk], since=month, until=next_month(month), now=now)[reader.pk]
    return sums(totals(reckoned_item(line, mine) for line in mine.statement.lines))


def _sums(of: Totals) -> list[Sum]:
    """Time in lieu stands beside the first of several currencies."""
    lieu = hours_and_minutes(of.lieu_minutes)
    found = [Sum(currency, figure(amount, currency), "") for currency, amount in sorted(of.amounts.items())]
    return [one._replace(lieu=lieu) if n == 0 else one for n, one in enumerate(found)]


def _lieu(reader: User, now: datetime) -> Lieu:
    account = lieu_accounts([reader.pk])[reader.pk]
    balance = account.balance(now)
    loss = balance.next_loss
    entries = [
        (one.at, str(one.what), hours_and_minutes(one.minutes), hours_and_minutes(one.left) or "0")
        for one in reversed(account.booked(now)[-SHOWN_ENTRIES:])
    ]
    return Lieu(
        left=hours_and_minutes(balance.left),
        next_loss=hours_and_minutes(loss.minutes) if loss else "",
        next_loss_at=loss.expires if loss else None,
        lost=hours_and_minutes(balance.lost),
        entries=entries,
    )


def _rest_until(reader: User, now: datetime) -> datetime | None:
    """After the last call-out of the night, as their teams keep it."""
    found = rests_of([reader.pk], since=now, until=now + A_MOMENT, now=now)
    return earliest_start(found.get(reader.pk, []), now)


def _waiting(reader: User, now: datetime) -> QuerySet[Statement]:
    """Drafts of months that are over, of others whom `reader` decides about."""
    over = statements_seen(reader).filter(state=Statement.State.DRAFT, month__lt=this_month(reader, now))
    return over.exclude(user=reader).select_related("user").order_by("month", "user__username")


def _disputes(reader: User) -> QuerySet[Dispute]:
    seen = statements_seen(reader).values("pk")
    rows = Dispute.objects.filter(statement__in=seen, state=Dispute.State.OPEN)
    return rows.select_related("statement__user").order_by("opened_at")


def _teams(reader: User) -> QuerySet[Team]:
    rows = Team.objects.order_by("name")
    return rows if reader.is_superuser else rows.filter(pk__in=managed_team_ids(reader))

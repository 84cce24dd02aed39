"""A team's month, for those who manage it: people, money against the budget, and the months ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from oncall.actions import Refused
from oncall.compensation.actions import statements as verbs
from oncall.compensation.core.months import month_before, next_month
from oncall.compensation.exports.items import hours_in_text
from oncall.compensation.exports.sheet import sheets
from oncall.compensation.exports.wording import figure, hours_and_minutes
from oncall.compensation.forecast import Ahead, forecast
from oncall.compensation.models import Statement
from oncall.compensation.overview import PersonsMonth, Spent, people_of, teams_month
from oncall.compensation.permissions import may_approve, statements_seen
from oncall.compensation.selectors import fingerprint
from people.ledger.record import Actor
from people.models import User
from watchbill.web.pages import for_people, person
from watchbill.web.pay_lines import Sum, sums
from watchbill.web.pay_months import file_of, managed_team, month_of, this_month

AHEAD = 3
BAR = 1000  # units of the drawing


@dataclass(frozen=True, kw_only=True)
class Row:
    """Figures as text; `seen` is what an approval says was looked at, empty where there is nothing to
    approve.
    """

    user: User
    state: str
    hours: Sequence[str]
    longest: str
    call_outs: int
    sums: Sequence[Sum]
    lieu: str
    unpaid: str
    seen: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    """`settled` and `spent` are widths in a drawing that is BAR wide; `mark` is where the budget ends."""

    currency: str
    amount: str
    approved: str
    budget: str
    over: str
    settled: float
    spent: float
    mark: float | None


@require_safe
@for_people
def overview(request: HttpRequest, name: str, month: str) -> HttpResponse:
    now, reader, first = timezone.now(), person(request), month_of(month)
    team = managed_team(reader, name)
    found = teams_month(team, month=first, now=now)
    rows = [_row(one, found.bands, reader, over=this_month(one.user, now) > first) for one in found.people]
    ahead = forecast(list(team.members.values_list("pk", flat=True)), months=AHEAD, now=now)
    context = {
        "here": "pay",
        "reader": reader,
        "team": team,
        "month": first,
        "month_name": f"{first:%Y-%m}",
        "before": month_before(first),
        "after": next_month(first),
        "bands": [band.replace("_", " ") for band in found.bands],
        "rows": rows,
        "bars": [_bar(one) for one in found.spent],
        "ahead": [_ahead(one) for one in ahead],
        "approvable": [row for row in rows if row.seen],
        "width": BAR,
    }
    return render(request, "web/pay_team.html", context)


@require_POST
@for_people
def approve_all(request: HttpRequest, name: str, month: str) -> HttpResponse:
    """Each of those that the page offered and that still says what it said; the others are told of."""
    reader, first = person(request), month_of(month)
    team = managed_team(reader, name)
    seen = dict(one.split(":", 1) for one in request.POST.getlist("seen")[:1000] if ":" in one)
    rows = Statement.objects.filter(user__in=people_of(team, month=first), month=first).select_related("user")
    approved = 0
    for row in rows.order_by("user__username"):
        if str(row.pk) in seen:
            approved += _approve(request, row, seen[str(row.pk)])
    messages.success(request, f"{approved} approved.")
    return redirect("pay-team", name, month)


@require_POST
@for_people
def reckon(request: HttpRequest, name: str, month: str) -> HttpResponse:
    """Drafts are made, and those that there are reckoned anew."""
    first = month_of(month)
    team = managed_team(person(request), name)
    ids = [one.pk for one in people_of(team, month=first)]
    try:
        verbs.refresh(user_ids=ids, month=first, now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Drafts are reckoned anew.")
    return redirect("pay-team", name, month)


@require_safe
@for_people
def file_of_team(request: HttpRequest, name: str, month: str, form: str) -> HttpResponse:
    reader, first = person(request), month_of(month)
    team = managed_team(reader, name)
    people = people_of(team, month=first)
    rows = statements_seen(reader).filter(user__in=people, month=first).order_by("user__username")
    return file_of(sheets(rows), f"pay-{team.name}-{first:%Y-%m}", form)


def _approve(request: HttpRequest, row: Statement, seen: str) -> int:
    by = Actor.person(person(request), via="web")
    try:
        verbs.approve(statement=row, by=by, now=timezone.now(), seen=seen)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return 0
    return 1


def _row(one: PersonsMonth, bands: Sequence[str], reader: User, *, over: bool) -> Row:
    row = one.statement
    may = over and row is not None and row.state == Statement.State.DRAFT and bool(one.lines)
    may = may and may_approve(reader, one.user, month=row.month if row else None)
    return Row(
        user=one.user,
        state=one.state,
        hours=[hours_in_text(one.by_band[band]) if band in one.by_band else "" for band in bands],
        longest=_length(one.longest.end - one.longest.start) if one.longest else "",
        call_outs=one.call_outs,
        sums=sums(one.totals),
        lieu=hours_and_minutes(one.lieu_minutes),
        unpaid=_length(one.unpaid) if one.unpaid else "",
        seen=f"{row.pk}:{fingerprint(one.lines)}" if may and row else "",
    )


def _length(length: timedelta) -> str:
    """“7 d 4 h”, “5 h”, “30 min”."""
    hours, rest = divmod(length, timedelta(hours=1))
    days, hours = divmod(hours, 24)
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else ""]
    return " ".join(part for part in parts if part) or f"{rest // timedelta(minutes=1)} min"


def _bar(one: Spent) -> Bar:
    whole = max(one.amount, one.budget or Decimal(0), Decimal(1))
    over = one.amount - one.budget if one.budget is not None and one.amount > one.budget else None
    return Bar(
        currency=one.currency,
        amount=figure(one.amount, one.currency),
        approved=figure(one.settled, one.currency),
        budget=figure(one.budget, one.currency) if one.budget is not None else "",
        over=figure(over, one.currency) if over is not None else "",
        settled=_width(one.settled, whole),
        spent=_width(one.amount, whole),
        mark=_width(one.budget, whole) if one.budget is not None else None,
    )


def _width(amount: Decimal, whole: Decimal) -> float:
    return round(float(max(amount, Decimal(0)) / whole) * BAR, 1)


def _ahead(one: Ahead) -> tuple[date, list[tuple[str, str, str]], str]:
    """The month; by currency standby and call-outs; time in lieu."""
    none = Decimal(0)
    rows = [
        (
            currency,
            figure(one.standby.get(currency, none), currency),
            figure(one.call_outs.get(currency, none), currency),
        )
        for currency in one.currencies
    ]
    return one.month, rows, hours_and_minutes(one.lieu_minutes)

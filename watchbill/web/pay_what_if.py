"""What it would cost: a quarter reckoned with other amounts of a plan, beside what is so."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from oncall.compensation.comparing import (
    Change,
    Compared,
    Comparison,
    compare,
    plans_of,
    version_in_force,
)
from oncall.compensation.core.money import in_hours
from oncall.compensation.core.reading import read_terms
from oncall.compensation.currencies import shown, smallest
from oncall.compensation.models import PayPlan
from oncall.compensation.permissions import manages_any, people_seen
from oncall.core.faults import DefinitionFaults
from people.models import User
from watchbill.web.pages import for_people, person

AROUND = 4  # quarters to choose from, before this one and after it
BAR = 1000  # units of the drawing
QUARTER = re.compile(r"(\d{4})-Q([1-4])", re.ASCII)
CALL_OUT = "call-out"


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One amount of the plan: its field, what it is for, and what stands in it."""

    field: str
    label: str
    value: str
    stands: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One person, or all, in one currency: figures as text, `old` and `new` widths in a drawing of BAR."""

    who: str
    currency: str
    before: str
    after: str
    difference: str
    old: float
    new: float


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def what_if(request: HttpRequest) -> HttpResponse:
    now, reader = timezone.now(), person(request)
    if not manages_any(reader):
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    quarter = _quarter(given.get("quarter", ""), now)
    seen = list(people_seen(reader).values_list("pk", flat=True))
    since, until = quarter, _next(quarter)
    plans = plans_of(seen, since=since, until=until)
    plan = next((one for one in plans if str(one.pk) == given.get("plan", "")), plans[0] if plans else None)
    terms = _terms(plan, since)
    rates = list(_rates(terms, given if request.method == "POST" else {}))
    context: dict[str, Any] = {
        "here": "pay",
        "reader": reader,
        "plans": plans,
        "plan": plan,
        "quarters": [(_name(one), one) for one in _quarters(now)],
        "quarter": _name(quarter),
        "since": since,
        "until": until,
        "rates": rates,
        "width": BAR,
    }
    if request.method == "POST" and plan is not None:
        context |= _answer(plan, _with(terms, rates), seen, span=(since, until), now=now)
    return render(request, "web/pay_what_if.html", context)


def _answer(
    plan: PayPlan, written: Mapping[str, Any], seen: Sequence[int], *, span: tuple[date, date], now: datetime
) -> dict[str, Any]:
    try:
        terms = read_terms(written, plan=plan.name, currency=plan.currency, unit=smallest(plan.currency))
    except DefinitionFaults as wrong:
        return {"faults": [fault.message for fault in wrong.faults]}
    found = compare(Change(terms={plan.pk: terms}), seen=seen, since=span[0], until=span[1], now=now)
    return {
        "found": found,
        "rows": list(_rows(found)),
        "whole": list(_of(found.whole, "All of them", _widest([found.whole]))),
        "bands": [
            (band.replace("_", " "), in_hours(length)) for band, length in found.whole.after.hours.items()
        ],
        "call_outs": found.whole.after.call_outs,
    }


def _terms(plan: PayPlan | None, day: date) -> dict[str, Any]:
    version = version_in_force(plan, day) if plan else None
    return copy.deepcopy(version.terms) if version else {}


def _rates(terms: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[Rate]:
    for n, band in enumerate(terms.get("standby") or []):
        field, stands = f"band-{n}", str(band.get("amount", ""))
        label = f"{str(band.get('band', '')).replace('_', ' ').capitalize()}, per {band.get('per', '')}"
        yield Rate(field=field, label=label, stands=stands, value=given.get(field, stands).strip())
    pay = (terms.get("call_outs") or {}).get("pay")
    if pay:
        stands, per = str(pay.get("amount", "")), str(pay.get("per", "hour")).replace("_", "-")
        label = f"Called out, per {per}"
        yield Rate(field=CALL_OUT, label=label, stands=stands, value=given.get(CALL_OUT, stands).strip())


def _with(terms: dict[str, Any], rates: Sequence[Rate]) -> dict[str, Any]:
    """The terms with what was typed in them."""
    for rate in rates:
        if rate.field == CALL_OUT:
            terms["call_outs"]["pay"]["amount"] = rate.value
        else:
            terms["standby"][int(rate.field.partition("-")[2])]["amount"] = rate.value
    return terms


def _rows(found: Comparison) -> Iterator[Row]:
    widest = _widest(found.people)
    people = User.objects.in_bulk([one.user for one in found.people if one.user is not None])
    for one in found.people:
        yield from _of(one, str(people[one.user or 0]), widest)


def _widest(found: Sequence[Compared]) -> Decimal:
    amounts = [
        amount for one in found for side in (one.before, one.after) for amount in side.amounts.values()
    ]
    return max([*amounts, Decimal(1)])


def _of(one: Compared, who: str, widest: Decimal) -> Iterator[Row]:
    none = Decimal(0)
    for currency, difference in one.differences().items():
        before, after = one.before.amounts.get(currency, none), one.after.amounts.get(currency, none)
        yield Row(
            who=who,
            currency=currency,
            before=_figure(before, currency),
            after=_figure(after, currency),
            difference=("+" if difference > 0 else "") + _figure(difference, currency),
            old=round(float(max(before, none) / widest) * BAR, 1),
            new=round(float(max(after, none) / widest) * BAR, 1),
        )


def _figure(amount: Decimal, currency: str) -> str:
    return f"{Decimal(shown(amount, currency)):,f}"


def _quarter(text: str, now: datetime) -> date:
    """Its first day; of the next one, where nothing that is offered is named."""
    found = QUARTER.fullmatch(text)
    offered = _quarters(now)
    named = next((one for one in offered if found and _name(one) == text), None)
    return named or offered[AROUND + 1]


def _quarters(now: datetime) -> list[date]:
    first = now.year * 4 + (now.month - 1) // 3 - AROUND
    return [date(n // 4, n % 4 * 3 + 1, 1) for n in range(first, first + 2 * AROUND + 1)]


def _next(quarter: date) -> date:
    n = quarter.year * 4 + (quarter.month - 1) // 3 + 1
    return date(n // 4, n % 4 * 3 + 1, 1)


def _name(quarter: date) -> str:
    return f"{quarter.year}-Q{(quarter.month - 1) // 3 + 1}"

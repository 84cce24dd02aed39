"""A month of somebody's pay: every line with its proof, downloads, and the buttons of those who decide."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from oncall.actions import Refused
from oncall.compensation.actions import statements as verbs
from oncall.compensation.actions.adjustments import adjust
from oncall.compensation.actions.drafting import warnings_of
from oncall.compensation.core.months import month_before, next_month
from oncall.compensation.exports.items import kept_item, reckoned_item, totals
from oncall.compensation.exports.sheet import sheets, zone_of_month
from oncall.compensation.models import Dispute, Statement
from oncall.compensation.permissions import may_approve, statements_seen
from oncall.compensation.reckoning import reckoned
from oncall.compensation.selectors import fingerprint, lines_of
from people.ledger.record import Actor
from people.models import User
from watchbill.web.pages import for_people, person
from watchbill.web.pay_lines import Kept, grouped, sums
from watchbill.web.pay_months import file_of, month_of, open_month, seen_person, this_month

State = Statement.State


@require_safe
@for_people
def mine(request: HttpRequest, month: str) -> HttpResponse:
    return _page(request, person(request), month_of(month))


@require_safe
@for_people
def of(request: HttpRequest, username: str, month: str) -> HttpResponse:
    first = month_of(month)
    return _page(request, seen_person(person(request), username, first), first)


@require_safe
@for_people
def my_file(request: HttpRequest, month: str, form: str) -> HttpResponse:
    return _file(person(request), person(request), month_of(month), form)


@require_safe
@for_people
def file_of_person(request: HttpRequest, username: str, month: str, form: str) -> HttpResponse:
    first = month_of(month)
    return _file(person(request), seen_person(person(request), username, first), first, form)


@require_POST
@for_people
def act(request: HttpRequest, username: str, month: str, action: str) -> HttpResponse:
    """POST `/pay/of/<username>/<month>/<action>`, then the statement, which says what became of it."""
    first, reader = month_of(month), person(request)
    user = seen_person(reader, username, first)
    if not may_approve(reader, user, month=first):
        raise Http404
    try:
        messages.success(request, ACTIONS[action](request, user, first))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("pay-of", username, month)


def _page(request: HttpRequest, user: User, month: date) -> HttpResponse:
    now, reader = timezone.now(), person(request)
    rows = Statement.objects.select_related("approved_by", "locked_by")
    row = rows.filter(user=user, month=month).first()
    context = _kept(row) if row else _live(user, month, now)
    mine, zone = user == reader, zone_of_month(user, month)
    decides = may_approve(reader, user, month=month)
    context |= {
        "here": "pay",
        "reader": reader,
        "owner": user,
        "mine": mine,
        "statement": row,
        "month": month,
        "month_name": f"{month:%Y-%m}",
        "before": month_before(month),
        "after": next_month(month),
        "zone": zone,
        "decides": decides,
        "can": _possible(row, decides=decides, over=this_month(user, now) > month),
        "disputes": _disputes(row),
        "adjusts": open_month(user, month),
    }
    return render(request, "web/pay_statement.html", context)


def _kept(row: Statement) -> dict[str, Any]:
    lines = list(lines_of(row))
    kept = [Kept(kept_item(line), line.pk) for line in lines]
    return {
        "groups": grouped(kept),
        "sums": sums(totals(one.item for one in kept)),
        "warnings": row.warnings,
        "seen": fingerprint(lines),
    }


def _live(user: User, month: date, now: datetime) -> dict[str, Any]:
    owed = reckoned([user.pk], since=month, until=next_month(month), now=now)[user.pk]
    kept = [Kept(reckoned_item(line, owed), None) for line in owed.statement.lines]
    return {
        "groups": grouped(kept),
        "sums": sums(totals(one.item for one in kept)),
        "warnings": warnings_of(owed),
        "seen": "",
    }


def _possible(row: Statement | None, *, decides: bool, over: bool) -> tuple[str, ...]:
    """The buttons of whoever decides; whoever may not gets none, and a POST of theirs is refused all the
    same.
    """
    if not decides:
        return ()
    if row is None:
        return ("reckon",)
    match row.state:
        case State.DRAFT:
            return ("approve", "reckon", "adjust") if over else ("reckon", "adjust")
        case State.APPROVED:
            return ("lock", "return", "adjust")
        case _:
            return ("adjust",)


def _disputes(row: Statement | None) -> list[Dispute]:
    if row is None:
        return []
    rows = Dispute.objects.filter(statement=row).order_by("-opened_at", "-pk")
    return list(rows.prefetch_related("messages"))


def _file(reader: User, user: User, month: date, form: str) -> HttpResponse:
    found = sheets(statements_seen(reader).filter(user=user, month=month))
    return file_of(found, f"pay-{user.username}-{month:%Y-%m}", form)


def _approve(request: HttpRequest, user: User, month: date) -> str:
    row = verbs.approve(
        statement=_row(user, month),
        seen=request.POST.get("seen", "")[:64],
        by=_by(request),
        now=timezone.now(),
    )
    return f"{row} is approved."


def _lock(request: HttpRequest, user: User, month: date) -> str:
    row = verbs.lock(statement=_row(user, month), by=_by(request), now=timezone.now())
    return f"{row} is locked."


def _return(request: HttpRequest, user: User, month: date) -> str:
    why = request.POST.get("why", "")
    row = verbs.back_to_draft(statement=_row(user, month), why=why, by=_by(request), now=timezone.now())
    return f"{row} is a draft again."


def _reckon(request: HttpRequest, user: User, month: date) -> str:
    verbs.refresh(user_ids=[user.pk], month=month, now=timezone.now())
    return "It is reckoned anew."


def _adjust(request: HttpRequest, user: User, month: date) -> str:
    into = open_month(user, month)
    made = adjust(
        user=user,
        month=into,
        about=month if into != month else None,
        amount=number(request.POST.get("amount", "")),
        currency=request.POST.get("currency", "").strip().upper()[:10],
        lieu_minutes=minutes(request.POST.get("lieu_minutes", "")),
        why=request.POST.get("why", ""),
        by=_by(request),
        now=timezone.now(),
    )
    return f"Adjusted: {made}."


def number(text: str) -> Decimal:
    """“12.50” or “-12.50”; nothing is 0. Raises Refused."""
    try:
        found = Decimal(text.strip() or "0")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or len(text) > 30 or abs(found) >= 10**12:
        raise Refused(f"“{text[:30]}” is no amount; write it like 12.50, or -12.50 to take it away.")
    return found


def minutes(text: str) -> int:
    """Raises Refused."""
    said = text.strip() or "0"
    if not said.removeprefix("-").isascii() or not said.removeprefix("-").isdigit() or len(said) > 9:
        raise Refused(f"“{text[:30]}” is no number of minutes; write it like 90.")
    return int(said)


def _row(user: User, month: date) -> Statement:
    return get_object_or_404(Statement, user=user, month=month)


def _by(request: HttpRequest) -> Actor:
    return Actor.person(person(request), via="web")


ACTIONS: Mapping[str, Callable[[HttpRequest, User, date], str]] = {
    "approve": _approve,
    "lock": _lock,
    "return": _return,
    "reckon": _reckon,
    "adjust": _adjust,
}

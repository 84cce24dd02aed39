"""A line that is disputed: opened by the person paid, its thread, and its end."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from oncall.actions import Refused
from oncall.compensation.actions import disputes as verbs
from oncall.compensation.models import Dispute, Statement, StatementLine
from oncall.compensation.permissions import may_approve, may_see
from people.ledger.record import Actor
from people.models import User
from watchbill.web.pages import for_people, person
from watchbill.web.pay_months import month_of
from watchbill.web.pay_statement import minutes, number

ENDS = {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"}
ACTIONS = ("answer", *ENDS)


@require_POST
@for_people
def dispute(request: HttpRequest, month: str) -> HttpResponse:
    """POST `/pay/<month>/dispute`: one's own only."""
    reader = person(request)
    row = get_object_or_404(Statement, user=reader, month=month_of(month))
    line = request.POST.get("line", "")
    known = line.isascii() and line.isdecimal() and len(line) < 19
    disputed = StatementLine.objects.filter(statement=row, pk=int(line)).first() if known else None
    if disputed is None:
        messages.error(request, "That line is not there any more: the draft changed. Look at it once more.")
        return redirect("pay-month", month)
    try:
        text = request.POST.get("text", "")
        made = verbs.dispute(
            statement=row, line=disputed, text=text, by=Actor.person(reader, via="web"), now=timezone.now()
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("pay-month", month)
    messages.success(request, "Your managers are told, and answer here.")
    return redirect("pay-dispute", made.pk)


@require_safe
@for_people
def detail(request: HttpRequest, pk: str) -> HttpResponse:
    reader = person(request)
    row = _seen(reader, pk)
    statement = row.statement
    context = {
        "here": "pay",
        "reader": reader,
        "dispute": row,
        "statement": statement,
        "mine": statement.user == reader,
        "decides": may_approve(reader, statement.user, month=statement.month),
        "thread": row.messages.select_related("by").order_by("pk"),
        "month_name": f"{statement.month:%Y-%m}",
        "currency": _currency(statement),
    }
    return render(request, "web/pay_dispute.html", context)


@require_POST
@for_people
def act(request: HttpRequest, pk: str, action: str) -> HttpResponse:
    reader = person(request)
    row = _seen(reader, pk)
    by, now, text = Actor.person(reader, via="web"), timezone.now(), request.POST.get("text", "")
    try:
        if action == "answer":
            verbs.answer(dispute=row, text=text, by=by, now=now)
        else:
            verbs.close(
                dispute=row,
                state=ENDS[action],
                text=text,
                amount=number(request.POST.get("amount", "")) if action == "accept" else None,
                currency=request.POST.get("currency", "").strip().upper()[:10],
                lieu_minutes=minutes(request.POST.get("lieu_minutes", "")) if action == "accept" else 0,
                by=by,
                now=now,
            )
            messages.success(request, f"It is {ENDS[action]}.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("pay-dispute", row.pk)


def _seen(reader: User, pk: str) -> Dispute:
    rows = Dispute.objects.select_related("statement__user", "closed_by")
    row = get_object_or_404(rows, pk=int(pk))
    if not may_see(reader, row.statement.user, month=row.statement.month):
        raise Http404
    return row


def _currency(statement: Statement) -> str:
    line = statement.lines.order_by("position").first()
    return line.currency if line else ""

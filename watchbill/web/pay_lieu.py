"""Time in lieu that I take: entered, and taken back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from oncall.actions import Refused
from oncall.compensation.actions import lieu
from oncall.compensation.models import LieuUse
from people.ledger.record import Actor
from people.models import User
from watchbill.web.instants import instant
from watchbill.web.pages import for_people, person
from watchbill.web.pay_statement import minutes


@require_POST
@for_people
def take(request: HttpRequest) -> HttpResponse:
    reader = person(request)
    try:
        lieu.use(
            user=reader,
            at=_at(request, reader),
            minutes=minutes(request.POST.get("minutes", "")),
            why=request.POST.get("why", ""),
            by=Actor.person(reader, via="web"),
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "It is noted.")
    return redirect("pay")


@require_POST
@for_people
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    reader = person(request)
    row = get_object_or_404(LieuUse, pk=int(number), user=reader)
    try:
        lieu.cancel_use(use=row, by=Actor.person(reader, via="web"), now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Taken back.")
    return redirect("pay")


def _at(request: HttpRequest, reader: User) -> datetime:
    text = request.POST.get("at", "")
    return instant(text, ZoneInfo(reader.time_zone), what="time", known=None).astimezone(UTC)

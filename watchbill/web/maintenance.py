"""Maintenance: what runs and what is planned, start one now, end one."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from escalation.actions import maintenance
from escalation.actions.config import ConfigError
from escalation.core.incident import Quiet
from escalation.models import MaintenanceWindow, Service
from escalation.permissions import may_plan, may_start
from escalation.quiet import showing
from people import clock
from people.ledger.record import Actor
from people.models import User
from people.permissions import is_manager
from watchbill.web.pages import for_people, person

LASTS = {"30": "30 minutes", "60": "1 hour", "120": "2 hours", "240": "4 hours", "480": "8 hours"}
USUAL = "120"
DONE = {"end": "ended", "cancel": "cancelled"}
SHOWN = 200


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    """`/maintenance`, perhaps with `?service=` chosen in the form."""
    now, reader = clock.now(), person(request)
    rows = showing.shown(showing.windows(now=now), now=now)[:SHOWN]
    context = {
        "here": "incidents",
        "reader": reader,
        "running": [one for one in rows if one.running],
        "planned": [one for one in rows if one.coming and not one.running],
        "plans": {one.row.pk for one in rows if may_plan(reader, one.row.service)},
        "services": _startable(reader, now=now),
        "asked": request.GET.get("service", ""),
        "lasts": LASTS,
        "usual": USUAL,
        "may_plan": reader.is_staff and (reader.is_superuser or is_manager(reader)),
    }
    return render(request, "web/maintenance.html", context)


@require_POST
@for_people
def start(request: HttpRequest) -> HttpResponse:
    """POST `/maintenance/start`: from now on, for one of LASTS."""
    now = clock.now()
    try:
        service, until = _started(request, now=now)
    except ConfigError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{service} pages nobody for {until}. End it here as soon as you are done.")
    return redirect("maintenance")


@require_POST
@for_people
def act(request: HttpRequest, number: int, action: str) -> HttpResponse:
    """POST `/maintenance/<id>/end`, which everybody may, and `/cancel`."""
    now, reader = clock.now(), person(request)
    window = get_object_or_404(MaintenanceWindow.objects.select_related("service__team"), pk=number)
    verb = maintenance.end_window if action == "end" else maintenance.cancel_window
    if action == "cancel" and not may_plan(reader, window.service):
        messages.error(request, f"Only managers of the team of {window.service} cancel its maintenance.")
        return redirect("maintenance")
    ran = showing.show(window, now=now).running is not None
    try:
        left = verb(window=window, by=Actor.person(reader, via="web"), now=now)
    except ConfigError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The {window} is {DONE[action]}{_what_follows(left) if ran else ''}.")
    return redirect("maintenance")


def _what_follows(left: Quiet | None) -> str:
    if left is None:
        return ": what is open is paged now"
    return f"; another window keeps it quiet until {left.until:%Y-%m-%d %H:%M} UTC ({left.why})"


def _startable(reader: User, *, now: datetime) -> list[Service]:
    services = list(Service.objects.filter(retired_at=None).select_related("team").order_by("name"))
    allowed = may_start(reader, services, now=now)
    return [service for service in services if service.pk in allowed]


def _started(request: HttpRequest, *, now: datetime) -> tuple[Service, str]:
    lasts, reader = request.POST.get("minutes", ""), person(request)
    name = request.POST.get("service", "")
    service = next((one for one in _startable(reader, now=now) if one.name == name), None)
    if service is None:
        raise ConfigError("Choose a service of a team of yours; for others ask their managers.")
    if lasts not in LASTS:
        raise ConfigError("Choose how long it lasts.")
    spec = maintenance.from_now(
        lasts=timedelta(minutes=int(lasts)), reason=request.POST.get("reason", "")[:1000], now=now
    )
    maintenance.plan_window(service=service, spec=spec, by=Actor.person(reader, via="web"), now=now)
    return service, LASTS[lasts]

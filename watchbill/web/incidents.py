"""The incidents: all of them, one of them, and what a person does about it."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from escalation import planning, selectors, wording
from escalation.actions import labelling, respond
from escalation.core.label import BUTTONS
from escalation.models import Alert, Incident
from escalation.quiet.reading import keeping_quiet
from escalation.quiet.showing import in_maintenance_now
from escalation.quiet.windows import in_maintenance
from people import clock
from people.ledger.record import Actor
from people.models import User
from watchbill.web.pages import for_people, outward, person

PER_PAGE = 50
PK = re.compile(r"[0-9]{1,18}", re.ASCII)
SHOWN_OF_PLAN = 8
SHOWN_OF_ALERTS = 50
SNOOZES = {"30": "30 minutes", "60": "1 hour", "240": "4 hours", "480": "8 hours", "1440": "1 day"}
LONGEST_NOTE = 10_000


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    """Every incident, newest first; `?status=open` leaves out what is resolved. `?chosen=` is one that stands
    first and is ticked already, for what is done to several of them.
    """
    only_open = request.GET.get("status") == "open"
    rows = selectors.open_incidents() if only_open else selectors.incidents()
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    chosen = request.GET.get("chosen", "")
    context = {
        "here": "incidents",
        "reader": person(request),
        "page": page,
        "only_open": only_open,
        "some_open": any(row.status != Incident.Status.RESOLVED for row in page),
        "chosen": selectors.open_incidents().filter(pk=chosen).first() if PK.fullmatch(chosen) else None,
        "in_maintenance": in_maintenance_now(now=clock.now()),
    }
    return render(request, "web/incidents.html", context)


@require_safe
@for_people
def detail(request: HttpRequest, incident_id: int) -> HttpResponse:
    incident = get_object_or_404(selectors.incidents(), pk=incident_id)
    quiet = in_maintenance([incident.service], at=clock.now()).get(incident.service_id)
    alerts = selectors.newest_alerts(incident, most=SHOWN_OF_ALERTS)
    how_many = incident.alerts.count() if len(alerts) == SHOWN_OF_ALERTS else len(alerts)
    context = {
        "here": "incidents",
        "reader": person(request),
        "incident": incident,
        "open": incident.status != Incident.Status.RESOLVED,
        "answered": selectors.answered(incident) if incident.wanted > 1 else [],
        "people": User.objects.filter(is_active=True).order_by("name", "username"),
        "resolves_at": selectors.resolves_at(incident),
        "alerts": alerts,
        "how_many_alerts": f"{how_many:,}",
        "more_alerts": f"{how_many - len(alerts):,}" if how_many > len(alerts) else "",
        "maintenance": quiet,
        "labels": sorted(alerts[0].labels.items()) if alerts else [],
        "links": _links(incident, alerts),
        "merged": incident.merged.order_by("pk"),
        "timeline": selectors.timeline(incident.pk),
        "rules": keeping_quiet(incident, now=clock.now()),
        "plan": _plan(incident),
        "shown_of_plan": SHOWN_OF_PLAN,
        "snoozes": SNOOZES,
        "label_choices": BUTTONS,
    }
    return render(request, "web/incident.html", context)


def _plan(incident: Incident) -> list[dict[str, object]]:
    """What is still to come if nobody answers: one line for what one person gets at one moment."""
    if incident.status == Incident.Status.RESOLVED:
        return []
    lines: dict[tuple[object, ...], list[str]] = {}
    for one in planning.plan_of(incident, now=clock.now()):
        lines.setdefault((one.at, one.user, one.step, one.repeat), []).append(one.via)
    people = User.objects.in_bulk({user for _, user, _, _ in lines})
    return [
        {"at": at, "user": people.get(user), "vias": vias, "step": step, "repeat": repeat}
        for (at, user, step, repeat), vias in lines.items()
    ]


def _links(incident: Incident, alerts: Sequence[Alert]) -> list[tuple[str, str, str]]:
    """Runbooks, and what the newest alert links to."""
    alert = alerts[0] if alerts else None
    return outward([*wording.runbooks(incident, alert), *(alert.links if alert else ())])


@require_POST
@for_people
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """POST `/incidents/<id>/<action>`, then back to where the button was."""
    incident_id = int(number)
    try:
        said = ACTIONS[action](request, incident_id)
    except respond.Refused as refusal:
        messages.error(request, str(refusal))
    except Incident.DoesNotExist:
        messages.error(request, f"There is no incident #{incident_id}.")
        return redirect("home")
    else:
        messages.success(request, said)
    return redirect("home") if request.POST.get("back") == "home" else redirect("incident", incident_id)


def _acknowledge(request: HttpRequest, incident_id: int) -> str:
    incident = respond.acknowledge(incident_id=incident_id, by=_by(request), now=clock.now())
    if incident.progress:
        return f"You acknowledged #{incident_id}, and are paged no more. {incident.progress}."
    return f"You acknowledged #{incident_id}. Paging has stopped."


def _resolve(request: HttpRequest, incident_id: int) -> str:
    respond.resolve(incident_id=incident_id, by=_by(request), now=clock.now())
    return f"You resolved #{incident_id}. Nobody is paged any more."


def _escalate(request: HttpRequest, incident_id: int) -> str:
    respond.escalate(incident_id=incident_id, by=_by(request), now=clock.now())
    return f"#{incident_id} is escalated: the next step is paged now."


def _snooze(request: HttpRequest, incident_id: int) -> str:
    minutes = request.POST.get("minutes", "")
    if minutes not in SNOOZES:
        raise respond.Refused("Choose how long to snooze.")
    now = clock.now()
    until = now + timedelta(minutes=int(minutes))
    respond.snooze(incident_id=incident_id, until=until, by=_by(request), now=now)
    return f"#{incident_id} is quiet for {SNOOZES[minutes]}, then pages from step 1."


def _reassign(request: HttpRequest, incident_id: int) -> str:
    user = _chosen(request)
    respond.reassign(incident_id=incident_id, users=[user], by=_by(request), now=clock.now())
    return f"#{incident_id} is {user}'s: they are paged now, instead of everybody else."


def _add_responder(request: HttpRequest, incident_id: int) -> str:
    user = _chosen(request)
    respond.add_responders(incident_id=incident_id, users=[user], by=_by(request), now=clock.now())
    return f"{user} is paged about #{incident_id} now. What else runs goes on as it was."


def _chosen(request: HttpRequest) -> User:
    username = request.POST.get("user", "").replace("\x00", "")
    user = User.objects.filter(username=username).first()
    if user is None:
        raise respond.Refused("Choose a person.")
    return user


def _label(request: HttpRequest, incident_id: int) -> str:
    row = labelling.label(
        incident_id=incident_id, label=request.POST.get("label", ""), by=_by(request), now=clock.now()
    )
    return f"#{incident_id} is labelled: {row.get_label_display()}."


def _note(request: HttpRequest, incident_id: int) -> str:
    text = request.POST.get("text", "")[:LONGEST_NOTE].replace("\x00", "")
    respond.note(incident_id=incident_id, text=text, by=_by(request), now=clock.now())
    return "Your note is on the timeline."


def _by(request: HttpRequest) -> Actor:
    return Actor.person(person(request), via="web")


ACTIONS: dict[str, Callable[[HttpRequest, int], str]] = {
    "acknowledge": _acknowledge,
    "resolve": _resolve,
    "escalate": _escalate,
    "snooze": _snooze,
    "reassign": _reassign,
    "responder": _add_responder,
    "note": _note,
    "label": _label,
}

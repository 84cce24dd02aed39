"""Open an incident by hand: what is wrong, with what, and how bad it is."""

from datetime import UTC

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from escalation.actions.respond import Refused
from escalation.intake import Trouble, raise_incident
from escalation.models import Incident, Service
from people import clock
from people.ledger.record import Actor
from watchbill.web.pages import for_people, person

SEVERITIES = {
    "SEV-1": "customers cannot work, or data is at risk",
    "SEV-2": "a part is broken for many",
    "SEV-3": "a few are hindered; there is a way around",
    "SEV-4": "nobody is hindered yet; it pages nobody",
}
LONGEST_DETAIL = 10_000


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def new(request: HttpRequest) -> HttpResponse:
    """`/incidents/new`, perhaps with `?service=`; a POST opens it and shows it."""
    asked = request.POST if request.method == "POST" else request.GET
    services = list(Service.objects.filter(retired_at=None).order_by("name"))
    if request.method == "POST":
        try:
            return redirect("incident", _raised(request, services))
        except Refused as refusal:
            messages.error(request, str(refusal))
    context = {
        "here": "incidents",
        "reader": person(request),
        "services": services,
        "severities": SEVERITIES,
        "asked": {
            "service": asked.get("service", ""),
            "title": asked.get("title", ""),
            "severity": asked.get("severity", "SEV-2"),
            "detail": asked.get("detail", ""),
        },
    }
    return render(request, "web/incident_new.html", context)


def _who_hears(incident: Incident) -> str:
    if incident.quiet_until is None:
        return "Below stands who is paged, and when."
    until = f"{incident.quiet_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{incident.service.name} pages nobody before {until}: {incident.parked_reason}."


def _raised(request: HttpRequest, services: list[Service]) -> int:
    chosen = next((one for one in services if one.name == request.POST.get("service")), None)
    if chosen is None:
        raise Refused("Choose the service that it is about.")
    trouble = Trouble(
        service=chosen,
        title=request.POST.get("title", ""),
        severity=request.POST.get("severity", ""),
        detail=request.POST.get("detail", "")[:LONGEST_DETAIL],
    )
    by = Actor.person(person(request), via="web")
    incident, _ = raise_incident(trouble, by=by, now=clock.now())
    messages.success(request, f"You opened #{incident.pk}. {_who_hears(incident)}")
    return incident.pk

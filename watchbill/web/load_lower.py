"""Lower how urgent an alert is: a page that says what it will do, and does it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from escalation.actions.lowering import lower_severity, winning
from escalation.actions.steps import ConfigError
from escalation.core.matching import in_lines, read_match, spelled
from escalation.core.urgency import DEFAULTS
from escalation.models import Service
from people import clock
from people.ledger.record import Actor
from people.models import Team
from watchbill.web.load_follow_ups import editable_team
from watchbill.web.pages import for_people, person

LOWER = ("SEV-4", "SEV-3")
LONGEST_MATCH = 4000


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def lower(request: HttpRequest, name: str) -> HttpResponse:
    """`?service=&alert=&match=` say which alert; `match` has a label=value a line."""
    reader = person(request)
    team = editable_team(reader, name)
    said = request.POST if request.method == "POST" else request.GET
    service, alert = _service(team, said.get("service", "")), said.get("alert", "")[:120]
    match, fault = {}, ""
    try:
        match = _match(said.get("match", ""))
        if request.method == "POST":
            severity = _severity(request)
            by = Actor.person(reader, via="web")
            lower_severity(service=service, match=match, severity=severity, by=by, now=clock.now())
            messages.success(request, sentence(service, alert or spelled(match), severity))
            return redirect(reverse("load-team", args=[name]))
    except (ConfigError, ValueError) as refusal:
        fault = str(refusal)
    context = {
        "here": "load",
        "reader": reader,
        "team": team,
        "service": service,
        "alert": alert,
        "match": match,
        "lines": in_lines(match),
        "fault": fault,
        "winning": winning(service.severity_rules, match),
        "choices": [(one, sentence(service, alert or spelled(match), one)) for one in LOWER],
        "chosen": said.get("severity", LOWER[0]),
    }
    return render(request, "web/load_lower.html", context)


def sentence(service: Service, alert: str, severity: str) -> str:
    """“From now on DiskFull of storage is SEV-4: it pages nobody, at night or by day.”"""
    rule = service.urgency.get(severity, DEFAULTS[severity])
    if rule == "low":
        does = "it pages nobody, at night or by day; whoever is on call gets it as of low urgency"
    elif rule == "support_hours" and service.support_hours:
        does = "outside support hours it pages nobody and waits for them"
    else:
        does = "but for this service that pages at any hour, as before"
    return f"From now on {alert} of {service.name} is {severity}: {does}."


def _match(text: str) -> dict[str, str]:
    """Cut short it would mean other alerts, and so it is refused. Raises ValueError."""
    if len(text) > LONGEST_MATCH:
        raise ValueError(f"That is {len(text)} characters of labels; a rule takes {LONGEST_MATCH}.")
    return read_match(text)


def _severity(request: HttpRequest) -> str:
    severity = request.POST.get("severity", "")
    if severity not in LOWER:
        raise ConfigError(f"Choose {' or '.join(LOWER)}.")
    return severity


def _service(team: Team, name: str) -> Service:
    """Raises Http404 where the team has none in use by that name."""
    found = Service.objects.filter(name=name.replace("\x00", ""), team=team, retired_at=None).first()
    if found is None:
        raise Http404(f"{team} has no service “{name[:100]}” now; it may have another name.")
    return found

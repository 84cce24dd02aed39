"""Make a suppress rule or a trial: which alerts, who answers for it, until when."""

from collections.abc import Mapping
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from escalation.actions.rules import SEVERITIES, Kind, RuleSpec, create_rule, usual_severities
from escalation.actions.steps import ConfigError
from escalation.core.matching import faults_of, in_lines, read_match, suggested
from escalation.models import AlertRule, Incident, Service
from escalation.permissions import silenceable
from escalation.selectors.tryout import TryOut, try_suppressing
from people import clock
from people.ledger.record import Actor
from people.models import User
from watchbill.web.alert_rules import LENGTHS
from watchbill.web.pages import for_people, person

KINDS = {
    Kind.SUPPRESS: "on record, and pages nobody",
    Kind.TRIAL: "a new alert rule: its would-be pages go to its author by mail, with a forecast",
}
LONGEST_MATCH = 20_000
NUMBER = 18


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def new(request: HttpRequest) -> HttpResponse:
    """`/rules/new`, with `?incident=`, or `?service=`, `?match=`, `?reason=`; a POST makes the rule and
    shows it.
    """
    reader = person(request)
    services = list(silenceable(reader))
    people = list(User.objects.filter(is_active=True).exclude(username__startswith=":").order_by("username"))
    tryout = None
    if request.method == "POST":
        try:
            if "try" not in request.POST:
                return redirect("alert-rule", _made(request, services, people).pk)
            tryout = _tried(request, services)
        except ConfigError as refusal:
            messages.error(request, str(refusal))
    context = {
        "here": "incidents",
        "reader": reader,
        "services": services,
        "people": people,
        "kinds": [(kind.value, kind.label.capitalize(), words) for kind, words in KINDS.items()],
        "severities": SEVERITIES,
        "lengths": LENGTHS,
        "tryout": tryout,
        "asked": _typed(request) if request.method == "POST" else _proposed(request),
    }
    return render(request, "web/alert_rule_new.html", context)


def _typed(request: HttpRequest) -> Mapping[str, object]:
    """What was typed stays on the page where it is refused."""
    plain = {name: request.POST.get(name, "") for name in ("service", "kind", "match", "owner", "reason")}
    return {
        **plain,
        "days": request.POST.get("days", ""),
        "severities": request.POST.getlist("severities"),
        "quiet_open": "quiet_open" in request.POST,
    }


def _proposed(request: HttpRequest) -> Mapping[str, object]:
    """What an incident's labels come to; without one an empty form. No severity is ticked, since a trial is
    usually about others than a suppress rule, and which of them it is to be is chosen on the form.
    """
    asked = request.GET
    incident, number = None, asked.get("incident", "")
    if number.isascii() and number.isdecimal() and len(number) <= NUMBER:
        incident = Incident.objects.select_related("service").filter(pk=int(number)).first()
    alert = incident.alerts.order_by("-last_event_at", "-pk").first() if incident else None
    return {
        "service": incident.service.name if incident else asked.get("service", ""),
        "kind": Kind.TRIAL if asked.get("kind") == Kind.TRIAL else Kind.SUPPRESS,
        "match": in_lines(suggested(alert.labels)) if alert else asked.get("match", "")[:LONGEST_MATCH],
        "reason": asked.get("reason", "")[:200],
        "owner": str(person(request).pk),
        "days": "7",
        "severities": [],
        "incident": incident,
        "unlabelled": incident is not None and not (alert and alert.labels),
    }


def _tried(request: HttpRequest, services: list[Service]) -> TryOut:
    """What it would have made of the alerts of the last days. Nothing is written."""
    asked = request.POST
    service, match = _service(request, services), _match(asked.get("match", ""))
    faults = faults_of(match)
    if faults:
        raise ConfigError(" ".join(faults))
    ticked = [one for one in asked.getlist("severities") if one in SEVERITIES]
    severities = ticked or usual_severities(asked.get("kind", ""))
    return try_suppressing(service=service, match=match, severities=severities, now=clock.now())


def _service(request: HttpRequest, services: list[Service]) -> Service:
    named = request.POST.get("service", "")
    service = next((one for one in services if one.name == named), None)
    if service is None and Service.objects.filter(name=named.replace("\x00", "")).exists():
        raise PermissionDenied
    if service is None:
        raise ConfigError("Choose the service that it is about.")
    return service


def _made(request: HttpRequest, services: list[Service], people: list[User]) -> AlertRule:
    now, asked = clock.now(), request.POST
    service = _service(request, services)
    owner = next((one for one in people if str(one.pk) == asked.get("owner")), None)
    if owner is None:
        raise ConfigError("Choose who answers for it.")
    if asked.get("kind") not in Kind.values or asked.get("days") not in LENGTHS:
        raise ConfigError("Choose what it does, and for how long.")
    kind = Kind(asked["kind"])
    spec = RuleSpec(
        service=service,
        kind=kind,
        match=_match(asked.get("match", "")),
        owner=owner,
        ends_at=now + timedelta(days=int(asked["days"])),
        reason=asked.get("reason", ""),
        severities=asked.getlist("severities"),
    )
    quiet_open = "quiet_open" in asked
    by = Actor.person(person(request), via="web")
    rule, quieted = create_rule(spec=spec, quiet_open=quiet_open, by=by, now=now)
    said = f" {quieted} open incidents are quiet now." if quiet_open else ""
    messages.success(request, f"The rule is in force for new alerts.{said}")
    return rule


def _match(text: str) -> dict[str, str]:
    if len(text) > LONGEST_MATCH:
        raise ConfigError("That is too much to match by; name a few labels that tell these alerts apart.")
    try:
        return read_match(text)
    except ValueError as fault:
        raise ConfigError(str(fault)) from None

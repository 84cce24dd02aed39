"""Suppress rules and trials: those in force, one of them, what a person does about it; and routing rules."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import groupby

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.views.decorators.http import require_POST, require_safe

from escalation.actions.rules import WORST, Kind, RuleSpec, change_rule, create_rule, end_rule, is_running
from escalation.actions.steps import ConfigError
from escalation.core.matching import spelled
from escalation.models import AlertRule
from escalation.permissions import may_change_rule, may_end_rule, silenceable
from escalation.quiet import reading
from escalation.rulekeeping.outlook import outlook
from escalation.selectors.routing import makes_of_it, routing_rules, spelled_match
from people import clock
from people.ledger.models import Entry
from people.ledger.record import Actor
from people.permissions import may_edit_team
from watchbill.web.pages import for_people, person

SHOWN_OVER = 30
SHOWN_ALERTS = 50
SHOWN_PAGES = 50
LENGTHS = {"1": "1 day", "3": "3 days", "7": "1 week", "14": "2 weeks", "28": "4 weeks", "90": "90 days"}


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    """Those in force, which end first first, then the last ones that are over."""
    now, reader = clock.now(), person(request)
    context = {
        "here": "incidents",
        "reader": reader,
        "running": [_row(rule) for rule in reading.running(now=now)],
        "over": [_row(rule) for rule in reading.over(now=now)[:SHOWN_OVER]],
        "may_make": silenceable(reader).exists(),
        "routing": [
            (service, list(rows)) for service, rows in groupby(_routed(), key=lambda one: one["service"])
        ],
        "may_route": reader.is_staff and may_edit_team(reader, None),
    }
    return render(request, "web/alert_rules.html", context)


@require_safe
@for_people
def detail(request: HttpRequest, rule_id: int) -> HttpResponse:
    now, reader = clock.now(), person(request)
    rule = get_object_or_404(reading.rules(), pk=rule_id)
    found = outlook(rule, now=now) if rule.kind == Kind.TRIAL else None
    goes_on = is_running(rule, now=now)
    alerts = rule.matches.select_related("alert__incident").order_by("-last_at", "-pk")
    context = {
        "here": "incidents",
        "reader": reader,
        "rule": rule,
        "match": sorted(rule.match.items()),
        "running": goes_on,
        "may_change": goes_on and may_change_rule(reader, rule),
        "may_end": goes_on and may_end_rule(reader, rule),
        "outlook": found,
        "pages": found.pages[:SHOWN_PAGES] if found else [],
        "more_pages": max(0, found.count - SHOWN_PAGES) if found else 0,
        "alerts": alerts[:SHOWN_ALERTS],
        "more_alerts": max(0, alerts.count() - SHOWN_ALERTS),
        "lengths": _lengths(rule.kind),
        "suppress_lengths": _lengths(Kind.SUPPRESS),
        "history": Entry.objects.filter(subject_type="rule", subject_id=rule.pk).order_by("id"),
    }
    return render(request, "web/alert_rule.html", context)


@require_POST
@for_people
def act(request: HttpRequest, rule_id: int, action: str) -> HttpResponse:
    """POST `/rules/<id>/<action>`, then the page of the rule, which says what became of it."""
    rule = get_object_or_404(AlertRule.objects.select_related("service__team", "owner"), pk=rule_id)
    try:
        said, pk = ACTIONS[action](request, rule)
    except ConfigError as refusal:
        messages.error(request, str(refusal))
        return redirect("alert-rule", rule_id)
    messages.success(request, said)
    return redirect("alert-rule", pk)


def _routed() -> Iterator[dict[str, object]]:
    """Routing rules, by service, in the order in which they count."""
    for rule in routing_rules():
        said = {"match": spelled_match(rule), "makes": makes_of_it(rule)}
        yield {"service": rule.service.name, "pk": rule.pk, "position": rule.position, **said}


def _row(rule: AlertRule) -> dict[str, object]:
    return {"rule": rule, "match": spelled(rule.match), "kind": capfirst(rule.get_kind_display())}


def _lengths(kind: str) -> dict[str, str]:
    """How much longer it may be made to last."""
    return {days: words for days, words in LENGTHS.items() if kind == Kind.SUPPRESS or int(days) <= 28}


def _asked_end(request: HttpRequest, kind: str, now: datetime) -> datetime:
    days = request.POST.get("days", "")
    if days not in _lengths(kind):
        raise ConfigError("Choose for how long.")
    return now + timedelta(days=int(days))


def _end(request: HttpRequest, rule: AlertRule) -> tuple[str, int]:
    if not may_end_rule(person(request), rule):
        raise PermissionDenied
    why = request.POST.get("reason", "")[:200]
    news = end_rule(rule=rule, by=_by(request), now=clock.now(), why=why)
    return (f"Ended: {spelled(rule.match)} pages again." if news else "It was over already."), rule.pk


def _extend(request: HttpRequest, rule: AlertRule) -> tuple[str, int]:
    if not may_change_rule(person(request), rule):
        raise PermissionDenied
    now = clock.now()
    ends_at = _asked_end(request, rule.kind, now)
    change_rule(rule=rule, ends_at=ends_at, by=_by(request), now=now)
    return f"It lasts {LENGTHS[request.POST['days']]} from now.", rule.pk


def _suppress(request: HttpRequest, rule: AlertRule) -> tuple[str, int]:
    """A trial becomes a suppress rule of the one who asks for it: first that is there, then the trial ends.
    What is SEV-1 pages again, as with any suppress rule that does not say otherwise.
    """
    reader, now = person(request), clock.now()
    if not may_change_rule(reader, rule):
        raise PermissionDenied
    if rule.kind != Kind.TRIAL:
        raise ConfigError("It is a suppress rule already.")
    spec = RuleSpec(
        service=rule.service,
        kind=Kind.SUPPRESS,
        match=rule.match,
        severities=[one for one in rule.severities if one != WORST] or rule.severities,
        owner=reader,
        ends_at=_asked_end(request, Kind.SUPPRESS, now),
        reason=request.POST.get("reason", "")[:200] or f"after {rule}",
    )
    made, _ = create_rule(spec=spec, quiet_open=True, by=_by(request), now=now)
    end_rule(rule=rule, by=_by(request), now=now, why=f"turned into {made}")
    return f"{capfirst(str(made))} takes the place of the trial, and you answer for it.", made.pk


def _by(request: HttpRequest) -> Actor:
    return Actor.person(person(request), via="web")


ACTIONS: dict[str, Callable[[HttpRequest, AlertRule], tuple[str, int]]] = {
    "end": _end,
    "extend": _extend,
    "suppress": _suppress,
}

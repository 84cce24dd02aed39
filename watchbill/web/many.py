"""One answer to several incidents: acknowledged or resolved each on its own, or merged into one of them."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from escalation import selectors
from escalation.actions import bulk, merging
from escalation.actions.respond import Refused
from escalation.models import Incident
from people.ledger.record import Actor
from watchbill.web.pages import for_people, person

LONGEST_ID = 18  # digits


@require_POST
@for_people
def answer(request: HttpRequest) -> HttpResponse:
    """POST `/incidents/many` with `incident`, several times, and `action`; then back to the list."""
    chosen = _chosen(request)
    action = request.POST.get("action", "")
    if action == "merge":
        return _ask_which(request, chosen)
    try:
        verb, done = VERBS[action]
        outcome = verb(incident_ids=chosen, by=_by(request), now=timezone.now())
    except KeyError:
        messages.error(request, "Choose what to do with them: acknowledge, resolve or merge.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if outcome.done:
            messages.success(request, f"{done}: {_named(outcome.done)}.")
        for why in outcome.refused.values():
            messages.error(request, why)
    return _back(request)


@require_POST
@for_people
def merge(request: HttpRequest) -> HttpResponse:
    """POST `/incidents/merge`: all of `incident` go on as `into`, which is shown."""
    into = _number(request.POST.get("into", ""))
    if into is None:
        messages.error(request, "Choose the incident that goes on.")
        return _back(request)
    others = [pk for pk in _chosen(request) if pk != into]
    try:
        merging.merge(into=into, incidents=others, by=_by(request), now=timezone.now())
    except (Refused, Incident.DoesNotExist) as refusal:
        messages.error(request, str(refusal))
        return _back(request)
    messages.success(request, f"Merged into #{into}: {_named(others)}. Nobody is paged about them any more.")
    return redirect("incident", into)


def _ask_which(request: HttpRequest, chosen: list[int]) -> HttpResponse:
    """The page that asks which of them goes on: the oldest, unless they say otherwise."""
    rows = list(selectors.open_incidents().filter(pk__in=chosen[: bulk.MOST]))[::-1]
    if len(rows) < 2:
        messages.error(request, "Choose at least two open incidents to merge.")
        return _back(request)
    context = {"here": "incidents", "reader": person(request), "incidents": rows}
    return render(request, "web/incident_merge.html", context)


def _chosen(request: HttpRequest) -> list[int]:
    """What is no number was not sent by our page."""
    sent = (_number(text) for text in request.POST.getlist("incident"))
    return [number for number in sent if number is not None]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None


def _named(ids: list[int]) -> str:
    return ", ".join(f"#{pk}" for pk in ids)


def _back(request: HttpRequest) -> HttpResponse:
    """To the list, as it was shown."""
    shown = {"status": "open"} if request.POST.get("status") == "open" else {}
    page = _number(request.POST.get("page", ""))
    query = urlencode(shown | ({"page": str(page)} if page else {}))
    return redirect(reverse("incidents") + (f"?{query}" if query else ""))


def _by(request: HttpRequest) -> Actor:
    return Actor.person(person(request), via="web")


VERBS: dict[str, tuple[Callable[..., bulk.Outcome], str]] = {
    "acknowledge": (bulk.acknowledge, "You acknowledged"),
    "resolve": (bulk.resolve, "You resolved"),
}

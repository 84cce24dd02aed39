"""The page behind the signed link in a message. The token is the authority; nobody logs in at 3 a.m.

GET changes nothing, because mail scanners and link previews open every address. POST acts as the person
whom the message was to.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from escalation.actions import labelling, respond
from escalation.core.label import BUTTONS
from escalation.models import Incident
from escalation.selectors import incident_about, incidents
from paging.actions.pages import reachable
from paging.actions.testing import end_test_page
from paging.core.cause import is_test
from paging.links import BadLink, read_page_token, was_ours
from paging.models import Page
from people import clock
from people.ledger.record import Actor
from watchbill.web.pages import guarded, outward

NO_LONGER = "You can no longer act by this link. Ask a manager of your team, or log in."
UNKNOWN_ACTION = "This page knows two answers, acknowledge and resolve. Choose one of the buttons."


@csrf_exempt  # no session is read: the signature in the address says who is asking
@require_http_methods(["GET", "HEAD", "POST"])
@guarded
def link(request: HttpRequest, token: str) -> HttpResponse:
    """`/p/<token>`: 403 for a link that is not ours, 410 for one that is too old."""
    try:
        page = Page.objects.select_related("user").get(pk=read_page_token(token))
    except BadLink as fault:
        return shut(request, str(fault), status=410 if was_ours(token) else 403)
    except Page.DoesNotExist:
        return shut(request, NO_LONGER, status=410)
    if is_test(page.cause) and reachable(page.user):
        return _test(request, page)
    incident = incident_about(page.cause)
    if incident is None or not reachable(page.user):
        return shut(request, NO_LONGER, status=410)
    if request.method == "POST":
        return _act(request, page, incident, now=clock.now())
    return _show(request, page, incident)


def _test(request: HttpRequest, page: Page) -> HttpResponse:
    """A test page shows that it came through; answering it stops what is left of it."""
    if request.method == "POST":
        end_test_page(user=page.user, by=Actor.person(page.user, via="link"), now=clock.now())
        page.refresh_from_db()
    answered = page.stop_reason.startswith("answered")
    shown = {"page": page, "reader": page.user, "answered": answered}
    return private(render(request, "web/link_test.html", shown))


def _act(request: HttpRequest, page: Page, incident: Incident, *, now: datetime) -> HttpResponse:
    by = Actor.person(page.user, via="link")
    action = request.POST.get("action")
    try:
        if action == "acknowledge":
            respond.acknowledge(incident_id=incident.pk, by=by, now=now)
        elif action == "resolve":
            respond.resolve(incident_id=incident.pk, by=by, now=now)
        elif action == "label":
            labelling.label(incident_id=incident.pk, label=request.POST.get("label", ""), by=by, now=now)
        else:
            return _show(request, page, incident, refused=UNKNOWN_ACTION, status=400)
    except respond.Refused:
        pass  # somebody was quicker: the page says who, and when
    return _show(request, page, incidents().get(pk=incident.pk))


def _show(request: HttpRequest, page: Page, incident: Incident, **said: Any) -> HttpResponse:
    status = said.pop("status", 200)
    context = {
        "incident": incident,
        "reader": page.user,
        "because": page.facts.get("because", ""),
        "links": outward(page.facts.get("links", ())),
        "label_choices": BUTTONS,
        "open": incident.status != Incident.Status.RESOLVED,
        "mine": incident.is_answered_by(page.user)
        or (incident.status == Incident.Status.ACKNOWLEDGED and incident.acknowledged_by == page.user),
        **said,
    }
    return private(render(request, "web/link.html", context, status=status))


def shut(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    return private(render(request, "web/link_shut.html", {"sentence": sentence}, status=status))


def private(response: HttpResponse) -> HttpResponse:
    """The address is a key: no referrer carries it on, no index keeps it, no cache holds the page."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response

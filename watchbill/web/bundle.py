"""The page behind the signed link of a message that says many pages at once: all it names, and one button.

As the link of a single page: GET changes nothing, POST acts as the person whom the message was to.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from escalation.actions import respond
from escalation.core.cause import incident_in
from escalation.models import Incident
from escalation.selectors import incidents
from paging.actions.pages import reachable
from paging.links import BadLink, read_bundle_token, was_ours
from paging.selectors import said_by
from people import clock
from people.ledger.record import Actor
from people.models import User
from watchbill.web.link import NO_LONGER, private, shut
from watchbill.web.pages import guarded

UNKNOWN_ACTION = "This page knows one answer, to acknowledge them all. Press its button."


@csrf_exempt  # no session is read: the signature in the address says who is asking
@require_http_methods(["GET", "HEAD", "POST"])
@guarded
def bundle(request: HttpRequest, token: str) -> HttpResponse:
    """`/p/b<token>`: 403 for a link that is not ours, 410 for one that is too old."""
    try:
        said = said_by(read_bundle_token(token))
    except BadLink as fault:
        return shut(request, str(fault), status=410 if was_ours(token) else 403)
    if said is None or not reachable(said.user):
        return shut(request, NO_LONGER, status=410)
    named = _incidents_of(said.causes)
    if request.method != "POST":
        return _show(request, said.user, named)
    if request.POST.get("action") != "acknowledge":
        return _show(request, said.user, named, refused=UNKNOWN_ACTION, status=400)
    done = respond.acknowledge_all(
        incident_ids=[incident.pk for incident in named],
        by=Actor.person(said.user, via="link"),
        now=clock.now(),
    )
    return _show(request, said.user, _incidents_of(said.causes), done=len(done), answered=True)


def _show(request: HttpRequest, reader: User, named: Sequence[Incident], **said: Any) -> HttpResponse:
    status = said.pop("status", 200)
    unanswered = [one for one in named if one.status == Incident.Status.TRIGGERED]
    waiting = sum(not one.is_answered_by(reader) for one in unanswered)
    short = [one for one in unanswered if one.is_answered_by(reader)]
    context = {"incidents": named, "reader": reader, "waiting": waiting, "short": short, **said}
    return private(render(request, "web/bundle.html", context, status=status))


def _incidents_of(causes: Sequence[str]) -> list[Incident]:
    """In the order of the message."""
    ids = [pk for pk in map(incident_in, causes) if pk is not None]
    found = incidents().in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]

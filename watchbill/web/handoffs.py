"""Handoffs: mine, and one of them with its note, to be written by one side and confirmed by the other."""

from collections.abc import Callable, Iterable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from escalation.handover import confirming, reading
from escalation.handover.note import LONGEST_MOOD, LONGEST_WATCH, Refused, note_of, why_not_noted, write_note
from escalation.handover.reading import IN, OUT, State, people_of, state_of
from oncall.models import Handoff
from people.ledger.record import Actor
from people.models import User
from watchbill.web.pages import for_people, person

SHOWN, SHOWN_LAST = 10, 20


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    """What waits for me first, then what comes, then what was."""
    reader, now = person(request), timezone.now()
    context = {
        "here": "handoffs",
        "reader": reader,
        "to_confirm": _rows(reading.to_confirm(reader)[:SHOWN]),
        "to_note": _rows(reading.to_note(reader, now=now)[:SHOWN]),
        "next": _rows(reading.next_of(reader)[:SHOWN]),
        "last": _rows(reading.last_of(reader)[:SHOWN_LAST]),
    }
    return render(request, "web/handoffs.html", context)


@require_safe
@for_people
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(reading.handoffs(), pk=pk))


@require_POST
@for_people
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """What was typed stays on the page where it is refused."""
    handoff, reader = _allowed(request, pk, reading.may_note)
    watch, mood = request.POST.get("watch", ""), request.POST.get("mood", "")
    try:
        by = Actor.person(reader, via="web")
        write_note(handoff=handoff, watch=watch, mood=mood, by=by, now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, handoff, watch=watch, mood=mood)
    messages.success(request, "Your note is written.")
    return redirect("handoff", pk)


@require_POST
@for_people
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """What is ticked, or all that was on the page."""
    handoff, reader = _allowed(request, pk, reading.may_confirm)
    wanted = request.POST.getlist("shown" if "all" in request.POST else "item")
    items = {int(one) for one in wanted if one.isascii() and one.isdecimal() and len(one) <= 18}
    if not items:
        messages.error(request, "Tick what you have read, or confirm all of it.")
        return redirect("handoff", pk)
    try:
        by = Actor.person(reader, via="web")
        done = confirming.confirm_items(handoff=handoff, item_ids=items, by=by, now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        said = "The handoff is confirmed." if done.confirmed_at else "What you ticked is confirmed."
        messages.success(request, said)
    return redirect("handoff", pk)


def _page(
    request: HttpRequest, handoff: Handoff, *, watch: str | None = None, mood: str | None = None
) -> HttpResponse:
    now, reader = timezone.now(), person(request)
    state = state_of(handoff)
    context = {
        "here": "handoffs",
        "reader": reader,
        "row": _row(handoff),
        "handoff": handoff,
        "sections": [] if state is State.PASSED else note_of(handoff, now=now),
        "may_note": reading.may_note(reader, handoff) and not why_not_noted(handoff, now=now),
        "may_confirm": reading.may_confirm(reader, handoff)
        and not handoff.confirmed_at
        and not confirming.why_not_confirmed(handoff),
        "carries_incidents": confirming.carries_incidents(handoff, now=now),
        "watch": handoff.watch if watch is None else watch,
        "mood": handoff.mood if mood is None else mood,
        "longest_watch": LONGEST_WATCH,
        "longest_mood": LONGEST_MOOD,
    }
    return render(request, "web/handoff.html", context)


def _rows(handoffs: Iterable[Handoff]) -> list[dict[str, object]]:
    return [_row(handoff) for handoff in handoffs]


def _row(handoff: Handoff) -> dict[str, object]:
    return {
        "handoff": handoff,
        "state": str(state_of(handoff)),
        "outgoing": [str(user) for user in people_of(handoff, OUT)],
        "incoming": [str(user) for user in people_of(handoff, IN)],
    }


def _allowed(request: HttpRequest, pk: int, may: Callable[[User, Handoff], bool]) -> tuple[Handoff, User]:
    handoff, reader = get_object_or_404(reading.handoffs(), pk=pk), person(request)
    if not may(reader, handoff):
        raise PermissionDenied
    return handoff, reader

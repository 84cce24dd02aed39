"""The sources that must call in: how each is, and a mute for one that is known to be silent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from escalation import selectors
from escalation.actions.heartbeats import mute_heartbeat, unmute_heartbeat
from escalation.actions.steps import ConfigError
from escalation.core.heartbeat import State, state_of
from escalation.core.spoken import about, exactly
from escalation.loading import beat_of
from escalation.models import Heartbeat
from escalation.permissions import TOO_LONG, may_mute
from people import clock
from people.ledger.record import Actor
from watchbill.web.pages import for_people, person

MUTES = {"60": "1 hour", "480": "8 hours", "1440": "1 day", "10080": "1 week", "43200": "30 days"}
LONGEST_WHY = 200
WORST_FIRST = (State.SILENT, State.LATE, State.MUTED, State.WAITING, State.ON_TIME)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """`expected_at`: when it should have called; `ago` how long the last call is past, in words."""

    row: Heartbeat
    state: State
    rhythm: str
    ago: str
    expected_at: datetime | None


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    """All of them, those first that somebody may have to look at."""
    now = clock.now()
    shown = [_shown(row, now) for row in selectors.heartbeats()]
    context = {
        "here": "incidents",
        "reader": person(request),
        "shown": sorted(shown, key=lambda one: WORST_FIRST.index(one.state)),
        "mutes": MUTES,
    }
    return render(request, "web/heartbeats.html", context)


def _shown(row: Heartbeat, now: datetime) -> Shown:
    beat = beat_of(row)
    last = row.last_call_at
    return Shown(
        row=row,
        state=state_of(beat, now=now),
        rhythm=f"every {exactly(row.every)}, at most {exactly(row.grace)} late",
        ago="" if last is None else f"{about(now - last)} ago",
        expected_at=None if row.due_at is None else row.due_at - row.grace,
    )


@require_POST
@for_people
def act(request: HttpRequest, heartbeat_id: int, action: str) -> HttpResponse:
    """POST `/heartbeats/<id>/<action>`, then back to all of them."""
    try:
        messages.success(request, ACTIONS[action](request, int(heartbeat_id)))
    except ConfigError as refusal:
        messages.error(request, str(refusal))
    except Heartbeat.DoesNotExist:
        messages.error(request, "There is no such heartbeat any more.")
    return redirect("heartbeats")


def _mute(request: HttpRequest, heartbeat_id: int) -> str:
    minutes, now = request.POST.get("minutes", ""), clock.now()
    if minutes not in MUTES:
        raise ConfigError("Choose how long to mute it.")
    lasts = timedelta(minutes=int(minutes))
    row = selectors.heartbeats().get(pk=heartbeat_id)
    if not may_mute(person(request), row.service, lasts=lasts):
        raise ConfigError(TOO_LONG)
    row = mute_heartbeat(
        heartbeat_id=heartbeat_id,
        until=now + lasts,
        by=_by(request),
        now=now,
        why=request.POST.get("why", "").strip()[:LONGEST_WHY],
    )
    return f"{row.name} is muted for {MUTES[minutes]}. Then its silence counts again."


def _unmute(request: HttpRequest, heartbeat_id: int) -> str:
    row = unmute_heartbeat(heartbeat_id=heartbeat_id, by=_by(request), now=clock.now())
    return f"The silence of {row.name} counts again."


def _by(request: HttpRequest) -> Actor:
    return Actor.person(person(request), via="web")


ACTIONS: dict[str, Callable[[HttpRequest, int], str]] = {"mute": _mute, "unmute": _unmute}

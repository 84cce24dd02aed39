"""Swaps: what others ask me to carry, what I ask of others, and each of them with its buttons."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from oncall.actions import Refused, approve_swap, decline_swap, take_swap, withdraw_swap
from oncall.models import Swap
from oncall.permissions import may_decide, may_decline, may_withdraw
from oncall.standins import cautions, may_carry
from people.ledger.models import Entry
from people.ledger.record import Actor
from people.models import User
from watchbill.web.pages import for_people, person
from watchbill.web.waiting import PEOPLE, takable, to_decide

GOING = (Swap.State.OPEN, Swap.State.TAKEN)
SHOWN = 20


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    now, reader = timezone.now(), person(request)
    rows = Swap.objects.select_related(*PEOPLE)
    mine = rows.filter(Q(giver=reader) | Q(taker=reader), state__in=GOING, end__gt=now)
    last = rows.exclude(state__in=GOING).filter(_about(reader)).order_by("-asked_at", "-pk")
    context = {
        "here": "swaps",
        "reader": reader,
        "takable": takable(reader, now=now),
        "to_decide": to_decide(reader, now=now),
        "mine": mine.order_by("start", "pk"),
        "last": last.distinct()[:SHOWN],
    }
    return render(request, "web/swaps.html", context)


@require_safe
@for_people
def detail(request: HttpRequest, swap_id: int) -> HttpResponse:
    now, reader = timezone.now(), person(request)
    swap = get_object_or_404(Swap.objects.select_related(*PEOPLE), pk=swap_id)
    can = _possible(swap, reader, now=now)
    start = max(swap.start, now)
    known = (
        cautions(reader, swap.schedule, start=start, end=swap.end, now=now) if "take" in can else list[str]()
    )
    context = {
        "here": "swaps",
        "reader": reader,
        "swap": swap,
        "can": can,
        "cautions": known,
        "over": swap.end <= now and swap.state in GOING,
        "team_asks_managers": bool(swap.schedule.team and swap.schedule.team.swaps_need_approval),
        "history": _history(swap),
    }
    return render(request, "web/swap.html", context)


@require_POST
@for_people
def act(request: HttpRequest, swap_id: int, action: str) -> HttpResponse:
    """POST `/swaps/<id>/<action>`, then the page of the swap, which says what became of it."""
    swap = get_object_or_404(Swap.objects.select_related(*PEOPLE), pk=swap_id)
    try:
        messages.success(request, ACTIONS[action](request, swap))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("swap", swap_id)


def _about(reader: User) -> Q:
    """Those of `reader`, and of the teams they are in."""
    own = Q(giver=reader) | Q(taker=reader) | Q(offered_to=reader)
    return own | Q(schedule__team__memberships__user=reader)


def _possible(swap: Swap, reader: User, *, now: datetime) -> Sequence[str]:
    """The buttons `reader` gets; whoever may not gets none, and a POST of theirs is refused all the same."""
    if swap.state not in GOING or swap.end <= now:
        return ()
    asked = swap.offered_to_id in {None, reader.pk} and swap.giver_id != reader.pk
    checks = {
        "take": swap.state == Swap.State.OPEN and asked and may_carry(reader, swap.schedule, at=now),
        "approve": swap.state == Swap.State.TAKEN and may_decide(reader, swap),
        "decline": may_decline(reader, swap),
        "withdraw": may_withdraw(reader, swap),
    }
    if swap.giver_id != reader.pk and checks["decline"]:
        checks["withdraw"] = False  # a manager says no to it; one button is enough for that
    return tuple(name for name, allowed in checks.items() if allowed)


def _history(swap: Swap) -> QuerySet[Entry]:
    rows = Entry.objects.filter(subject_type="schedule", subject_id=swap.schedule_id, data__swap=swap.pk)
    return rows.order_by("id")


def _take(request: HttpRequest, swap: Swap) -> str:
    row = take_swap(swap=swap, taker=person(request), by=_by(request), now=timezone.now())
    if row.state == Swap.State.TAKEN:
        return f"Thank you. {row.giver} stays on until a manager has said yes."
    return "Thank you. You carry it."


def _approve(request: HttpRequest, swap: Swap) -> str:
    if not may_decide(person(request), swap):
        raise Refused(
            "Only a manager of its team, who neither gives it away nor takes it, says yes to a swap."
        )
    row = approve_swap(swap=swap, by=_by(request), now=timezone.now())
    return f"{row.taker} carries it."


def _decline(request: HttpRequest, swap: Swap) -> str:
    if not may_decline(person(request), swap):
        raise Refused("Only a manager of its team, or the one person who was asked, says no to a swap.")
    reason = request.POST.get("reason", "")
    row = decline_swap(swap=swap, reason=reason, by=_by(request), now=timezone.now())
    return f"Declined: {row.giver} stays on."


def _withdraw(request: HttpRequest, swap: Swap) -> str:
    if not may_withdraw(person(request), swap):
        raise Refused(f"Only {swap.giver}, or a manager of the team, takes it back.")
    row = withdraw_swap(swap=swap, by=_by(request), now=timezone.now())
    return f"Taken back: {row.giver} stays on."


def _by(request: HttpRequest) -> Actor:
    return Actor.person(person(request), via="web")


ACTIONS: dict[str, Callable[[HttpRequest, Swap], str]] = {
    "take": _take,
    "approve": _approve,
    "decline": _decline,
    "withdraw": _withdraw,
}

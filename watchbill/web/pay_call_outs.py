"""Call-outs: what I was called out for, what each counts for, and what somebody says of it; and my rests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from oncall.actions import Refused
from oncall.compensation import resting
from oncall.compensation.actions import corrections
from oncall.compensation.actions.corrections import in_a_sentence
from oncall.compensation.called_out import CalledOut, Kept, called_out, corrections_seen, to_decide
from oncall.compensation.core.rest import Rest, Violation
from oncall.compensation.currencies import shown
from oncall.compensation.models import Correction
from oncall.compensation.permissions import people_seen
from people.ledger.record import Actor
from people.models import Membership, User
from people.permissions import managed_team_ids
from watchbill.web.instants import exact, instant, written
from watchbill.web.pages import for_people, person

BACK, REST_BACK = timedelta(days=92), timedelta(days=14)
ONE_DAY = timedelta(days=1)
SHOWN_CORRECTIONS, SHOWN_WAITING = 20, 50


@dataclass(frozen=True, kw_only=True)
class ShownKept:
    """One engagement; `start` and `end` as the fields of its form have them."""

    kept: Kept
    start: str
    end: str


@dataclass(frozen=True, kw_only=True)
class ShownCallOut:
    """`counts` is what it counts for, in words, or why for nothing."""

    one: CalledOut
    counts: str
    kept: Sequence[ShownKept]


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    """GET `/pay/call-outs`, with `?user=` of somebody whose pay the reader may see."""
    now, reader = timezone.now(), person(request)
    owner = _whose(reader, request.GET.get("user", ""))
    zone = ZoneInfo(reader.time_zone)
    today = now.astimezone(ZoneInfo(owner.time_zone)).date()
    found = called_out([owner.pk], since=today - BACK, until=today + ONE_DAY, now=now)
    mine = corrections_seen(reader).filter(user=owner)
    waiting = to_decide(reader)[:SHOWN_WAITING]
    context = {
        "here": "pay",
        "reader": reader,
        "owner": owner,
        "mine": owner == reader,
        "call_outs": [_shown(one, zone) for one in found.get(owner.pk, ())],
        "resting": _resting_now(owner, now),
        "broken": _broken(owner, reader, now),
        "waiting": [(row, in_a_sentence(row)) for row in waiting],
        "corrections": [
            (
                row,
                in_a_sentence(row),
                row.state == Correction.State.ASKED and reader == row.asked_by,
            )
            for row in mine[:SHOWN_CORRECTIONS]
        ],
        "now": written(now, zone),
    }
    return render(request, "web/pay_call_outs.html", context)


@require_POST
@for_people
def correct(request: HttpRequest) -> HttpResponse:
    """POST `/pay/call-outs/correct`: other times of what a page brought about, or none; or, without a page,
    work for which nobody was paged.
    """
    reader = person(request)
    owner = _whose(reader, request.POST.get("user", ""))
    try:
        start, end = _times(request, ZoneInfo(reader.time_zone))
        corrections.ask(
            user=owner,
            page=_number(request.POST.get("page", "")),
            start=start,
            end=end,
            why=request.POST.get("why", ""),
            by=Actor.person(reader, via="web"),
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Asked. It counts once another, who may approve it, has said yes.")
    return _back(owner, reader)


@require_POST
@for_people
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """POST `/pay/call-outs/corrections/<id>/<action>`."""
    reader = person(request)
    row = get_object_or_404(corrections_seen(reader), pk=int(number))
    try:
        messages.success(request, ACTIONS[action](request, row))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("pay-call-outs")


def _whose(reader: User, username: str) -> User:
    """Nobody whose pay the reader may not see: 404."""
    if "\x00" in username:
        username = ""
    return get_object_or_404(people_seen(reader), username=username) if username else reader


def _back(owner: User, reader: User) -> HttpResponse:
    query = f"?{urlencode({'user': owner.username})}" if owner != reader else ""
    return redirect(f"{reverse('pay-call-outs')}{query}")


def _shown(one: CalledOut, zone: ZoneInfo) -> ShownCallOut:
    kept = [
        ShownKept(
            kept=each,
            start=written(each.engagement.span.start, zone),
            end=written(each.engagement.span.end, zone),
        )
        for each in one.kept
    ]
    return ShownCallOut(one=one, counts=_counts(one), kept=kept)


def _counts(one: CalledOut) -> str:
    if one.line is None:
        return f"counts for nothing: {one.why}"
    line = one.line
    parts = [f"{int(line.length.total_seconds() // 60)} min"]
    if line.amount:
        parts.append(f"{shown(line.amount, line.currency)} {line.currency}")
    if line.lieu_minutes:
        parts.append(f"{line.lieu_minutes} min in lieu")
    return f"counts for {', '.join(parts)}"


def _resting_now(owner: User, now: datetime) -> Rest | None:
    found = resting.rested([owner.pk], since=now, until=now + timedelta(seconds=1), now=now)
    return next((one.rest for one in found.get(owner.pk, ()) if not one.going), None)


def _broken(owner: User, reader: User, now: datetime) -> list[tuple[User, Violation]]:
    """Rests that were cut short of late: the owner's, and of the people the reader manages."""
    teams = managed_team_ids(reader) if owner == reader else frozenset[int]()
    people = User.objects.filter(
        Q(pk=owner.pk) | Q(pk__in=Membership.objects.filter(team__in=teams).values("user"))
    ).in_bulk()
    found = resting.violations_of(list(people), since=now - REST_BACK, until=now, now=now)
    told = [(people[user], one) for user, each in found.items() for one in each]
    return sorted(told, key=lambda each: each[1].at, reverse=True)


def _times(request: HttpRequest, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """None and None where it was none. Raises Refused."""
    if request.POST.get("none"):
        return None, None
    start, end = (
        instant(
            request.POST.get(name, ""),
            zone,
            what=name,
            known=exact(request.POST.get(f"was_{name}", "")),
        )
        for name in ("start", "end")
    )
    return start, end


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise Refused("There is no such page.")
    return int(text)


def _approve(request: HttpRequest, row: Correction) -> str:
    corrections.approve(correction=row, by=_by(request), now=timezone.now())
    return f"Approved: it counts for {row.user}."


def _decline(request: HttpRequest, row: Correction) -> str:
    corrections.decline(correction=row, why=request.POST.get("why", ""), by=_by(request), now=timezone.now())
    return f"Declined. {row.user} is told why."


def _withdraw(request: HttpRequest, row: Correction) -> str:
    corrections.withdraw(correction=row, by=_by(request), now=timezone.now())
    return "Taken back."


def _by(request: HttpRequest) -> Actor:
    return Actor.person(person(request), via="web")


ACTIONS: dict[str, Callable[[HttpRequest, Correction], str]] = {
    "approve": _approve,
    "decline": _decline,
    "withdraw": _withdraw,
}

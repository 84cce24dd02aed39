"""Swaps: somebody asks others to carry a span of theirs, and the first to take it carries it."""

from datetime import datetime, timedelta

from django.db import transaction

from oncall.actions import swap_news
from oncall.actions.giving import carried, give
from oncall.actions.refusal import Overtaken, Refused, text
from oncall.actions.spans import changed, check_role, locked, roster_around
from oncall.actions.swap_checks import (
    GOING,
    beginning,
    carries_nothing,
    check_not_asked,
    check_still_carried,
    check_taker,
    no_longer_open,
    said,
)
from oncall.core.span import Span
from oncall.models import Schedule, Swap
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

LEADS = (timedelta(days=3), timedelta(days=1), timedelta(hours=3))
"""How long before its start people are asked again."""

AGAIN = timedelta(minutes=15)
TIMES = 8
"""How often people are asked again by whom it has to be taken off now."""


def ask_swap(  # noqa: PLR0913 - the words of one request
    *,
    schedule: Schedule,
    role: str,
    giver: User,
    start: datetime,
    end: datetime,
    offered_to: User | None = None,
    reason: str = "",
    urgent: bool = False,
    by: Actor,
    now: datetime,
) -> Swap:
    """Ask the team, or `offered_to` alone, to carry what `giver` carries of `role` in [start, end).

    What is past is not given away, and the span shrinks to what the giver carries of it. Until somebody
    takes it the giver stays on. Raises Refused: nothing carried then, asked already, nobody to ask.
    """
    with transaction.atomic():
        schedule = locked(schedule)
        swap = Swap(
            schedule=schedule,
            role=role,
            giver=giver,
            start=beginning(start, end, now),
            end=end,
            offered_to=offered_to,
            reason=text(reason, what="reason", limit=200),
            urgent=urgent,
            asked_at=now,
            asked_by=by.user,
        )
        _clip(swap, now)
        check_not_asked(swap)
        if offered_to is not None:
            check_taker(swap, offered_to, since=swap.start, now=now)
        swap.wake_at = next_wake(swap.start, swap.end, after=now, urgent=urgent)
        swap.save()
        whom = offered_to or "the team"
        _record(Verb.SWAP_ASKED, swap, f"{giver} asks {whom} to carry {said(swap)}", by=by, now=now)
        swap_news.asked(swap, now=now)
    return swap


def take_swap(*, swap: Swap, taker: User, by: Actor, now: datetime) -> Swap:
    """`taker` carries it from now on, or, where the team wants that, once a manager has approved.

    Of several who take it at once one does; the others hear who was quicker, as Overtaken. Raises Refused.
    """
    with transaction.atomic():
        row = _current(swap, now=now)
        if row.state != Swap.State.OPEN:
            raise Overtaken(no_longer_open(row))
        if row.offered_to_id is not None and row.offered_to_id != taker.pk:
            raise Refused(f"{row.giver} asked {row.offered_to} alone; a manager may put you on instead.")
        since = max(row.start, now)
        check_taker(row, taker, since=since, now=now)
        check_still_carried(row, since=since, now=now)
        waits = row.schedule.team is not None and row.schedule.team.swaps_need_approval
        state = Swap.State.TAKEN if waits else Swap.State.DONE
        wake_at = next_wake(row.start, row.end, after=now, urgent=row.urgent) if waits else None
        _move(row, Swap.State.OPEN, state=state, taker=taker, taken_at=now, wake_at=wake_at)
        _record(Verb.SWAP_TAKEN, row, f"{taker} takes {row.giver}'s {said(row)}", by=by, now=now)
        if waits:
            swap_news.taken(row, now=now)
        else:
            _carry_out(row, since, by=by, now=now)
    return row


def approve_swap(*, swap: Swap, by: Actor, now: datetime) -> Swap:
    """A manager says yes: who took it carries it from now on. Raises Refused, also for giver and taker."""
    with transaction.atomic():
        row = _current(swap, now=now)
        if row.state != Swap.State.TAKEN or row.taker is None:
            raise Overtaken(
                f"{row} waits for nobody's yes: {Swap.State(row.state).label}. "
                "Only what somebody has taken can be approved."
            )
        if by.user in {row.taker, row.giver} and not by.user.is_superuser:
            raise Refused("Who gives it away or takes it does not approve it; ask another manager.")
        since = max(row.start, now)
        check_taker(row, row.taker, since=since, now=now)
        check_still_carried(row, since=since, now=now)
        _move(row, Swap.State.TAKEN, state=Swap.State.DONE, wake_at=None, decided_at=now, decided_by=by.user)
        _record(Verb.SWAP_APPROVED, row, f"{row.taker} may carry {row.giver}'s {said(row)}", by=by, now=now)
        _carry_out(row, since, by=by, now=now)
    return row


def decline_swap(*, swap: Swap, reason: str = "", by: Actor, now: datetime) -> Swap:
    """A manager, or the one person asked, says no: the giver stays on. Raises Refused when it is over."""
    with transaction.atomic():
        row = _going(swap)
        why = text(reason, what="reason", limit=200)
        _move(row, row.state, state=Swap.State.DECLINED, wake_at=None, decided_at=now, decided_by=by.user)
        what = f"{row.giver}'s {said(row)} stays theirs: declined"
        _record(Verb.SWAP_DECLINED, row, what, by=by, now=now, why=why)
        swap_news.declined(row, by=str(by.user or by.name), why=why, now=now)
    return row


def withdraw_swap(*, swap: Swap, by: Actor, now: datetime) -> Swap:
    """The giver does not ask any more, and stays on. Raises Refused when it is over."""
    with transaction.atomic():
        row = _going(swap)
        _move(row, row.state, state=Swap.State.WITHDRAWN, wake_at=None, decided_at=now, decided_by=by.user)
        _record(Verb.SWAP_WITHDRAWN, row, f"{row.giver} carries {said(row)} after all", by=by, now=now)
        swap_news.withdrawn(row, now=now)
    return row


def expire(*, swap: Swap, why: str, by: Actor, now: datetime) -> None:
    """Nobody took it, or there is nothing left to take. In the caller's transaction."""
    fields = {"state": Swap.State.EXPIRED, "wake_at": None, "decided_at": now}
    if Swap.objects.filter(pk=swap.pk, state=swap.state).update(**fields):
        what = f"{swap.giver}'s {said(swap)} was not taken"
        _record(Verb.SWAP_EXPIRED, swap, what, by=by, now=now, why=why)


def next_wake(start: datetime, end: datetime, *, after: datetime, urgent: bool = False) -> datetime:
    """When the keeper has to look at a swap next: at a reminder, at its start, or at its end."""
    again = [start + number * AGAIN for number in range(1, TIMES + 1)] if urgent else []
    instants = [*(start - lead for lead in LEADS), start, *(at for at in again if at < end), end]
    return min((at for at in instants if at > after), default=after)


def _clip(swap: Swap, now: datetime) -> None:
    """To what the giver carries of it. Raises Refused where that is nothing."""
    roster = roster_around(swap.schedule, swap.start, swap.end, now)
    check_role(swap.role, roster, swap.schedule)
    pieces = carried(roster, swap.role, swap.giver_id, Span(swap.start, swap.end))
    if not pieces:
        raise Refused(carries_nothing(swap))
    swap.start, swap.end = pieces[0].start, max(piece.end for piece in pieces)


def _current(swap: Swap, *, now: datetime) -> Swap:
    """The swap as it stands, its schedule locked: until the end of the transaction nobody else moves it."""
    row = _fresh(swap)
    if row.end <= now:
        raise Overtaken(f"{row} is over; who was on call then stays.")
    return row


def _going(swap: Swap) -> Swap:
    row = _fresh(swap)
    if row.state not in GOING:
        raise Overtaken(no_longer_open(row))
    return row


def _fresh(swap: Swap) -> Swap:
    locked(swap.schedule)
    people = ("schedule__team", "giver", "taker", "offered_to", "decided_by")
    return Swap.objects.select_related(*people).get(pk=swap.pk)


def _move(row: Swap, before: str, **fields: object) -> None:
    """From the state `before` to what `fields` say. Who loses the race changes no row, and is told so."""
    if Swap.objects.filter(pk=row.pk, state=before).update(**fields) != 1:
        raise Overtaken(no_longer_open(_fresh(row)))
    for name, value in fields.items():
        setattr(row, name, value)


def _carry_out(row: Swap, since: datetime, *, by: Actor, now: datetime) -> None:
    if row.taker is not None:
        give(swap=row, taker=row.taker, since=since, by=by, now=now)
    changed(row.schedule, now=now)
    swap_news.done(row, now=now)


def _record(verb: Verb, swap: Swap, what: str, *, by: Actor, now: datetime, why: str = "") -> None:
    data = {
        "swap": swap.pk,
        "role": swap.role,
        "start": swap.start.isoformat(),
        "end": swap.end.isoformat(),
        "giver": swap.giver_id,
        "taker": swap.taker_id,
    }
    line = Line(verb, ("schedule", swap.schedule_id), by, what, why=why or swap.reason, data=data)
    record([line], now=now)

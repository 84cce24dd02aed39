"""What cannot be asked for, taken or approved, and the sentences that say so."""

from datetime import UTC, datetime, timedelta, tzinfo

from oncall.actions.giving import carried
from oncall.actions.refusal import Overtaken, Refused, sentence_of_span
from oncall.actions.spans import roster_around
from oncall.core import final
from oncall.core.final import Roster
from oncall.core.span import Span
from oncall.models import Swap
from oncall.standins import may_carry
from people.models import User

LONGEST = timedelta(days=366)
OUTLOOK = timedelta(days=60)
GOING = (Swap.State.OPEN, Swap.State.TAKEN)


def beginning(start: datetime, end: datetime, now: datetime) -> datetime:
    if end <= start:
        raise Refused(f"It ends at {end:%Y-%m-%d %H:%M}, which is not after its start; write a later end.")
    if end <= now:
        raise Refused(f"It ended at {end.astimezone(UTC):%Y-%m-%d %H:%M} UTC; the past is nobody's to give.")
    if end - max(start, now) > LONGEST:
        raise Refused("It is longer than a year; ask for a shorter span, or change the schedule.")
    return max(start, now)


def check_not_asked(wish: Swap) -> None:
    going = Swap.objects.filter(
        schedule=wish.schedule, role=wish.role, giver=wish.giver, state__in=GOING
    ).select_related("schedule")
    other = going.filter(start__lt=wish.end, end__gt=wish.start).first()
    if other is not None:
        raise Refused(
            f"{wish.giver} has asked already for {said(other)} (swap {other.pk}); "
            "withdraw that one first, or choose another time."
        )


def check_taker(swap: Swap, taker: User, *, since: datetime, now: datetime) -> None:
    """Raises Refused where `taker` cannot carry it from `since` on."""
    schedule, role = swap.schedule, swap.role
    if taker.pk == swap.giver_id:
        raise Refused(f"{taker} cannot take their own shift; withdraw the swap to keep it.")
    if not taker.is_active:
        raise Refused(f"{taker} is deactivated and carries nothing.")
    if not may_carry(taker, schedule, at=now):
        raise Refused(
            f"{taker} neither stands in {schedule} nor is an active member of its team; "
            "a manager may add them, or put them on by an override."
        )
    roster = roster_around(schedule, since, swap.end, now)
    on = carried(roster, role, taker.pk, Span(since, swap.end))
    if on:
        span = sentence_of_span(on[0].start, on[0].end, _zone(roster))
        raise Refused(f"{taker} is {role} of {schedule} then already, {span}; somebody else has to take it.")


def check_still_carried(swap: Swap, *, since: datetime, now: datetime) -> None:
    roster = roster_around(swap.schedule, since, swap.end, now)
    if not carried(roster, swap.role, swap.giver_id, Span(since, swap.end)):
        raise Overtaken(f"{swap.giver} no longer carries {said(swap)}; there is nothing left to take.")


def carries_nothing(wish: Swap) -> str:
    """What the giver carries instead, for who looked at the wrong week."""
    until = wish.start + OUTLOOK
    roster = roster_around(wish.schedule, wish.start, until, wish.start)
    zone = _zone(roster)
    span = sentence_of_span(wish.start, wish.end, zone)
    nothing = f"{wish.giver} carries nothing of {wish.role} of {wish.schedule} {span}; "
    own = [one for one in final.shifts(roster, wish.start, until) if one.user == wish.giver_id]
    if not own:
        return f"{nothing}nor anything there in the {OUTLOOK.days} days from then on."
    shown = [f"{one.role} {sentence_of_span(one.start, one.end, zone)}" for one in own[:3]]
    return f"{nothing}they carry {', '.join(shown)}."


def _zone(roster: Roster) -> tzinfo:
    return roster.versions[-1].zone


def no_longer_open(row: Swap) -> str:
    if row.state in {Swap.State.TAKEN, Swap.State.DONE}:
        return f"{row.taker} was quicker and took it at {row.taken_at:%Y-%m-%d %H:%M} UTC."
    return f"{row} is over: {Swap.State(row.state).label}."


def said(swap: Swap) -> str:
    return f"{swap.role} of {swap.schedule} {sentence_of_span(swap.start, swap.end, UTC)}"

"""In one tap each: “I take it from here”, and “take me off now”."""

from datetime import datetime, timedelta

from django.db import transaction

from oncall.actions.giving import cut_out
from oncall.actions.overrides import add_override
from oncall.actions.refusal import Refused
from oncall.actions.spans import check_role, locked, roster_around
from oncall.actions.swap_checks import GOING
from oncall.actions.swaps import ask_swap
from oncall.core import final
from oncall.core.final import Roster, Shift
from oncall.models import Override, Schedule, Swap
from oncall.standins import may_carry
from people.ledger.record import Actor
from people.models import User

OUTLOOK = timedelta(days=35)


def take_over(*, schedule: Schedule, role: str, user: User, by: Actor, now: datetime) -> Override:
    """`user` alone holds `role` from now to the next change of who is on; through a gap, to its end.

    Where nothing changes within five weeks, to the end of the turn that is on, or for those weeks. A cover in
    force ends now, and stands again after it where it would have lasted longer. Raises Refused where they
    hold it alone already, or may not carry it.
    """
    with transaction.atomic():
        schedule = locked(schedule)
        roster = roster_around(schedule, now, now + OUTLOOK, now)
        check_role(role, roster, schedule)
        _check_may(user, schedule, now=now)
        on = _on_now(roster, role, now)
        end = min(shift.end for shift in on)
        if [shift.user for shift in on] == [user.pk]:
            raise Refused(f"{user} has {role} of {schedule} already, until {end:%Y-%m-%d %H:%M} UTC.")
        for row in _covers(schedule, role, now, end):
            cut_out(row, now, end, by=by, now=now)
        made = add_override(
            schedule=schedule,
            role=role,
            start=now,
            end=end,
            user=user,
            reason="took it from here",
            by=by,
            now=now,
        )
        going = Swap.objects.filter(schedule=schedule, role=role, state__in=GOING)
        going.filter(start__lt=end, end__gt=now).update(wake_at=now)  # there may be nothing left of them
    return made


def release(*, schedule: Schedule, role: str, user: User, reason: str = "", by: Actor, now: datetime) -> Swap:
    """Ask the whole team at once for the rest of `user`'s turn; until somebody takes it they stay on.

    Raises Refused where they are not on, or have asked already.
    """
    roster = roster_around(schedule, now, now + OUTLOOK, now)
    own = [shift for shift in _on_now(roster, role, now) if shift.user == user.pk]
    if not own:
        raise Refused(f"{user} is not {role} of {schedule} now, so there is nothing to take them off.")
    return ask_swap(
        schedule=schedule,
        role=role,
        giver=user,
        start=now,
        end=own[0].end,
        reason=reason,
        urgent=True,
        by=by,
        now=now,
    )


def _check_may(user: User, schedule: Schedule, *, now: datetime) -> None:
    if not may_carry(user, schedule, at=now):
        raise Refused(
            f"{user} neither stands in {schedule} nor is an active member of its team; "
            "a manager may put them on by an override."
        )


def _on_now(roster: Roster, role: str, now: datetime) -> list[Shift]:
    """Who has the role at `now` and until when that stays so; one without a user is a gap."""
    until = now + OUTLOOK
    together = [one for one in final.shifts(roster, now, until, role=role) if one.start <= now]
    if all(one.end < until for one in together):
        return together
    turns = final.shifts(roster, now, until, role=role, split_at_handoffs=True)
    return [one for one in turns if one.start <= now]


def _covers(schedule: Schedule, role: str, now: datetime, end: datetime) -> list[Override]:
    """Those in the way of [now, end): somebody may be on by one cover after another."""
    found = schedule.overrides.filter(
        role=role, kind=Override.Kind.COVER, start__lt=end, end__gt=now, cancelled_at=None
    )
    return list(found.select_related("user", "schedule").order_by("pk"))

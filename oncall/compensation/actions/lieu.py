"""Time off taken, or planned, out of what being called out has earned."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from oncall.actions.refusal import Overtaken, Refused, text
from oncall.compensation.actions.adjustments import MOST_MINUTES, locked_person
from oncall.compensation.actions.checks import record_pay
from oncall.compensation.core.lieu import Use
from oncall.compensation.models import LieuUse
from oncall.compensation.selectors import LieuAccount, lieu_accounts, manages
from people.ledger.record import Actor
from people.ledger.verbs import Verb
from people.models import User


def use(*, user: User, at: datetime, minutes: int, why: str = "", by: Actor, now: datetime) -> LieuUse:
    """`user` takes `minutes` off at `at`, which may lie ahead; entered by them, or by one who manages a team
    of theirs. Of two who take the same minutes at once, one does.

    Raises Refused, with what there is: more than is left then, or than later time off leaves.
    """
    said = text(why, what="reason", limit=200)
    if not 0 < minutes <= MOST_MINUTES:
        raise Refused(f"{minutes} minutes cannot be taken off; write from 1 to {MOST_MINUTES}.")
    with transaction.atomic():
        locked_person(user)
        entered_by = _check_enters(user, by)
        _check_balance(user, lieu_accounts([user.pk])[user.pk], Use(at=at, minutes=minutes))
        row = LieuUse.objects.create(
            user=user, at=at, minutes=minutes, why=said, created_at=now, created_by=entered_by
        )
        _record(Verb.LIEU_USED, row, f"{user} takes {_said(row)}", by=by, now=now)
    return row


def cancel_use(*, use: LieuUse, by: Actor, now: datetime) -> LieuUse:
    """The minutes are there again. Once it has begun, only another who manages a team of theirs cancels it.

    Raises Refused; Overtaken where it is cancelled already.
    """
    with transaction.atomic():
        locked_person(use.user)
        row = LieuUse.objects.select_related("user").get(pk=use.pk)
        who = _check_enters(row.user, by)
        if row.cancelled_at is not None:
            raise Overtaken(f"It was cancelled on {row.cancelled_at:%Y-%m-%d %H:%M} UTC.")
        if row.at <= now and who.pk == row.user_id:
            raise Refused(f"It began {_local(row.at, row.user)}; only a manager of yours cancels it now.")
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        _record(Verb.LIEU_USE_CANCELLED, row, f"{row.user} does not take {_said(row)}", by=by, now=now)
    return row


def in_hours_and_minutes(minutes: int) -> str:
    """“3 h 30 min”, “45 min”."""
    hours, rest = divmod(minutes, 60)
    parts = ([f"{hours} h"] if hours else []) + ([f"{rest} min"] if rest or not hours else [])
    return " ".join(parts)


def _check_enters(user: User, by: Actor) -> User:
    if by.user is None:
        raise Refused(f"{by.name} is no person, and only people enter time off.")
    if by.user.pk != user.pk and not manages(by.user, user):
        raise Refused(f"Only {user} and managers of a team of theirs enter this time off.")
    return by.user


def _check_balance(user: User, account: LieuAccount, wanted: Use) -> None:
    """What was overdrawn before stays so: only what this use would overdraw is refused."""
    left = account.balance(wanted.at).left
    there = f"{user} has {in_hours_and_minutes(left)} of time in lieu left {_local(wanted.at, user)}"
    if wanted.minutes > left:
        raise Refused(
            f"{there}; {in_hours_and_minutes(wanted.minutes)} is more than that."
            + (f" Write at most {left} minutes." if left else "")
        )
    last = max([wanted.at, *(one.at for one in account.uses)])
    with_it = LieuAccount(credits=account.credits, uses=[*account.uses, wanted])
    short = with_it.balance(last).overdrawn - account.balance(last).overdrawn
    if short > 0:
        raise Refused(
            f"{there}, of which later time off needs {in_hours_and_minutes(short)}: "
            f"write at most {wanted.minutes - short} minutes, or cancel what is planned later."
        )


def _said(row: LieuUse) -> str:
    return f"{in_hours_and_minutes(row.minutes)} off {_local(row.at, row.user)}"


def _local(at: datetime, user: User) -> str:
    zone = ZoneInfo(user.time_zone)
    return f"on {at.astimezone(zone):%Y-%m-%d at %H:%M} ({zone})"


def _record(verb: Verb, row: LieuUse, what: str, *, by: Actor, now: datetime) -> None:
    record_pay(
        verb, row.user, what, by=by, now=now, why=row.why, lieu_use=row.pk, at=row.at.isoformat(),
        minutes=row.minutes,
    )  # fmt: skip

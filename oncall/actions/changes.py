"""Tell people that their shifts changed: once each, and only of what is still to come."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from oncall.core.changes import Held, SlotChanged, lines, netted, told
from oncall.models import Schedule, ShiftChange
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from people.models import User

log = structlog.get_logger(__name__)

SETTLES = timedelta(seconds=60)  # what is undone within it, nobody hears of
TRIED_AGAIN_IN = timedelta(minutes=5)


def tell_due(*, clock: Callable[[], datetime], limit: int = 50) -> int:
    """Tell of changes that are a minute old, a schedule at a time; for how many schedules that was done.

    One that cannot be told is logged, tried again in five minutes, and holds up no other.
    """
    now = clock()
    untried = Q(slot__schedule__tell_after=None) | Q(slot__schedule__tell_after__lte=now)
    old = ShiftChange.objects.filter(untried, told_at=None, at__lte=now - SETTLES)
    schedules = list(old.order_by().values_list("slot__schedule", flat=True).distinct())
    told = (_tried(schedule, clock) for schedule in schedules)
    return len(list(islice(filter(None, told), limit)))  # those that cannot be do not use up the limit


def _tried(schedule_id: int, clock: Callable[[], datetime]) -> bool:
    try:
        return tell_changes(schedule_id=schedule_id, now=clock())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("changes_not_told", schedule=schedule_id, effect="tried again in five minutes")
        Schedule.objects.filter(pk=schedule_id).update(tell_after=clock() + TRIED_AGAIN_IN)
        return False


@transaction.atomic
def tell_changes(*, schedule_id: int, now: datetime) -> bool:
    """One notice for each person whose shifts on the schedule changed, and the changes marked as told.

    Holding the schedule's row proves that nobody else tells of them; who comes second finds nothing to tell.
    False where somebody else holds it.
    """
    rows = Schedule.objects.select_for_update(of=("self",), skip_locked=True)
    schedule = rows.filter(pk=schedule_id).first()
    if schedule is None:
        return False
    untold = ShiftChange.objects.filter(slot__schedule=schedule, told_at=None, at__lte=now - SETTLES)
    changes = list(untold.select_related("slot").order_by("pk"))
    if not changes:
        return False
    tell(requests=_requests(schedule, changes, now), now=now)
    ShiftChange.objects.filter(pk__in=[change.pk for change in changes]).update(told_at=now)
    return True


def _requests(schedule: Schedule, changes: Sequence[ShiftChange], now: datetime) -> list[NoticeRequest]:
    heard = told(netted(map(_changed, changes)), now=now)
    people = User.objects.in_bulk(heard)
    return [
        NoticeRequest(
            user_id=user,
            cause=f"schedule:{schedule.pk}",
            run=f"changes:{changes[-1].pk}",
            notice=Notice(
                title=f"Your shifts on {schedule.name} changed",
                lines=(
                    *lines(what, ZoneInfo(people[user].time_zone)),
                    *_by(changes),
                    f"Times are in {people[user].time_zone}.",
                ),
                path="/",
                label="See your shifts",
            ),
        )
        for user, what in heard.items()
    ]


def _changed(row: ShiftChange) -> SlotChanged:
    before = Held(row.before_user_id, row.before_end) if row.before_end else None
    after = Held(row.after_user_id, row.after_end) if row.after_end else None
    return SlotChanged(row.slot_id, row.slot.role, row.slot.start, before, after)


def _by(changes: Sequence[ShiftChange]) -> list[str]:
    """Who changed it and why, where that is one person and one reason."""
    by, why = ({getattr(change, name) for change in changes} for name in ("by", "why"))
    who = f"Changed by {by.pop()}" if len(by) == 1 and by != {""} else ""
    reason = why.pop() if len(why) == 1 else ""
    if not who:
        return [f"Reason: {reason}"] if reason else []
    return [f"{who}: {reason}" if reason else f"{who}."]

"""A webhook whose server fails for now is tried by one event at a time, so that it holds up no other webhook:
each try may take as long as a call may, and the threads for webhooks are few.
"""

from datetime import datetime, timedelta

from paging.actions import timeline
from paging.core.delivery import WAITING, Fault, State
from paging.models import Attempt, Notification
from people.ledger.record import record
from people.ledger.verbs import Verb

IN_A_ROW = 3
LATELY = timedelta(minutes=2)
PAUSE = timedelta(seconds=5)
WHY = "its server fails, and is tried by one event at a time"


def rests(lead: Notification, *, now: datetime) -> bool:
    """Whether it waits: the last three tries of the webhook failed for now, and another event is on its way
    there. Then it and what else is due there are due a little later, on the timeline once.
    """
    if not (_is_failing(lead, now=now) and _is_asked(lead, now=now)):
        return False
    due = Notification.objects.filter(method_id=lead.method_id, state__in=WAITING, due_at__lte=now + PAUSE)
    locked = due.select_for_update(skip_locked=True, of=("self",)).select_related("page__user", "method")
    rows = list(locked.order_by("due_at", "id")[:1000])
    new = [one for one in rows if one.held_since is None]
    ids = [one.pk for one in rows]
    Notification.objects.filter(pk__in=ids).update(due_at=now + PAUSE, reason=WHY)
    Notification.objects.filter(pk__in=[one.pk for one in new]).update(held_since=now)
    if new:
        said = [timeline.line(Verb.PAGE_HELD, one, f"{timeline.named(one)} waits: {WHY}") for one in new]
        record(said, now=now)
    return True


def _is_failing(lead: Notification, *, now: datetime) -> bool:
    tries = Attempt.objects.filter(
        provider=lead.method.kind, notification__method_id=lead.method_id, at__gt=now - LATELY
    )
    last = list(tries.order_by("-id").values_list("fault", flat=True)[:IN_A_ROW])
    return last == [Fault.TEMPORARY] * IN_A_ROW


def _is_asked(lead: Notification, *, now: datetime) -> bool:
    claimed = Notification.objects.filter(method_id=lead.method_id, state=State.CLAIMED, lease_until__gt=now)
    return claimed.exclude(pk=lead.pk).exists()

"""How late the rows are: what says that nobody decides or sends."""

from datetime import datetime, timedelta

from django.db.models import Min, QuerySet

from escalation.models import Heartbeat, Incident
from paging.core.rules import INFO
from paging.models import Notification
from watchbill.watch import hearing

State = Notification.State
TOO_LATE = timedelta(seconds=60)
"""From here on the engine is unwell: its heartbeat stops, `/readyz` and `doctor` say so, people are told."""


def oldest_overdue(*, now: datetime) -> timedelta:
    """For how long the oldest due row waits to be decided or sent; zero when nothing is due."""
    pages = Notification.objects.exclude(page__urgency=INFO)  # a notice may wait
    waiting = pages.filter(state__in=[State.PENDING, State.UNKNOWN], page__stopped_at=None)
    claimed = pages.filter(state=State.CLAIMED)
    oldest = (
        Incident.objects.filter(wake_at__isnull=False).aggregate(due=Min("wake_at"))["due"],
        _silent().aggregate(due=Min("due_at"))["due"],
        waiting.aggregate(due=Min("due_at"))["due"],
        claimed.aggregate(due=Min("lease_until"))["due"],
    )
    return now - min((due for due in oldest if due is not None and due < now), default=now)


def _silent() -> QuerySet[Heartbeat]:
    """Sources whose silence should be an alert by now; none while no web could have heard them."""
    return Heartbeat.objects.filter(due_at__lte=hearing.last_listened())

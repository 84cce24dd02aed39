"""What others may read of the paging floor."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from paging.core.delivery import WAITING, State
from paging.loading import USABLE
from paging.models import Attempt, ContactMethod, Notification
from people.models import User


def notifications_of(cause: str) -> QuerySet[Notification]:
    """All notifications about one cause ("incident:42"), with page, person and method, in order of time."""
    return (
        Notification.objects.filter(page__cause=cause)
        .select_related("page__user", "method")
        .order_by("due_at", "id")
    )


def outbox() -> QuerySet[Attempt]:
    """Every message as it was handed over, newest first."""
    return Attempt.objects.select_related("notification__page__user", "notification__method").order_by("-id")


def oldest_due(now: datetime) -> timedelta | None:
    """For how long the oldest notification that should have left has been waiting; None if none has."""
    late = Q(state__in=WAITING) | Q(state=State.CLAIMED, lease_until__lt=now)
    found = Notification.objects.filter(late, due_at__lte=now, page__stopped_at=None).aggregate(
        oldest=Min("due_at")
    )
    oldest: datetime | None = found["oldest"]
    return None if oldest is None else now - oldest


def unreachable_users() -> QuerySet[User]:
    """Active people without one verified, enabled contact method: a page to them goes nowhere."""
    usable = ContactMethod.objects.filter(USABLE, user_id=OuterRef("pk"))
    return User.objects.filter(~Exists(usable), is_active=True).order_by("username")


def count_by_state() -> Mapping[str, int]:
    """How many notifications are in each state; states without any are left out."""
    rows = Notification.objects.order_by().values("state").annotate(count=Count("id"))
    return {row["state"]: row["count"] for row in rows}

"""Who may see pay, and who may decide about it. Asked at doors.

Pay is private: nobody but the person, those who manage a team of theirs, and superusers sees it by any door.
"""

from datetime import date

from oncall.compensation.selectors import manages, people_seen, statements_seen
from people.models import User

__all__ = ["manages_any", "may_approve", "may_see", "may_use_lieu_of", "people_seen", "statements_seen"]


def may_see(viewer: User, user: User, *, month: date | None = None) -> bool:
    """Of `month`, or, without one, of now."""
    return viewer.pk == user.pk or manages(viewer, user, month=month)


def may_approve(viewer: User, user: User, *, month: date | None = None) -> bool:
    """Approve, lock, adjust, answer: who manages a team of theirs, and superusers; never the person paid."""
    return viewer.pk != user.pk and manages(viewer, user, month=month)


def may_use_lieu_of(viewer: User, user: User) -> bool:
    """Enter time off that was earned: the person, and those who manage a team of theirs."""
    return may_see(viewer, user)


def manages_any(viewer: User) -> bool:
    """Whether there may be anybody whose pay they decide about."""
    return viewer.is_superuser or people_seen(viewer).exclude(pk=viewer.pk).exists()

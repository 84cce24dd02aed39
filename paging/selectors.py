"""What others may read of the paging floor."""

from django.db.models import Exists, OuterRef, QuerySet

from paging.loading import USABLE
from paging.models import Attempt, ContactMethod
from people.models import User


def outbox() -> QuerySet[Attempt]:
    """Every message as it was handed over, newest first."""
    return Attempt.objects.select_related("notification__page__user", "notification__method").order_by("-id")


def unreachable_users() -> QuerySet[User]:
    """Active people without one verified, enabled contact method: a page to them goes nowhere."""
    usable = ContactMethod.objects.filter(USABLE, user_id=OuterRef("pk"))
    return User.objects.filter(~Exists(usable), is_active=True).order_by("username")

"""Rows to the core's values, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db.models import Q

from paging.core.delivery import WAITING
from paging.core.rules import Method, Rule, Told
from paging.models import ContactMethod, Notification, NotificationRule

USABLE = Q(verified_at__isnull=False, disabled_reason="")


def usable_methods(user_ids: Collection[int]) -> Mapping[int, Sequence[Method]]:
    """By person, oldest first: verified, and not disabled."""
    found: defaultdict[int, list[Method]] = defaultdict(list)
    rows = ContactMethod.objects.filter(USABLE, user_id__in=user_ids).order_by("id")
    for user_id, pk, kind in rows.values_list("user_id", "id", "kind"):
        found[user_id].append(Method(pk, kind))
    return found


def rules(user_ids: Collection[int]) -> Mapping[tuple[int, str], Sequence[Rule]]:
    """By person and urgency."""
    found: defaultdict[tuple[int, str], list[Rule]] = defaultdict(list)
    rows = NotificationRule.objects.filter(user_id__in=user_ids).order_by("after", "id")
    for user_id, urgency, via, after in rows.values_list("user_id", "urgency", "via", "after"):
        found[user_id, urgency].append(Rule(via, after))
    return found


def told(page_id: int) -> Sequence[Told]:
    """The notifications that one page has already."""
    rows = Notification.objects.filter(page_id=page_id).order_by("due_at", "id")
    return [
        Told(pk, method_id, due_at, state in WAITING)
        for pk, method_id, due_at, state in rows.values_list("id", "method_id", "due_at", "state")
    ]

"""Rows to the core's values, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from paging.core.delivery import WAITING, State
from paging.core.limits import LONGEST, Sent
from paging.core.rules import INFO, QUIET, Method, Rule, Told
from paging.models import ContactMethod, Notification, NotificationRule, Page
from people.models import User

# Asked for every message, and so in SQL: Django takes longer to put them together than the database to
# answer. A message says a thousand pages at most; what is more is said by the next.
SAME_ADDRESS = "SELECT id FROM paging_contactmethod WHERE kind = %s AND address = %s ORDER BY id"
WAITING_BESIDE = """
SELECT id, page_id FROM paging_notification
WHERE method_id = %s AND state = 'pending' AND admitted_at IS NULL AND id <> %s AND (due_at <= %s {})
ORDER BY due_at, id LIMIT 1000
"""
HELD_TOO = "OR held_since IS NOT NULL"
USABLE = Q(verified_at__isnull=False, disabled_reason="")
LATE = timedelta(minutes=5)  # more than lies between the last time a message was let go and its sending
ON_ITS_WAY = Q(sent_at=None, state__in=[State.CLAIMED, *sorted(WAITING)])
REACHED = (
    Q(state=State.CLAIMED)
    | (Q(sent_at__isnull=False) & ~Q(state__in=[State.UNDELIVERED, State.FAILED]))
    | Q(state=State.BUNDLED, bundled_into__sent_at__isnull=False)
    | Q(state=State.BUNDLED, bundled_into__state=State.CLAIMED)
)


def usable_methods(user_ids: Collection[int]) -> Mapping[int, Sequence[Method]]:
    """By person, oldest first: verified, and not disabled."""
    found: defaultdict[int, list[Method]] = defaultdict(list)
    rows = ContactMethod.objects.filter(USABLE, user_id__in=user_ids).order_by("id")
    for user_id, pk, kind in rows.values_list("user_id", "id", "kind"):
        found[user_id].append(Method(pk, kind))
    return found


def reached(user_ids: Collection[int], whose: Q) -> tuple[Mapping[int, User], Mapping[int, Sequence[Method]]]:
    """Those of the people with a usable method whom `whose` (about a method) admits, and their methods."""
    people: dict[int, User] = {}
    found: defaultdict[int, list[Method]] = defaultdict(list)
    rows = ContactMethod.objects.filter(USABLE, whose, user_id__in=user_ids).order_by("id")
    for row in rows.select_related("user"):
        people[row.user_id] = row.user
        found[row.user_id].append(Method(row.pk, row.kind))
    return people, found


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


def lock_address(method: ContactMethod) -> list[int]:
    """The methods of everyone that have this address, held until the transaction ends: of two workers with a
    message to one number, the second sees that the first is sending.
    """
    lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_no_key_update else ""
    with connection.cursor() as cursor:
        cursor.execute(SAME_ADDRESS + lock, (method.kind, method.address))
        return [pk for (pk,) in cursor.fetchall()]


def waiting_beside(lead: Notification, *, held_too: bool, now: datetime) -> dict[int, int]:
    """What waits by the same method, is due, and no limit has let go yet, oldest first: each one's page.
    `held_too`: also what was held back once and is due later.
    """
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(WAITING_BESIDE.format(HELD_TOO if held_too else ""), (lead.method_id, lead.pk, at))
        return dict(cursor.fetchall())


def sent_to(method_ids: Collection[int], *, now: datetime) -> list[Sent]:
    """What the methods (of one address) were sent as far back as a limit looks. What is on its way, or is
    tried again, may leave at any moment and counts as sent now.
    """
    rows = Notification.objects.filter(
        Q(sent_at__isnull=False) | ON_ITS_WAY, method_id__in=method_ids, admitted_at__gt=now - LONGEST - LATE
    )
    found = rows.values_list("sent_at", "page__service", "page__urgency")
    return [Sent(at or now, service, urgency == INFO) for at, service, urgency in found]


def pages_said(notification_id: int) -> list[Page]:
    """The pages one message speaks of, oldest first, one for each cause."""
    rows = Page.objects.filter(pk__in=_page_ids_said(notification_id))
    return list({page.cause: page for page in rows.order_by("-created_at", "-id")}.values())[::-1]


def causes_to_say(notification_id: int) -> set[str]:
    """What one message has to speak of: that of its pages which were not stopped."""
    rows = Page.objects.filter(pk__in=_page_ids_said(notification_id), stopped_at=None)
    return set(rows.values_list("cause", flat=True))


def _page_ids_said(notification_id: int) -> list[int]:
    spoken = Notification.objects.filter(
        Q(pk=notification_id) | Q(bundled_into=notification_id, state=State.BUNDLED)
    )
    return list(spoken.values_list("page_id", flat=True))


def heard(user_id: int, causes: Collection[str]) -> Mapping[str, bool]:
    """Of which of them the person has been told, or is being told, by a message of a page; and whether by
    one that may have woken them.
    """
    if not causes:
        return {}
    pages = Page.objects.filter(user_id=user_id, cause__in=causes).exclude(urgency=INFO)
    told = Notification.objects.filter(REACHED, page_id__in=list(pages.values_list("id", flat=True)))
    found: dict[str, bool] = {}
    for cause, kind in told.values_list("page__cause", "method__kind"):
        found[cause] = found.get(cause, False) or kind not in QUIET
    return found

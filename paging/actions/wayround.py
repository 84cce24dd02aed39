"""The first page of a high-urgency incident does not wait for a limit: another way is taken at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from paging import loading
from paging.core import limits
from paging.core.delivery import WAITING, State
from paging.core.rules import HIGH, QUIET, Method, Told, instead
from paging.models import ContactMethod, Notification


def go_another_way(group: Sequence[Notification], *, now: datetime) -> tuple[Mapping[int, str], bool]:
    """For each first page of `group` (one person's, by one method that is not free): the next method that is
    goes at once. Of one that has been said by mail alone, the next that may wake somebody.

    Returns the kind that goes instead, by page, and whether a page of which nothing was said yet is left
    without any.
    """
    firsts, murmured = _firsts(group)
    if not firsts:
        return {}, False
    free = _free_methods(group[0], now=now)
    loud = [method for method in free if method.kind not in QUIET]
    told = _told(firsts, besides=group[0].method_id)
    ways = {
        page_id: instead(loud if page_id in murmured else list(free), told[page_id]) for page_id in firsts
    }
    forward = [pk for way in ways.values() for pk in way.forward]
    soon = Notification.objects.filter(pk__in=forward, state=State.PENDING, due_at__gt=now)
    locked = list(soon.select_for_update(skip_locked=True).values_list("id", flat=True))
    Notification.objects.filter(pk__in=locked).update(due_at=now)
    Notification.objects.bulk_create(
        Notification(
            page_id=page_id,
            method_id=method.id,
            due_at=now,
            created_at=now,
            priority=firsts[page_id].priority,
        )
        for page_id, way in ways.items()
        for method in way.extra
    )
    kinds = {method.id: method.kind for method in free}
    gone = {page_id: kinds[way.method_id] for page_id, way in ways.items() if way.method_id is not None}
    return gone, bool(firsts.keys() - gone.keys() - murmured)


def _firsts(group: Sequence[Notification]) -> tuple[dict[int, Notification], set[int]]:
    """By page: those of high urgency whose cause no message has told the person that may wake them; and
    which of these were told by one that does not.
    """
    urgent = [one for one in group if one.page.urgency == HIGH]
    if not urgent:
        return {}, set()
    heard = loading.heard(urgent[0].page.user_id, {one.page.cause for one in urgent})
    firsts = {one.page_id: one for one in urgent if not heard.get(one.page.cause)}
    return firsts, {page_id for page_id, one in firsts.items() if one.page.cause in heard}


def _free_methods(held: Notification, *, now: datetime) -> Sequence[Method]:
    """The person's other methods that take a page now."""
    user_id = held.page.user_id
    others = [one for one in loading.usable_methods([user_id]).get(user_id, ()) if one.id != held.method_id]
    rows = ContactMethod.objects.in_bulk([one.id for one in others if one.kind in limits.OF_KIND])
    return [one for one in others if one.id not in rows or _is_free(rows[one.id], now=now)]


def _is_free(method: ContactMethod, *, now: datetime) -> bool:
    same = ContactMethod.objects.filter(kind=method.kind, address=method.address).values_list("id", flat=True)
    sent = loading.sent_to(list(same), now=now)
    return limits.opening(method.kind, sent, notice=False, now=now).rule is None


def _told(pages: Mapping[int, Notification], *, besides: int) -> Mapping[int, Sequence[Told]]:
    found: defaultdict[int, list[Told]] = defaultdict(list)
    rows = Notification.objects.filter(page_id__in=list(pages)).exclude(method_id=besides)
    columns = rows.order_by("due_at", "id").values_list("page_id", "id", "method_id", "due_at", "state")
    for page_id, pk, method_id, due_at, state in columns:
        found[page_id].append(Told(pk, method_id, due_at, state in WAITING))
    return found

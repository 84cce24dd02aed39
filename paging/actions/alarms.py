"""Tell people that the site itself is unwell: at once, and by a way that what is broken does not carry."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from paging import loading
from paging.actions.notices import NoticeRequest, tell
from paging.core.delivery import WAITING
from paging.core.rules import RINGING
from paging.models import Notification, Page


def alarm(*, requests: Sequence[NoticeRequest], broken: Collection[str], now: datetime) -> list[int]:
    """As `tell`, but without the waits of a person's rules; and whoever would hear by `broken` kinds of
    contact method alone hears by all their others that do not ring, too.

    In the caller's transaction. Returns the ids of those whom nothing reaches, as far as is known.
    """
    untold = tell(requests=requests, now=now)
    asked = {(one.cause, one.run, one.user_id) for one in requests if one.user_id not in untold}
    causes, runs, users = ({key[place] for key in asked} for place in range(3))
    rows = Page.objects.filter(cause__in=causes, run__in=runs, user_id__in=users)
    pages = {row.pk: row.user_id for row in rows if (row.cause, row.run, row.user_id) in asked}
    _hurry(pages, now=now)
    deaf = _on_broken_alone(pages, broken)
    return [*untold, *_go_round(deaf, broken, now=now)]


def _hurry(pages: Collection[int], *, now: datetime) -> None:
    """What each page begins with goes at once; the rest of its rules keeps its time."""
    first: dict[int, datetime] = {}
    ids: defaultdict[int, list[int]] = defaultdict(list)
    rows = Notification.objects.filter(page_id__in=pages, state__in=WAITING).order_by("due_at")
    for pk, page_id, due_at in rows.values_list("id", "page_id", "due_at"):
        if due_at == first.setdefault(page_id, due_at):
            ids[page_id].append(pk)
    early = [pk for page_id, found in ids.items() if first[page_id] > now for pk in found]
    Notification.objects.filter(pk__in=early).update(due_at=now)


def _on_broken_alone(pages: dict[int, int], broken: Collection[str]) -> dict[int, int]:
    """Of `pages` (user by page) those that go by nothing else."""
    kinds: defaultdict[int, set[str]] = defaultdict(set)
    rows = Notification.objects.filter(page_id__in=pages).values_list("page_id", "method__kind")
    for page_id, kind in rows:
        kinds[page_id].add(kind)
    return {page_id: user for page_id, user in pages.items() if kinds[page_id] <= set(broken)}


def _go_round(pages: dict[int, int], broken: Collection[str], *, now: datetime) -> list[int]:
    """By every other way that does not ring. The users who have none."""
    methods = loading.usable_methods(pages.values())
    fit = {
        page_id: [one for one in methods.get(user, ()) if one.kind not in RINGING | set(broken)]
        for page_id, user in pages.items()
    }
    Notification.objects.bulk_create(
        Notification(
            page_id=page_id,
            method_id=method.id,
            due_at=now,
            created_at=now,
            priority=Notification.Priority.NOTICE,
        )
        for page_id, ways in fit.items()
        for method in ways
    )
    return [pages[page_id] for page_id, ways in fit.items() if not ways]

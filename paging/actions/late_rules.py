"""Rules that somebody adds while they are being paged: what lies ahead by them is still sent, and what would
have gone already is not.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db.models import Min

from paging import loading
from paging.core.cause import subject_of
from paging.core.rules import Moment, Rule, in_words, moments
from paging.models import Notification, Page
from people.ledger.record import ENGINE, Line, record
from people.ledger.verbs import Verb
from people.models import User


def extend_running(
    *, user: User, urgency: str, added: Collection[tuple[str, timedelta]], now: datetime
) -> None:
    """In the transaction that adds the rules. A page that begins in this moment may be by the old ones."""
    if not added:
        return
    longest = max(after for _, after in added)
    running = Page.objects.filter(
        user=user, urgency=urgency, stopped_at=None, unreachable_at=None, created_at__gt=now - longest
    )
    # Holding a page's lock proves that it is not being stopped: what is added to it then is stopped with it.
    pages = list(running.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    if not pages:
        return
    rules = [Rule(via, after) for via, after in added]
    usable = loading.usable_methods([user.pk]).get(user.pk, ())
    wanted = moments(rules, [one for one in usable if one.kind in {via for via, _ in added}], urgency=urgency)
    ids = [page.pk for page in pages]
    told = Notification.objects.filter(page__in=ids)
    known = set(told.values_list("page_id", "method_id", "due_at"))
    first = told.order_by().values("page_id").annotate(first=Min("priority"))
    priorities = dict(first.values_list("page_id", "first"))
    new = [
        Notification(
            page=page,
            method_id=moment.method.id,
            due_at=page.created_at + moment.after,
            created_at=now,
            priority=priorities.get(page.pk, Notification.Priority.MORE),
        )
        for page in pages
        for moment in wanted
        if page.created_at + moment.after > now
        and (page.pk, moment.method.id, page.created_at + moment.after) not in known
    ]
    Notification.objects.bulk_create(new)
    _record(user, new, {moment.method.id: moment for moment in wanted}, now=now)


def _record(
    user: User, new: Collection[Notification], methods: Mapping[int, Moment], *, now: datetime
) -> None:
    lines = []
    for page in dict.fromkeys(one.page for one in new):
        said = dict.fromkeys(
            f"{methods[one.method_id].method.kind} {in_words(one.due_at - page.created_at)}"
            for one in new
            if one.page_id == page.pk
        )
        what = f"paging {user} also: {', '.join(said)}"
        data = {"page": page.pk, "user": user.pk}
        subject = subject_of(page.cause)
        lines.append(Line(Verb.PAGE_EXTENDED, subject, ENGINE, what, "by a new rule of theirs", data))
    record(lines, now=now)

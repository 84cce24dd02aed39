"""What people said of their call-outs, and somebody else approved: it counts in place of what was found."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from oncall.compensation.core.callouts import Engagement
from oncall.compensation.models import Correction
from oncall.core.span import Span

SAID = "as approved"


def corrected(
    found: Mapping[int, Sequence[Engagement]],
    user_ids: Collection[int],
    *,
    since: datetime,
    until: datetime,
) -> dict[int, list[Engagement]]:
    """By person, those that begin in [since, until) by the times that count. One query.

    A correction stands for all that its page brought about, and an engagement that began before ends with
    it. It applies whether a statement was locked since or not: what differs from a locked one is found by
    reckoning anew.
    """
    rows = _in_force(user_ids, since, until)
    replaced: dict[int, set[int | None]] = defaultdict(set)
    for row in rows:
        replaced[row.user_id].add(row.page)
    kept: dict[int, list[Engagement]] = defaultdict(list)
    for user, each in found.items():
        kept[user] += [left for one in each if (left := _before(one, replaced.get(user, ())))]
    for row in rows:
        if row.start is not None and row.end is not None:
            span = Span(row.start, row.end)
            kept[row.user_id].append(_settled(row, span, found.get(row.user_id, ())))
    return {user: [one for one in each if since <= one.span.start < until] for user, each in kept.items()}


def _before(one: Engagement, replaced: Collection[int | None]) -> Engagement | None:
    """What is left of it before the first page that a correction is about; None where that is nothing."""
    place = next((n for n, page in enumerate(one.pages) if page in replaced), None)
    if place is None:
        return one
    if place == 0:
        return None
    span = Span(one.span.start, min(one.span.end, one.paged[place]))
    return replace(one, span=span, pages=one.pages[:place], paged=one.paged[:place])


def _settled(row: Correction, span: Span, found: Iterable[Engagement]) -> Engagement:
    pages = [] if row.page is None else [row.page]
    for one in found:
        if row.page in one.pages:
            pages += one.pages[one.pages.index(row.page) :]
    return Engagement(
        span=span,
        pages=tuple(dict.fromkeys(pages)),
        ended_by=SAID,
        settled=True,
        answered=True,
        correction=row.pk,
    )


def _in_force(user_ids: Collection[int], since: datetime, until: datetime) -> list[Correction]:
    """Approved, about what began in [since, until) or is said to have."""
    touched = Q(start__gte=since, start__lt=until) | Q(about_at__gte=since, about_at__lt=until)
    rows = Correction.objects.filter(touched, state=Correction.State.APPROVED, user__in=user_ids)
    return list(rows.order_by("pk"))

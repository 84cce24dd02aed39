"""What people said of their call-outs, and somebody else approved: it counts in place of what was found."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
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

    A correction stands for all that the engagement's first page brought about. It applies whether a statement
    was locked since or not: what differs from a locked one is found by reckoning anew.
    """
    rows = _in_force(user_ids, since, until)
    replaced = {(row.user_id, row.page) for row in rows}
    kept: dict[int, list[Engagement]] = defaultdict(list)
    for user, each in found.items():
        kept[user] += [one for one in each if (user, one.pages[0]) not in replaced]
    for row in rows:
        if row.start is not None and row.end is not None:
            span = Span(row.start, row.end)
            kept[row.user_id].append(_settled(row, span, found.get(row.user_id, ())))
    return {user: [one for one in each if since <= one.span.start < until] for user, each in kept.items()}


def _settled(row: Correction, span: Span, found: Iterable[Engagement]) -> Engagement:
    pages = [page for one in found if one.pages[0] == row.page for page in one.pages]
    if row.page is not None:
        pages.insert(0, row.page)
    return Engagement(
        span=span,
        pages=tuple(dict.fromkeys(pages)),
        ended_by=SAID,
        settled=True,
        correction=row.pk,
    )


def _in_force(user_ids: Collection[int], since: datetime, until: datetime) -> list[Correction]:
    """Approved, about what began in [since, until) or is said to have."""
    touched = Q(start__gte=since, start__lt=until) | Q(about_at__gte=since, about_at__lt=until)
    rows = Correction.objects.filter(touched, state=Correction.State.APPROVED, user__in=user_ids)
    return list(rows.order_by("pk"))

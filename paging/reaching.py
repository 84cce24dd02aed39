"""What may be read of how people are reached: ways, codes, test pages, and whether they are ready."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef

from paging import loading
from paging.core.address import masked
from paging.core.cause import TEST, VERIFICATION, cause_of
from paging.core.code import VALID
from paging.core.readiness import Remark, Way, remarks
from paging.core.rules import HIGH, LOW
from paging.loading import USABLE
from paging.models import ContactMethod, Notification, Page, Verification
from people.models import User


def readiness(user_ids: Collection[int], *, now: datetime) -> dict[int, list[Remark]]:
    """What is wanting of each of these people, in three queries. Addresses are masked, codes never said."""
    rules = loading.rules(user_ids)
    tested = _tested(user_ids)
    ways: defaultdict[int, list[Way]] = defaultdict(list)
    for method in ContactMethod.objects.filter(user__in=user_ids).order_by("id"):
        ways[method.user_id].append(way_of(method))
    return {
        user: remarks(
            ways[user],
            {urgency: rules.get((user, urgency), ()) for urgency in (HIGH, LOW)},
            tested_at=tested.get(user),
            now=now,
        )
        for user in user_ids
    }


def way_of(method: ContactMethod) -> Way:
    return Way(
        id=method.pk,
        kind=method.kind,
        label=f"{method.get_kind_display()} ({masked(method.address)})",
        verified=method.verified_at is not None,
        disabled=method.disabled_reason,
    )


def _tested(user_ids: Collection[int]) -> Mapping[int, datetime]:
    """When a message of a test page last left for each."""
    causes = [cause_of(TEST, user) for user in user_ids]
    sent = Notification.objects.filter(page__cause__in=causes, sent_at__isnull=False)
    rows = sent.values("page__user").annotate(at=Max("sent_at")).values_list("page__user", "at")
    return dict(rows)


def last_test_page(user: User) -> Page | None:
    mine = Page.objects.filter(cause=cause_of(TEST, user.pk), user=user)
    return mine.order_by("-created_at").prefetch_related("notifications__method").first()


class Sent(NamedTuple):
    """The newest code of a method that is still valid, and how far its message is."""

    asked_at: datetime
    state: str
    reason: str


def codes_sent(user: User, *, now: datetime) -> dict[int, Sent]:
    """By contact method, for those of which a code is valid now."""
    rows = Verification.objects.filter(method__user=user, asked_at__gt=now - VALID, used_at=None)
    newest = {row.method_id: row for row in rows.order_by("asked_at", "pk")}
    causes = {cause_of(VERIFICATION, row.pk): method for method, row in newest.items()}
    states = Notification.objects.filter(page__cause__in=causes).select_related("page")
    return {
        causes[one.page.cause]: Sent(newest[causes[one.page.cause]].asked_at, one.state, one.reason)
        for one in states
    }


def shared(user: User) -> frozenset[int]:
    """The methods of `user` by which somebody else is paged, too, as far as `user` has proved them theirs."""
    others = ContactMethod.objects.filter(USABLE, address=OuterRef("address")).exclude(user=user)
    mine = ContactMethod.objects.filter(USABLE, Exists(others), user=user)
    return frozenset(mine.values_list("pk", flat=True))

"""What others may read of the paging floor."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from paging import loading
from paging.core.address import masked
from paging.core.cause import TEST, TESTS, VERIFICATION, cause_of
from paging.core.code import VALID
from paging.core.readiness import Remark, Way, remarks
from paging.core.rules import HIGH, INFO, LOW
from paging.loading import USABLE
from paging.models import Attempt, ContactMethod, Notification, Page, Verification
from people.models import User

NO_PAGE = Q(urgency=INFO) | Q(cause__startswith=TESTS)
"""Notices tell, and test pages try: neither interrupts anybody for a cause, and no report counts them."""


def outbox() -> QuerySet[Attempt]:
    """Every message as it was handed over, newest first."""
    return Attempt.objects.select_related("notification__page__user", "notification__method").order_by("-id")


def unreachable_users() -> QuerySet[User]:
    """Active people without one verified, enabled contact method: a page to them goes nowhere."""
    usable = ContactMethod.objects.filter(USABLE, user_id=OuterRef("pk"))
    return User.objects.filter(~Exists(usable), is_active=True).order_by("username")


def unreachable_runs(*, limit: int) -> list[tuple[str, str]]:
    """(cause, run) of pages whose every message failed and that nobody has looked at yet, oldest first.

    A notice or a test page that reached nobody is on record, and nobody is asked in their place.
    """
    lost = Page.objects.exclude(NO_PAGE).filter(unreachable_at__isnull=False, stopped_at=None)
    rows = lost.order_by("cause", "run")
    return list(rows.values_list("cause", "run").distinct()[:limit])


def is_anyone_reached(cause: str, run: str) -> bool:
    """Whether at least one person of this run has, or may yet have, a message."""
    return Page.objects.filter(cause=cause, run=run, unreachable_at=None).exists()


def high_pages(user_ids: Collection[int], *, since: datetime) -> list[tuple[int, datetime, datetime | None]]:
    """High-urgency pages begun since then of which a message left: (user, begun, stopped or None)."""
    left = Notification.objects.filter(page_id=OuterRef("pk"), sent_at__isnull=False)
    rows = Page.objects.exclude(NO_PAGE).filter(Exists(left), urgency=HIGH, created_at__gte=since)
    wanted = set(user_ids)
    found = rows.order_by("created_at").values_list("user_id", "created_at", "stopped_at")
    return [row for row in found if row[0] in wanted]


def paged_since(user_ids: Iterable[int], *, since: datetime) -> dict[int, list[datetime]]:
    """When each of these people was sent a message of a high-urgency page from `since` on, in one query."""
    sent = Attempt.objects.filter(
        accepted=True,
        at__gte=since,
        notification__page__urgency=HIGH,
        notification__page__user__in=list(user_ids),
    ).exclude(notification__page__cause__startswith=TESTS)
    found: dict[int, list[datetime]] = defaultdict(list)
    for user, at in sent.order_by("at").values_list("notification__page__user_id", "at"):
        found[user].append(at)
    return dict(found)


class Paged(NamedTuple):
    """One page as a summary counts it; `title` is that of what it was about."""

    user: int
    cause: str
    urgency: str
    title: str
    at: datetime


def paged_between(user_ids: Collection[int], *, since: datetime, until: datetime) -> list[Paged]:
    """Every page to these people of [since, until), oldest first. Notices and test pages are none."""
    rows = Page.objects.exclude(NO_PAGE).filter(
        user__in=user_ids, created_at__gte=since, created_at__lt=until
    )
    found = rows.order_by("created_at", "pk").values_list(
        "user_id", "cause", "urgency", "facts__title", "created_at"
    )
    return [Paged(user, cause, urgency, str(title), at) for user, cause, urgency, title, at in found]


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

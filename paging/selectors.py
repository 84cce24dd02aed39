"""What others may read of the paging floor."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from paging.core.cause import TESTS
from paging.core.delivery import ELSEWHERE, LEFT, Fault, State
from paging.core.percentile import percentile
from paging.core.rules import HIGH, HOOK, INFO
from paging.loading import REACHED, USABLE, pages_said
from paging.models import Attempt, ContactMethod, Notification, Page
from people.models import User

NO_PAGE = Q(urgency=INFO) | Q(cause__startswith=TESTS)
"""Notices tell, and test pages try: neither interrupts anybody for a cause, and no report counts them."""

AT_ONCE = 500  # SQLite takes no more than so many values
LATELY = timedelta(minutes=5)
FOR_LONG = timedelta(minutes=1)
GIVEN_BACK = (State.FAILED, State.UNDELIVERED)
SENT_WITHIN = timedelta(days=2)
"""A page whose first message left later than this after it was asked for is not looked for."""
CARRIED = (ContactMethod.Kind.EMAIL, ContactMethod.Kind.SMS, ContactMethod.Kind.VOICE)


def outbox() -> QuerySet[Attempt]:
    """Every message as it was handed over, newest first."""
    return Attempt.objects.select_related("notification__page__user", "notification__method").order_by("-id")


def unreachable_users() -> QuerySet[User]:
    """Active people without one verified, enabled contact method: a page to them goes nowhere."""
    usable = ContactMethod.objects.filter(USABLE, user_id=OuterRef("pk"))
    return User.objects.filter(~Exists(usable), is_active=True).order_by("username")


def voice_numbers(user_ids: Collection[int]) -> dict[int, str]:
    """The E.164 number on which each of these people takes calls: the oldest verified, enabled one."""
    rows = ContactMethod.objects.filter(USABLE, user__in=user_ids, kind=ContactMethod.Kind.VOICE)
    return dict(rows.order_by("-id").values_list("user_id", "address"))


UNREACHABLE = """EXISTS (
SELECT 1 FROM paging_page WHERE unreachable_at IS NOT NULL AND stopped_at IS NULL
AND urgency <> 'info' AND cause NOT LIKE 'test:%%')"""
"""Whether `unreachable_runs` has any, as SQL with other parameters, for whoever looks often."""


def unreachable_runs(*, limit: int) -> list[tuple[str, str]]:
    """(cause, run) of pages whose every message failed and that nobody has looked at yet, oldest first.

    A notice or a test page that reached nobody is on record, and nobody is asked in their place.
    """
    lost = Page.objects.exclude(NO_PAGE).filter(unreachable_at__isnull=False, stopped_at=None)
    rows = lost.order_by("cause", "run")
    return list(rows.values_list("cause", "run").distinct()[:limit])


def is_anyone_reached(cause: str, run: str) -> bool:
    """Whether at least one person of this run has, or may yet have, a message. A webhook is no person."""
    rows = Page.objects.filter(cause=cause, run=run, unreachable_at=None)
    return rows.exclude(notifications__method__kind=HOOK).exists()


def usernames_paged(cause: str, run: str) -> set[str]:
    """Whom this run has asked for, reached or not."""
    return set(Page.objects.filter(cause=cause, run=run).values_list("user__username", flat=True))


def posted(user_id: int, *, limit: int) -> list[Attempt]:
    """What was handed over to it last, newest first."""
    return list(outbox().filter(notification__page__user=user_id)[:limit])


def last_of(cause: str, *, user_id: int) -> Attempt | None:
    """What was handed over to it last about a cause."""
    return outbox().filter(notification__page__cause=cause, notification__page__user=user_id).first()


class Refusal(NamedTuple):
    """A provider that refuses us altogether (keys, a suspended account, a region), in its last words."""

    provider: str
    at: datetime
    error: str


def refusing_providers(*, now: datetime) -> list[Refusal]:
    """Those that refused us in the last day and have taken nothing since, by name."""
    refused = Attempt.objects.filter(fault=Fault.PROVIDER, at__gt=now - timedelta(days=1))
    last = refused.values("provider").annotate(last=Max("pk")).values_list("last", flat=True)
    took = Attempt.objects.filter(provider=OuterRef("provider"), accepted=True, pk__gt=OuterRef("pk"))
    rows = Attempt.objects.filter(~Exists(took), pk__in=list(last)).order_by("provider")
    return [Refusal(*row) for row in rows.values_list("provider", "at", "error")]


class Unwell(NamedTuple):
    """A provider by which nothing leaves. `kinds`: of contact method, which it was to carry; `error`: what it
    said last.
    """

    provider: str
    since: datetime
    kinds: frozenset[str]
    error: str


def unwell_providers(*, now: datetime) -> list[Unwell]:
    """Those that refuse us, and of mail, SMS and calls those that in the last five minutes have failed for a
    minute or more and taken nothing since; by name. A chat or a webhook is one person's own and is none.
    """
    lately = Attempt.objects.filter(at__gt=now - LATELY)
    took = dict(lately.filter(accepted=True).order_by().values_list("provider").annotate(Max("pk")))
    fails = lately.filter(fault__in=ELSEWHERE, notification__method__kind__in=CARRIED)
    found = {refused.provider: refused.at for refused in refusing_providers(now=now)}
    for provider in fails.order_by().values_list("provider", flat=True).distinct():
        span = fails.filter(provider=provider, pk__gt=took.get(provider, 0)).aggregate(
            first=Min("at"), last=Max("at")
        )
        if span["first"] is not None and span["last"] - span["first"] >= FOR_LONG:
            found[provider] = min(span["first"], found.get(provider, now))
    return [_unwell(provider, found[provider]) for provider in sorted(found)]


def _unwell(provider: str, since: datetime) -> Unwell:
    failed = Attempt.objects.filter(provider=provider, at__gte=since, fault__in=ELSEWHERE).order_by("-pk")
    kinds = failed.order_by().values_list("notification__method__kind", flat=True).distinct()
    return Unwell(provider, since, frozenset(kinds), failed.values_list("error", flat=True)[:1][0])


def has_taken(provider: str, *, since: datetime) -> bool:
    """Whether it has accepted a message from then on."""
    return Attempt.objects.filter(provider=provider, accepted=True, at__gte=since).exists()


def asked_about(cause: str) -> list[int]:
    """The ids of those who were asked or told about it, by whatever way."""
    return sorted(set(Page.objects.filter(cause=cause).values_list("user_id", flat=True)))


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


def told_causes(user_ids: Collection[int]) -> dict[str, int]:
    """What these people have been paged about and is not stopped yet: each cause, and whom of them to.
    Only that of which a message has left: nobody answers for what they never saw.
    """
    said = Q(state__in=LEFT) | Q(state=State.BUNDLED, bundled_into__sent_at__isnull=False)
    left = Notification.objects.filter(said, page_id=OuterRef("pk"))
    rows = Page.objects.filter(Exists(left), user_id__in=user_ids, stopped_at=None).exclude(urgency=INFO)
    return dict(rows.order_by("-pk").values_list("cause", "user_id"))


class Carried(NamedTuple):
    """What one provider did with one kind of message. `took_ms`: half and 95 of 100 answers, in ms or None.

    Of what was accepted, `delivered` came to the phone and `returned` did not; of the rest nobody has said.
    """

    provider: str
    kind: str
    attempts: int
    accepted: int
    delivered: int
    returned: int
    took_ms: tuple[int, int] | None
    cost: Decimal | None

    @property
    def unsaid(self) -> int:
        return self.accepted - self.delivered - self.returned


def carried(*, since: datetime) -> list[Carried]:
    """By provider and kind, the attempts from `since` on, pages and notices alike. Two queries."""
    rows = Attempt.objects.filter(at__gte=since)
    last = Q(accepted=True, notification__state=State.DELIVERED)
    back = Q(accepted=True, notification__state=State.UNDELIVERED)
    of = ("provider", "notification__method__kind")
    took: dict[tuple[str, str], list[int]] = defaultdict(list)
    for provider, kind, ms in rows.exclude(took_ms=None).values_list(*of, "took_ms").order_by("took_ms"):
        took[provider, kind].append(ms)
    counted = rows.values_list(*of).annotate(
        attempts=Count("pk"),
        taken=Count("pk", filter=Q(accepted=True)),
        delivered=Count("pk", filter=last),
        returned=Count("pk", filter=back),
        costs=Sum("cost"),
    )
    return [
        Carried(
            provider,
            kind,
            attempts,
            accepted,
            delivered,
            returned,
            _half_and_most(took[provider, kind]),
            cost,
        )
        for provider, kind, attempts, accepted, delivered, returned, cost in counted.order_by(*of)
    ]


def _half_and_most(ordered: list[int]) -> tuple[int, int] | None:
    return (percentile(ordered, 50), percentile(ordered, 95)) if ordered else None


def spent(*, since: datetime, currency: str) -> Decimal:
    """What the messages from `since` on cost in that currency, as far as is known."""
    rows = Attempt.objects.filter(at__gte=since, currency=currency)
    return rows.aggregate(sum=Sum("cost"))["sum"] or Decimal(0)


def costs(notification_ids: Collection[int]) -> dict[int, list[tuple[str, Decimal]]]:
    """What each of these messages cost, as (currency, sum), over all its attempts and as far as is known."""
    rows = Attempt.objects.filter(notification__in=notification_ids, cost__isnull=False)
    found: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    summed = rows.values_list("notification", "currency").annotate(sum=Sum("cost")).order_by("currency")
    for pk, currency, cost in summed:
        found[pk].append((currency, cost))
    return dict(found)


class Said(NamedTuple):
    """What one message speaks of to whom, in the words of the floor above; many causes if it is a bundle."""

    user: User
    causes: tuple[str, ...]


def said_by(notification_id: int) -> Said | None:
    """What the message is about, oldest first; None if there is no such message. To answer a bundle is to
    answer each of its causes.
    """
    pages = pages_said(notification_id)
    return Said(pages[0].user, tuple(page.cause for page in pages)) if pages else None


def was_told(user_id: int, cause: str) -> bool:
    """Whether a message of a page about it has reached this person or is about to."""
    said = Notification.objects.filter(REACHED, page__user_id=user_id, page__cause=cause)
    return said.exclude(page__urgency=INFO).exists()


def told_of(cause: str) -> list[int]:
    """Whom a message of a page about it has reached or is about to (ids), of those who want to hear more."""
    rows = Page.objects.filter(
        Exists(Notification.objects.filter(REACHED, page_id=OuterRef("pk"))),
        cause=cause,
        user__outcome_notices=True,
    ).exclude(urgency=INFO)
    return sorted(set(rows.values_list("user_id", flat=True)))


class Left(NamedTuple):
    """A page of which messages left, from `at` to `last`: for whom, about what, when it was stopped, when it
    was asked for, and by which run of a step.
    """

    page: int
    user: int
    cause: str
    at: datetime
    last: datetime
    stopped: datetime | None
    asked: datetime
    run: str


def pages_left(user_ids: Collection[int], *, since: datetime, until: datetime) -> list[Left]:
    """Those of high urgency whose first message left in [since, until), oldest first. One query.

    What was said by another message left with that one. What the provider or carrier gave back for good
    interrupted nobody, and low urgency interrupts nobody either; notices and test pages are none.
    """
    asked = Page.objects.filter(user__in=user_ids, created_at__gte=since - SENT_WITHIN, created_at__lt=until)
    found = [one for one in _left(asked) if since <= one.at < until]
    return sorted(found, key=lambda one: (one.at, one.page))


def pages_asked(user_ids: Collection[int], *, since: datetime, until: datetime) -> list[Left]:
    """The same of those that were asked for in [since, until), whenever their first message left."""
    asked = Page.objects.filter(user__in=user_ids, created_at__gte=since, created_at__lt=until)
    return sorted(_left(asked), key=lambda one: (one.at, one.page))


def runs_of(causes: Collection[str]) -> dict[str, dict[str, datetime]]:
    """By cause, when each run of a step first asked for anybody by a page that interrupts. A query for each
    five hundred.
    """
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    wanted = sorted(causes)
    for n in range(0, len(wanted), AT_ONCE):
        rows = Page.objects.exclude(NO_PAGE).filter(cause__in=wanted[n : n + AT_ONCE]).order_by()
        for cause, run, first in rows.values_list("cause", "run").annotate(first=Min("created_at")):
            found[cause][run] = first
    return found


def pages_about(causes: Collection[str]) -> dict[str, int]:
    """By cause, how many pages of high urgency were asked for; causes without any are left out. A query for
    each five hundred.
    """
    found: dict[str, int] = {}
    wanted = sorted(causes)
    for n in range(0, len(wanted), AT_ONCE):
        rows = Page.objects.exclude(NO_PAGE).filter(urgency=HIGH, cause__in=wanted[n : n + AT_ONCE])
        found |= dict(rows.order_by().values_list("cause").annotate(Count("pk")))
    return found


def page_left(page_id: int) -> Left | None:
    """The same of one page; None where nothing of it left, or it is none that interrupts."""
    return next(iter(_left(Page.objects.filter(pk=page_id))), None)


def interrupted_since(since: datetime) -> list[int]:
    """Whom a message of a high-urgency page left for from then on (ids). One query."""
    sent = Attempt.objects.filter(accepted=True, at__gte=since, notification__page__urgency=HIGH)
    others = sent.exclude(notification__page__cause__startswith=TESTS)
    return sorted(set(others.values_list("notification__page__user", flat=True)))


def causes_of(page_ids: Collection[int]) -> dict[int, str]:
    """What each page was about."""
    return dict(Page.objects.filter(pk__in=page_ids).values_list("pk", "cause"))


def _left(pages: QuerySet[Page]) -> Iterator[Left]:
    said = Q(notifications__sent_at__isnull=False) & ~Q(notifications__state__in=GIVEN_BACK)
    bundled = Q(notifications__state=State.BUNDLED) & ~Q(notifications__bundled_into__state__in=GIVEN_BACK)
    own, others = "notifications__sent_at", "notifications__bundled_into__sent_at"
    rows = (
        pages.exclude(NO_PAGE)
        .filter(urgency=HIGH)
        .annotate(
            own=Min(own, filter=said),
            others=Min(others, filter=bundled),
            last_own=Max(own, filter=said),
            last_other=Max(others, filter=bundled),
        )
    )
    page = ("pk", "user_id", "cause", "stopped_at", "created_at", "run")
    for pk, user, cause, stopped, asked, run, *times in rows.values_list(
        *page, "own", "others", "last_own", "last_other"
    ):
        left = [at for at in times if at is not None]
        if left:
            yield Left(pk, user, cause, min(left), max(left), stopped, asked, run)

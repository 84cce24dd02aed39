"""Ask for people to be reached, and stop asking. Both run in their caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from paging import loading
from paging.actions import bundles, timeline
from paging.actions.contacts import disable_contact_method, set_contact_method
from paging.actions.inserting import insert_new
from paging.core.cause import is_test, subject_of
from paging.core.delivery import WAITING, State
from paging.core.message import Facts
from paging.core.night import after_night
from paging.core.notice import Notice
from paging.core.rules import HIGH, INFO, LOW, Moment, moments
from paging.models import ContactMethod, Notification, Page
from paging.queue import nudge_on_commit
from people import metrics
from people.ledger.record import Actor, Line, record
from people.models import User

Priority = Notification.Priority
HEARD = Q(sent_at__isnull=False) | Q(state=State.BUNDLED, bundled_into__sent_at__isnull=False)
LATELY = timedelta(minutes=15)
FALLBACK_USERNAME = ":fallback"  # no person can have a colon in their username
HOOKS = ":hook:"  # how the usernames of those begin that stand for a webhook
NOBODY = Q(username=FALLBACK_USERNAME) | Q(username__startswith=HOOKS)
"""The rows of users that stand for an address, and are no people: they are never active."""
ANYBODYS = Q(user__is_active=True) | Q(user__username=FALLBACK_USERNAME) | Q(user__username__startswith=HOOKS)
"""The contact methods by which somebody, or something, can be reached."""


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """Reach `user_id` about `cause` ("incident:42"). `run` names the decision that asks: the same one asked
    twice makes one page. `urgency` is "high" or "low", or "info" for a notice. A `quiet` one comes by night
    (of that person) at its end.
    """

    user_id: int
    cause: str
    run: str
    urgency: str
    facts: Facts | Notice
    quiet: bool = False

    @property
    def service(self) -> str:
        return self.facts.service[:200]

    @property
    def key(self) -> tuple[str, str, int]:
        return self.cause, self.run, self.user_id


def page(*, requests: Sequence[PageRequest], now: datetime) -> list[PageRequest]:
    """Write the pages and all their notifications, each due at its rule's moment after `now`.

    Returns those whose person cannot be reached at all: no verified, enabled contact method, or no longer
    active. They get no page. A constant number of statements.
    """
    asked = {request.user_id for request in requests}
    users, methods = loading.reached(asked, ANYBODYS)
    rules = loading.rules(users)
    found = [
        _Plan(
            request=request,
            user=users[request.user_id],
            moments=moments(
                rules.get((request.user_id, _rules_of(request.urgency)), ()),
                methods[request.user_id],
                urgency=request.urgency,
            ),
        )
        for request in requests
        if request.user_id in users
    ]
    plans = [plan for plan in found if plan.moments]
    if plans:
        _write(plans, now=now)
    reached = {plan.key for plan in plans}
    return [request for request in requests if request.key not in reached]


def _rules_of(urgency: str) -> str:
    return LOW if urgency == INFO else urgency


def reachable(user: User) -> bool:
    """Whether anybody stands behind the row: who has left is paged no more."""
    return user.is_active or user.username == FALLBACK_USERNAME or is_hook(user)


def is_hook(user: User) -> bool:
    """Whether it stands for a webhook: what it is told, no human knows."""
    return user.username.startswith(HOOKS)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    request: PageRequest
    user: User
    moments: Sequence[Moment]

    @property
    def key(self) -> tuple[str, str, int]:
        return self.request.key

    def begins(self, now: datetime) -> datetime:
        sleeps = self.request.quiet and not is_hook(self.user)
        return after_night(now, ZoneInfo(self.user.time_zone)) if sleeps else now


def _write(plans: Sequence[_Plan], *, now: datetime) -> None:
    """Of two transactions that ask the same, the second one waits, finds all there, and adds nothing."""
    heard = _spoken_of(plans, now=now)
    ids = insert_new([_row(plan.request, now) for plan in plans])
    mine = {ids[plan.key]: plan for plan in plans if plan.key in ids}
    priorities = {pk: _priority(plan, heard) for pk, plan in mine.items()}
    Notification.objects.bulk_create(
        Notification(
            page_id=pk,
            method_id=moment.method.id,
            due_at=plan.begins(now) + moment.after,
            created_at=now,
            priority=priorities[pk],
        )
        for pk, plan in mine.items()
        for moment in plan.moments
    )
    record([_line(plan, pk) for pk, plan in mine.items()], now=now)
    for plan in mine.values():
        if plan.request.urgency == INFO:
            metrics.NOTICES.inc()
        elif not (is_test(plan.request.cause) or is_hook(plan.user)):
            metrics.PAGES.labels(urgency=plan.request.urgency).inc()
    nudge_on_commit()


def _spoken_of(plans: Sequence[_Plan], *, now: datetime) -> dict[str, str]:
    """The services that somebody has just been paged about, and the cause that was the first of them."""
    asked = {plan.request.service for plan in plans if plan.request.urgency == HIGH}
    found: dict[str, str] = {}
    for service in sorted(asked):  # one, unless decisions about many incidents are written at once
        lately = Page.objects.filter(service=service, created_at__gt=now - LATELY, urgency=HIGH)
        first = lately.order_by("created_at", "id").values_list("cause", flat=True).first()
        if first is not None:
            found[service] = first
    return found


def _priority(plan: _Plan, heard: dict[str, str]) -> int:
    """Pages about the first cause are the first ones, also those of its next steps. `heard` learns of it."""
    if plan.request.urgency == INFO:
        return Priority.NOTICE
    if plan.request.urgency != HIGH:
        return Priority.MORE
    first = heard.setdefault(plan.request.service, plan.request.cause)
    return Priority.FIRST if first == plan.request.cause else Priority.MORE


def _row(request: PageRequest, now: datetime) -> Page:
    subject_of(request.cause)
    return Page(
        user_id=request.user_id,
        cause=request.cause,
        run=request.run,
        urgency=request.urgency,
        facts=request.facts.to_json(),
        service=request.service,
        created_at=now,
    )


def _line(plan: _Plan, page_id: int) -> Line:
    page = Page(pk=page_id, user=plan.user, cause=plan.request.cause, urgency=plan.request.urgency)
    facts = plan.request.facts
    if isinstance(facts, Notice):
        return timeline.begun(page, plan.moments, why=facts.title, doing="telling")
    doing = "telling" if is_hook(plan.user) else "paging"
    return timeline.begun(page, plan.moments, why=facts.because, doing=doing)


@dataclass(frozen=True)
class Spared:
    """Pages of runs that begin with `run`, of which nothing has left yet; none to the user `but`."""

    run: str
    but: int | None = None

    def query(self) -> Q:
        left = Notification.objects.filter(HEARD, page_id=OuterRef("pk"))
        return Q(~Q(user_id=self.but or 0), ~Exists(left), run__startswith=self.run)


@transaction.atomic(savepoint=False)
def stop(
    *, cause: str, reason: str, now: datetime, user_id: int | None = None, spare: Spared | None = None
) -> None:
    """Send nothing more about `cause` (to `user_id` alone, where given). Nothing happens where nothing runs.

    What a provider has in its hands at this moment cannot be called back.
    """
    running = Page.objects.filter(cause=cause, stopped_at=None)
    if user_id is not None:
        running = running.filter(user_id=user_id)
    if spare is not None:
        running = running.exclude(spare.query())
    locked = running.select_for_update(no_key=True, of=("self",))  # in the order of `outcomes.lock_page`
    found = list(locked.select_related("user").order_by("pk"))
    if not found:
        return
    ids = [page.pk for page in found]
    Page.objects.filter(pk__in=ids).update(stopped_at=now, stop_reason=reason[:200])
    unsent = _suppress(ids, reason, now=now)
    line = timeline.stopped(found, unsent=unsent, reason=reason)
    if line is not None:
        record([line], now=now)


def _suppress(page_ids: Sequence[int], reason: str, *, now: datetime) -> int:
    """What waits of them, and what another message would say of them. How many messages. What waits before
    what is bundled, which is the order of a claim, too.
    """
    rows = Notification.objects.filter(page_id__in=page_ids, state__in=WAITING).order_by("pk")
    waiting = dict(rows.select_for_update(of=("self",)).values_list("id", "says"))
    Notification.objects.filter(pk__in=waiting).update(state=State.SUPPRESSED, reason=reason[:200])
    speakers = [pk for pk, says in waiting.items() if says > 1]
    if bundles.lock(Q(page_id__in=page_ids) | Q(bundled_into__in=speakers)):
        bundles.drop_stopped(page_ids, reason=reason)
        bundles.release(speakers, now=now)
    return len(waiting)


def give_up(*, cause: str, run: str, now: datetime) -> int:
    """The floor above has heard that these pages reached nobody. Returns how many it had not heard of."""
    lost = Page.objects.filter(cause=cause, run=run, unreachable_at__isnull=False, stopped_at=None)
    return lost.update(stopped_at=now, stop_reason="every message of it failed")


@transaction.atomic
def fallback_recipient(now: datetime) -> int | None:
    """The id of the user who stands for FALLBACK_CONTACT, made when first needed; None where it is not set.

    A number is reached by SMS and by voice. A former contact is disabled.
    """
    contact: str = settings.FALLBACK_CONTACT
    if not contact:
        return None
    user, _ = User.objects.get_or_create(
        username=FALLBACK_USERNAME,
        defaults={"name": "Fallback contact", "is_active": False, "password": make_password(None)},
    )
    by = Actor("FALLBACK_CONTACT")
    for former in user.contact_methods.exclude(address=contact).filter(disabled_reason=""):
        disable_contact_method(method=former, reason="FALLBACK_CONTACT names another", by=by, now=now)
    kinds = ContactMethod.Kind
    for kind in (kinds.EMAIL,) if "@" in contact else (kinds.SMS, kinds.VOICE):
        set_contact_method(user=user, kind=kind, address=contact, by=by, now=now)
    return user.pk

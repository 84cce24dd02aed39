"""How an event leaves to a webhook that follows: claim one and commit, post it, record the answer and commit.

A worker may die between any two lines here. The event then stays claimed until its lease ends, and is posted
again, under the same id. No page waits for any of this: it has rows and threads of its own.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from escalation.actions.following import compose, give_up, health_of, put_health
from escalation.core.following import GONE, OK, WAITS, after_failure, is_given_up, next_try, put_off
from escalation.core.following import Health as Healthy
from escalation.models import Follower, HookDelivery, HookTry
from paging.actions.hooks import former_secret, hook_method
from paging.core.render import clean
from paging.core.signing import event_headers
from paging.dispatch import let_go_of_the_database
from people.posting import NotPosted, post

AT_ONCE = 2
"""Events on their way to one webhook: a slow server takes no more threads than these."""
LEASE = timedelta(seconds=30)
LOST = "posted again: the worker that held it died, perhaps after it left"
FATAL = "workers died over it again and again"
READ = 2000  # bytes of an answer
State = HookDelivery.State
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of one post. `status` is None where no answer came."""

    at: datetime
    took: timedelta
    status: int | None = None
    error: str = ""
    answer: str = ""
    retry_after: str = ""

    @property
    def taken(self) -> bool:
        return self.status in OK


def has_due(*, clock: Callable[[], datetime]) -> bool:
    """Whether an event is due whose server may be asked now. What a worker died over is due again."""
    now = clock()
    lost = HookDelivery.objects.filter(state=State.SENDING, lease_until__lt=now)
    if lost.exists():
        fatal = Q(attempts__gt=len(WAITS))
        lost.filter(fatal).update(state=State.FAILED, settled_at=now, reason=FATAL)
        lost.exclude(fatal).update(state=State.WAITING, due_at=now, reason=LOST)
    return _with_due(now).exists()


def claim_next(*, clock: Callable[[], datetime]) -> HookDelivery | None:
    """The first event that is due of a webhook that may be asked now, ours alone, for `hand_over`. None where
    there is none. Both outside a transaction.
    """
    webhooks = list(_with_due(clock()).values_list("pk", flat=True))
    random.shuffle(webhooks)  # so that none comes before the others for ever
    for webhook in webhooks:
        with transaction.atomic(durable=True):
            claimed = _claim(webhook, now=clock())
        if claimed is not None:
            return claimed
    return None


def hand_over(claimed: HookDelivery, *, clock: Callable[[], datetime]) -> None:
    """To its server. Call it at once after the claim: the lease runs."""
    _record(claimed, _post(claimed, clock), clock=clock)


def send_due(*, clock: Callable[[], datetime], limit: int | None = None) -> int:
    """Post what is due until nothing is, or `limit` were. Returns how many were, taken or not."""
    has_due(clock=clock)
    sent = 0
    while (limit is None or sent < limit) and (claimed := claim_next(clock=clock)) is not None:
        hand_over(claimed, clock=clock)
        sent += 1
    return sent


def _with_due(now: datetime) -> QuerySet[Follower]:
    waiting = HookDelivery.objects.filter(webhook=OuterRef("pk"), state=State.WAITING, due_at__lte=now)
    awake = Q(rest_until=None) | Q(rest_until__lte=now)
    return Follower.objects.filter(awake, Exists(waiting), ended_at=None).order_by("pk")


def _claim(webhook: int, *, now: datetime) -> HookDelivery | None:
    """The follower's lock proves that nobody else claims of this webhook, or settles one. Of one incident,
    one event at a time is on its way, so that they come in order as long as all are taken.
    """
    follower = _with_due(now).filter(pk=webhook).select_for_update(of=("self",)).first()
    if follower is None:
        return None
    rows = HookDelivery.objects.filter(webhook=webhook)
    on_its_way = list(rows.filter(state=State.SENDING).values_list("incident_id", flat=True))
    if len(on_its_way) >= (1 if health_of(follower).is_failing else AT_ONCE):
        return None
    waiting = rows.filter(state=State.WAITING, due_at__lte=now).exclude(incident_id__in=on_its_way)
    first = waiting.select_related("webhook").order_by("due_at", "pk").first()
    if first is not None:
        first.state, first.claim, first.lease_until = State.SENDING, uuid4(), now + LEASE
        first.attempts += 1
        first.save(update_fields=["state", "claim", "lease_until", "attempts"])
    return first


def _post(claimed: HookDelivery, clock: Callable[[], datetime]) -> Outcome:
    began = clock()
    method = hook_method(claimed.webhook_id)
    if method is None:
        return Outcome(began, timedelta(0), error="the webhook has no address in use")
    body = compose(claimed).encode()
    signed = event_headers(
        event=claimed.event,
        message_id=str(claimed.message_id),
        stamp=int(began.timestamp()),
        body=body,
        secret=method.signing_secret,
        former=former_secret(method, now=began),
    )
    let_go_of_the_database()
    try:
        answer = post(
            method.address,
            body=body,
            headers=signed,
            private_hosts=settings.WEBHOOK_PRIVATE_HOSTS,
            read=READ,
        )
    except NotPosted as fault:
        return Outcome(began, clock() - began, error=str(fault))
    except Exception as fault:  # whatever it is, it is this event's trouble alone
        log.exception("event_not_posted", delivery=claimed.pk)
        return Outcome(began, clock() - began, error=f"unexpected: {type(fault).__name__}")
    taken = answer.status in OK
    return Outcome(
        began,
        clock() - began,
        status=answer.status,
        error="" if taken else f"{urlsplit(method.address).hostname} answered {answer.status}",
        answer=clean(answer.text, limit=500),
        retry_after=answer.retry_after,
    )


@transaction.atomic
def _record(claimed: HookDelivery, outcome: Outcome, *, clock: Callable[[], datetime]) -> None:
    """What another worker has claimed meanwhile is that one's to settle; that it was posted stands there."""
    now = clock()
    follower = Follower.objects.select_for_update(of=("self",)).get(pk=claimed.webhook_id)
    HookTry.objects.create(
        delivery=claimed,
        at=outcome.at,
        took_ms=max(0, int(outcome.took / timedelta(milliseconds=1))),
        status=outcome.status,
        error=outcome.error[:200],
        answer=outcome.answer,
    )
    held = (
        HookDelivery.objects.select_for_update(of=("self",))
        .filter(pk=claimed.pk, claim=claimed.claim)
        .first()
    )
    if held is None or held.state in {State.DELIVERED, State.FAILED}:
        return
    if outcome.taken:
        _settle(held, State.DELIVERED, "", now=now)
        put_health(follower, Healthy())
        return
    asked = put_off(outcome.retry_after)
    wait = next_try(attempts=held.attempts, spread=random.random())  # noqa: S311 - no secret
    if wait is None or outcome.status == GONE:
        _settle(held, State.FAILED, outcome.error, now=now)
    else:
        held.state, held.reason, held.due_at = State.WAITING, outcome.error[:200], now + max(wait, asked)
        held.save(update_fields=["state", "reason", "due_at"])
    health = after_failure(health_of(follower), asked=asked, now=now)
    put_health(follower, health)
    if outcome.status == GONE:
        give_up(follower, why=f"{outcome.error}: gone for good", now=now)
    elif is_given_up(health, now=now):
        give_up(follower, why=f"its server took nothing for three days; at last: {outcome.error}", now=now)


def _settle(held: HookDelivery, state: HookDelivery.State, reason: str, *, now: datetime) -> None:
    held.state, held.reason, held.settled_at = state, reason[:200], now
    held.save(update_fields=["state", "reason", "settled_at"])

"""Webhooks that follow incidents: what they hear of, given up and taken up again, and events posted again."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from escalation.actions.queueing import start_reading
from escalation.actions.steps import ConfigError
from escalation.core.following import Follows, Health, faults_of
from escalation.models import Follower, HookDelivery, Service, Webhook
from paging.actions.notices import NoticeRequest, tell
from paging.core import hook
from paging.core.notice import Notice
from people.ledger.record import ENGINE, Actor, Line, record
from people.ledger.verbs import Verb
from people.models import Membership, Team, User

MOST_REPLAYED = 1000
KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 1000
NO_MORE = "the webhook follows incidents no more"
MEND = (
    "Mend its server, then press “Follow again” on its page, and “Post again what failed” for what it missed."
)
State = HookDelivery.State
log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class FollowSpec:
    """What a webhook is to hear of: `everything`, or of these services and of those of these teams; neither:
    nothing. `events` are names of `core.following.EVENTS`; none: all of them.
    """

    everything: bool = False
    teams: Sequence[Team] = ()
    services: Sequence[Service] = ()
    events: Sequence[str] = field(default=())

    @property
    def anything(self) -> bool:
        return self.everything or bool(self.teams or self.services)


@transaction.atomic
def set_follows(*, webhook: Webhook, spec: FollowSpec, by: Actor, now: datetime) -> None:
    """It hears of what happens from now on. With nothing to follow, what still waits is not posted. Writes
    nothing where it is so already. Raises ConfigError.
    """
    webhook = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
    if webhook.retired_at is not None and spec.anything:
        raise ConfigError(f"Webhook “{webhook.name}” is retired; bring it back first.")
    for fault in faults_of(spec.events):
        raise ConfigError(fault)
    row = Follower.objects.filter(pk=webhook.pk).first()
    before = spec_of(row)
    if _same(before, spec):
        return
    if row is None:
        row = Follower.objects.create(webhook=webhook)
    row.everything = spec.everything
    row.events = sorted(set(spec.events)) if spec.anything else []
    row.save(update_fields=["everything", "events"])
    start_anew(webhook)
    row.teams.set([] if spec.everything else spec.teams)
    row.services.set([] if spec.everything else spec.services)
    if spec.anything:
        start_reading(now=now)
    else:
        _leave_unsent(webhook, NO_MORE, now=now)
    what = f"webhook {webhook.name} follows {in_words(spec)}"
    record([Line(Verb.WEBHOOK_FOLLOWS, ("webhook", webhook.pk), by, what)], now=now)


def spec_of(row: Follower | None) -> FollowSpec:
    if row is None:
        return FollowSpec()
    return FollowSpec(
        everything=row.everything,
        teams=list(row.teams.order_by("name")),
        services=list(row.services.order_by("name")),
        events=row.events,
    )


def in_words(spec: FollowSpec) -> str:
    """“all incidents (incident.resolved)”, “incidents of team Web and service api”, “no incidents”."""
    named = [f"team {team.name}" for team in spec.teams] + [f"service {one.name}" for one in spec.services]
    events = f" ({', '.join(spec.events)})" if spec.events else ""
    if spec.everything:
        return f"all incidents{events}"
    return f"incidents of {', '.join(named)}{events}" if named else "no incidents"


def _same(one: FollowSpec, other: FollowSpec) -> bool:
    return _key(one) == _key(other)


def _key(spec: FollowSpec) -> Follows:
    return Follows(
        everything=spec.everything,
        teams=frozenset() if spec.everything else frozenset(team.pk for team in spec.teams),
        services=frozenset() if spec.everything else frozenset(service.pk for service in spec.services),
        events=frozenset(spec.events) if spec.anything else frozenset(),
    )


def start_anew(webhook: Webhook) -> None:
    """As if its server had never failed: it has another address, or is to hear of other things. In the
    caller's transaction.
    """
    row = Follower.objects.select_for_update(of=("self",)).filter(pk=webhook.pk).first()
    if row is not None:
        row.ended_at, row.ended_why = None, ""
        row.save(update_fields=["ended_at", "ended_why"])
        put_health(row, Health())


@transaction.atomic
def resume(*, webhook: Webhook, by: Actor, now: datetime) -> None:
    """Post again to one that was given up, or that rests. Raises ConfigError where neither is so."""
    row = Follower.objects.select_for_update(of=("self",)).filter(pk=webhook.pk).first()
    if row is None or (row.ended_at is None and row.rest_until is None):
        raise ConfigError(f"Webhook “{webhook.name}” is posted to as it is.")
    if webhook.retired_at is not None:
        raise ConfigError(f"Webhook “{webhook.name}” is retired; bring it back first.")
    start_anew(webhook)
    what = f"webhook {webhook.name} is posted to again"
    record([Line(Verb.WEBHOOK_RESUMED, ("webhook", webhook.pk), by, what)], now=now)


@transaction.atomic
def replay(*, delivery: HookDelivery, by: Actor, now: datetime) -> None:
    """Post it once more, as it was and under the same id. Raises ConfigError where it waits anyway, or its
    webhook is posted to no more.
    """
    _check_posted_to(delivery.webhook)
    settled = HookDelivery.objects.filter(pk=delivery.pk, state__in=[State.DELIVERED, State.FAILED])
    if not _again(settled, now):
        raise ConfigError(f"{delivery} was not settled yet: it is posted anyway.")
    what = f"asked for {delivery} to be posted again to webhook {delivery.webhook}"
    record([Line(Verb.WEBHOOK_REPLAYED, ("webhook", delivery.webhook_id), by, what)], now=now)


@transaction.atomic
def replay_failed(*, webhook: Webhook, since: datetime, by: Actor, now: datetime) -> tuple[int, int]:
    """Post again what was given up and happened `since` then, the oldest first, MOST_REPLAYED at once.
    Returns how many are, and how many are left. Raises ConfigError.
    """
    _check_posted_to(webhook)
    failed = HookDelivery.objects.filter(webhook=webhook, state=State.FAILED, at__gte=since)
    found = list(failed.order_by("pk").values_list("pk", flat=True)[:MOST_REPLAYED])
    if not found:
        raise ConfigError(f"Nothing to webhook “{webhook.name}” has failed since then.")
    again = _again(failed.filter(pk__in=found), now)
    what = f"asked for {again} events that had failed to be posted again to webhook {webhook}"
    record([Line(Verb.WEBHOOK_REPLAYED, ("webhook", webhook.pk), by, what)], now=now)
    return again, failed.count()


def _again(rows: QuerySet[HookDelivery], now: datetime) -> int:
    return rows.update(state=State.WAITING, due_at=now, attempts=0, reason="", settled_at=None, claim=None)


def _check_posted_to(webhook: Webhook) -> None:
    row = Follower.objects.filter(pk=webhook.pk).first()
    if webhook.retired_at is not None:
        raise ConfigError(f"Webhook “{webhook.name}” is retired; bring it back first.")
    if row is None or row.ended_at is not None:
        why = row.ended_why if row else ""
        raise ConfigError(f"Webhook “{webhook.name}” was given up ({why}); let it follow again first.")


def compose(delivery: HookDelivery) -> str:
    """The document, the same at each try."""
    envelope = hook.Envelope(id=str(delivery.message_id), at=delivery.at, webhook=str(delivery.webhook))
    return hook.followed(
        json.loads(delivery.said), event=delivery.event, sequence=delivery.sequence, envelope=envelope
    )


def standing(row: Follower | None) -> str:
    """How its server does, in a sentence."""
    if row is None or not spec_of(row).anything:
        return "follows nothing"
    waiting = HookDelivery.objects.filter(webhook=row.pk, state=State.WAITING).count()
    said = f"{waiting} waiting" if waiting else "nothing waits"
    dropped = f"; {row.dropped} dropped so far, because too many waited" if row.dropped else ""
    if row.ended_at is not None:
        return f"given up since {_at(row.ended_at)}: {row.ended_why}{dropped}"
    if row.fails:
        since = _at(row.failing_since)
        return f"has not taken {row.fails} in a row since {since}; {said}{dropped}"
    return f"takes what is posted; {said}{dropped}"


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "a while"


def health_of(row: Follower) -> Health:
    return Health(
        fails=row.fails,
        failing_since=row.failing_since,
        failed_at=row.failed_at,
        rest_until=row.rest_until,
    )


def put_health(row: Follower, health: Health) -> None:
    if health_of(row) != health:
        row.fails, row.failing_since = health.fails, health.failing_since
        row.failed_at, row.rest_until = health.failed_at, health.rest_until
        row.save(update_fields=["fails", "failing_since", "failed_at", "rest_until"])


def give_up(row: Follower, *, why: str, now: datetime) -> None:
    """Nothing more is posted to it, and who set it up hears so. In the caller's transaction, which holds the
    row.
    """
    row.ended_at, row.ended_why = now, why[:200]
    row.save(update_fields=["ended_at", "ended_why"])
    webhook = row.webhook
    _leave_unsent(webhook, "the webhook was given up", now=now)
    what = f"webhook {webhook.name} is given up: {why}"
    record([Line(Verb.WEBHOOK_GIVEN_UP, ("webhook", webhook.pk), ENGINE, what)], now=now)
    notice = Notice(
        title=f"Webhook {webhook.name} follows no more: {why}",
        lines=(MEND,),
        path=f"/admin/escalation/webhook/{webhook.pk}/change/",
        label="See the webhook",
    )
    run = f"given_up.{now:%Y%m%d%H%M%S}"
    requests = [
        NoticeRequest(user_id=user, cause=f"webhook:{webhook.pk}", run=run, notice=notice, quiet=True)
        for user in sorted(_managers(row))
    ]
    tell(requests=requests, now=now)
    log.warning("follower_given_up", webhook=webhook.name, why=why)


def _managers(row: Follower) -> set[int]:
    """Those of the teams that it follows; administrators where there are none."""
    people = User.objects.filter(is_active=True)
    spec = spec_of(row)
    teams = {team.pk for team in spec.teams} | {one.team_id for one in spec.services if one.team_id}
    manages = Q(memberships__role=Membership.Role.MANAGER)
    these = manages & Q(memberships__team__in=() if row.everything else teams)
    for asked in (people.filter(these), people.filter(is_superuser=True), people.filter(manages)):
        if found := set(asked.values_list("pk", flat=True)):
            return found
    return set()


def _leave_unsent(webhook: Webhook, why: str, *, now: datetime) -> None:
    waiting = HookDelivery.objects.filter(webhook=webhook, state=State.WAITING)
    waiting.update(state=State.FAILED, reason=why, settled_at=now)


def forget_deliveries(*, clock: Callable[[], datetime]) -> int:
    """Those of KEPT ago and before, some at a time, whatever became of them. Returns how many were."""
    old = HookDelivery.objects.filter(created_at__lt=clock() - KEPT).order_by("created_at")
    found = list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    if found:
        HookDelivery.objects.filter(pk__in=found).delete()
    return len(found)

"""Webhooks that steps tell: made, pointed elsewhere, given another secret, tried, and retired."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from escalation.actions import following
from escalation.actions.steps import ConfigError
from escalation.models import Target, Webhook
from oncall.selectors import announcing_to
from paging.actions import hooks
from paging.actions.contacts import Refused
from paging.core.address import masked
from paging.models import ContactMethod
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

LONGEST_NAME = 100


def pointed(webhook: Webhook) -> ContactMethod | None:
    """What holds its address and its secret; None for one that is retired."""
    return hooks.hook_method(webhook.pk)


@transaction.atomic
def create_webhook(*, name: str, url: str, by: Actor, now: datetime, secret: str = "") -> Webhook:
    """A new one, or the retired one of that name brought back, with a new secret unless one is given.

    Raises ConfigError.
    """
    if not name.strip() or len(name) > LONGEST_NAME:
        raise ConfigError(f"A webhook needs a name of at most {LONGEST_NAME} characters.")
    webhook = Webhook.objects.select_for_update(of=("self",)).filter(name=name).first()
    if webhook is not None and webhook.retired_at is None:
        raise ConfigError(f"There is already a webhook “{name}”; choose another name.")
    did = "created" if webhook is None else "brought back"
    if webhook is None:
        webhook = Webhook.objects.create(name=name, recipient=hooks.hook_recipient(name))
    webhook.retired_at = None
    webhook.save(update_fields=["retired_at"])
    with _as_config_error():
        hooks.point_hook(
            recipient=webhook.recipient, address=url, secret=secret or hooks.new_hook_secret(), now=now
        )
    _record(Verb.WEBHOOK_CREATED, webhook, f"{did} webhook {name}, at {masked(url)}", by=by, now=now)
    return webhook


@transaction.atomic
def change_webhook(*, webhook: Webhook, by: Actor, now: datetime, url: str = "", secret: str = "") -> Webhook:
    """Post to `url`, signed with `secret`; what is empty stays. What steps told and waits for the former
    address fails; what follows goes to the new one. For a day the former secret signs, too.

    Writes nothing when it is so already. Raises ConfigError.
    """
    Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
    there = pointed(webhook)
    before = (there.address, there.signing_secret) if there else ("", "")
    after = (url.strip() or before[0], secret or before[1])
    if before == after:
        return webhook
    with _as_config_error():
        hooks.point_hook(recipient=webhook.recipient, address=after[0], secret=after[1], now=now)
    does = []
    if before[0] != after[0]:
        following.start_anew(webhook)
        does.append(f"posts to {masked(after[0])} instead of {masked(before[0])}")
    if before[1] != after[1]:
        does.append("signs with another secret")
    what = f"webhook {webhook.name} {' and '.join(does)}"
    _record(Verb.WEBHOOK_CHANGED, webhook, what, by=by, now=now)
    return webhook


def renew_secret(*, webhook: Webhook, by: Actor, now: datetime) -> str:
    """A new secret. For a day the old one signs, too. Raises ConfigError."""
    _check_in_use(webhook)
    secret = hooks.new_hook_secret()
    change_webhook(webhook=webhook, secret=secret, by=by, now=now)
    return secret


@transaction.atomic
def retire_webhook(*, webhook: Webhook, by: Actor, now: datetime) -> None:
    """Tell it nothing more, of running incidents either. Raises ConfigError while a policy names it, or a
    schedule announces to it.
    """
    named = Target.objects.filter(webhook=webhook, step__policy__retired_at=None)
    first = named.select_related("step__policy").order_by("pk").first()
    if first is not None:
        raise ConfigError(
            f"Webhook “{webhook.name}” is told by escalation policy “{first.step.policy.name}”; "
            "take it out there first."
        )
    schedule = announcing_to(webhook.pk).first()
    if schedule is not None:
        raise ConfigError(
            f"Webhook “{webhook.name}” is told who is on call: “{schedule.name}” announces it there; "
            "take the announcement off first."
        )
    if Webhook.objects.filter(pk=webhook.pk, retired_at=None).update(retired_at=now):
        webhook.retired_at = now
        following.set_follows(webhook=webhook, spec=following.FollowSpec(), by=by, now=now)
        hooks.unpoint_hook(recipient=webhook.recipient)
        _record(Verb.WEBHOOK_RETIRED, webhook, f"retired webhook {webhook.name}", by=by, now=now)


@transaction.atomic
def try_webhook(*, webhook: Webhook, by: Actor, now: datetime) -> None:
    """Post one event that says that it is a test. Raises ConfigError."""
    _check_in_use(webhook)
    with _as_config_error():
        hooks.send_test_event(recipient=webhook.recipient, now=now)
    what = f"asked for a test event to webhook {webhook.name}"
    _record(Verb.WEBHOOK_TESTED, webhook, what, by=by, now=now)


def _check_in_use(webhook: Webhook) -> None:
    if webhook.retired_at is not None:
        raise ConfigError(f"Webhook “{webhook.name}” is retired; bring it back first.")


@contextmanager
def _as_config_error() -> Iterator[None]:
    try:
        yield
    except Refused as refusal:
        raise ConfigError(str(refusal)) from None


def _record(verb: Verb, webhook: Webhook, what: str, *, by: Actor, now: datetime) -> None:
    record([Line(verb, ("webhook", webhook.pk), by, what)], now=now)

"""How a person wants to be reached: contact methods and notification rules.

Whoever calls this (an `apply`, an administrator) vouches for the address, so it counts as verified; the
ledger keeps their name.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from secrets import token_urlsafe
from urllib.parse import urlsplit

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from paging import chat
from paging.actions.late_rules import extend_running
from paging.core.address import masked
from paging.core.rules import in_words
from paging.models import ContactMethod, NotificationRule
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User
from people.outbound import inside

Kind = ContactMethod.Kind
Urgency = NotificationRule.Urgency
LONGEST_WAIT = timedelta(days=1)
LONGEST_ADDRESS = 254
LONGEST_WEBHOOK = 1000
SECRET_BYTES = 32
MOST_RULES = 20  # of one urgency: each is a message for every method of its kind


class Refused(ValueError):
    """The input makes no sense. The text says what to write instead."""


def checked_address(kind: str, address: str) -> str:
    """The address as it is kept: E.164 for a number, else trimmed. Raises Refused."""
    if kind not in Kind.values:
        raise Refused(f"“{kind}” is no kind of contact method; write {', '.join(Kind.values)}.")
    check = {Kind.EMAIL: _email, Kind.CHAT: _chat, Kind.WEBHOOK: _webhook}.get(Kind(kind), _number)
    return check(address.strip())


def _email(address: str) -> str:
    try:
        validate_email(address)
    except ValidationError:
        raise Refused(f"“{address}” is not an email address; write one such as alice@acme.example.") from None
    if len(address) > LONGEST_ADDRESS:
        raise Refused(f"The email address is longer than {LONGEST_ADDRESS} characters.")
    return address


def _chat(address: str) -> str:
    try:
        return chat.checked(address, private_hosts=settings.WEBHOOK_PRIVATE_HOSTS)
    except ValueError as fault:
        raise Refused(str(fault)) from None


def _webhook(address: str) -> str:
    """What is wrong is said without the address: its path may be a key."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    written = address.isascii() and address.isprintable() and " " not in address
    if not (host and written and len(address) <= LONGEST_WEBHOOK) or parts.scheme not in {"https", "http"}:
        raise Refused("This is no address of a webhook; write one such as https://hooks.acme.example/pages.")
    if parts.username is not None or parts.fragment:
        raise Refused("A webhook's address has no user, password or # in it; its requests are signed.")
    allowed = settings.WEBHOOK_PRIVATE_HOSTS
    if inside(host, private_hosts=allowed):
        raise Refused(f"{host} is inside the network; an operator may allow it in WEBHOOK_PRIVATE_HOSTS.")
    if parts.scheme != "https" and host not in allowed:
        raise Refused(f"{host} is not posted to without encryption; write https://{host}/...")
    return address


def _number(address: str) -> str:
    try:
        parsed = phonenumbers.parse(address, None)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise Refused(f"“{address}” is not a phone number; write it with its country, such as +14155550101.")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


@transaction.atomic
def set_contact_method(*, user: User, kind: str, address: str, by: Actor, now: datetime) -> ContactMethod:
    """Add this way to reach `user`, verified, or make it usable again. Nothing happens where it is usable.

    Raises Refused where `address` is none of `kind`.
    """
    method, added = ContactMethod.objects.get_or_create(
        user=user,
        kind=kind,
        address=checked_address(kind, address),
        defaults={"verified_at": now, "signing_secret": new_secret(kind)},
    )
    if not added:
        if method.verified_at and not method.disabled_reason:
            return method
        method.verified_at, method.disabled_reason = method.verified_at or now, ""
        method.save(update_fields=["verified_at", "disabled_reason"])
    verb = Verb.CONTACT_METHOD_ADDED if added else Verb.CONTACT_METHOD_CHANGED
    _record(verb, method, "can be paged by", by=by, now=now)
    return method


@transaction.atomic
def renew_secret(*, method: ContactMethod, by: Actor, now: datetime) -> str:
    """A new secret for a webhook, to be shown once. From now on nothing is signed with the old one."""
    if method.kind != Kind.WEBHOOK:
        raise Refused(f"{method} is no webhook; only those are signed.")
    method.signing_secret = new_secret(method.kind)
    method.save(update_fields=["signing_secret"])
    _record(Verb.CONTACT_METHOD_CHANGED, method, "has a new signing secret for", by=by, now=now)
    return method.signing_secret


def new_secret(kind: str) -> str:
    """What signs the messages of a method of `kind`: only a webhook's are signed."""
    return token_urlsafe(SECRET_BYTES) if kind == Kind.WEBHOOK else ""


@transaction.atomic
def disable_contact_method(*, method: ContactMethod, reason: str, by: Actor, now: datetime) -> None:
    """Page nobody by it from now on; what waits for it goes another way. Never deleted."""
    disabled = ContactMethod.objects.filter(pk=method.pk, disabled_reason="").update(
        disabled_reason=reason[:200]
    )
    if disabled:
        method.disabled_reason = reason[:200]
        _record(Verb.CONTACT_METHOD_DISABLED, method, "is no longer paged by", by=by, now=now, why=reason)


@transaction.atomic
def allow_contact_method(*, method: ContactMethod, by: Actor, now: datetime) -> None:
    """What it was disabled for is over. One that was never verified still waits for its code."""
    if ContactMethod.objects.filter(pk=method.pk).exclude(disabled_reason="").update(disabled_reason=""):
        method.disabled_reason = ""
        does = "can be paged by" if method.verified_at else "may verify"
        _record(Verb.CONTACT_METHOD_CHANGED, method, does, by=by, now=now)


def _record(verb: Verb, method: ContactMethod, does: str, *, by: Actor, now: datetime, why: str = "") -> None:
    what = f"{method.user} {does} {method.get_kind_display()} ({masked(method.address)})"
    data = {"method": method.pk, "kind": method.kind}
    record([Line(verb, ("user", method.user_id), by, what, why, data)], now=now)


@transaction.atomic
def set_rules(
    *, user: User, urgency: str, rules: Iterable[tuple[str, timedelta]], by: Actor, now: datetime
) -> None:
    """Replace the rules of one urgency by `rules`: (kind of method, how long after the page).

    None at all: every method at once. Nothing happens where they are so already. Who is being paged gets
    what lies ahead by a rule that is new. Raises Refused.
    """
    if urgency not in Urgency.values:
        raise Refused(f"“{urgency}” is no urgency; write {' or '.join(Urgency.values)}.")
    wanted = sorted({_checked_rule(via, after) for via, after in rules}, key=lambda rule: (rule[1], rule[0]))
    if len(wanted) > MOST_RULES:
        raise Refused(f"{len(wanted)} rules are too many; write at most {MOST_RULES} for an urgency.")
    mine = NotificationRule.objects.filter(user=user, urgency=urgency)
    before = set(mine.values_list("via", "after"))
    if before == set(wanted):
        return
    mine.delete()
    NotificationRule.objects.bulk_create(
        NotificationRule(user=user, urgency=urgency, via=via, after=after) for via, after in wanted
    )
    extend_running(user=user, urgency=urgency, added=set(wanted) - before, now=now)
    said = ", ".join(f"{via} {in_words(after)}" for via, after in wanted) or "every method at once"
    what = f"{user} at {urgency} urgency: {said}"
    record([Line(Verb.NOTIFICATION_RULES_CHANGED, ("user", user.pk), by, what)], now=now)


def _checked_rule(via: str, after: timedelta) -> tuple[str, timedelta]:
    if via not in Kind.values:
        raise Refused(f"“{via}” is no kind of contact method; write {', '.join(Kind.values)}.")
    if not timedelta(0) <= after <= LONGEST_WAIT:
        raise Refused(f"A rule's `after` is {after}; write something from 0m to 24h.")
    return via, after

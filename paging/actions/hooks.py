"""Addresses that are no person's: a webhook is told by the same rows, leases and tries as people are.

What stands for it is a user that is never active and has a colon in its username, which no person can have.
Whoever calls this writes the ledger, in the same transaction; the secret never stands in it.
"""

import re
from datetime import datetime, timedelta
from secrets import token_hex, token_urlsafe

from django.contrib.auth.hashers import make_password

from paging.actions.contacts import Refused, checked_address
from paging.actions.pages import HOOKS, PageRequest, page, stop
from paging.core.cause import TEST, cause_of
from paging.core.code import in_words
from paging.core.message import Facts
from paging.core.rules import HIGH, HOOK
from paging.core.signing import is_misspelled
from paging.models import ContactMethod, Page
from people.models import User

SECRET = re.compile(r"[!-~]{16,64}|whsec_[!-~]{1,88}")
FORMER_SIGNS_FOR = timedelta(hours=24)
PAUSE = timedelta(seconds=10)
OUT_OF_USE = "the webhook has another address by now, or is retired"
FACTS = Facts(
    reference="#0",
    title="A test event. Nothing is wrong.",
    service="Watchbill",
    severity="test",
    path="/admin/escalation/webhook/",
    because="somebody asked for it",
)


def hook_recipient(name: str) -> User:
    """A new one, without an address."""
    return User.objects.create(
        username=f"{HOOKS}{token_hex(8)}", name=name, is_active=False, password=make_password(None)
    )


def new_hook_secret() -> str:
    return token_urlsafe(32)


def point_hook(*, recipient: User, address: str, secret: str, now: datetime) -> ContactMethod:
    """Post to `address` from now on, signed with `secret`, and for a day with the one before, too. In the
    caller's transaction. What waits for a former address fails. Raises Refused.
    """
    address = checked_address(ContactMethod.Kind.WEBHOOK, address)
    if not SECRET.fullmatch(secret):
        raise Refused("A webhook's secret is 16 to 64 letters, digits and signs without spaces.")
    if is_misspelled(secret):
        raise Refused("A secret that begins with whsec_ goes on with base64 of 16 to 64 bytes.")
    former, until = _former(hook_method(recipient.pk), secret, now=now)
    unpoint_hook(recipient=recipient, but=address)
    method, _ = ContactMethod.objects.update_or_create(
        user=recipient,
        kind=HOOK,
        address=address,
        defaults={
            "verified_at": now,
            "disabled_reason": "",
            "signing_secret": secret,
            "former_secret": former,
            "former_until": until,
        },
    )
    return method


def hook_method(recipient_id: int) -> ContactMethod | None:
    """What holds its address and its secret now; None where nothing is posted to it."""
    rows = ContactMethod.objects.filter(user_id=recipient_id, kind=HOOK, disabled_reason="")
    return rows.order_by("-pk").first()


def former_secret(method: ContactMethod, *, now: datetime) -> str:
    """The one before, while it still signs; else empty."""
    return method.former_secret if method.former_until and now < method.former_until else ""


def _former(there: ContactMethod | None, secret: str, *, now: datetime) -> tuple[str, datetime | None]:
    if there is None:
        return "", None
    if there.signing_secret != secret:
        return there.signing_secret, now + FORMER_SIGNS_FOR
    return there.former_secret, there.former_until


def unpoint_hook(*, recipient: User, but: str = "") -> None:
    """Nothing is posted to it any more, `but` to that address."""
    recipient.contact_methods.exclude(address=but).update(disabled_reason=OUT_OF_USE)


def send_test_event(*, recipient: User, now: datetime) -> None:
    """One event that says that it is a test, the way of every other one; at most one in 10 s. In the caller's
    transaction. Raises Refused.
    """
    User.objects.select_for_update(no_key=True).get(pk=recipient.pk)
    cause = cause_of(TEST, recipient.pk)
    last = Page.objects.filter(cause=cause, user=recipient).order_by("-created_at").first()
    if last is not None and last.created_at + PAUSE > now:
        wait = in_words(last.created_at + PAUSE - now)
        raise Refused(f"A test event went out a moment ago; send the next one in {wait}.")
    stop(cause=cause, reason="a newer test event was asked for", now=now)
    request = PageRequest(user_id=recipient.pk, cause=cause, run=now.isoformat(), urgency=HIGH, facts=FACTS)
    if page(requests=[request], now=now):
        raise Refused("It has no address in use, so there is nowhere to post to.")

"""A person's own contact methods: added, verified by a code or a link, removed, and used again.

A code goes the way of every message: a row that a worker claims, hands over and retries. It never goes
another way than to the address it is to prove.

A number may be that of another person, too: a phone on a desk belongs to a shift. Each of them verifies it,
and their page says that it is shared.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from paging.actions.contacts import Refused, checked_address, disable_contact_method, new_secret
from paging.core import code as core
from paging.core.address import masked
from paging.core.cause import VERIFICATION, cause_of
from paging.core.code_words import SUBJECT
from paging.core.delivery import WAITING, State
from paging.core.notice import Notice
from paging.core.readiness import REMOVED
from paging.core.rules import INFO
from paging.models import ContactMethod, Notification, Page, Verification
from paging.queue import nudge_on_commit
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

MOST_METHODS = 20
NEWER = "a newer code was asked for"
OVER = "the method was verified"
GONE = "the method was removed"
NO_CODE = "No code is valid for this contact method now; ask for a new one."


@transaction.atomic
def add_own_method(*, user: User, kind: str, address: str, by: Actor, now: datetime) -> ContactMethod:
    """Add a way to reach `user`, not used before it is verified, and send its code. Raises Refused.

    A webhook gets a new `signing_secret`, to be shown once.
    """
    address = checked_address(kind, address)
    _lock(user)
    method = ContactMethod.objects.filter(user=user, kind=kind, address=address).first()
    if method is None:
        if ContactMethod.objects.filter(user=user, disabled_reason="").count() >= MOST_METHODS:
            raise Refused(f"You have {MOST_METHODS} contact methods, which is the most; remove one first.")
        method = ContactMethod.objects.create(user=user, kind=kind, address=address)
        _record(Verb.CONTACT_METHOD_ADDED, method, "added {method}, to be verified", by=by, now=now)
    elif method.verified_at and not method.disabled_reason:
        raise Refused(f"You are paged by {_name(method)} already.")
    _send_code(method, by=by, now=now)
    method.signing_secret = new_secret(kind)
    method.save(update_fields=["signing_secret"])
    return method


@transaction.atomic
def ask_code(*, method: ContactMethod, by: Actor, now: datetime) -> None:
    """Send a new code, after which the one before counts no more; also for a method that is disabled, which
    is used again once the code is entered. Raises Refused.
    """
    _lock(method.user)
    method.refresh_from_db()
    if method.verified_at and not method.disabled_reason:
        raise Refused(f"{_name(method)} is verified already.")
    _send_code(method, by=by, now=now)


def verify(*, method: ContactMethod, code: str, by: Actor, now: datetime) -> None:
    """Page by `method` from now on, if `code` is the newest that was sent. A wrong one is counted.

    Raises Refused.
    """
    given = core.written(code)
    if given is None:
        raise Refused(f"A code is {core.DIGITS} digits, such as 123456; write the newest one you were sent.")
    refusal = _guess(method, given, by=by, now=now)
    if refusal:
        raise Refused(refusal)


def verify_by_link(*, verification_id: int, now: datetime) -> ContactMethod:
    """As its code would. The link was mailed to the address, so whoever has it reads that mailbox.

    Raises Refused where it is the newest no more, or too old.
    """
    row = Verification.objects.select_related("method__user").filter(pk=verification_id).first()
    if row is None:
        raise Refused(NO_CODE)
    method = row.method
    with transaction.atomic():
        _lock(method.user)
        newest = _newest(method, now=now)
        method.refresh_from_db()
        if newest is not None and newest.pk == row.pk and newest.used_at is None:
            _verified(method, newest, by=Actor.person(method.user, via="link"), now=now)
        elif not (method.verified_at and not method.disabled_reason):
            raise Refused(NO_CODE)
    return method


def remove(*, method: ContactMethod, by: Actor, now: datetime) -> None:
    """Page nobody by it from now on. It is kept, because messages that were sent name it."""
    with transaction.atomic():
        _end_codes(method, reason=GONE, now=now)
        disable_contact_method(method=method, reason=f"{REMOVED} {method.user}", by=by, now=now)


def _guess(method: ContactMethod, given: str, *, by: Actor, now: datetime) -> str:
    """What is refused, after it was counted and committed; empty where the method is verified."""
    with transaction.atomic():
        _lock(method.user)
        method.refresh_from_db()
        if method.verified_at and not method.disabled_reason:
            return f"{_name(method)} is verified already."
        mine, newest = _asked(method, now=now), _newest(method, now=now)
        locked = core.locked_until(mine, now=now)
        if locked is not None:
            return _locked(core.in_words(locked - now))
        if newest is None or newest.used_at is not None:
            return NO_CODE
        if core.same(core.code_of(newest.seed.bytes, key=settings.SECRET_KEY), given):
            _verified(method, newest, by=by, now=now)
            return ""
        return _wrong(method, newest, before=sum(one.wrong for one in mine), by=by, now=now)


def _wrong(method: ContactMethod, newest: Verification, *, before: int, by: Actor, now: datetime) -> str:
    newest.wrong += 1
    newest.save(update_fields=["wrong"])
    left = core.WRONG - before - 1
    what = f"entered a wrong code for {{method}}, {before + 1} of {core.WRONG}"
    _record(Verb.CONTACT_METHOD_CODE_WRONG, method, what, by=by, now=now)
    if left > 0:
        tries = "tries" if left > 1 else "try"
        return f"This is not the code; {left} more {tries}. Write the newest one you were sent."
    locked = core.locked_until(_asked(method, now=now), now=now)
    return _locked(core.in_words((locked or now) - now))


def _locked(wait: str) -> str:
    return f"{core.WRONG} codes were wrong, so this method is locked; ask for a new code in {wait}."


def _verified(method: ContactMethod, row: Verification, *, by: Actor, now: datetime) -> None:
    row.used_at = now
    row.save(update_fields=["used_at"])
    method.verified_at, method.disabled_reason = now, ""
    method.save(update_fields=["verified_at", "disabled_reason"])
    _end_codes(method, reason=OVER, now=now)
    _record(Verb.CONTACT_METHOD_VERIFIED, method, "verified {method}, and can be paged by it", by=by, now=now)


def _send_code(method: ContactMethod, *, by: Actor, now: datetime) -> None:
    """In the caller's transaction, which holds the person's lock. Raises Refused."""
    _check_pace(method, now=now)
    _end_codes(method, reason=NEWER, now=now)
    row = Verification.objects.create(method=method, asked_at=now)
    page = Page.objects.create(
        user=method.user,
        cause=cause_of(VERIFICATION, row.pk),
        run="code",
        urgency=INFO,
        facts=Notice(title=SUBJECT, path="/reach", label="Enter it").to_json(),
        created_at=now,
    )
    Notification.objects.create(page=page, method=method, due_at=now, created_at=now)
    _record(Verb.CONTACT_METHOD_CODE_ASKED, method, "asked for a code by {method}", by=by, now=now)
    nudge_on_commit()


def _check_pace(method: ContactMethod, *, now: datetime) -> None:
    """Raises Refused where a code was sent a moment ago, too many were, or too many were wrong."""
    mine = _asked(method, now=now)
    sent = Verification.objects.filter(method__user=method.user, asked_at__gt=now - core.HOUR)
    ready = core.next_at(mine, list(sent.values_list("asked_at", flat=True)), now=now)
    if ready <= now:
        return
    wait = core.in_words(ready - now)
    if core.locked_until(mine, now=now):
        raise Refused(_locked(wait))
    raise Refused(f"Codes are sent once a minute, and {core.IN_AN_HOUR} times an hour; ask again in {wait}.")


def _lock(user: User) -> None:
    """Of two requests of one person the second sees what the first has counted."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _asked(method: ContactMethod, *, now: datetime) -> list[core.Asked]:
    rows = Verification.objects.filter(method=method, asked_at__gt=now - core.VALID).order_by("asked_at")
    return [core.Asked(at, wrong) for at, wrong in rows.values_list("asked_at", "wrong")]


def _newest(method: ContactMethod, *, now: datetime) -> Verification | None:
    rows = Verification.objects.filter(method=method, asked_at__gt=now - core.VALID)
    return rows.order_by("-asked_at", "-pk").first()


def _end_codes(method: ContactMethod, *, reason: str, now: datetime) -> None:
    """What was asked for and has not left yet need not leave. Pages before notifications, as in a stop."""
    causes = [cause_of(VERIFICATION, pk) for pk in method.verifications.values_list("pk", flat=True)]
    ended = Page.objects.filter(cause__in=causes, stopped_at=None)
    if ended.update(stopped_at=now, stop_reason=reason):
        waiting = Notification.objects.filter(page__cause__in=causes, state__in=WAITING)
        waiting.update(state=State.SUPPRESSED, reason=reason)


def _name(method: ContactMethod) -> str:
    return f"{method.get_kind_display()} ({masked(method.address)})"


def _record(verb: Verb, method: ContactMethod, what: str, *, by: Actor, now: datetime) -> None:
    said = f"{method.user} {what.format(method=_name(method))}"
    data = {"method": method.pk, "kind": method.kind}
    record([Line(verb, ("user", method.user_id), by, said, data=data)], now=now)

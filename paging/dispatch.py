"""How a message leaves: claim one row and commit, hand it over, record the answer and commit.

A worker may die between any two lines here. The row then stays claimed until its lease ends, and is sent
again: two pages beat none.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, Subquery, When

from paging import links
from paging.actions.outcomes import Handover, record_answer
from paging.actions.pages import reachable
from paging.channels.base import ChannelError
from paging.channels.registry import channel_for
from paging.core import chat, mail, render, retry, webhook
from paging.core.delivery import WAITING, Accepted, Fault, Rejected, State
from paging.core.message import Facts, Message
from paging.core.notice import Notice
from paging.core.rules import INFO
from paging.models import ContactMethod, Notification, Page

LEASE = timedelta(seconds=15)
"""Longer than the 8 s that a channel may take, short enough for the next try to come within 20 s."""

NOTICE_VALID = 4 * 3600  # seconds

LOST = "sent again: the worker that held it died, perhaps after it left"
log = structlog.get_logger(__name__)


class What(Enum):
    """What to send: a thread that sends notices must never be one that a page waits for."""

    PAGES = ~Q(page__urgency=INFO)
    NOTICES = Q(page__urgency=INFO)


ALL = (What.PAGES, What.NOTICES)
NOTICES_LAST = (Case(When(What.NOTICES.value, then=1), default=0),)


def send_due(*, clock: Callable[[], datetime], limit: int | None = None, what: Sequence[What] = ALL) -> int:
    """Send what is due, pages before notices, oldest first, until nothing is or `limit` were handled.

    Returns how many were handled, sent or not. Run it in as many threads and processes as are wanted: a
    row that one holds is passed over by the others, so that a provider that hangs holds up one thread.
    Call it outside a transaction (RuntimeError otherwise): none is open while a provider is called.
    What a provider or a message does wrong is recorded, not raised.
    """
    handled = 0
    while limit is None or handled < limit:
        now = clock()
        _take_back_lost(now)
        claimed = _claim(clock, what)
        if claimed is None:
            _suppress_stopped(now)
            break
        _hand_over(claimed, clock=clock)
        handled += 1
    return handled


def _take_back_lost(now: datetime) -> None:
    """Claims whose lease ended are due again at once. Their `claim` stays, so that a worker that was only
    slow may still say what became of it, until another one claims the row.
    """
    Notification.objects.filter(state=State.CLAIMED, lease_until__lt=now).update(
        state=State.UNKNOWN, reason=LOST
    )


def _claim(clock: Callable[[], datetime], what: Sequence[What] = ALL) -> Notification | None:
    """The oldest due notification, of a page if there is one, now ours alone; or None.

    The row's lock proves that nobody else claims it and that no stop has reached it. On SQLite the
    transaction itself is that lock (it is IMMEDIATE). `durable` proves that no transaction is open
    around what follows.
    """
    running = Exists(Page.objects.filter(pk=OuterRef("page_id"), stopped_at=None))
    with transaction.atomic(durable=True):
        now = clock()  # after the lock was waited for, or the lease would begin in the past
        due = (
            Notification.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("page__user", "method")
            .filter(reduce(or_, (one.value for one in what)), running, state__in=WAITING, due_at__lte=now)
            .order_by(*NOTICES_LAST[: len(what) - 1], "due_at", "id")
            .first()
        )
        if due is None:
            return None
        due.state, due.claim, due.lease_until = State.CLAIMED, uuid4(), now + LEASE
        due.attempts += 1
        due.save(update_fields=["state", "claim", "lease_until", "attempts"])
    return due


def _suppress_stopped(now: datetime) -> None:
    """What came back to waiting (for another try, or from a lost claim) after its page was stopped."""
    reason = Page.objects.filter(pk=OuterRef("page_id")).values("stop_reason")
    Notification.objects.filter(state__in=WAITING, due_at__lte=now, page__stopped_at__isnull=False).update(
        state=State.SUPPRESSED, reason=Subquery(reason)
    )


def _hand_over(claimed: Notification, *, clock: Callable[[], datetime]) -> None:
    handover = Handover(claimed)
    answer: Accepted | Rejected
    began = None
    try:
        _check(claimed)
        channel = channel_for(claimed.method.kind)
        message = _compose(claimed, now=clock())
        handover = replace(handover, message=message, provider=channel.provider, title=channel.title)
        began = clock()
        answer = channel.send(message)
    except ChannelError as fault:
        answer = Rejected(render.clean(str(fault), limit=500), fault.fault)
    except Exception as fault:
        log.exception("send_failed", notification=claimed.pk, via=claimed.method.kind)
        answer = Rejected(render.clean(f"unexpected: {fault!r}", limit=500), Fault.TEMPORARY)
    now = clock()
    took = None if began is None else now - began
    record_answer(handover=replace(handover, took=took), answer=answer, now=now)


def _check(claimed: Notification) -> None:
    """Whether a provider is to be asked at all. Raises ChannelError if not."""
    method = claimed.method
    if not reachable(claimed.page.user):
        raise ChannelError("the person has left", fault=Fault.MESSAGE)
    if claimed.attempts > retry.TRIES:
        raise ChannelError(f"{retry.TRIES} workers died over it", fault=Fault.MESSAGE)
    if method.disabled_reason:
        raise ChannelError(f"the contact method was disabled: {method.disabled_reason}", fault=Fault.MESSAGE)
    if method.verified_at is None:
        raise ChannelError("the contact method is not verified", fault=Fault.MESSAGE)


def _compose(claimed: Notification, *, now: datetime) -> Message:
    if claimed.page.urgency == INFO:
        return _compose_notice(claimed, now=now)
    facts = Facts.from_json(claimed.page.facts)
    message = Message(
        message_id=str(claimed.message_id),
        via=claimed.method.kind,
        to=claimed.method.address,
        user=claimed.page.user.username,
        text="",
        at=now,
        thread=claimed.page.cause,
        valid_seconds=facts.valid_seconds,
    )
    if message.via == ContactMethod.Kind.VOICE:
        return replace(message, text=render.voice(facts))
    link = links.page_url(claimed.page_id)
    if message.via == ContactMethod.Kind.SMS:
        return replace(message, text=render.sms(facts, link=link))
    if message.via == ContactMethod.Kind.CHAT:
        said = chat.page(facts, link=link)
        return replace(message, subject=said.title, text=said.text, link=link)
    address = f"{settings.PUBLIC_URL}{facts.path}"
    if message.via == ContactMethod.Kind.WEBHOOK:
        body = webhook.page(facts, envelope=_envelope(claimed, now=now), link=link, address=address)
        return replace(message, text=body, secret=claimed.method.signing_secret)
    written = mail.page(facts, link=link, address=address)
    return replace(message, subject=written.subject, text=written.text, html=written.html)


def _envelope(claimed: Notification, *, now: datetime) -> dict[str, Any]:
    page = claimed.page
    return webhook.envelope(
        message_id=str(claimed.message_id),
        cause=page.cause,
        urgency=page.urgency,
        user=page.user.username,
        at=now,
    )


def _compose_notice(claimed: Notification, *, now: datetime) -> Message:
    """What it says is read after a login: a notice carries no key to anything."""
    notice = Notice.from_json(claimed.page.facts)
    link = f"{settings.PUBLIC_URL}{notice.path}"
    message = Message(
        message_id=str(claimed.message_id),
        via=claimed.method.kind,
        to=claimed.method.address,
        user=claimed.page.user.username,
        text="",
        at=now,
        thread=claimed.page.cause,
        valid_seconds=NOTICE_VALID,
    )
    if message.via == ContactMethod.Kind.SMS:
        return replace(message, text=render.notice_sms(notice, link=link))
    if message.via == ContactMethod.Kind.CHAT:
        said = chat.notice(notice, link=link)
        return replace(message, subject=said.title, text=said.text, link=link)
    if message.via == ContactMethod.Kind.WEBHOOK:
        body = webhook.notice(notice, envelope=_envelope(claimed, now=now), link=link)
        return replace(message, text=body, secret=claimed.method.signing_secret)
    written = mail.notice(notice, link=link)
    return replace(message, subject=written.subject, text=written.text, html=written.html)

"""How a message leaves: claim one row and commit, hand it over, record the answer and commit.

A worker may die between any two lines here. The row then stays claimed until its lease ends, and is sent
again: two pages beat none.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

from paging import links, loading
from paging.actions import bundles
from paging.actions.admission import admit
from paging.actions.outcomes import Handover, record_answer
from paging.actions.pages import reachable
from paging.channels.base import ChannelError
from paging.channels.registry import channel_for
from paging.core import bundle_text, render, retry
from paging.core.delivery import WAITING, Accepted, Fault, Rejected, State
from paging.core.message import Facts, Message
from paging.core.notice import Notice
from paging.core.rules import INFO
from paging.models import ContactMethod, Notification, Page

LEASE = timedelta(seconds=15)
"""Longer than the 8 s that a channel may take, short enough for the next try to come within 20 s."""

NOTICE_VALID = 4 * 3600  # seconds

LOST = "sent again: the worker that held it died, perhaps after it left"
CLAIMED = ["state", "claim", "lease_until", "attempts", "admitted_at", "beyond_limit", "says", "reason"]
log = structlog.get_logger(__name__)


class What(Enum):
    """What to send: a thread that sends notices must never be one that a page waits for."""

    PAGES = (Notification.Priority.FIRST, Notification.Priority.MORE)
    NOTICES = (Notification.Priority.NOTICE,)


ALL = (What.PAGES, What.NOTICES)


def send_due(*, clock: Callable[[], datetime], limit: int | None = None, what: Sequence[What] = ALL) -> int:
    """Send what is due until nothing is or `limit` were handled: the first page of a service before another,
    pages before notices, and of those the oldest first.

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
    """The first due notification that its address takes now, ours alone; or None. What a limit holds back
    on the way is due later.

    The row's lock proves that nobody else claims it and that no stop has reached it. On SQLite the
    transaction itself is that lock (it is IMMEDIATE). `durable` proves that no transaction is open
    around what follows.
    """
    while True:
        with transaction.atomic(durable=True):
            now = clock()  # after the lock was waited for, or the lease would begin in the past
            due = _first_due(what, now)
            if due is None:
                return None
            if not admit(due, now=now):
                continue
            due.state, due.claim, due.lease_until = State.CLAIMED, uuid4(), now + LEASE
            due.attempts += 1
            due.save(update_fields=CLAIMED)
        return due


def _first_due(what: Sequence[What], now: datetime) -> Notification | None:
    """One priority after the other, so that each question reads the beginning of an index."""
    running = Exists(Page.objects.filter(pk=OuterRef("page_id"), stopped_at=None))
    due = (
        Notification.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("page__user", "method")
        .filter(running, state__in=WAITING, due_at__lte=now)
        .order_by("due_at", "id")
    )
    wanted = sorted(priority for one in what for priority in one.value)
    return next((row for priority in wanted if (row := due.filter(priority=priority).first())), None)


def _suppress_stopped(now: datetime) -> None:
    """What came back to waiting (for another try, or from a lost claim) after its page was stopped. Pages
    that it spoke for, and that were not, wait again.
    """
    late = Notification.objects.filter(state__in=WAITING, due_at__lte=now, page__stopped_at__isnull=False)
    ids = list(late.values_list("id", flat=True)[:1000])
    if not ids:
        return
    reason = Page.objects.filter(pk=OuterRef("page_id")).values("stop_reason")
    with transaction.atomic():
        still = Notification.objects.filter(pk__in=ids, state__in=WAITING)
        still.update(state=State.SUPPRESSED, reason=Subquery(reason))
        bundles.release(ids, now=now)


def _hand_over(claimed: Notification, *, clock: Callable[[], datetime]) -> None:
    handover = Handover(claimed)
    answer: Accepted | Rejected
    try:
        _check(claimed)
        channel = channel_for(claimed.method.kind)
        message = _compose(claimed, now=clock())
        handover = replace(handover, message=message, provider=channel.provider, title=channel.title)
        answer = channel.send(message)
    except ChannelError as fault:
        answer = Rejected(render.clean(str(fault), limit=500), fault.fault)
    except Exception as fault:
        log.exception("send_failed", notification=claimed.pk, via=claimed.method.kind)
        answer = Rejected(render.clean(f"unexpected: {fault!r}", limit=500), Fault.TEMPORARY)
    record_answer(handover=handover, answer=answer, now=clock())


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
    if claimed.says > 1:
        causes = loading.causes_to_say(claimed.pk)
        if causes and causes != {claimed.page.cause}:
            return _compose_bundle(claimed, len(causes), now=now)
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
        valid_seconds=facts.valid_seconds,
    )
    if message.via == ContactMethod.Kind.VOICE:
        return replace(message, text=render.voice(facts))
    link = links.page_url(claimed.page_id)
    if message.via == ContactMethod.Kind.SMS:
        return replace(message, text=render.sms(facts, link=link))
    mail = render.email(facts, link=link, address=f"{settings.PUBLIC_URL}{facts.path}")
    return replace(message, subject=mail.subject, text=mail.text, html=mail.html)


def _compose_bundle(claimed: Notification, count: int, *, now: datetime) -> Message:
    """One message for all of them. Of notices it carries no key."""
    service, via = claimed.page.service, claimed.method.kind
    notices = claimed.page.urgency == INFO
    message = Message(
        message_id=str(claimed.message_id),
        via=via,
        to=claimed.method.address,
        user=claimed.page.user.username,
        text="",
        at=now,
        valid_seconds=NOTICE_VALID if notices else claimed.page.facts.get("valid_seconds", 600),
    )
    link = links.bundle_url(claimed.pk)
    if via == ContactMethod.Kind.SMS and not notices:  # says how many, and reads no more
        return replace(message, text=bundle_text.sms(service, count, link=link))
    said = [page.facts for page in loading.pages_said(claimed.pk) if page.stopped_at is None]
    if notices:
        notice = bundle_text.of_notices(service, [Notice.from_json(one) for one in said])
        link = f"{settings.PUBLIC_URL}{notice.path}"
        if via == ContactMethod.Kind.SMS:
            return replace(message, text=render.notice_sms(notice, link=link))
        mail = render.notice_email(notice, link=link)
        return replace(message, subject=mail.subject, text=mail.text, html=mail.html)
    facts = [Facts.from_json(one) for one in said]
    if via == ContactMethod.Kind.VOICE:
        return replace(message, text=bundle_text.voice(service, facts))
    mail = bundle_text.email(service, facts, link=link)
    return replace(message, subject=mail.subject, text=mail.text, html=mail.html)


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
        valid_seconds=NOTICE_VALID,
    )
    if message.via == ContactMethod.Kind.SMS:
        return replace(message, text=render.notice_sms(notice, link=link))
    mail = render.notice_email(notice, link=link)
    return replace(message, subject=mail.subject, text=mail.text, html=mail.html)

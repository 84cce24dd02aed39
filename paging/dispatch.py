"""How a message leaves: claim one row and commit, hand it over, record the answer and commit.

A worker may die between any two lines here. The row then stays claimed until its lease ends, and is sent
again: two pages beat none.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import zip_longest
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from paging import links, loading
from paging.actions import bundles
from paging.actions.admission import admit
from paging.actions.codes import show_code
from paging.actions.outcomes import Handover, record_answer
from paging.actions.pages import reachable, subject_of
from paging.channels.base import Channel, ChannelError
from paging.channels.registry import channels_for
from paging.core import bundle_text, code, code_words, render, replies, retry
from paging.core.address import takes_links, takes_replies
from paging.core.cause import is_code
from paging.core.delivery import LEASE, WAITING, Accepted, Fault, Rejected, State
from paging.core.failover import Standing, in_order
from paging.core.message import Facts, Message
from paging.core.notice import Notice
from paging.core.rules import INFO
from paging.models import ContactMethod, Notification, Page, Verification

NOTICE_VALID = 4 * 3600  # seconds

RECORD_TRIES = 3
STANDING = Standing()

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
        hand_over(claimed, clock=clock)
        handled += 1
    return handled


def claim_next(
    *, clock: Callable[[], datetime], what: Sequence[What] = ALL, kinds: Collection[str] = ()
) -> Notification | None:
    """The first due message to one of `kinds` of contact method (none: any), for `hand_over`; None where
    none is due. Both outside a transaction.

    It looks neither for lost claims nor for stopped pages: whoever calls it has `due_kinds` do that.
    """
    return _claim(clock, what, kinds)


def due_kinds(*, clock: Callable[[], datetime], what: Sequence[What] = ALL) -> frozenset[str]:
    """The kinds of contact method of what is due: one look for all who send, so that idling costs little."""
    now = clock()
    _take_back_lost(now)
    _suppress_stopped(now)
    due = Notification.objects.filter(priority__in=_wanted(what), state__in=WAITING, due_at__lte=now)
    return frozenset(due.order_by().values_list("method__kind", flat=True).distinct())


def _take_back_lost(now: datetime) -> None:
    """Claims whose lease ended are due again at once. Their `claim` stays, so that a worker that was only
    slow may still say what became of it, until another one claims the row.
    """
    Notification.objects.filter(state=State.CLAIMED, lease_until__lt=now).update(
        state=State.UNKNOWN, reason=LOST
    )


def _claim(
    clock: Callable[[], datetime], what: Sequence[What] = ALL, kinds: Collection[str] = ()
) -> Notification | None:
    """The first due notification that its address takes now, ours alone; or None. What a limit holds back
    on the way is due later.

    The row's lock proves that nobody else claims it and that no stop has reached it. On SQLite the
    transaction itself is that lock (it is IMMEDIATE). `durable` proves that no transaction is open
    around what follows.
    """
    while True:
        with transaction.atomic(durable=True):
            now = clock()  # after the lock was waited for, or the lease would begin in the past
            due = _first_due(what, kinds, now)
            if due is None:
                return None
            if not admit(due, now=now):
                continue
            due.state, due.claim, due.lease_until = State.CLAIMED, uuid4(), now + LEASE
            due.attempts += 1
            due.save(update_fields=CLAIMED)
        return due


def _first_due(what: Sequence[What], kinds: Collection[str], now: datetime) -> Notification | None:
    """One priority after the other, so that each question reads the beginning of an index."""
    running = Exists(Page.objects.filter(pk=OuterRef("page_id"), stopped_at=None))
    due = (
        Notification.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("page__user", "method")
        .filter(running, state__in=WAITING, due_at__lte=now)
        .filter(Q(method__kind__in=kinds) if kinds else Q())
        .order_by("due_at", "id")
    )
    return next((row for priority in _wanted(what) if (row := due.filter(priority=priority).first())), None)


def _wanted(what: Sequence[What]) -> list[int]:
    """The priorities, the first to leave first."""
    return sorted(priority for one in what for priority in one.value)


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


def hand_over(claimed: Notification, *, clock: Callable[[], datetime]) -> None:
    """To its provider; where that one fails, to the next one of the kind in the same claim. Call it at once
    after the claim: the lease runs.
    """
    handover = Handover(claimed)
    try:
        _check(claimed)
        channels = _in_order(channels_for(claimed.method.kind), at=claimed.provider, now=clock())
        message = _compose(claimed, now=clock())
    except Exception as fault:  # noqa: BLE001 - one message that cannot be made holds up no other
        _record(handover, _refusal(fault, claimed), now=clock())
        return
    for channel, following in zip_longest(channels, channels[1:]):
        began = clock()
        answer = _ask(channel, message, claimed)
        now = clock()
        handover = replace(
            handover,
            message=message,
            provider=channel.provider,
            title=channel.title,
            following=(following.provider, following.title) if following else None,
            took=now - began,
        )
        _watch(channel, answer, took=now - began, now=now)
        if not _record(handover, answer, now=now):
            break
        for_now = isinstance(answer, Rejected) and not answer.permanent
        handover = replace(handover, hopeful=handover.hopeful or for_now)


def _record(handover: Handover, answer: Accepted | Rejected, *, now: datetime) -> bool:
    """What is not written down is sent again: a connection that broke meanwhile is given up for another."""
    for _ in range(RECORD_TRIES - 1):
        try:
            return record_answer(handover=handover, answer=answer, now=now)
        except (OperationalError, InterfaceError) as fault:
            log.warning(
                "answer_not_recorded", notification=handover.notification.pk, error=str(fault).strip()
            )
            connection.close()
    return record_answer(handover=handover, answer=answer, now=now)


def _in_order(channels: Sequence[Channel], *, at: str, now: datetime) -> list[Channel]:
    names = [channel.provider for channel in channels]
    return [channels[place] for place in in_order(names, at=at, resting=STANDING.resting(now))]


def _ask(channel: Channel, message: Message, claimed: Notification) -> Accepted | Rejected:
    _let_go_of_the_database()
    try:
        return channel.send(message)
    except Exception as fault:  # noqa: BLE001 - whatever a provider's library raises, the message goes on
        return _refusal(fault, claimed)


def _let_go_of_the_database() -> None:
    """Many threads wait for providers; few of them need a connection of the pool at the same moment."""
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()


def _refusal(fault: Exception, claimed: Notification) -> Rejected:
    if isinstance(fault, ChannelError):
        return Rejected(render.clean(str(fault), limit=500), fault.fault)
    log.error("send_failed", notification=claimed.pk, via=claimed.method.kind, exc_info=fault)
    return Rejected(render.clean(f"unexpected: {fault!r}", limit=500), Fault.TEMPORARY)


def _watch(channel: Channel, answer: Accepted | Rejected, *, took: timedelta, now: datetime) -> None:
    """A provider that refuses us altogether is a line when it begins and one when it ends."""
    if isinstance(answer, Accepted):
        if STANDING.took(channel.provider):
            log.warning("provider_takes_again", provider=channel.provider)
    elif STANDING.failed(channel.provider, answer.fault, took=took, now=now):
        log.error("provider_refuses", provider=channel.provider, error=answer.error)


def _check(claimed: Notification) -> None:
    """Whether a provider is to be asked at all. Raises ChannelError if not."""
    method, proves = claimed.method, is_code(claimed.page.cause)
    if not reachable(claimed.page.user):
        raise ChannelError("the person has left", fault=Fault.MESSAGE)
    if claimed.attempts > retry.TRIES:
        raise ChannelError(f"{retry.TRIES} workers died over it", fault=Fault.MESSAGE)
    if method.disabled_reason and not proves:
        raise ChannelError(f"the contact method was disabled: {method.disabled_reason}", fault=Fault.MESSAGE)
    if method.verified_at is None and not proves:
        raise ChannelError("the contact method is not verified", fault=Fault.MESSAGE)


def _compose(claimed: Notification, *, now: datetime) -> Message:
    if is_code(claimed.page.cause):
        return _compose_code(claimed, now=now)
    if claimed.says > 1:
        said = [page for page in loading.pages_said(claimed.pk) if page.stopped_at is None]
        if said and [page.cause for page in said] != [claimed.page.cause]:
            return _compose_bundle(claimed, said, now=now)
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
        return replace(message, text=render.voice(facts), answerable=True)
    if message.via == ContactMethod.Kind.SMS:
        return replace(message, text=_sms(claimed, facts, now=now))
    link = links.page_url(claimed.page_id)
    mail = render.email(facts, link=link, address=f"{settings.PUBLIC_URL}{facts.path}")
    return replace(message, subject=mail.subject, text=mail.text, html=mail.html)


def _compose_code(claimed: Notification, *, now: datetime) -> Message:
    """The same code at every try, for it is made of the row. Raises ChannelError where it came too late."""
    method = claimed.method
    row = Verification.objects.get(pk=subject_of(claimed.page.cause)[1])
    left = row.asked_at + code.VALID - now
    if left <= timedelta(0):
        raise ChannelError("the code was not sent in time; ask for a new one", fault=Fault.MESSAGE)
    digits = code.code_of(row.seed.bytes, key=settings.SECRET_KEY)
    if method.kind == ContactMethod.Kind.VOICE:
        said = code_words.spoken(digits)
    elif method.kind == ContactMethod.Kind.EMAIL:
        said = code_words.mail(digits, link=links.verify_url(row.pk), name=str(claimed.page.user))
    else:
        said = code_words.short(digits)
    return Message(
        message_id=str(claimed.message_id),
        via=method.kind,
        to=method.address,
        user=claimed.page.user.username,
        text=said.text,
        at=now,
        subject=said.subject,
        html=said.html,
        valid_seconds=int(left.total_seconds()) + 1,
        secrets=said.secrets,
    )


def _compose_bundle(claimed: Notification, said: Sequence[Page], *, now: datetime) -> Message:
    """One message for all of them. Of notices it carries no key."""
    service, via = claimed.page.service, claimed.method.kind
    message = Message(
        message_id=str(claimed.message_id),
        via=via,
        to=claimed.method.address,
        user=claimed.page.user.username,
        text="",
        at=now,
        valid_seconds=NOTICE_VALID
        if claimed.page.urgency == INFO
        else said[-1].facts.get("valid_seconds", 600),
    )
    if claimed.page.urgency == INFO:
        notices = [Notice.from_json(page.facts) for page in said]
        notice = bundle_text.of_notices(service, notices)
        link = f"{settings.PUBLIC_URL}{notice.path}"
        if via == ContactMethod.Kind.SMS:
            return replace(message, text=render.notice_sms(notice, link=link))
        mail = render.notice_email(notice, link=link)
        return replace(message, subject=mail.subject, text=mail.text, html=mail.html)
    facts = [Facts.from_json(page.facts) for page in said]
    if via == ContactMethod.Kind.VOICE:
        return replace(message, text=bundle_text.voice(service, facts), answerable=True)
    link = links.bundle_url(claimed.pk)
    if via == ContactMethod.Kind.SMS:
        return replace(message, text=_bundle_sms(claimed, said, facts, now=now))
    mail = bundle_text.email(service, facts, link=link)
    return replace(message, subject=mail.subject, text=mail.text, html=mail.html)


def _sms(claimed: Notification, facts: Facts, *, now: datetime) -> str:
    """With a number to reply with, where replies arrive."""
    phone = claimed.method.address
    link = links.page_url(claimed.page_id) if takes_links(phone) else ""
    number = _code(claimed, claimed.page.cause, now=now)
    return render.sms(facts, link=link, hint=replies.hint(number) if number else "")


def _bundle_sms(claimed: Notification, said: Sequence[Page], facts: Sequence[Facts], *, now: datetime) -> str:
    link = links.bundle_url(claimed.pk) if takes_links(claimed.method.address) else ""
    numbers = [_code(claimed, page.cause, now=now) for page in said]
    hint = replies.hint_of_all(numbers[0]) if numbers[0] else ""
    return bundle_text.sms(claimed.page.service, facts, link=link, hint=hint)


def _code(claimed: Notification, cause: str, *, now: datetime) -> int | None:
    """The number that stands for it on this phone; None where no reply comes back from there."""
    phone = claimed.method.address
    if not (_takes_replies() and takes_replies(phone)):
        return None
    return show_code(phone=phone, user_id=claimed.page.user_id, cause=cause, now=now)


def _takes_replies() -> bool:
    """Whether a reply comes back to us: from a number of ours, through a door that is not shut."""
    twilio, telnyx = settings.TWILIO, settings.TELNYX
    by_twilio = twilio["auth_token"] and (twilio["from_number"] or twilio["messaging_service_sid"])
    return bool(by_twilio or (telnyx["api_key"] and telnyx["public_key"]))


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

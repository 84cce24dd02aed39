"""What one message says, for the way it goes.

Rendered at each try: a page may have been stopped since, and the numbers to reply with are minted as they
are shown.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from paging import links, loading
from paging.actions import bundles
from paging.actions.codes import show_code
from paging.actions.hooks import former_secret
from paging.core import bundle_text, chat, code, code_words, hook, mail, render, replies, webhook
from paging.core.address import takes_links, takes_replies
from paging.core.cause import is_code, is_test, subject_of
from paging.core.message import Facts, Message
from paging.core.notice import Notice
from paging.core.rules import HOOK, INFO
from paging.models import ContactMethod, Notification, Verification

Kind = ContactMethod.Kind
NOTICE_VALID = 4 * 3600  # seconds
PAGE_VALID = 600  # seconds, where the page does not say


class TooLate(Exception):
    """There is nothing left to say. The text says why."""


def compose(claimed: Notification, *, now: datetime) -> Message:
    """The message of a claimed notification. Raises TooLate where it helps nobody any more."""
    if is_code(claimed.page.cause):
        return _code(claimed, now=now)
    if claimed.says > 1:
        causes = loading.causes_to_say(claimed.pk)
        bundles.drop_unsaid(claimed, causes)
        if causes and causes != {claimed.page.cause}:
            return _bundle(claimed, causes, now=now)
    if claimed.page.urgency == INFO:
        return _notice(claimed, Notice.from_json(claimed.page.facts), now=now)
    return _page(claimed, Facts.from_json(claimed.page.facts), now=now)


def _blank(claimed: Notification, *, valid_seconds: int, now: datetime) -> Message:
    return Message(
        message_id=str(claimed.message_id),
        via=claimed.method.kind,
        to=claimed.method.address,
        user=claimed.page.user.username,
        text="",
        at=now,
        thread=claimed.page.cause,
        valid_seconds=valid_seconds,
    )


def _page(claimed: Notification, facts: Facts, *, now: datetime) -> Message:
    message = _blank(claimed, valid_seconds=facts.valid_seconds, now=now)
    if message.via == Kind.VOICE:
        return replace(message, text=render.voice(facts), answerable=True)
    if message.via == Kind.SMS:
        link = links.page_url(claimed.page_id) if takes_links(message.to) else ""
        number = _number(claimed, claimed.page.cause, now=now)
        return replace(
            message, text=render.sms(facts, link=link, hint=replies.hint(number) if number else "")
        )
    if message.via == HOOK:
        return _told_of_a_step(message, facts, claimed, now=now)
    link, address = links.page_url(claimed.page_id), f"{settings.PUBLIC_URL}{facts.path}"
    if message.via == Kind.CHAT:
        return _chat(message, chat.page(facts, link=link), link=link)
    if message.via == Kind.WEBHOOK:
        body = webhook.page(facts, envelope=_envelope(claimed, now=now), link=link, address=address)
        return replace(message, text=body, secret=claimed.method.signing_secret)
    answer = links.reply_address(claimed.pk)
    said = mail.page(facts, link=link, address=address, by_mail=bool(answer))
    return replace(_mail(message, said), reply_to=answer)


def _bundle(claimed: Notification, causes: Collection[str], *, now: datetime) -> Message:
    """One message for all of them. Of notices it carries no key."""
    service, notices = claimed.page.service, claimed.page.urgency == INFO
    message = _blank(claimed, valid_seconds=claimed.page.facts.get("valid_seconds", PAGE_VALID), now=now)
    link = links.bundle_url(claimed.pk)
    if message.via == Kind.SMS and not notices:  # says how many, and reads no more
        cause = claimed.page.cause if claimed.page.cause in causes else min(causes)
        number = _number(claimed, cause, now=now)
        hint = replies.hint_of_all(number) if number else ""
        shown = link if takes_links(message.to) else ""
        return replace(message, text=bundle_text.sms(service, len(causes), link=shown, hint=hint))
    said = [page.facts for page in loading.pages_said(claimed.pk) if page.cause in causes]
    if notices:
        told = [Notice.from_json(one) for one in said]
        return _notice(claimed, bundle_text.of_notices(service, told), now=now)
    facts = [Facts.from_json(one) for one in said]
    if message.via == Kind.VOICE:
        return replace(message, text=bundle_text.voice(service, facts), answerable=True)
    if message.via == Kind.CHAT:
        return _chat(message, bundle_text.in_chat(service, facts, link=link), link=link)
    answer = links.reply_address(claimed.pk)
    letter = bundle_text.email(service, facts, link=link, by_mail=bool(answer))
    return replace(_mail(message, letter), reply_to=answer)


def _notice(claimed: Notification, notice: Notice, *, now: datetime) -> Message:
    """What it says is read after a login: a notice carries no key to anything. Raises TooLate."""
    valid = timedelta(seconds=notice.valid_seconds)
    if valid and now > claimed.page.created_at + valid:
        raise TooLate("by now it helps nobody")
    link = f"{settings.PUBLIC_URL}{notice.path}"
    message = _blank(claimed, valid_seconds=NOTICE_VALID, now=now)
    if message.via == Kind.SMS:
        return replace(message, text=render.notice_sms(notice, link=link))
    if message.via == Kind.CHAT:
        return _chat(message, chat.notice(notice, link=link), link=link)
    if message.via == Kind.WEBHOOK:
        body = webhook.notice(notice, envelope=_envelope(claimed, now=now), link=link)
        return replace(message, text=body, secret=claimed.method.signing_secret)
    if message.via == HOOK:
        body = _told_of_news(notice, claimed, url=link, now=now)
        return _signed(replace(message, subject=hook.event_of(notice), text=body), claimed, now=now)
    return _mail(message, mail.notice(notice, link=link))


def _told_of_news(notice: Notice, claimed: Notification, *, url: str, now: datetime) -> str:
    head = _head(claimed, now=now)
    if notice.event == hook.ON_CALL:
        return hook.on_call(notice, envelope=head, url=url)
    return hook.news(notice, envelope=head, number=subject_of(claimed.page.cause)[1], url=url)


def _told_of_a_step(message: Message, facts: Facts, claimed: Notification, *, now: datetime) -> Message:
    """It is tried again only as long as its step lasts. Raises TooLate."""
    page = claimed.page
    if claimed.attempts > 1 and now > page.created_at + timedelta(seconds=facts.valid_seconds):
        raise TooLate("the time of its step is over")
    event = hook.TEST if is_test(page.cause) else hook.STEP
    body = hook.step(
        facts,
        envelope=_head(claimed, now=now),
        number=0 if is_test(page.cause) else subject_of(page.cause)[1],
        urgency=page.urgency,
        url=f"{settings.PUBLIC_URL}{facts.path}",
        event=event,
    )
    return _signed(replace(message, subject=event, text=body), claimed, now=now)


def _signed(message: Message, claimed: Notification, *, now: datetime) -> Message:
    method = claimed.method
    return replace(message, secret=method.signing_secret, former_secret=former_secret(method, now=now))


def _head(claimed: Notification, *, now: datetime) -> hook.Envelope:
    return hook.Envelope(id=str(claimed.message_id), at=now, webhook=str(claimed.page.user))


def _code(claimed: Notification, *, now: datetime) -> Message:
    """The same code at every try, for it is made of the row. Raises TooLate."""
    row = Verification.objects.get(pk=subject_of(claimed.page.cause)[1])
    left = row.asked_at + code.VALID - now
    if left <= timedelta(0):
        raise TooLate("the code was not sent in time; ask for a new one")
    digits = code.code_of(row.seed.bytes, key=settings.SECRET_KEY)
    message = _blank(claimed, valid_seconds=int(left.total_seconds()) + 1, now=now)
    if claimed.method.kind == Kind.WEBHOOK:
        head, link = _envelope(claimed, now=now), f"{settings.PUBLIC_URL}/reach"
        body = webhook.code(digits, envelope=head, title=code_words.SUBJECT, link=link)
        return replace(message, text=body, secret=claimed.method.signing_secret, secrets=(digits,))
    if claimed.method.kind == Kind.VOICE:
        said = code_words.spoken(digits)
    elif claimed.method.kind == Kind.EMAIL:
        said = code_words.mail(digits, link=links.verify_url(row.pk), name=str(claimed.page.user))
    else:
        said = code_words.short(digits)
    return replace(message, text=said.text, subject=said.subject, html=said.html, secrets=said.secrets)


def _chat(message: Message, said: chat.Chat, *, link: str) -> Message:
    return replace(message, subject=said.title, text=said.text, link=link)


def _mail(message: Message, said: mail.Mail) -> Message:
    return replace(message, subject=said.subject, text=said.text, html=said.html)


def _envelope(claimed: Notification, *, now: datetime) -> dict[str, Any]:
    page = claimed.page
    return webhook.envelope(
        message_id=str(claimed.message_id),
        cause=page.cause,
        urgency=page.urgency,
        user=page.user.username,
        at=now,
    )


def _number(claimed: Notification, cause: str, *, now: datetime) -> int | None:
    """What stands for it on this phone; None where no reply comes back from there."""
    phone = claimed.method.address
    if not (_replies_arrive() and takes_replies(phone)):
        return None
    return show_code(phone=phone, user_id=claimed.page.user_id, cause=cause, now=now)


def _replies_arrive() -> bool:
    """Whether a reply comes back to us: from a number of ours, through a door that is not shut."""
    twilio, telnyx = settings.TWILIO, settings.TELNYX
    by_twilio = twilio["auth_token"] and (twilio["from_number"] or twilio["messaging_service_sid"])
    return bool(by_twilio or (telnyx["api_key"] and telnyx["public_key"]))

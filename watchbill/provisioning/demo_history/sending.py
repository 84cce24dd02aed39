"""The messages of one page: which left, and when, as their rows have it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.conf import settings

from paging import links
from paging.actions import timeline
from paging.core import mail, render
from paging.core.delivery import LEASE, State
from paging.core.message import Facts
from paging.core.notice import Notice
from paging.core.price import reckoned
from paging.core.rules import INFO, Moment
from paging.models import Attempt, ContactMethod, Notification, Page
from people.ledger.record import Line
from people.ledger.verbs import Verb

PROVIDERS = {"sms": ("twilio", "Twilio"), "voice": ("twilio", "Twilio"), "email": ("smtp", "the mail server")}
TELLS = frozenset({"sms", "voice"})
"""What sends a receipt once the phone has it."""
MILLISECOND, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)
Said = tuple[datetime, Callable[[], Line | None]]
"""A line of the timeline to be: it names rows, which have no number before they are written."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A page, or a notice. `says` is asked once its incident is written; so is `why`."""

    page: Page
    moments: Sequence[Moment]
    messages: Sequence[Notification]
    says: Callable[[], Facts | Notice]

    @property
    def has_left(self) -> bool:
        return any(one.sent_at is not None for one in self.messages)

    def begun(self) -> Line:
        said = self.says()
        is_notice = isinstance(said, Notice)
        why = said.title if isinstance(said, Notice) else said.because
        return timeline.begun(self.page, self.moments, why=why, doing="telling" if is_notice else "paging")

    def leave(self, *, before: datetime, chance: Random) -> Iterator[Said]:
        """Its messages that are due before then and waiting are taken, one after the other."""
        free = self.page.created_at
        for one in self.messages:
            if one.state != State.PENDING or one.due_at >= before:
                continue
            free = max(free, one.due_at)
            took = (120 + one.message_id.int % 240) * MILLISECOND
            provider, title = PROVIDERS[one.method.kind]
            one.state, one.attempts, one.provider = State.SENT, 1, provider
            one.claim, one.lease_until, one.admitted_at = _uuid(chance), free + LEASE, free
            free += took
            one.sent_at = free
            yield free, _line(Verb.PAGE_SENT, one, f"handed to {title}")
            if one.method.kind in TELLS:
                one.state = State.DELIVERED
                yield free + chance.randint(2, 6) * SECOND, _line(Verb.PAGE_DELIVERED, one, "delivered")

    def stop(self, *, at: datetime, reason: str) -> int:
        """Nothing more of it leaves. How many messages that keeps."""
        self.page.stopped_at, self.page.stop_reason = at, reason
        waiting = [one for one in self.messages if one.state == State.PENDING]
        for one in waiting:
            one.state, one.reason = State.SUPPRESSED, reason
        return len(waiting)

    def attempts(self) -> Iterator[Attempt]:
        """What was handed over, once all of it is written."""
        said = self.says()
        for one in self.messages:
            if one.sent_at is None or one.admitted_at is None:
                continue
            subject, text = _content(one, said)
            cost = reckoned(settings.PRICES, via=one.method.kind, text=text)
            yield Attempt(
                notification=one,
                at=one.sent_at,
                provider=one.provider,
                accepted=True,
                provider_id=f"DEMO{one.message_id.hex[:28]}",
                subject=subject,
                body=links.without_tokens(text),
                took_ms=(one.sent_at - one.admitted_at) // MILLISECOND,
                cost=cost,
                currency="" if cost is None else settings.PRICES.currency,
            )


def asked(
    page: Page,
    moments: Sequence[Moment],
    *,
    says: Callable[[], Facts | Notice],
    contacts: Callable[[int], ContactMethod],
    chance: Random,
) -> Asked:
    priority = Notification.Priority.NOTICE if page.urgency == INFO else Notification.Priority.FIRST
    messages = [
        Notification(
            page=page,
            method=contacts(moment.method.id),
            due_at=page.created_at + moment.after,
            created_at=page.created_at,
            priority=priority,
            message_id=_uuid(chance),
        )
        for moment in moments
    ]
    return Asked(page=page, moments=moments, messages=messages, says=says)


def _content(one: Notification, said: Facts | Notice) -> tuple[str, str]:
    """Subject and text, for the way it went."""
    if isinstance(said, Notice):
        letter = mail.notice(said, link=f"{settings.PUBLIC_URL}{said.path}")
        return letter.subject, letter.text
    if one.method.kind == ContactMethod.Kind.VOICE:
        return "", render.voice(said)
    link = links.page_url(one.page_id)
    if one.method.kind == ContactMethod.Kind.SMS:
        return "", render.sms(said, link=link)
    letter = mail.page(said, link=link, address=f"{settings.PUBLIC_URL}{said.path}")
    return letter.subject, letter.text


def _line(verb: Verb, one: Notification, became: str) -> Callable[[], Line]:
    return lambda: timeline.line(verb, one, f"{timeline.named(one)} {became}")


def _uuid(chance: Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)

"""A message on the timeline of what it is about: how it is called, and the line of what became of it."""

from paging.core.address import masked
from paging.core.cause import subject_of
from paging.core.rules import INFO
from paging.models import Notification
from people.ledger.record import ENGINE, Line
from people.ledger.verbs import Verb

CALLED = {
    "sms": "SMS",
    "voice": "call",
    "email": "email",
    "chat": "chat message",
    "webhook": "webhook",
    "hook": "webhook",
}
"""A message by each kind of contact method, in a sentence."""

OF_NOTICES = {
    Verb.PAGE_SENT: Verb.NOTICE_SENT,
    Verb.PAGE_FAILED: Verb.NOTICE_FAILED,
    Verb.PAGE_HELD: Verb.NOTICE_HELD,
    Verb.PAGE_DELIVERED: Verb.NOTICE_DELIVERED,
    Verb.PAGE_UNDELIVERED: Verb.NOTICE_UNDELIVERED,
}


def named(one: Notification) -> str:
    """“SMS to Alice (+1415…0101)”."""
    return f"{CALLED[one.method.kind]} to {one.page.user} ({masked(one.method.address)})"


def line(verb: Verb, one: Notification, what: str, why: str = "") -> Line:
    """`verb` is that of a page's message, one of OF_NOTICES; a notice's gets its counterpart."""
    return Line(
        OF_NOTICES[verb] if one.page.urgency == INFO else verb,
        subject_of(one.page.cause),
        ENGINE,
        what,
        why,
        {"page": one.page_id, "notification": one.pk, "via": one.method.kind, "user": one.page.user_id},
    )

"""Pages and messages on the timeline of what they are about: how they are called, and what became of them."""

from collections.abc import Sequence

from paging.core.address import masked
from paging.core.cause import subject_of
from paging.core.rules import HOOK, INFO, Moment, in_words
from paging.models import Notification, Page
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


def begun(page: Page, moments: Sequence[Moment], *, why: str, doing: str = "paging") -> Line:
    """That somebody is paged or told, and how. `why`: they, of all people; of a notice, what it says."""
    how = ", ".join(dict.fromkeys(f"{_kind(moment)} {in_words(moment.after)}" for moment in moments))
    verb = Verb.NOTICE_CREATED if page.urgency == INFO else Verb.PAGE_CREATED
    data = {"page": page.pk, "user": page.user_id}
    return Line(verb, subject_of(page.cause), ENGINE, f"{doing} {page.user}: {how}", why, data)


def stopped(found: Sequence[Page], *, unsent: int, reason: str) -> Line | None:
    """That these pages of one cause are stopped. None where all of them are notices of an earlier word."""
    pages = [page for page in found if page.urgency != INFO]
    if not pages:
        return None
    names = ", ".join(dict.fromkeys(str(page.user) for page in pages))
    what = f"stopped paging {names}; {unsent} {'message' if unsent == 1 else 'messages'} not sent"
    data = {"pages": [page.pk for page in found]}
    return Line(Verb.PAGE_STOPPED, subject_of(pages[0].cause), ENGINE, what, reason, data)


def _kind(moment: Moment) -> str:
    return "webhook" if moment.method.kind == HOOK else moment.method.kind

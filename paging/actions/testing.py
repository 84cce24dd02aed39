"""A test page: asked for by the person whom it is to, and sent the way of every page.

It answers “would I have been paged?”, so it takes their rules, their methods and their providers as they
are. It is about nothing: no report counts it, it interrupts nobody's rest, and nobody is asked instead.
"""

from datetime import datetime, timedelta

from django.db import transaction

from paging.actions.codes import free_codes
from paging.actions.contacts import Refused
from paging.actions.pages import PageRequest, page, stop
from paging.core.cause import TEST, cause_of
from paging.core.code import in_words
from paging.core.message import Facts
from paging.core.rules import HIGH, LOW
from paging.models import Page
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

PAUSE = timedelta(minutes=1)
NOBODY = "Nobody can page you: add a number or an email address, and enter its code."
FACTS = Facts(
    reference="#0",
    title="The test page that you asked for. Nothing is wrong.",
    service="Watchbill",
    severity="test",
    path="/reach",
    because="you asked for it",
)


@transaction.atomic
def send_test_page(*, user: User, urgency: str, by: Actor, now: datetime) -> None:
    """Page `user` by their rules of `urgency`, at most once a minute; one that still runs is stopped.

    Raises Refused.
    """
    if urgency not in {HIGH, LOW}:
        raise Refused(f"“{urgency[:20]}” is no urgency; write {HIGH} or {LOW}.")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    cause = cause_of(TEST, user.pk)
    last = Page.objects.filter(cause=cause, user=user).order_by("-created_at").first()
    if last is not None and last.created_at + PAUSE > now:
        wait = in_words(last.created_at + PAUSE - now)
        raise Refused(f"A test page went out a moment ago; send the next one in {wait}.")
    stop(cause=cause, reason="a newer test page was asked for", now=now)
    request = PageRequest(user_id=user.pk, cause=cause, run=now.isoformat(), urgency=urgency, facts=FACTS)
    if page(requests=[request], now=now):
        raise Refused(NOBODY)
    what = f"{user} asked for a test page at {urgency} urgency"
    record([Line(Verb.PAGE_TESTED, ("user", user.pk), by, what)], now=now)


@transaction.atomic
def end_test_page(*, user: User, by: Actor, now: datetime) -> None:
    """What has not left of it need not leave. Nothing happens where none runs."""
    cause = cause_of(TEST, user.pk)
    stop(cause=cause, reason=f"answered by {by.name}", now=now)
    free_codes(cause=cause, now=now)

"""A reply by mail: who wrote, what it means, and the sentence that goes back.

Two things have to agree. The address it was sent to is signed and stands in one mail only, so that whoever
writes there has that mail; and the sender is an address at which the person of that mail is paged. Neither
is enough: anybody can write any From, and a mail is forwarded, with its addresses, to others.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from escalation.core.cause import cause_of
from escalation.models import Incident
from escalation.replies.acting import (
    acknowledge_all,
    answer_test,
    guesses,
    perform,
    told,
)
from escalation.selectors import incident_about, incidents_about
from paging.actions.answering import answer_by_mail
from paging.actions.hearing import MOST_WRONG, Answer, Heard, Outcome, hear, mailboxes_of, pass_over
from paging.actions.pages import reachable
from paging.core.address import masked
from paging.core.mail_reply import MailReply, is_automatic, own_line
from paging.core.render import clean
from paging.core.replies import Act, Reply, in_words, parse
from paging.links import MAX_AGE, read_reply_address
from paging.models import ContactMethod, Notification
from paging.selectors import said_by, was_told
from people.models import User

VIA = "by mail"
HELP = "Write ack, resolve or escalate in the first line, alone; or with an incident's number: ack #42."
NOT_UNDERSTOOD = f"Not understood. {HELP}"
SEVERAL = "That mail speaks of several incidents. Write which, in the first line: {} #{}."
NOT_TOLD = "No page about #{} was sent to you. " + HELP
TOO_OLD = "That mail is too old to be answered. Log in to see what it was about."
LAST_ANSWER = f"Not understood, and not answered any more. {HELP}"
LAST_GUESS = "That is no number either. None is taken for 15 minutes; open the link in the mail."
log = structlog.get_logger(__name__)


def answer_mail(*, provider: str, mail: MailReply, now: datetime) -> None:
    """Do what its first line says, and answer by a mail. A stranger gets no answer, and no program does."""
    answered = _answered(mail.recipients)
    user = _writer(mail, answered)
    line = own_line(mail if user else replace(mail, html=""))
    wanted = parse(line)
    understood = wanted if isinstance(wanted, Reply) else None  # the carrier's words mean nothing in a mail
    heard = Heard(
        via=ContactMethod.Kind.EMAIL,
        provider=provider,
        provider_id=mail.id,
        sender=clean(mail.sender, limit=254),
        said=clean(line, limit=160),
        understood=in_words(understood),
    )
    if answered is None or user is None or is_automatic(mail):
        became = Outcome.MACHINE if is_automatic(mail) else Outcome.STRANGER
        log.info("mail_passed_over", provider=provider, sender=masked(mail.sender), why=became.value)
        pass_over(heard, became, user=user, now=now)
        return

    def act(wrong: Sequence[str]) -> Answer:
        if (answered.sent_at or answered.due_at) < now - MAX_AGE:
            return _wrong(TOO_OLD, user, wrong)
        if understood is None:
            return _wrong(NOT_UNDERSTOOD, user, wrong)
        if understood.number is not None and guesses(wrong) >= MOST_WRONG:
            return Answer(Outcome.WRONG, user=user)
        return _act(understood, answered, user, wrong=wrong, now=now)

    sentence = hear(heard, act=act, now=now)
    answer_by_mail(user=user, address=mail.sender, text=sentence, reply_id=mail.id[:40], now=now)


def _answered(recipients: Sequence[str]) -> Notification | None:
    """The mail to whose own address this one was sent."""
    numbers = (read_reply_address(address) for address in recipients)
    found = Notification.objects.filter(method__kind=ContactMethod.Kind.EMAIL).select_related("page__user")
    return found.filter(pk=next((number for number in numbers if number is not None), 0)).first()


def _writer(mail: MailReply, answered: Notification | None) -> User | None:
    """The person whom the mail was to, if this one says to come from where they are paged."""
    if answered is None or not mail.sender or not reachable(answered.page.user):
        return None
    known = mailboxes_of(answered.page.user).filter(address__iexact=mail.sender)
    return answered.page.user if known.exists() else None


def _act(wanted: Reply, answered: Notification, user: User, *, wrong: Sequence[str], now: datetime) -> Answer:
    if wanted.number is None:
        return _about_all_it_says(wanted, answered, user, wrong=wrong, now=now)
    cause = cause_of(wanted.number)
    incident = incident_about(cause)
    if incident is None or not was_told(user.pk, cause):
        last = guesses(wrong) == MOST_WRONG - 1
        return Answer(Outcome.WRONG, LAST_GUESS if last else NOT_TOLD.format(wanted.number), user)
    if not wanted.all:
        return _done(perform(wanted, incident, by=user, via=VIA, now=now), user)
    found = [one for one in told([user]) if one[0].service_id == incident.service_id]
    return _done(acknowledge_all(found, via=VIA, now=now), user)


def _about_all_it_says(
    wanted: Reply, answered: Notification, user: User, *, wrong: Sequence[str], now: datetime
) -> Answer:
    if wanted.all:
        return _done(acknowledge_all(told([user]), via=VIA, now=now), user)
    incidents = _said_in(answered)
    if not incidents:
        return _done(answer_test(user, via=VIA, now=now), user)
    if len(incidents) == 1:
        return _done(perform(wanted, incidents[0], by=user, via=VIA, now=now), user)
    if wanted.act is not Act.ACKNOWLEDGE:
        return _wrong(SEVERAL.format(wanted.act.value, incidents[0].pk), user, wrong)
    return _done(acknowledge_all([(one, user) for one in incidents], via=VIA, now=now), user)


def _said_in(answered: Notification) -> list[Incident]:
    said = said_by(answered.pk)
    return list(incidents_about(said.causes).values()) if said else []


def _done(sentence: str, user: User) -> Answer:
    return Answer(Outcome.DONE, sentence, user)


def _wrong(sentence: str, user: User, wrong: Sequence[str]) -> Answer:
    return Answer(Outcome.WRONG, LAST_ANSWER if len(wrong) == MOST_WRONG - 1 else sentence, user)

"""A reply by SMS: who wrote, what it means, and the sentence that goes back.

Whoever can send from a known number can acknowledge; that is what a phone is trusted with, and a carrier
vouches for. Anybody else hears nothing, not even that there is somebody to hear.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from escalation.models import Incident
from escalation.replies.acting import acknowledge_all, answer_test, guesses, perform, told
from escalation.replies.opening import open_by_text
from escalation.selectors import incident_about
from paging.actions.codes import code_of
from paging.actions.hearing import MOST_WRONG, Answer, Heard, Outcome, hear, pass_over, people_at
from paging.actions.refusals import opt_in, opt_out
from paging.core import gsm7
from paging.core.address import masked
from paging.core.cause import TEST, cause_of, is_test
from paging.core.replies import Carrier, Reply, in_words, opens, parse
from paging.models import ContactMethod, ReplyCode
from paging.selectors import told_causes
from people.ledger.record import Actor
from people.models import User

VIA = "by SMS"
HELP = "Reply 1a to acknowledge, 1r to resolve, 1e to escalate; 1 is the number in the message."
NOT_UNDERSTOOD = f"Not understood. {HELP}"
NO_MESSAGE = "No page was sent to this phone. Log in to Watchbill to see what is open."
NO_NUMBER = "No message to this phone has the number {}. " + HELP
LAST_ANSWER = f"Not understood, and not answered any more. {HELP}"
LAST_GUESS = "That is no number either. None is taken for 15 minutes; open the link in the message."
log = structlog.get_logger(__name__)


def answer_sms(
    *, provider: str, provider_id: str, phone: str, body: str, now: datetime, opted: Carrier | None = None
) -> str:
    """Do what it says and return the answer, empty where nothing is to be said. `opted` is what the carrier
    took it for, where it says so.
    """
    people, wanted = people_at(phone), opted or parse(body)
    news = None if wanted else opens(body)
    heard = Heard(
        via=ContactMethod.Kind.SMS,
        provider=provider,
        provider_id=provider_id,
        sender=phone,
        said=gsm7.transliterate(" ".join(body.split())),
        understood="open an incident" if news is not None else in_words(wanted),
    )
    if not people or not provider_id:
        log.info("sms_from_stranger", provider=provider, phone=masked(phone))
        if provider_id:
            pass_over(heard, Outcome.STRANGER, now=now)
        return ""

    def act(wrong: Sequence[str]) -> Answer:
        if isinstance(wanted, Carrier):
            return _carriers(wanted, phone, people, wrong=wrong, now=now)
        if news is not None:
            sentence, done = open_by_text(news, by=people[0], via=VIA, now=now)
            return _done(sentence, people[0]) if done else _wrong(_short(sentence), people, wrong)
        if wanted is None:
            return _wrong(NOT_UNDERSTOOD, people, wrong)
        if wanted.number is not None and guesses(wrong) >= MOST_WRONG:
            return Answer(Outcome.WRONG, user=people[0])
        return _act(wanted, phone, people, wrong=wrong, now=now)

    return hear(heard, act=act, now=now)


def _carriers(
    word: Carrier, phone: str, people: Sequence[User], *, wrong: Sequence[str], now: datetime
) -> Answer:
    """The carrier answers these itself; but a “yes” where nothing had ended is somebody who means a page."""
    by = Actor.person(people[0], via=VIA)
    if word is Carrier.STOP:
        opt_out(phone=phone, by=by, now=now)
    if word is Carrier.START and not opt_in(phone=phone, by=by, now=now):
        return _wrong(NOT_UNDERSTOOD, people, wrong)
    return Answer(Outcome.CARRIER, user=people[0])


def _act(wanted: Reply, phone: str, people: Sequence[User], *, wrong: Sequence[str], now: datetime) -> Answer:
    if wanted.all and wanted.number is None:
        return _answer_everything(people, now=now)
    code = code_of(phone, number=wanted.number)
    if code is None or code.user not in people:
        if wanted.number is None:
            return _wrong(NO_MESSAGE, people, wrong)
        last = guesses(wrong) == MOST_WRONG - 1
        return Answer(Outcome.WRONG, LAST_GUESS if last else NO_NUMBER.format(wanted.number), people[0])
    return _done(_answer(wanted, code, people, now=now), code.user)


def _answer_everything(people: Sequence[User], *, now: datetime) -> Answer:
    causes = told_causes([user.pk for user in people])
    tested = [user for user in people if cause_of(TEST, user.pk) in causes]
    ended = [answer_test(user, via=VIA, now=now) for user in tested]
    found = told(people)
    if ended and not any(one.status == Incident.Status.TRIGGERED for one, _ in found):
        return _done(ended[0], tested[0])
    return _done(acknowledge_all(found, via=VIA, now=now), people[0])


def _answer(wanted: Reply, code: ReplyCode, people: Sequence[User], *, now: datetime) -> str:
    if is_test(code.cause):
        return answer_test(code.user, via=VIA, now=now)
    incident = incident_about(code.cause)
    if incident is None:
        return NO_MESSAGE
    if not wanted.all:
        return perform(wanted, incident, by=code.user, via=VIA, now=now)
    found = [one for one in told(people) if one[0].service_id == incident.service_id]
    return acknowledge_all(found, via=VIA, now=now)


def _done(sentence: str, user: User) -> Answer:
    return Answer(Outcome.DONE, _short(sentence), user)


def _short(sentence: str) -> str:
    return gsm7.cut(gsm7.transliterate(sentence), to=gsm7.SEGMENT)


def _wrong(sentence: str, people: Sequence[User], wrong: Sequence[str]) -> Answer:
    return Answer(Outcome.WRONG, LAST_ANSWER if len(wrong) == MOST_WRONG - 1 else sentence, people[0])

"""A reply by SMS: who wrote, what it means, and the sentence that goes back.

Whoever can send from a known number can acknowledge; that is what a phone is trusted with, and a carrier
vouches for. Anybody else hears nothing, not even that there is somebody to hear.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from escalation.models import Incident
from escalation.replies.acting import acknowledge_all, answer_test, incident_of, incidents_of, perform
from paging.actions.codes import code_of
from paging.actions.hearing import MOST_WRONG, Answer, Outcome, hear, people_at
from paging.actions.opting import opt_in, opt_out
from paging.core import gsm7
from paging.core.address import masked
from paging.core.cause import TEST, cause_of, is_test
from paging.core.replies import Carrier, Reply, parse
from paging.models import ReplyCode
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
    people = people_at(phone)
    if not people or not provider_id:
        log.info("sms_from_stranger", provider=provider, phone=masked(phone))
        return ""
    wanted = opted or parse(body)
    said = gsm7.transliterate(" ".join(body.split()))

    def act(wrong: Sequence[str]) -> Answer:
        if isinstance(wanted, Carrier):
            return _carriers(wanted, phone, people, wrong=wrong, now=now)
        if wanted is None:
            return _wrong(NOT_UNDERSTOOD, people, wrong)
        if wanted.number is not None and _guesses(wrong) >= MOST_WRONG:
            return Answer(Outcome.WRONG, user=people[0])
        return _act(wanted, phone, people, wrong=wrong, now=now)

    return hear(provider=provider, provider_id=provider_id, phone=phone, said=said, act=act, now=now)


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
        last = _guesses(wrong) == MOST_WRONG - 1
        return Answer(Outcome.WRONG, LAST_GUESS if last else NO_NUMBER.format(wanted.number), people[0])
    return _done(_answer(wanted, code, people, now=now), code.user)


def _answer_everything(people: Sequence[User], *, now: datetime) -> Answer:
    causes = told_causes([user.pk for user in people])
    tested = [user for user in people if cause_of(TEST, user.pk) in causes]
    ended = [answer_test(user, via=VIA, now=now) for user in tested]
    found = _incidents(causes, people)
    if ended and not any(one.status == Incident.Status.TRIGGERED for one, _ in found):
        return _done(ended[0], tested[0])
    return _done(acknowledge_all(found, via=VIA, now=now), people[0])


def _answer(wanted: Reply, code: ReplyCode, people: Sequence[User], *, now: datetime) -> str:
    if is_test(code.cause):
        return answer_test(code.user, via=VIA, now=now)
    incident = incident_of(code.cause)
    if incident is None:
        return NO_MESSAGE
    if not wanted.all:
        return perform(wanted.act, incident, by=code.user, via=VIA, now=now)
    told = _incidents(told_causes([user.pk for user in people]), people)
    found = [one for one in told if one[0].service_id == incident.service_id]
    return acknowledge_all(found, via=VIA, now=now)


def _incidents(causes: Mapping[str, int], people: Sequence[User]) -> list[tuple[Incident, User]]:
    """Each with the one of `people` whom its page was to."""
    by = {user.pk: user for user in people}
    return [(incident, by[causes[cause]]) for cause, incident in incidents_of(causes).items()]


def _done(sentence: str, user: User) -> Answer:
    return Answer(Outcome.DONE, gsm7.cut(gsm7.transliterate(sentence), to=gsm7.SEGMENT), user)


def _wrong(sentence: str, people: Sequence[User], wrong: Sequence[str]) -> Answer:
    return Answer(Outcome.WRONG, LAST_ANSWER if len(wrong) == MOST_WRONG - 1 else sentence, people[0])


def _guesses(wrong: Sequence[str]) -> int:
    """How many of them named a number. A phone that answers by itself (“I am driving”) guesses none."""
    said = (parse(one) for one in wrong)
    return sum(isinstance(one, Reply) and one.number is not None for one in said)

"""Do what somebody answered, and say in a sentence what became of it."""

import contextlib
from collections.abc import Collection, Sequence
from datetime import datetime

from escalation.actions import labelling, respond
from escalation.core.label import IN_WORDS, Label
from escalation.models import Incident
from escalation.selectors import incidents_about
from paging.actions.testing import end_test_page
from paging.core.render import clean
from paging.core.replies import Act, Reply, parse
from paging.selectors import told_causes
from people.ledger.record import Actor
from people.models import User

VERBS = {
    Act.ACKNOWLEDGE: (respond.acknowledge, "Acknowledged", ""),
    Act.RESOLVE: (respond.resolve, "Resolved", ""),
    Act.ESCALATE: (respond.escalate, "Escalated", " The next step is paged now."),
}
TITLE = 80  # characters of a title in a sentence
MOST = 200
"""Incidents that one reply acknowledges: the phone company waits 15 s for what is answered."""
TEST = "That was a test page. Your answer arrived, and nothing more of it is sent."


def told(people: Sequence[User]) -> list[tuple[Incident, User]]:
    """What these people have been paged about and is not over, each with whom of them."""
    by, causes = {user.pk: user for user in people}, told_causes([user.pk for user in people])
    return [(incident, by[causes[cause]]) for cause, incident in incidents_about(causes).items()]


def perform(wanted: Reply | Act, incident: Incident, *, by: User, via: str, now: datetime) -> str:
    """As this person, by the door `via`. What cannot be done is a sentence, too."""
    act, label = (wanted.act, wanted.label) if isinstance(wanted, Reply) else (wanted, "")
    verb, done, more = VERBS[act]
    actor = Actor.person(by, via=via)
    try:
        after = verb(incident_id=incident.pk, by=actor, now=now)
    except respond.Refused as fault:
        if label and incident.status == Incident.Status.RESOLVED:
            return _labelled(incident, label, by=actor, now=now)
        return clean(str(fault))
    if label:
        return f"{done} {named(incident)}. {_labelled(incident, label, by=actor, now=now)}"
    if act is Act.ACKNOWLEDGE and after.progress:
        return f"{done} {named(incident)}. {after.progress}."
    if act is Act.ACKNOWLEDGE and (other := on_it(incident)) and other != by:
        more = f" {clean(str(other), limit=TITLE)} is on it, too."
    return f"{done} {named(incident)}.{more}"


def _labelled(incident: Incident, word: str, *, by: Actor, now: datetime) -> str:
    """Also of what is over already: whoever wrote so wants it known."""
    labelling.label(incident_id=incident.pk, label=word, by=by, now=now)
    return f"#{incident.pk} is labelled: {IN_WORDS[Label(word)]}."


def acknowledge_all(found: Collection[tuple[Incident, User]], *, via: str, now: datetime) -> str:
    """Those that nobody is on yet, each as the person whom its page was to; in the order of their locks."""
    waiting = sorted(
        ((incident, by) for incident, by in found if incident.status == Incident.Status.TRIGGERED),
        key=lambda one: one[0].pk,
    )
    if not waiting:
        return "Nothing is waiting to be acknowledged."
    if len(waiting) == 1:
        return perform(Act.ACKNOWLEDGE, waiting[0][0], by=waiting[0][1], via=via, now=now)
    short = []
    for incident, by in waiting[:MOST]:
        with contextlib.suppress(respond.Refused):  # resolved a moment ago
            actor = Actor.person(by, via=via)
            after = respond.acknowledge(incident_id=incident.pk, by=actor, now=now)
            short += [f"#{after.pk}"] if after.progress else []
    if len(waiting) > MOST:
        return f"Acknowledged {MOST} of {len(waiting)}. Answer the same again for the others."
    more = f" Others are needed, too, for {', '.join(short)}." if short else ""
    return f"Acknowledged {len(waiting)}: {', '.join(f'#{incident.pk}' for incident, _ in waiting)}.{more}"


def answer_test(user: User, *, via: str, now: datetime) -> str:
    """The test page of this person came through: nothing more of it leaves."""
    end_test_page(user=user, by=Actor.person(user, via=via), now=now)
    return TEST


def guesses(wrong: Sequence[str]) -> int:
    """How many wrong answers named a number. A phone that answers by itself (“I am driving”) guesses none."""
    said = (parse(one) for one in wrong)
    return sum(isinstance(one, Reply) and one.number is not None for one in said)


def on_it(incident: Incident) -> User | None:
    """Who has acknowledged it, before anything is done to it."""
    held = incident.status == Incident.Status.ACKNOWLEDGED
    return incident.acknowledged_by if held else None


def named(incident: Incident) -> str:
    """“#42 DiskFull on db-1”."""
    return f"#{incident.pk} {clean(incident.title, limit=TITLE)}"

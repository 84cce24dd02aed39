"""Say of an incident whether there was anything to do, with one tap."""

from datetime import datetime

from django.db import transaction

from escalation.actions.respond import Refused, resolve
from escalation.core.label import IN_WORDS, Label
from escalation.models import Incident
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb


def label(*, incident_id: int, label: str, by: Actor, now: datetime) -> Incident:
    """The last word counts; the ones before stay on the timeline. Saying the same again writes nothing.

    Raises Refused for a word that is none of Label, and Incident.DoesNotExist.
    """
    return _put(incident_id, label_of(label), by=by, now=now)


@transaction.atomic
def _put(incident_id: int, word: Label, *, by: Actor, now: datetime) -> Incident:
    row = Incident.objects.select_for_update().get(pk=incident_id)
    if row.label != word:
        row.label, row.labelled_at, row.labelled_by = word, now, by.user
        row.save(update_fields=["label", "labelled_at", "labelled_by"])
        what = f"labelled it: {IN_WORDS[word]}"
        record([Line(Verb.INCIDENT_LABELLED, ("incident", row.pk), by, what)], now=now)
    return row


def resolve_and_label(
    *, incident_id: int, label: str = "", by: Actor, now: datetime, why: str = ""
) -> Incident:
    """In one go; without a label it is resolved and nothing more. Raises Refused for a word that is no label,
    before anything is done, and as `respond.resolve` does.
    """
    word = label_of(label) if label else None
    row = resolve(incident_id=incident_id, by=by, now=now, why=why)
    return row if word is None else _put(incident_id, word, by=by, now=now)


def label_of(word: str) -> Label:
    """Raises Refused for a word that is none."""
    try:
        return Label(word)
    except ValueError:
        known = ", ".join(one.value for one in Label)
        raise Refused(f"“{word[:40]}” is no label; write one of {known}.") from None

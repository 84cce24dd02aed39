"""The note of a handoff: live while its shift runs, kept as rows once it has happened, and the own words of
who goes off.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from itertools import islice

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from escalation.handover.lines import Item, Section
from escalation.handover.scope import Scope, scope_of
from escalation.handover.sections import KINDS, OWN_WORDS, read
from oncall.handoffs.telling import NOTE_STAYS_OPEN
from oncall.models import Handoff, HandoffItem
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

log = structlog.get_logger(__name__)

LONGEST_WATCH, LONGEST_MOOD = 5000, 300
TRIED_AGAIN_IN = timedelta(minutes=5)


class Refused(ValueError):
    """It cannot be done; the text is a sentence for the person who asked."""


def draft(handoff: Handoff, *, now: datetime) -> list[Section]:
    """What the note would say now, section by section; where there is nothing, “Nothing.” on purpose."""
    scope = scope_of(handoff, now=now)
    return [read(kind, scope) for kind in KINDS]


def note_of(handoff: Handoff, *, now: datetime) -> list[Section]:
    """The note as it was kept when the handoff happened, or the live draft before."""
    if handoff.prepared_at is None:
        return draft(handoff, now=now)
    items: dict[str, list[Item]] = {}
    for row in handoff.items.select_related("confirmed_by").order_by("section", "position"):
        items.setdefault(row.section, []).append(
            Item(
                id=row.pk,
                text=row.text,
                path=row.path,
                incident=row.incident,
                confirmed_at=row.confirmed_at,
                confirmed_by=row.confirmed_by,
            )
        )
    return [Section(kind.key, kind.title, items[kind.key]) for kind in KINDS if kind.key in items]


def prepare_due(*, clock: Callable[[], datetime], limit: int) -> int:
    """Keep the notes of handoffs that have happened and ask for one, each in a transaction of its own.

    Returns how many were kept. Safe to run in many workers at once: a row that another one holds is passed
    over, and one that cannot be prepared is logged, tried again in five minutes, and holds up no other.
    """
    due = Handoff.objects.filter(_due(clock())).order_by("at", "pk")
    prepared = (_prepare(pk, clock) for pk in list(due.values_list("pk", flat=True)))
    return len(list(islice(filter(None, prepared), limit)))  # those that cannot be do not use up the limit


def _due(now: datetime) -> Q:
    untried = Q(prepare_after=None) | Q(prepare_after__lte=now)
    return untried & Q(recorded_at__isnull=False, asks=True, prepared_at=None)


def _prepare(pk: int, clock: Callable[[], datetime]) -> bool:
    try:
        with transaction.atomic():
            now = clock()  # after the lock was waited for, where the database has only one writer
            rows = Handoff.objects.select_for_update(skip_locked=True, of=("self",))
            row = rows.select_related("schedule").filter(_due(now), pk=pk).first()
            if row is None:
                return False
            _keep(row, draft(row, now=now))
            row.prepared_at = now
            row.save(update_fields=["prepared_at"])
            return True
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("note_not_prepared", handoff=pk, effect="tried again in five minutes")
        Handoff.objects.filter(pk=pk).update(prepare_after=clock() + TRIED_AGAIN_IN)
        return False


def _keep(row: Handoff, sections: Sequence[Section]) -> None:
    HandoffItem.objects.bulk_create(
        HandoffItem(
            handoff=row,
            section=section.key,
            position=position,
            text=item.text,
            path=item.path,
            incident=item.incident,
            confirmed_at=item.confirmed_at,
            confirmed_by=item.confirmed_by,
        )
        for section in sections
        for position, item in enumerate(section.items)
    )


@transaction.atomic
def write_note(*, handoff: Handoff, watch: str, mood: str, by: Actor, now: datetime) -> Handoff:
    """What to watch, a line each, and how it was: from the outgoing person, until 24 hours after the handoff
    and only while nobody has confirmed it. Raises Refused.
    """
    watch, mood = _clean(watch), " ".join(_clean(mood).split())
    _check_length(watch, mood)
    # The handoff's lock proves that nobody confirms the whole of it, nor rewrites the note, meanwhile.
    row = Handoff.objects.select_for_update(of=("self",)).select_related("schedule").get(pk=handoff.pk)
    if refusal := why_not_noted(row, now=now):
        raise Refused(refusal)
    if row.noted_at is not None and (row.watch, row.mood) == (watch, mood):
        return row
    row.watch, row.mood, row.noted_at, row.noted_by = watch, mood, now, by.user
    row.save(update_fields=["watch", "mood", "noted_at", "noted_by"])
    if row.prepared_at is not None:
        _rewrite(row, scope_of(row, now=now))
    what = f"wrote the note for the handoff of {row.role} of {row.schedule} at {row.at:%Y-%m-%d %H:%M} UTC"
    data = {"handoff": row.pk}
    record([Line(Verb.HANDOFF_NOTED, ("schedule", row.schedule_id), by, what, data=data)], now=now)
    return row


def why_not_noted(handoff: Handoff, *, now: datetime) -> str:
    """Why its note cannot be written any more, as a sentence; empty where it can."""
    if handoff.cancelled_at is not None:
        return "This handoff does not take place any more: the schedule was changed."
    if handoff.confirmed_at is not None:
        return f"This handoff was confirmed by {handoff.confirmed_by}; tell them yourself what is new."
    if now >= handoff.at + NOTE_STAYS_OPEN:
        return "A note can be written until 24 hours after its handoff; tell them yourself what is new."
    return ""


def _rewrite(row: Handoff, scope: Scope) -> None:
    """The own words anew among the items. What was confirmed and stays as it was stays confirmed."""
    own = row.items.filter(section__in=OWN_WORDS)
    confirmed = {
        (item.section, item.text): item for item in own.select_related("confirmed_by") if item.confirmed_at
    }
    own.delete()
    _keep(row, [_still_confirmed(read(kind, scope), confirmed) for kind in KINDS if kind.key in OWN_WORDS])


def _still_confirmed(section: Section, confirmed: dict[tuple[str, str], HandoffItem]) -> Section:
    return Section(
        section.key,
        section.title,
        [
            item
            if (old := confirmed.get((section.key, item.text))) is None
            else Item(text=item.text, confirmed_at=old.confirmed_at, confirmed_by=old.confirmed_by)
            for item in section.items
        ],
    )


def _clean(text: str) -> str:
    return "\n".join(text.replace("\x00", "").splitlines()).strip()


def _check_length(watch: str, mood: str) -> None:
    lengths: Collection[tuple[str, int, int]] = (
        ("What to watch", len(watch), LONGEST_WATCH),
        ("How it was", len(mood), LONGEST_MOOD),
    )
    for name, length, longest in lengths:
        if length > longest:
            raise Refused(f"{name} has {length} characters; {longest} are the most.")

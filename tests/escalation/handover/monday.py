"""The world around one handoff: on Monday 9 March at 09:00 Ana goes off and Bo comes on."""

from datetime import datetime, timedelta

from escalation import engine
from escalation.handover import confirming, note
from oncall.models import Handoff
from people.ledger.models import Entry
from people.ledger.record import Actor
from tests.oncall.handoffs.keeping import Kept
from tests.world import MONDAY

HANDOFF = MONDAY + timedelta(weeks=1)


class Monday(Kept):
    def hand_over(self) -> Handoff:
        """Let the handoff happen, with its note kept, an instant later."""
        self.keep(self.now).keep(HANDOFF)
        while note.prepare_due(clock=lambda: self.now, limit=10):
            pass
        return self.handoff(HANDOFF)

    def at(self, now: datetime) -> "Monday":
        self.now = now
        return self

    def engine(self) -> "Monday":
        while engine.run_due(clock=lambda: self.now):
            pass
        return self

    def sections(self, handoff: Handoff | None = None) -> dict[str, list[str]]:
        handoff = handoff or self.handoff(HANDOFF)
        found = note.note_of(Handoff.objects.get(pk=handoff.pk), now=self.now)
        return {section.key: [item.text for item in section.items] for section in found}

    def write(self, handoff: Handoff, *, watch: str = "", mood: str = "", by=None) -> Handoff:
        by = Actor.person(by or self.ana)
        return note.write_note(handoff=handoff, watch=watch, mood=mood, by=by, now=self.now)

    def confirm(self, handoff: Handoff, *, by=None, items=None) -> Handoff:
        if items is None:
            items = list(handoff.items.values_list("pk", flat=True))
        by = Actor.person(by or self.bo)
        return confirming.confirm_items(handoff=handoff, item_ids=items, by=by, now=self.now)

    def ledger(self, verb: str) -> list[str]:
        rows = Entry.objects.filter(verb=verb).order_by("pk")
        return [f"{row.actor_name}: {row.what}" for row in rows]

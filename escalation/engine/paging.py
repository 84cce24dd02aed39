"""Who is asked to be paged, for one incident. Each of these asks for its pages by yielding them and is told
who cannot be reached, so that those of many incidents are written at once (escalation.engine.applying).
"""

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from escalation import wording
from escalation.core.cause import cause_of
from escalation.core.decision import PageManagers, PageTargets
from escalation.core.moves import FALLBACK
from escalation.core.policy import Target
from escalation.engine.around import Around
from escalation.models import Incident
from escalation.targets import Recipient
from paging.actions import pages
from paging.actions.pages import PageRequest
from people.ledger.record import Line

log = structlog.get_logger(__name__)

Asking = Generator[list[PageRequest], set[int], bool]
"""Yields requests, is sent the ids of those of them whom nothing reaches; returns whether anyone is."""

Reaching = Generator[list[PageRequest], set[int], list[Recipient]]
"""The same, and returns whom something reaches."""

VALID_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Paging:
    """Of one incident at `now`. What is to be said on its timeline goes to `lines`."""

    row: Incident
    lines: list[Line]
    around: Around
    now: datetime

    def step(self, decision: PageTargets) -> Reaching:
        reason = wording.step_reason(decision)
        found = self._meant(decision.targets, reason)
        asked = ", ".join(target.label for target in decision.targets)
        return (yield from self._page(found, decision.run, f"{reason}: {asked}", decision.valid_for))

    def next_in_turn(self, decision: PageTargets, *, but: Collection[str]) -> Asking:
        """Those whose turn it is now that the messages to `but` failed; nothing where nobody is left."""
        reason = wording.step_reason(decision)
        found = self._meant(decision.targets, reason, but=but)
        if not found:
            return False
        self.lines.append(wording.next_in_turn(self.row, why=reason))
        return bool((yield from self._page(found, decision.run, reason, decision.valid_for)))

    def _meant(self, wanted: Sequence[Target], reason: str, *, but: Collection[str] = ()) -> list[Recipient]:
        """With a line of each whose turn it was and whom nothing reaches."""
        found = self.around.recipients(self.row, wanted, but=but)
        self.lines.extend(
            wording.passed_over(self.row, name, why=f"{reason}: {one.because}")
            for one in found
            for name in one.passed_over
        )
        return [replace(one, because=f"{one.because}, {reason}") for one in found]

    def managers(self, decision: PageManagers) -> Asking:
        """The team's managers; failing them, the site's fallback contact; failing that, said aloud."""
        found = self.around.managers(self.row)
        if (yield from self._page(found, decision.run, f"{decision.why}: the team's managers")):
            return True
        return (yield from self.fallback(f"{decision.run}{FALLBACK}"))

    def fallback(self, run: str) -> Asking:
        contact = pages.fallback_recipient(now=self.now)
        found = [] if contact is None else [Recipient(contact, "the site's fallback contact")]
        if (yield from self._page(found, run, "the site's fallback contact (FALLBACK_CONTACT)")):
            return True
        log.critical("nobody_reachable", incident=self.row.pk, service=str(self.row.service))
        return False

    def _page(
        self, found: Sequence[Recipient], run: str, why: str, valid_for: timedelta = VALID_FOR
    ) -> Reaching:
        """One page each. Of whom nothing reaches, or that there was nobody at all, is written down."""
        reached: list[Recipient] = []
        if found:
            unreachable = yield [self._request(one, run, valid_for) for one in found]
            reached = [one for one in found if one.user not in unreachable]
        self.lines.extend(wording.unreached(self.row, found, reached, why=why))
        return reached

    def _request(self, one: Recipient, run: str, valid_for: timedelta) -> PageRequest:
        alert = self.around.alert(self.row)
        facts = wording.facts(self.row, alert, because=one.because, valid_for=valid_for)
        return PageRequest(
            user_id=one.user, cause=cause_of(self.row.pk), run=run, urgency=self.row.urgency, facts=facts
        )

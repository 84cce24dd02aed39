"""What a report is made of: who carried what, the pages that reached them, and the incidents behind."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from escalation.core.label import Label
from oncall.core.span import Span
from watchbill.reports.core.hours import Holidays

SOON = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A shift: one person's time in one role without a break. `zone` and `holidays` are the person's."""

    schedule: str
    role: str
    user: int
    span: Span
    zone: tzinfo
    holidays: Holidays = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`key`: of its first alert; what is noisy is known by it. `acknowledged`: the first time anybody did.
    `mitigated`: when its source said that it was over. `timeouts`: how often nobody answered in time.
    `recurred`: it came within an hour of the end of the same.
    """

    id: int
    service: str
    key: str
    title: str
    severity: str
    triggered: datetime
    acknowledged: datetime | None = None
    mitigated: datetime | None = None
    resolved: datetime | None = None
    by_source: bool = False
    began: datetime | None = None
    timeouts: int = 0
    recurred: bool = False
    flapping: bool = False
    label: Label | None = None

    @property
    def resolved_itself(self) -> bool:
        """Within five minutes, and before anybody had looked."""
        return (
            self.by_source
            and self.acknowledged is None
            and self.resolved is not None
            and self.resolved - self.triggered <= SOON
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One that left, for a person: `at` its first message. `answered`: by themselves, if so. `missed`: its
    step's time was over before they, or anybody, answered. `reached` by a call or a message that rings.
    """

    id: int
    incident: int
    user: int
    at: datetime
    answered: datetime | None = None
    missed: bool = False
    rang: bool = False

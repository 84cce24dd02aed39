"""A report as a value: what is stored, and what mail, page, CSV, JSON and metrics are made of.

Times are UTC, lengths whole seconds, shares fractions of one rounded to four digits, money text with its
currency. A stored report is read by later versions: what is new has a default.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from watchbill.reports.core.hours import Kind
from watchbill.reports.core.key import TOLD_BY
from watchbill.reports.core.thresholds import Said as Colour


def _by_kind(counts: dict[str, int]) -> dict[str, int]:
    return {kind.value: counts.get(kind.value, 0) for kind in Kind}


def _by_name(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _name_first(labels: dict[str, str]) -> dict[str, str]:
    return {
        label: labels[label] for label in (*TOLD_BY, *sorted(labels.keys() - {*TOLD_BY})) if label in labels
    }


# PostgreSQL keeps the keys of an object in an order of its own.
ByKind = Annotated[dict[str, int], AfterValidator(_by_kind)]
BySeverity = Annotated[dict[str, int], AfterValidator(_by_name)]
Labels = Annotated[dict[str, str], AfterValidator(_name_first)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Money(Part):
    currency: str
    amount: Decimal


class Judged(Part):
    """One reason: `measure` is the name of its threshold; `sentence` has no full stop."""

    measure: str
    colour: Colour
    sentence: str


class KeyOfShift(Part):
    key: str
    pages: int
    incidents: int
    resolved_themselves: int


class ShiftRow(Part):
    """One person's time in one role without a break: `user` is the username, `zone` theirs.

    `begun_before`: it began before `start`, which is as far as the report looks; `goes_on`: it had not ended
    at `end`. `answer_p50` and `answer_p90` are seconds to their own answers. `undisturbed`: the longest block
    without a page of the night that had the shortest. `pages_seen` are ids of PageRow.
    """

    schedule: str
    role: str
    user: str
    user_id: int
    name: str
    zone: str
    start: datetime
    end: datetime
    begun_before: bool = False
    goes_on: bool = False
    verdict: Colour
    sentence: str
    reasons: list[str]
    judged: list[Judged]
    hours: ByKind
    pages: int
    interruptions: int
    incidents: int
    sleep_interruptions: int
    interruptions_by_kind: ByKind
    incidents_per_12_hours: float
    budget: int
    nights: int
    nights_interrupted: int
    most_in_one_night: int
    undisturbed: int | None
    engaged: int
    answer_p50: int | None
    answer_p90: int | None
    missed: int
    timeouts: int
    resolved_themselves: int
    recurred: int
    flapping: int
    labelled: int
    not_actionable: int
    keys: list[KeyOfShift]
    short_rests: int
    cost: list[Money] = []
    pages_seen: list[int] = []


class PageRow(Part):
    """A page behind the numbers: `shift` is the place of its shift among the report's, None beside all of
    them (paged by name, or as a manager). `kind` of time it came in, by the person's own clock.
    """

    id: int
    at: datetime
    user: str
    user_id: int
    shift: int | None
    incident: int
    title: str
    service: str
    severity: str
    key: str
    kind: str
    answered: int | None
    missed: bool
    resolved_itself: bool
    label: str
    counted: bool = True
    """Within the report's time: a shift that began before it is shown whole, with pages from before."""


class KeyRow(Part):
    """What one alert cost in the report's time. `wakes`: interruptions in sleep hours that it was part of.
    `share` of all pages. `weeks`: pages in each of the twelve weeks up to the report's end, the last one
    last. `trend`: pages in the last four weeks over those of the four before; None where there were none.
    `match`: labels by which a rule would mean it.
    """

    service: str
    key: str
    title: str
    pages: int
    wakes: int
    share: float
    incidents: int
    resolved_themselves: int
    labelled: int
    not_actionable: int
    flapping: bool
    engaged: int
    weeks: list[int]
    trend: float | None
    match: Labels = {}
    cost: list[Money] = []


class Load(Part):
    """One person's over the `days` up to the report's end. `fair`: the wakes that would be their part;
    `over_fair` 1 is what is fair.
    """

    days: int
    carried: int
    sleep: int
    nights: int
    weekends: int
    pages: int
    interruptions: int
    sleep_interruptions: int
    short_rests: int
    fair: float
    over_fair: float | None
    colour: Colour


class PersonRow(Part):
    """`share`: of all hours of the last 28 days, on call."""

    user: str
    user_id: int
    name: str
    share: float
    colour: Colour
    loads: list[Load]


class DayRow(Part):
    day: date
    incidents: int
    average: float


class Marker(Part):
    """Something that was to make it quieter: `before` and `after` are the pages of what it was about in the
    21 days on either side, `days_after` how many of them are over.
    """

    at: datetime
    what: str
    before: int
    after: int
    days_after: int


class Trend(Part):
    days: list[DayRow]
    shifts: int
    over_budget: int
    share_over: float
    colour: Colour
    markers: list[Marker]


class Times(Part):
    count: int
    mean: int
    p50: int
    p90: int


class ResponseRow(Part):
    """Of the incidents of the team's services, whoever answered them; `group` is empty for all of them."""

    group: str
    incidents: int
    detect: Times | None
    acknowledge: Times | None
    mitigate: Times | None
    resolve: Times | None
    timeouts: int
    noise: int
    noise_ratio: float


class Response(Part):
    all: ResponseRow
    by_service: list[ResponseRow]
    by_severity: list[ResponseRow]
    by_kind: list[ResponseRow]


class Totals(Part):
    """Of the report's time."""

    shifts: int
    red: int
    amber: int
    green: int
    pages: int
    pages_beside: int
    interruptions: int
    sleep_interruptions: int
    interruptions_by_kind: ByKind
    incidents: int
    by_severity: BySeverity
    labelled: int
    not_actionable: int
    cost: list[Money] = []


class LoadReport(Part):
    """A team's, over [since, until); what lies after `made_at` is not in it. `whole`: shifts that touch it
    are shown from their beginning on, else cut at its edges. `terms`: the version of the team's thresholds.
    That of the schedules that are no team's has no name, and 0 as its team's id.
    `faults`: what could not be counted, said plainly.
    """

    team: str
    team_id: int
    zone: str
    since: datetime
    until: datetime
    made_at: datetime
    whole: bool
    budget: int
    terms: int
    totals: Totals
    shifts: list[ShiftRow]
    keys: list[KeyRow]
    people: list[PersonRow]
    trend: Trend
    response: Response
    pages: list[PageRow]
    faults: list[str] = []

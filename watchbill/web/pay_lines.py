"""The lines of a statement as a page shows them: by shift, its bands under it, with the proof linked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from oncall.compensation.core.line import Kind
from oncall.compensation.exports.items import Item, Total, hours_in_text
from oncall.compensation.exports.wording import figure, hours_and_minutes, what
from oncall.compensation.selectors import ADJUSTMENT
from paging.models import Page

INCIDENT = "incident:"


class Kept(NamedTuple):
    """A line and its row's number; None where it is as reckoned now."""

    item: Item
    pk: int | None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """`hours`, `amount` and `lieu` are figures as text; `incidents` are those that the pages were about."""

    item: Item
    pk: int | None
    what: str
    hours: str
    amount: str
    lieu: str
    incidents: Sequence[int]


@dataclass(kw_only=True)
class Group:
    """A shift with its bands, a call-out, or what was adjusted."""

    kind: str
    schedule: str
    role: str
    override: str
    start: datetime
    end: datetime
    lines: list[Shown] = field(default_factory=list)

    @property
    def amounts(self) -> list[str]:
        """“USD 700.00”, one for each currency."""
        found: dict[str, Decimal] = {}
        for line in self.lines:
            currency = line.item.currency
            found[currency] = found.get(currency, Decimal(0)) + line.item.amount
        return [f"{currency} {figure(amount, currency)}" for currency, amount in sorted(found.items())]


class Sum(NamedTuple):
    currency: str
    amount: str
    lieu: str


def sums(found: Iterable[Total]) -> list[Sum]:
    return [
        Sum(one.currency, figure(one.amount, one.currency), hours_and_minutes(one.lieu_minutes))
        for one in found
    ]


def grouped(lines: Sequence[Kept]) -> list[Group]:
    """In order of time, adjustments last. Bands of one schedule, role and override that overlap or touch are
    of one shift. In one query.
    """
    about = incidents_of({page for line in lines for page in line.item.pages})
    groups: list[Group] = []
    going: dict[tuple[str, str, str], Group] = {}
    for line in sorted(lines, key=lambda line: (line.item.kind == ADJUSTMENT, line.item.start)):
        item = line.item
        key = (item.schedule, item.role, item.override)
        group = going.get(key) if item.kind in {Kind.STANDBY, Kind.MINIMUM} else None
        if group is None or item.start > group.end:
            group = _group(item)
            groups.append(group)
            if group.kind == "shift":
                going[key] = group
        group.end = max(group.end, item.end)
        group.lines.append(_shown(line, about))
    return groups


def incidents_of(pages: Iterable[int]) -> Mapping[int, int]:
    """By page, the number of the incident it was about."""
    rows = Page.objects.filter(pk__in=list(pages), cause__startswith=INCIDENT).values_list("pk", "cause")
    return {pk: int(cause.removeprefix(INCIDENT)) for pk, cause in rows}


def _group(item: Item) -> Group:
    kinds = {Kind.CALL_OUT: "call-out", ADJUSTMENT: "adjustment"}
    return Group(
        kind=kinds.get(item.kind, "shift"),
        schedule=item.schedule,
        role=item.role,
        override=item.override,
        start=item.start,
        end=item.end,
    )


def _shown(line: Kept, about: Mapping[int, int]) -> Shown:
    item = line.item
    return Shown(
        item=item,
        pk=line.pk,
        what=what(item),
        hours=hours_in_text(item.seconds) if item.seconds else "",
        amount=figure(item.amount, item.currency),
        lieu=hours_and_minutes(item.lieu_minutes),
        incidents=sorted({about[page] for page in item.pages if page in about}),
    )

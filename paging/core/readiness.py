"""Whether a page would reach a person, said while there is still time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from paging.core.rules import HIGH, LOW, QUIET, Method, Rule, moments

UNTESTED = timedelta(days=90)
OPTED_OUT = "opted out"  # how the reason of a method begins that its owner has stopped at the carrier
REMOVED = "removed by"  # how it begins where the person did so themselves, which is as they want it


class Lack(StrEnum):
    """What is wanting, from the worst to the least."""

    NO_WAY = "no_way"
    OPTED_OUT = "opted_out"
    DISABLED = "disabled"
    UNVERIFIED = "unverified"
    ONLY_EMAIL = "only_email"
    NO_RULE_FITS = "no_rule_fits"
    UNTESTED = "untested"


@dataclass(frozen=True, kw_only=True)
class Way:
    """A contact method as readiness sees it; `label` is how it is called where others read it."""

    id: int
    kind: str
    label: str
    verified: bool
    disabled: str = ""

    @property
    def usable(self) -> bool:
        return self.verified and not self.disabled


@dataclass(frozen=True)
class Remark:
    lack: Lack
    what: str
    mend: str


def remarks(
    ways: Sequence[Way],
    rules: Mapping[str, Sequence[Rule]],
    *,
    tested_at: datetime | None,
    now: datetime,
) -> list[Remark]:
    """What is wanting of one person; none: they are ready.

    `rules` are those of each urgency, `tested_at` is when a test page last left for them.
    """
    usable = [Method(way.id, way.kind) for way in ways if way.usable]
    found = [*_without_any(usable), *_lost(ways), *_unfit(usable, rules)]
    if usable and (tested_at is None or tested_at + UNTESTED <= now):
        found.append(
            Remark(Lack.UNTESTED, f"no test page in {UNTESTED.days} days", "Send a test page and answer it.")
        )
    return found


def _without_any(usable: Sequence[Method]) -> Iterator[Remark]:
    if not usable:
        yield Remark(Lack.NO_WAY, "nobody can page them", "Add a number and enter its code.")


def _lost(ways: Sequence[Way]) -> Iterator[Remark]:
    """Methods that somebody believes to be paged by, and that are not."""
    for way in ways:
        if way.disabled.startswith(OPTED_OUT):
            what = f"opted out: {way.label}"
            yield Remark(Lack.OPTED_OUT, what, "Send START to the number that the messages come from.")
    for way in ways:
        if way.disabled and not way.disabled.startswith((OPTED_OUT, REMOVED)):
            yield Remark(Lack.DISABLED, f"disabled: {way.label}, {way.disabled}", "Verify it again.")
    for way in ways:
        if not way.verified and not way.disabled:
            yield Remark(Lack.UNVERIFIED, f"unverified: {way.label}", "Enter the code that was sent to it.")


def _unfit(usable: Sequence[Method], rules: Mapping[str, Sequence[Rule]]) -> Iterator[Remark]:
    if not usable:
        return
    if {one.method.kind for one in moments(rules.get(HIGH, ()), usable, urgency=HIGH)} <= QUIET:
        yield Remark(
            Lack.ONLY_EMAIL,
            "only email at high urgency: nothing rings",
            "Add a phone, or a rule that uses it.",
        )
    kinds = {method.kind for method in usable}
    for urgency in (HIGH, LOW):
        asked = rules.get(urgency, ())
        if asked and kinds.isdisjoint(rule.via for rule in asked):
            what = f"no rule fits at {urgency} urgency: every method is used at once"
            yield Remark(Lack.NO_RULE_FITS, what, "Write a rule for a method that there is.")

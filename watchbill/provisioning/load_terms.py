"""A team's pager-load report between the document and its rows."""

from datetime import time
from typing import Any

from people.models import Team as TeamRow
from watchbill.provisioning.document.people import LoadReport
from watchbill.provisioning.document.thresholds import Thresholds
from watchbill.provisioning.document.words import FULL_DAYS
from watchbill.reports.core.thresholds import Limit, plain, read_thresholds, write_thresholds
from watchbill.reports.models import Mailing, Terms

USUAL = LoadReport()


def stored_report(team: TeamRow, names: dict[int, str]) -> dict[str, Any] | None:
    """In the document's words; None where all of it is usual. From rows that were fetched with the team."""
    mailing: Mailing = getattr(team, "load_mailing", None) or Mailing()
    terms: list[Terms] = list(team.load_terms.all())
    thresholds = read_thresholds(terms[-1].thresholds if terms else {})
    told: dict[str, Any] = {
        name: [plain(value.amber), plain(value.red)] if isinstance(value, Limit) else value
        for name in write_thresholds(thresholds)
        for value in (getattr(thresholds, name),)
    }
    to = mailing.to.all() if mailing.pk else ()
    said = LoadReport(
        day=FULL_DAYS[mailing.weekday],
        at=f"{mailing.at:%H:%M}",
        to=sorted(names[user.pk] for user in to if user.pk in names),
        after_shift=mailing.after_shift,
        thresholds=Thresholds(**told) if told else None,
    )
    return None if said == USUAL else said.model_dump()


def complete(wanted: LoadReport | None, old: LoadReport | None) -> LoadReport | None:
    """`wanted` as `stored_report` would say it, with what it leaves open taken from `old`; None where all of
    it is usual.
    """
    if wanted is None:
        return old
    given = wanted.thresholds if wanted.thresholds is not None else (old or USUAL).thresholds
    thresholds = _without_the_usual(given) if given else None
    whole = wanted.model_copy(update={"to": sorted(set(wanted.to)), "thresholds": thresholds})
    return None if whole == USUAL else whole


def clock(report: LoadReport) -> time:
    return time.fromisoformat(report.at)


def plain_thresholds(report: LoadReport) -> dict[str, Any]:
    """What of them was said, for `set_terms`."""
    return _said(report.thresholds) if report.thresholds else {}


def _without_the_usual(thresholds: Thresholds) -> Thresholds | None:
    told = write_thresholds(read_thresholds(_said(thresholds)))
    return Thresholds(**{name: getattr(thresholds, name) for name in told}) if told else None


def _said(thresholds: Thresholds) -> dict[str, Any]:
    return {name: value for name, value in thresholds.model_dump().items() if value is not None}

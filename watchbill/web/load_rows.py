"""The rows of a pager-load report as its page shows them: words, and where each number leads. Numbers are the
report's own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from escalation.core.matching import in_lines
from watchbill.reports.core.hours import Kind
from watchbill.reports.core.report import (
    KeyRow,
    Load,
    LoadReport,
    PageRow,
    PersonRow,
    ResponseRow,
    ShiftRow,
    Times,
)
from watchbill.reports.core.wording import counted, length, money, percent

ORDER = {"red": 0, "amber": 1, "green": 2}
KINDS: Mapping[str, str] = {
    Kind.SLEEP: "22 to 8",
    Kind.FREE: "weekend or holiday",
    Kind.OFF: "18 to 22",
    Kind.BUSINESS: "8 to 18",
}
SPARK = 24  # units high


@dataclass(frozen=True, kw_only=True)
class Number:
    """`pages`: whether the pages of its shift are what is behind it."""

    what: str
    said: str
    pages: bool = True


@dataclass(frozen=True, kw_only=True)
class ShiftShown:
    """`n` is its place in the report."""

    n: int
    row: ShiftRow
    numbers: Sequence[Number]
    pages: Sequence["PageShown"]
    words: str


@dataclass(frozen=True, kw_only=True)
class PageShown:
    row: PageRow
    kind: str
    answered: str
    label: str


@dataclass(frozen=True, kw_only=True)
class KeyShown:
    """`behind`: the query of its pages. `bars` are (x, y, height) in a drawing that is SPARK high. `about`
    and `rule` say to forms which alert they are about; `rule` is empty where no rule could mean it.
    """

    row: KeyRow
    share: str
    engaged: str
    cost: str
    coverage: str
    trend: str
    growing: bool
    bars: Sequence[tuple[int, float, float]]
    weeks: str
    behind: str
    about: str
    rule: str


@dataclass(frozen=True, kw_only=True)
class LoadShown:
    load: Load
    carried: str
    sleep: str
    fair: str
    away: str
    behind: str


@dataclass(frozen=True, kw_only=True)
class PersonShown:
    row: PersonRow
    share: str
    loads: Sequence[LoadShown]


@dataclass(frozen=True, kw_only=True)
class ResponseShown:
    """`times`: of detect, acknowledge, mitigate and resolve, each (mean, p50, p90, count) or None."""

    name: str
    row: ResponseRow
    times: Sequence[tuple[str, str, str, int] | None]
    noise: str
    behind: str


def totals(report: LoadReport, query: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What, how many, and the query of the pages behind it, empty where there are none to show."""
    of = report.totals
    found = [
        ("Pages", str(of.pages), query),
        ("Interruptions", str(of.interruptions), query),
        ("Wakes, 22 to 8", str(of.sleep_interruptions), {**query, "kind": Kind.SLEEP.value}),
        ("Incidents", str(of.incidents), query),
        ("Not actionable, of labelled", f"{of.not_actionable} of {of.labelled}", {**query, "what": "noise"}),
        ("Pages beside shifts", str(of.pages_beside), query),
    ]
    said = [(what, many, urlencode(behind)) for what, many, behind in found]
    return [*said, ("Cost", money(of.cost), "")] if of.cost else said


def shifts(report: LoadReport) -> list[ShiftShown]:
    """The worst first, then as they came."""
    by_id = {page.id: page for page in report.pages}
    found = [
        ShiftShown(
            n=n,
            row=row,
            numbers=list(_numbers(row)),
            pages=pages(by_id[pk] for pk in row.pages_seen if pk in by_id),
            words=row.sentence.partition(": ")[2],
        )
        for n, row in enumerate(report.shifts)
    ]
    return sorted(found, key=lambda one: (ORDER[one.row.verdict], one.row.start, one.n))


def _numbers(row: ShiftRow) -> Iterator[Number]:
    yield Number(what="Pages", said=f"{row.pages}, for a budget of {row.budget}")
    yield Number(what="Incidents", said=f"{row.incidents}, {row.incidents_per_12_hours:.1f} in 12 hours")
    by_kind = _listed(f"{many} {KINDS[kind]}" for kind, many in row.interruptions_by_kind.items() if many)
    yield Number(what="Interruptions", said=f"{row.interruptions}{f': {by_kind}' if by_kind else ''}")
    nights = f"{row.nights_interrupted} of {row.nights}; at most {row.most_in_one_night} in one"
    yield Number(what="Nights interrupted", said=nights)
    if row.undisturbed is not None:
        yield Number(what="Longest sleep of the worst night", said=length(row.undisturbed), pages=False)
    if row.answer_p50 is not None and row.answer_p90 is not None:
        answered = f"{length(row.answer_p50)} (p50), {length(row.answer_p90)} (p90)"
        yield Number(what="Answered after", said=answered)
    yield Number(what="Not answered in time", said=f"{row.missed}; {row.timeouts} went to the next step")
    yield Number(what="Resolved by themselves", said=f"{row.resolved_themselves} within 5 minutes")
    yield Number(what="Came again", said=f"{row.recurred} recurred, {row.flapping} flapping")
    yield Number(what="Not actionable", said=f"{row.not_actionable} of {row.labelled} labelled")
    yield Number(what="Busy with them", said=length(row.engaged))
    carried = _listed(f"{length(row.hours.get(kind, 0))} {words}" for kind, words in KINDS.items())
    yield Number(what="Carried", said=carried, pages=False)
    if row.short_rests:
        yield Number(what="Nights without 11 hours of rest", said=str(row.short_rests), pages=False)
    if row.cost:
        yield Number(what="Cost", said=money(row.cost), pages=False)


def pages(rows: Iterable[PageRow]) -> list[PageShown]:
    return [
        PageShown(
            row=row,
            kind=KINDS.get(row.kind, row.kind),
            answered="" if row.answered is None else length(row.answered),
            label=row.label,
        )
        for row in rows
    ]


def keys(report: LoadReport, query: Mapping[str, str]) -> list[KeyShown]:
    return [_key(row, query) for row in report.keys]


def _key(row: KeyRow, query: Mapping[str, str]) -> KeyShown:
    most = max(row.weeks, default=0) or 1
    bars = [
        (7 * n, round(SPARK * (1 - many / most), 1), round(SPARK * many / most, 1))
        for n, many in enumerate(row.weeks)
    ]
    about = {"service": row.service, "alert": row.key}
    match = in_lines(row.match)
    reason = f"{counted(row.pages, 'page')}, {row.not_actionable} of {row.labelled} labelled not actionable"
    return KeyShown(
        row=row,
        share=percent(row.share),
        engaged=length(row.engaged),
        cost=money(row.cost),
        coverage=f"{row.not_actionable} of {row.labelled}" if row.labelled else "no labels",
        trend="new" if row.trend is None else f"{row.trend:.1f} times",
        growing=row.trend is None or row.trend > 1,
        bars=bars,
        weeks=", ".join(map(str, row.weeks)),
        behind=urlencode({**query, **about}),
        about=urlencode(about | {"match": match}),
        rule=urlencode({"service": row.service, "match": match, "reason": reason}) if match else "",
    )


def people(report: LoadReport, live: str) -> list[PersonShown]:
    """`live` is the address of the team's page, on which the pages of a longer time can be seen."""
    return [
        PersonShown(
            row=row,
            share=percent(row.share),
            loads=[_load(report, row, load, live) for load in row.loads],
        )
        for row in report.people
    ]


def _load(report: LoadReport, row: PersonRow, load: Load, live: str) -> LoadShown:
    end = min(report.until, report.made_at)
    behind = {
        "since": (end - timedelta(days=load.days)).isoformat(),
        "until": end.isoformat(),
        "person": row.user,
    }
    return LoadShown(
        load=load,
        carried=length(load.carried),
        sleep=length(load.sleep),
        fair=f"{load.fair:.1f}",
        away="" if load.over_fair is None or load.colour == "green" else f"{load.over_fair:.1f} times fair",
        behind=f"{live}?{urlencode(behind)}#pages",
    )


def response(report: LoadReport, query: Mapping[str, str]) -> list[tuple[str, list[ResponseShown]]]:
    """By what they are grouped."""
    of = report.response
    groups = (
        ("", "", [of.all]),
        ("By service", "service", of.by_service),
        ("By severity", "severity", of.by_severity),
        ("By time of day", "kind", of.by_kind),
    )
    return [(title, [_response(row, name, query) for row in rows]) for title, name, rows in groups if rows]


def _response(row: ResponseRow, name: str, query: Mapping[str, str]) -> ResponseShown:
    words = KINDS.get(row.group, row.group) if name == "kind" else row.group
    return ResponseShown(
        name=words or "All of them",
        row=row,
        times=[_times(one) for one in (row.detect, row.acknowledge, row.mitigate, row.resolve)],
        noise=percent(row.noise_ratio),
        behind=urlencode({**query, name: row.group} if name else query),
    )


def _times(times: Times | None) -> tuple[str, str, str, int] | None:
    if times is None:
        return None
    return length(times.mean), length(times.p50), length(times.p90), times.count


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)

"""A report of a week as a value, for whatever draws, writes or shows one: red, amber and green shifts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from watchbill.reports.core.report import (
    DayRow,
    Judged,
    KeyOfShift,
    KeyRow,
    Load,
    LoadReport,
    Marker,
    Money,
    PageRow,
    PersonRow,
    Response,
    ResponseRow,
    ShiftRow,
    Times,
    Totals,
    Trend,
)

MONDAY = datetime(2025, 6, 2, tzinfo=UTC)
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
DISK = "DiskFull{cluster=eu1}"
SLOW = "CheckoutSlow"


def shift(n, user, *, verdict="green", sentence="Green", pages=0, wakes=0, role="primary", **more):
    start = MONDAY + n * A_DAY + 9 * AN_HOUR
    words = sentence.partition(": ")[2]
    reasons = [one for one in words.split("; ") if one]
    given = {
        "schedule": "Shop", "role": role, "user": user, "user_id": sum(map(ord, user)), "name": user.title(),
        "zone": "Europe/Berlin", "start": start, "end": start + A_DAY, "verdict": verdict,
        "sentence": sentence, "reasons": reasons,
        "judged": [Judged(measure="sleep_interruptions", colour=verdict, sentence=one) for one in reasons],
        "hours": {"sleep": 36000, "free": 0, "off": 14400, "business": 36000},
        "pages": pages, "interruptions": pages, "incidents": pages, "sleep_interruptions": wakes,
        "interruptions_by_kind": {"sleep": wakes, "free": 0, "off": pages - wakes, "business": 0},
        "incidents_per_12_hours": pages / 2, "budget": 2, "nights": 1, "nights_interrupted": int(wakes > 0),
        "most_in_one_night": wakes, "undisturbed": 36000 if not wakes else 9000, "engaged": 1800 * pages,
        "answer_p50": 95 if pages else None, "answer_p90": 340 if pages else None, "missed": int(wakes > 1),
        "timeouts": int(wakes > 1), "resolved_themselves": max(pages - 2, 0), "recurred": 0, "flapping": 0,
        "labelled": pages, "not_actionable": max(pages - 1, 0),
        "keys": [KeyOfShift(key=DISK, pages=pages, incidents=pages, resolved_themselves=0)] if pages else [],
        "short_rests": 0, "cost": [Money(currency="EUR", amount=Decimal("120.50"))],
    }  # fmt: skip
    return ShiftRow(**(given | more))


def page(n, place, user, hour, *, key=DISK, kind="sleep", **more):
    given = {
        "id": n, "at": MONDAY + place * A_DAY + hour * AN_HOUR, "user": user, "user_id": sum(map(ord, user)),
        "shift": place, "incident": 100 + n, "title": "The disk of node-1 is full", "service": "storage",
        "severity": "SEV-2", "key": key, "kind": kind, "answered": 95, "missed": False,
        "resolved_itself": False, "label": "noise",
    }  # fmt: skip
    return PageRow(**(given | more))


def row(group, incidents):
    times = Times(count=incidents, mean=150, p50=95, p90=340)
    return ResponseRow(
        group=group, incidents=incidents, detect=None, acknowledge=times, mitigate=times, resolve=times,
        timeouts=1, noise=2, noise_ratio=round(2 / incidents, 4),
    )  # fmt: skip


def load(days, wakes, fair, colour):
    return Load(
        days=days, carried=days * 28800, sleep=days * 12000, nights=days // 3, weekends=days // 14,
        pages=wakes + 2, interruptions=wakes + 1, sleep_interruptions=wakes, short_rests=1, fair=fair,
        over_fair=round(wakes / fair, 4) if fair else None, colour=colour,
    )  # fmt: skip


def report(**more):
    said = "3 interruptions in sleep hours within 7 nights; 71 % of pages from DiskFull{cluster=eu1}"
    shifts = [
        shift(0, "ana", verdict="red", sentence=f"Red: {said}", pages=7, wakes=3, pages_seen=[1, 2, 3]),
        shift(1, "bo", verdict="amber", sentence="Amber: 3 pages for a budget of 2", pages=3, pages_seen=[4]),
        shift(2, "cy"),
        shift(0, "dee", role="secondary", goes_on=True),
    ]
    first = date(2025, 4, 1)
    given = {
        "team": "Shop", "team_id": 1, "zone": "Europe/Berlin", "since": MONDAY, "until": MONDAY + 7 * A_DAY,
        "made_at": MONDAY + 7 * A_DAY + 9 * AN_HOUR, "whole": True, "budget": 2, "terms": 0,
        "totals": Totals(
            shifts=4, red=1, amber=1, green=2, pages=10, pages_beside=1, interruptions=9,
            sleep_interruptions=3, interruptions_by_kind={"sleep": 3, "free": 0, "off": 6, "business": 0},
            incidents=10, by_severity={"SEV-1": 1, "SEV-2": 9}, labelled=8, not_actionable=6,
            cost=[Money(currency="EUR", amount=Decimal("482.00"))],
        ),
        "shifts": shifts,
        "keys": [
            KeyRow(
                service="storage", key=DISK, title="The disk of node-1 is full", pages=7, wakes=3, share=0.7,
                incidents=7, resolved_themselves=5, labelled=6, not_actionable=5, flapping=True, engaged=5400,
                weeks=[0, 1, 0, 2, 1, 2, 3, 2, 4, 5, 6, 7], trend=2.75,
                match={"alertname": "DiskFull", "cluster": "eu1"},
                cost=[Money(currency="EUR", amount=Decimal("90.00"))],
            ),
            KeyRow(
                service="checkout", key=SLOW, title="Checkout is slow", pages=3, wakes=0, share=0.3,
                incidents=3, resolved_themselves=0, labelled=2, not_actionable=1, flapping=False,
                engaged=1800, weeks=[0] * 11 + [3], trend=None, match={"alertname": "CheckoutSlow"},
            ),
        ],
        "people": [
            PersonRow(user="ana", user_id=sum(map(ord, "ana")), name="Ana", share=0.31, colour="red",
                      loads=[load(21, 6, 2.5, "red"), load(90, 12, 8.0, "amber")]),
            PersonRow(user="bo", user_id=sum(map(ord, "bo")), name="Bo", share=0.25, colour="green",
                      loads=[load(21, 0, 2.5, "green"), load(90, 5, 8.0, "green")]),
        ],
        "trend": Trend(
            days=[DayRow(day=first + n * A_DAY, incidents=n % 4, average=n / 25) for n in range(69)],
            shifts=26, over_budget=8, share_over=0.3077, colour="amber",
            markers=[Marker(at=MONDAY - 10 * A_DAY, what="alertname=DiskFull of storage suppressed",
                            before=21, after=4, days_after=17)],
        ),
        "response": Response(
            all=row("", 10), by_service=[row("storage", 7), row("checkout", 3)],
            by_severity=[row("SEV-1", 1), row("SEV-2", 9)], by_kind=[row("sleep", 3), row("off", 7)],
        ),
        "pages": [
            page(1, 0, "ana", 23), page(2, 0, "ana", 26, missed=True, answered=None, label=""),
            page(3, 0, "ana", 28, resolved_itself=True), page(4, 1, "bo", 19, key=SLOW, kind="off"),
            page(5, 1, "bo", 20, key=SLOW, kind="off", shift=None),
        ],
    }  # fmt: skip
    return LoadReport(**(given | more))

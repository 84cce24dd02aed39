"""A fortnight counted on paper. Ana (Berlin, UTC+1) is primary from Monday 2 March 2026 09:00 UTC for a week,
and Bo (New York, UTC-5, from 8 March 2:00 on UTC-4) her secondary; then they change places.

  # | what     | paged (UTC)      | whom, by their clock | answered        | over  | said
  1 | disk     | Mon  2 Mar 14:00 | Ana 15:00, business  | Ana 14:02       | 14:30 | acted
  2 | disk     | Tue  3 Mar 01:00 | Ana 02:00, asleep    | nobody          | 01:03 | -        by its source
  3 | disk     | Tue  3 Mar 01:08 | Ana 02:08, asleep    | Ana 01:09       | 01:38 | noise    within the hour
  4 | checkout | Wed  4 Mar 22:30 | Ana 23:30, asleep    | nobody in 5 min | 22:50 | unclear
    |          | Wed  4 Mar 22:35 | Bo  17:35, business  | Bo 22:36        |       |
  5 | checkout | Sat  7 Mar 12:00 | Ana 13:00, weekend   | Ana 12:01       | 12:10 | acted
  6 | disk     | Mon  9 Mar 09:00 | Bo  05:00, asleep    | Bo 09:04        | 09:20 | noise
  7 | disk     | Thu 12 Mar 20:00 | Bo  16:00, business  | nobody          | 20:02 | -        by its source

1, 2 and 3 are one alert, DiskFull{cluster=eu1}, the third time within 24 hours: it flaps. The page of 3 left
8 minutes after that of 2, so both are one interruption. 6 comes at the very edge: it is Bo's.
"""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from escalation import intake
from escalation.actions import respond
from escalation.actions.labelling import resolve_and_label
from escalation.core.label import Label
from escalation.models import Alert
from escalation.sources.event import Action, Event
from people.ledger.record import Actor
from people.models import User
from tests.world import KEY, World
from watchbill.reports.gathering import Scope
from watchbill.reports.reporting import report_of

BEGIN, END = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 16, 9, tzinfo=UTC)
DISK, CHECKOUT = "DiskFull{cluster=eu1}", "CheckoutSlow"
LABELS = {
    DISK: {"alertname": "DiskFull", "cluster": "eu1", "instance": "a"},
    CHECKOUT: {"alertname": CHECKOUT},
}
MINUTE, HOUR = 60, 3600


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


class Fortnight(World):
    """Lived through by the verbs that everything else uses."""

    def __init__(self):
        super().__init__(now=BEGIN - timedelta(days=7))
        User.objects.filter(pk=self.ana.pk).update(time_zone="Europe/Berlin")
        User.objects.filter(pk=self.bo.pk).update(time_zone="America/New_York")
        self.live()

    def until(self, moment):
        return self.wait(seconds=(moment - self.now).total_seconds())

    def heard(self, key, moment, *, action=Action.TRIGGER, severity="SEV-2"):
        self.until(moment)
        event = Event(
            action=action, dedup_key=key, summary=f"{key} is bad", severity=severity, labels=LABELS[key]
        )
        intake.receive(key=KEY, events=[event], source="tests", now=self.now)
        self.tick()
        return Alert.objects.filter(dedup_key=key).latest("pk").incident

    def answered(self, incident, user, moment):
        self.until(moment)
        respond.acknowledge(incident_id=incident.pk, by=Actor.person(user), now=self.now)

    def over(self, incident, user, moment, label):
        self.until(moment)
        by = Actor.person(user)
        resolve_and_label(incident_id=incident.pk, label=label, by=by, now=self.now)

    def live(self):
        first = self.heard(DISK, at(2, 14))
        self.answered(first, self.ana, at(2, 14, 2))
        self.over(first, self.ana, at(2, 14, 30), Label.ACTED)
        self.heard(DISK, at(3, 1))
        self.heard(DISK, at(3, 1, 3), action=Action.RESOLVE)
        third = self.heard(DISK, at(3, 1, 8))
        self.answered(third, self.ana, at(3, 1, 9))
        self.over(third, self.ana, at(3, 1, 38), Label.NOISE)
        fourth = self.heard(CHECKOUT, at(4, 22, 30), severity="SEV-1")
        self.answered(fourth, self.bo, at(4, 22, 36))
        self.over(fourth, self.bo, at(4, 22, 50), Label.UNCLEAR)
        fifth = self.heard(CHECKOUT, at(7, 12), severity="SEV-1")
        self.answered(fifth, self.ana, at(7, 12, 1))
        self.over(fifth, self.ana, at(7, 12, 10), Label.ACTED)
        sixth = self.heard(DISK, at(9, 9))
        self.answered(sixth, self.bo, at(9, 9, 4))
        self.over(sixth, self.bo, at(9, 9, 20), Label.NOISE)
        self.heard(DISK, at(12, 20))
        self.heard(DISK, at(12, 20, 2), action=Action.RESOLVE)
        self.until(END)

    def report(self, *, whole=False, since=BEGIN, until=END, now=END):
        return report_of(self.team, Scope(since=since, until=until, now=now, whole=whole))


@cache
def _reported():
    """A value, and so once is enough."""
    return Fortnight().report()


@pytest.fixture
def report(db):
    return _reported()


def figures(row, *names):
    return {name: getattr(row, name) for name in names}


def test_whose_shifts_they_were(report):
    assert [(row.role, row.user, row.start, row.end) for row in report.shifts] == [
        ("primary", "ana", BEGIN, at(9, 9)),
        ("secondary", "bo", BEGIN, at(9, 9)),
        ("primary", "bo", at(9, 9), END),
        ("secondary", "ana", at(9, 9), END),
    ]


def test_anas_week(report):
    ana = report.shifts[0]
    # 168 h: seven nights of 10 h; two days of 14 h at the weekend; five evenings of 4 h; 50 h of work, the
    # Monday in two parts, 10 to 18 and 8 to 10.
    assert ana.hours == {"sleep": 70 * HOUR, "free": 28 * HOUR, "off": 20 * HOUR, "business": 50 * HOUR}
    # Pages 1 to 5. Interruptions: 1, 2 with 3, 4 and 5; by night 2 with 3 (the night of Monday) and 4
    # (that of Wednesday).
    assert figures(ana, "pages", "interruptions", "incidents", "sleep_interruptions") == {
        "pages": 5, "interruptions": 4, "incidents": 5, "sleep_interruptions": 2,
    }  # fmt: skip
    assert ana.interruptions_by_kind == {"sleep": 2, "free": 1, "off": 0, "business": 1}
    assert figures(ana, "nights", "nights_interrupted", "most_in_one_night") == {
        "nights": 7, "nights_interrupted": 2, "most_in_one_night": 1,
    }  # fmt: skip
    # The night of Monday is 21:00 to 7:00 UTC: quiet to 1:00, and from 1:38, when 3 was over, to 7:00.
    assert ana.undisturbed == 5 * HOUR + 22 * MINUTE
    # Her own answers: 120 s to 1, 60 s to 3, 60 s to 5. Nobody asked her about 2 again, and 4 was Bo's.
    assert (ana.answer_p50, ana.answer_p90) == (60, 120)
    assert figures(ana, "missed", "timeouts", "resolved_themselves", "recurred", "flapping") == {
        "missed": 1, "timeouts": 1, "resolved_themselves": 1, "recurred": 1, "flapping": 1,
    }  # fmt: skip
    assert (ana.labelled, ana.not_actionable) == (4, 1)
    assert [(one.key, one.pages, one.resolved_themselves) for one in ana.keys] == [
        (DISK, 3, 1),
        (CHECKOUT, 2, 0),
    ]
    # 5 x 12 / 168
    assert ana.incidents_per_12_hours == 0.3571
    assert ana.sentence == (
        "Red: 5 pages for a budget of 2; 60 % of pages from DiskFull{cluster=eu1}, 1 of 3 resolved by "
        "themselves; 2 interruptions in sleep hours within 7 nights; "
        "1 of 5 incidents went on unanswered to the next step"
    )


def test_bo_behind_her_answered_for_her(report):
    bo = report.shifts[1]
    assert figures(bo, "pages", "interruptions", "sleep_interruptions", "missed", "timeouts") == {
        "pages": 1, "interruptions": 1, "sleep_interruptions": 0, "missed": 0, "timeouts": 0,
    }  # fmt: skip
    assert bo.answer_p50 == 60
    assert bo.engaged == 15 * MINUTE
    assert bo.verdict == "green"
    # From Monday 4:00 to Monday 5:00 by his clock, on which the night of Saturday has nine hours: 4 h, five
    # nights of 10 h, 9 h, and 7 h of the last one.
    assert bo.hours == {"sleep": 70 * HOUR, "free": 28 * HOUR, "off": 20 * HOUR, "business": 50 * HOUR}


def test_bos_week(report):
    bo = report.shifts[2]
    # 6 comes as his shift begins, at 5:00 in the night of Sunday, by his clock.
    assert figures(bo, "pages", "interruptions", "sleep_interruptions", "nights_interrupted") == {
        "pages": 2, "interruptions": 2, "sleep_interruptions": 1, "nights_interrupted": 1,
    }  # fmt: skip
    assert bo.hours == {"sleep": 70 * HOUR, "free": 28 * HOUR, "off": 20 * HOUR, "business": 50 * HOUR}
    assert (bo.undisturbed, bo.nights) == (7 * HOUR, 8), "2:00 to 9:00 UTC"
    assert (bo.answer_p50, bo.engaged) == (240, 20 * MINUTE + 2 * MINUTE)
    assert bo.sentence == "Amber: 1 of 2 incidents resolved by themselves within 5 minutes", "one is no red"


def test_a_quiet_week_is_green(report):
    ana = report.shifts[3]
    assert (ana.verdict, ana.sentence, ana.pages, ana.undisturbed) == ("green", "Green", 0, 10 * HOUR)


def test_what_each_alert_cost(report):
    disk, checkout = report.keys
    # Of 8 pages 5 and 3. Woken by the disk: Ana on Tuesday, Bo on Monday; by the checkout: Ana on Wednesday.
    assert figures(disk, "key", "pages", "wakes", "share", "incidents", "resolved_themselves") == {
        "key": DISK, "pages": 5, "wakes": 2, "share": 0.625, "incidents": 5, "resolved_themselves": 2,
    }  # fmt: skip
    assert figures(checkout, "key", "pages", "wakes", "share", "incidents", "flapping") == {
        "key": CHECKOUT, "pages": 3, "wakes": 1, "share": 0.375, "incidents": 2, "flapping": False,
    }  # fmt: skip
    assert (disk.labelled, disk.not_actionable, checkout.labelled) == (3, 2, 2)
    # 30 + 3 + 30 min of Ana's, 20 + 2 of Bo's.
    assert disk.engaged == 85 * MINUTE
    assert disk.match == {"alertname": "DiskFull", "cluster": "eu1"}
    # Weeks end on Monday at 9:00; the week of 2 March had 1, 2 and 3, the last one 6 and 7.
    assert disk.weeks[-3:] == [0, 3, 2]


def test_the_fortnight_as_a_whole(report):
    assert figures(report.totals, "shifts", "red", "amber", "green") == {
        "shifts": 4, "red": 1, "amber": 1, "green": 2,
    }  # fmt: skip
    assert figures(
        report.totals, "pages", "pages_beside", "interruptions", "sleep_interruptions", "incidents",
        "labelled", "not_actionable",
    ) == {
        "pages": 8, "pages_beside": 0, "interruptions": 7, "sleep_interruptions": 3, "incidents": 7,
        "labelled": 5, "not_actionable": 2,
    }  # fmt: skip
    assert report.totals.by_severity == {"SEV-1": 2, "SEV-2": 5}


def test_who_was_woken_more_than_is_fair(report):
    by_user = {row.user: {load.days: load for load in row.loads} for row in report.people}
    ana, bo = by_user["ana"][21], by_user["bo"][21]
    # Both carried one role or the other for all three weeks, 21 nights: of three wakes 1.5 each.
    assert (ana.sleep, bo.sleep) == (210 * HOUR, 210 * HOUR)
    assert (ana.sleep_interruptions, ana.fair, ana.over_fair) == (2, 1.5, 1.3333)
    assert (bo.sleep_interruptions, bo.fair, bo.over_fair) == (1, 1.5, 0.6667)
    assert [row.user for row in report.people] == ["ana", "bo"]
    assert {row.share for row in report.people} == {1}, "in one role or the other"


def test_how_fast_it_was_answered(report):
    found = report.response.all
    # 120, 60, 360, 60 and 240 s; 30, 3, 30, 20, 10, 20 and 2 min.
    assert found.acknowledge.model_dump() == {"count": 5, "mean": 168, "p50": 120, "p90": 360}
    assert found.resolve.model_dump() == {"count": 7, "mean": 985, "p50": 1200, "p90": 1800}
    assert found.detect is None
    # 2 and 7 ended by themselves, 3 and 6 were noise.
    assert (found.timeouts, found.noise, found.noise_ratio) == (1, 4, round(4 / 7, 4))
    by_severity = [(row.group, row.incidents) for row in report.response.by_severity]
    assert by_severity == [("SEV-1", 2), ("SEV-2", 5)]


def test_the_days_and_the_budget(report):
    days = {row.day.isoformat(): (row.incidents, row.average) for row in report.trend.days}
    # 1 on the 2nd, 2 and 3 on the 3rd; all seven in the 21 days up to the 16th.
    assert days["2026-03-03"] == (2, round(3 / 21, 4))
    assert days["2026-03-16"] == (0, round(7 / 21, 4))
    # They take turns since 5 January: nine weeks in two roles have ended before now.
    assert (report.trend.shifts, report.trend.over_budget) == (18, 1)


def test_every_number_has_its_pages(report):
    for n, row in enumerate(report.shifts):
        assert len(row.pages_seen) == row.pages
        assert [page.id for page in report.pages if page.shift == n] == row.pages_seen
    assert sum(page.kind == "sleep" for page in report.pages) == 4, "the page of 3 did not wake her again"

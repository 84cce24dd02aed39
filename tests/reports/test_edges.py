"""What is easily counted wrong: edges of shifts and nights, several roles, answers of others, merged things.

Ana is primary from Monday 2 March 2026 09:00 UTC for a week, and Bo her secondary; Mia manages them.
"""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from escalation import engine
from escalation.actions import config, merging, respond
from escalation.models import Incident
from escalation.sources.event import Action
from oncall.actions import add_override
from paging.models import Notification, Page
from people import actions as people
from people.ledger.record import Actor
from people.models import User
from tests.world import MONDAY, TESTS, World
from watchbill.reports.gathering import Scope
from watchbill.reports.reporting import report_of

pytestmark = pytest.mark.django_db
A_WEEK, HOUR, MINUTE = timedelta(days=7), 3600, 60


def at(day, hour, minute=0, second=0):
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


class Week(World):
    def until(self, moment):
        return self.wait(seconds=(moment - self.now).total_seconds())

    def heard(self, key, moment, *, severity="SEV-1", action=Action.TRIGGER):
        self.until(moment)
        incident = self.alert(key, severity=severity, action=action)
        self.tick()
        return incident

    def last(self):
        return Incident.objects.latest("pk")

    def report(self, *, since=MONDAY, until=MONDAY + A_WEEK, team=None, whole=False):
        return report_of(team or self.team, Scope(since=since, until=until, now=self.now, whole=whole))

    def ended(self):
        """The week is over, with nothing left that pages anybody."""
        for incident in Incident.objects.filter(resolved_at=None):
            respond.resolve(incident_id=incident.pk, by=Actor.person(self.mia), now=self.now)
        self.now = MONDAY + A_WEEK
        return self.report()


@pytest.fixture
def week():
    return Week()


def of(report, user, role="primary"):
    return [row for row in report.shifts if (row.user, row.role) == (user, role)]


def only(report, user, role="primary"):
    (row,) = of(report, user, role)
    return row


@pytest.mark.parametrize(
    ("monday", "sleep", "business", "undisturbed"),
    [
        (datetime(2026, 3, 23, 9, tzinfo=UTC), 69, 51, 9),
        (datetime(2026, 10, 19, 9, tzinfo=UTC), 71, 49, 10),
    ],
    ids=["nine hours of sleep", "eleven hours of sleep"],
)
def test_the_night_in_which_the_clocks_change_has_the_hours_it_has(
    week, monday, sleep, business, undisturbed
):
    # From Monday 10:00 to Monday 11:00 by Berlin's clock in spring, from 11:00 to 10:00 in autumn.
    User.objects.update(time_zone="Europe/Berlin")
    week.now = monday + A_WEEK
    report = week.report(since=monday, until=monday + A_WEEK)
    row = next(row for row in report.shifts if row.role == "primary")
    assert {kind: seconds / HOUR for kind, seconds in row.hours.items()} == {
        "sleep": sleep,
        "free": 28,
        "off": 20,
        "business": business,
    }
    assert sum(row.hours.values()) == 168 * HOUR
    assert row.undisturbed == undisturbed * HOUR


def test_a_page_in_the_last_second_is_of_the_shift_that_ends(week):
    week.heard("disk", at(9, 8, 59, 59))
    week.now = at(9, 9, 1)
    report = week.report(until=at(9, 9, 1))
    assert [(row.user, row.pages) for row in report.shifts if row.role == "primary"] == [
        ("ana", 1),
        ("bo", 0),
    ]


def test_what_left_after_the_edge_is_of_the_time_in_which_it_was_asked_for(week):
    # Asked for in the last second before the edge, the first message leaves a second after it.
    for hour, key in ((0, "disk"), (9, "load")):
        week.until(at(9, hour) - timedelta(seconds=1))
        week.alert(key)
        while engine.run_due(clock=lambda: week.now):
            pass
        week.now += timedelta(seconds=2)
        respond.resolve(incident_id=week.tick().last().pk, by=Actor.person(week.mia), now=week.now)
    week.now = at(9, 12)
    cuts = [MONDAY, at(9, 0), at(9, 9), at(9, 12)]
    parts = [week.report(since=since, until=until) for since, until in itertools.pairwise(cuts)]
    assert [(part.totals.pages, part.totals.interruptions) for part in parts] == [(1, 1), (1, 1), (0, 0)]
    assert [sum(row.sleep_interruptions for row in part.shifts) for part in parts] == [1, 0, 0]
    (ana,) = (row for row in week.report(since=MONDAY, until=at(9, 12)).people if row.user == "ana")
    assert {(load.pages, load.interruptions) for load in ana.loads} == {(2, 2)}


def test_one_clock_is_the_persons_and_not_the_schedules(week):
    User.objects.filter(pk=week.ana.pk).update(time_zone="Asia/Tokyo")
    week.heard("disk", at(3, 14))  # 23:00 in Tokyo
    row = only(week.ended(), "ana")
    assert (row.zone, row.sleep_interruptions) == ("Asia/Tokyo", 1)


def test_who_covers_for_twelve_hours_has_a_shift_of_twelve_hours_and_its_pages(week):
    add_override(
        schedule=week.schedule, role="primary", start=at(3, 9), end=at(3, 21), user=week.bo, by=TESTS,
        now=week.now,
    )  # fmt: skip
    week.heard("disk", at(3, 12))
    report = week.ended()
    assert [(row.start, row.end, row.pages) for row in of(report, "ana")] == [
        (MONDAY, at(3, 9), 0),
        (at(3, 21), MONDAY + A_WEEK, 0),
    ]
    covered = only(report, "bo")
    assert (covered.start, covered.end, covered.pages) == (at(3, 9), at(3, 21), 1)
    assert only(report, "bo", "secondary").pages == 0, "he was both, and the step pages the primary"


def test_somebody_elses_answer_is_not_ones_own(week):
    incident = week.heard("disk", at(3, 12))
    week.until(at(3, 12, 2))
    week.acknowledge(incident, week.mia)
    report = week.ended()
    row = only(report, "ana")
    assert (row.pages, row.answer_p50, row.missed, row.timeouts) == (1, None, 0, 0)
    assert report.pages[0].answered is None
    assert report.response.all.acknowledge.p50 == 2 * MINUTE


def test_who_did_not_answer_missed_it_and_who_came_next_did_not(week):
    incident = week.heard("disk", at(3, 12))
    week.until(at(3, 12, 6))
    week.acknowledge(incident, week.bo)
    report = week.ended()
    ana, bo = only(report, "ana"), only(report, "bo", "secondary")
    assert (ana.missed, ana.timeouts, bo.missed, bo.timeouts) == (1, 1, 0, 0)
    assert bo.answer_p50 == MINUTE


@pytest.mark.parametrize("step", [0, 1], ids=["in the same step", "in the next"])
def test_a_page_is_missed_though_somebody_else_has_no_way_to_be_reached(week, step):
    cy = config.TargetSpec(user=week.person("cy", "Cy Orr", kinds=()))
    steps = [[config.TargetSpec(schedule=week.schedule, role=role)] for role in ("primary", "secondary")]
    steps[step].append(cy)
    specs = [week.step(*targets) for targets in steps]
    config.change_policy(policy=week.policy, repeat=1, steps=specs, by=TESTS, now=week.now)
    incident = week.heard("disk", at(3, 12))
    week.until(at(3, 12, 6))
    week.acknowledge(incident, week.bo)
    report = week.ended()
    assert (only(report, "ana").missed, only(report, "ana").timeouts) == (1, 1)
    assert report.response.all.timeouts == 1


def test_where_nothing_reached_a_step_its_time_was_not_over(week):
    week.until(at(3, 12))
    incident = week.alert("disk")
    while engine.run_due(clock=lambda: week.now):
        pass
    Notification.objects.filter(page__user=week.ana).update(state="failed")
    Page.objects.filter(user=week.ana).update(unreachable_at=week.now)
    week.tick()
    week.acknowledge(incident, week.bo)
    report = week.ended()
    assert any("nobody of the step was reached" in line for line in week.timeline(incident))
    assert report.response.all.timeouts == 0


def test_whoever_escalates_leaves_no_page_missed(week):
    incident = week.heard("disk", at(3, 12))
    week.until(at(3, 12, 2))
    respond.escalate(incident_id=incident.pk, by=Actor.person(week.ana), now=week.now)
    week.tick()
    week.acknowledge(incident, week.bo)
    report = week.ended()
    assert (only(report, "ana").missed, only(report, "ana").timeouts) == (0, 0)
    assert report.response.all.timeouts == 0
    assert only(report, "bo", "secondary").pages == 1


def test_the_managers_page_is_beside_all_shifts(week):
    incident = week.heard("disk", at(3, 12))
    week.until(at(3, 12, 11))
    week.acknowledge(incident, week.mia)
    report = week.ended()
    assert (report.totals.pages, report.totals.pages_beside) == (3, 1)
    (page,) = [page for page in report.pages if page.user == "mia"]
    assert (page.shift, page.answered) == (None, MINUTE)
    assert sum(row.pages for row in report.shifts) == 2


def test_who_answers_before_a_page_has_left_was_not_paged(week):
    week.now = at(3, 12)
    week.acknowledge(week.alert(), week.ana)
    week.tick()
    assert only(week.ended(), "ana").pages == 0


def test_twelve_alerts_in_one_message_are_twelve_pages_and_one_interruption():
    week = Week(kinds=("sms",))
    week.now = at(3, 12)
    for n in range(12):
        week.alert(f"disk-{n}")
    week.tick()
    week.wait(minutes=4)
    assert Notification.objects.filter(page__user=week.ana, state="bundled").exists()
    row = only(week.ended(), "ana")
    assert (row.pages, row.interruptions, row.incidents) == (12, 1, 12)


def test_what_comes_again_within_the_hour_recurred(week):
    week.heard("disk", at(3, 12))
    week.heard("disk", at(3, 12, 2), action=Action.RESOLVE)
    week.heard("disk", at(3, 12, 50))
    row = only(week.ended(), "ana")
    assert (row.incidents, row.recurred, row.resolved_themselves) == (2, 1, 1)


def test_a_service_that_was_renamed_is_one_service(week):
    week.heard("disk", at(3, 12))
    week.heard("disk", at(3, 12, 2), action=Action.RESOLVE)
    type(week.service).objects.filter(pk=week.service.pk).update(name="payments-gateway")
    week.heard("disk", at(5, 12))
    report = week.ended()
    assert [(row.service, row.key, row.pages) for row in report.keys] == [("payments-gateway", "disk", 2)]
    assert [row.group for row in report.response.by_service] == ["payments-gateway"]


def test_who_has_left_is_still_named_where_they_carried_it(week):
    week.heard("disk", at(3, 12))
    week.heard("disk", at(3, 12, 2), action=Action.RESOLVE)
    week.until(at(4, 9))
    people.deactivate_user(user=week.ana, by=TESTS, now=week.now)
    report = week.ended()
    row = of(report, "ana")[0]
    assert (row.name, row.start, row.pages) == ("Ana Ruiz", MONDAY, 1)
    assert "ana" in [row.user for row in report.people]


def test_without_labels_nothing_is_said_about_them(week):
    for day in (3, 4, 5):
        incident = week.heard("disk", at(day, 12))
        week.acknowledge(incident, week.ana)
        respond.resolve(incident_id=incident.pk, by=Actor.person(week.ana), now=week.now)
    report = week.ended()
    row = only(report, "ana")
    assert (row.labelled, row.not_actionable, report.totals.labelled) == (0, 0, 0)
    assert "needed no action" not in row.sentence
    assert report.keys[0].match == {}, "no rule could mean it"


@pytest.fixture
def other(week):
    """Another team, for which Ana carries too."""
    team = people.create_team(name="Search", by=TESTS, now=week.now)
    mine, week.team = week.team, team
    schedule = week.rotation("Search", [[week.ana.pk]])
    week.team = mine
    policy = config.create_policy(
        name="Search",
        repeat=0,
        steps=[week.step(config.TargetSpec(schedule=schedule, role="primary"))],
        by=TESTS,
        now=week.now,
    )
    service = config.create_service(name="search", policy=policy, team=team, by=TESTS, now=week.now)
    config.ensure_routing_key(service=service, name="search", key="f" * 32, by=TESTS, now=week.now)
    return team


def test_who_carries_for_two_teams_has_each_page_in_the_shift_it_was_for(week, other):
    incident = week.heard("disk", at(3, 12))
    respond.resolve(incident_id=incident.pk, by=Actor.person(week.ana), now=week.now)
    week.until(at(3, 15))
    week.alert("index", key="f" * 32)
    week.tick()
    mine = week.ended()
    theirs = week.report(team=other)
    assert (only(mine, "ana").pages, only(theirs, "ana").pages) == (1, 1)
    assert [row.key for row in mine.keys] == ["disk"]
    assert [row.key for row in theirs.keys] == ["index"]
    assert (mine.totals.pages_beside, theirs.totals.pages_beside) == (0, 0)


def test_a_merged_incident_is_no_noise_and_its_page_still_counts(week):
    first = week.heard("disk", at(3, 12))
    second = week.heard("memory", at(3, 12, 1))
    merging.merge(into=first.pk, incidents=[second.pk], by=Actor.person(week.ana), now=week.now)
    week.acknowledge(first, week.ana)
    week.until(at(3, 12, 30))
    respond.resolve(incident_id=first.pk, by=Actor.person(week.ana), now=week.now)
    row = only(week.ended(), "ana")
    assert (row.pages, row.interruptions, row.incidents, row.resolved_themselves) == (2, 1, 2, 0)


def test_one_event_alone_is_never_red(week):
    week.heard("disk", at(4, 2))
    week.heard("disk", at(4, 2, 2), action=Action.RESOLVE)
    row = only(week.ended(), "ana")
    assert row.verdict == "amber", "1 of 1 ended by itself"
    assert all(one.colour == "amber" for one in row.judged)


def test_a_shift_is_whole_or_cut_at_the_reports_edge(week):
    week.heard("disk", at(3, 12))
    week.heard("disk", at(3, 12, 2), action=Action.RESOLVE)
    week.ended()
    cut = only(week.report(since=at(5, 9)), "ana")
    assert (cut.start, cut.pages, cut.begun_before) == (at(5, 9), 0, True)
    report = week.report(since=at(5, 9), whole=True)
    whole = only(report, "ana")
    assert (whole.start, whole.pages, whole.begun_before) == (MONDAY, 1, False)
    assert report.totals.pages == 0, "what came before the report's time is shown and not counted"
    assert [page.counted for page in report.pages] == [False]

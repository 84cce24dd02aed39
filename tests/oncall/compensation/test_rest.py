"""Rest after a night: who hears of it, who could stand in, and what cut it short."""

from datetime import timedelta

import pytest

from escalation.actions import respond
from oncall import actions as oncall
from oncall.compensation import resting
from oncall.compensation.chores import rest as chore
from oncall.compensation.chores.rest import tell_rests
from oncall.compensation.models import Assignment, PayPlan, PlanVersion, Told
from oncall.compensation.resting import rests_of, uncovered, violations_of
from oncall.core.definition import Definition
from paging.models import Notification, Page
from people import actions as people
from people.ledger.record import Actor
from people.models import Team
from tests.oncall.compensation.test_called_out import TUESDAY, acks, at, night, resolves, to
from tests.world import TESTS
from watchbill.ticking import keeper

pytestmark = pytest.mark.django_db


def woken(world, *, until, key="disk", by=None):
    """Somebody answers at once and resolves it at that time."""
    who = by or world.ana
    incident = world.alert(key)
    world.tick()
    acks(world, incident, who)
    to(world, *until)
    resolves(world, incident, who)
    return incident


def looks(world):
    return tell_rests(clock=lambda: world.now)


def told(user):
    rows = Page.objects.filter(user=user, urgency="info", cause__startswith="rest:").order_by("pk")
    return [row.facts["title"] for row in rows]


def rest(world, user=None, **more):
    user = user or world.ana
    found = rests_of([user.pk], since=TUESDAY, until=TUESDAY + timedelta(days=2), now=world.now, **more)
    return [(one.since, one.until) for one in found.get(user.pk, [])]


def test_after_the_last_call_out_of_a_night_one_starts_eleven_hours_after_its_end():
    world = night()
    woken(world, until=(2, 20))
    to(world, 2, 30)
    woken(world, until=(2, 40), key="cpu")
    assert rest(world) == [(at(2, 40), at(13, 40))]


def test_both_the_person_and_their_managers_hear_once_the_manager_by_day():
    world = night()
    woken(world, until=(2, 40))
    assert looks(world) == 0, "it may not be over yet"
    to(world, 2, 45)
    assert looks(world) == 1
    assert looks(world) == 0
    assert told(world.ana) == ["Your earliest start is Tue 13:40"]
    assert told(world.mia) == ["Ana Ruiz was called out by night: earliest start Tue 13:40"]
    assert told(world.bo) == []
    due = dict(
        Notification.objects.filter(page__cause=f"rest:{world.ana.pk}").values_list(
            "page__user__username", "due_at"
        )
    )
    assert due == {"ana": at(2, 45), "mia": at(8)}
    assert Told.objects.count() == 1


def test_another_call_out_of_the_same_night_tells_the_new_time():
    world = night()
    woken(world, until=(2, 20))
    to(world, 2, 30)
    looks(world)
    woken(world, until=(3, 0), key="cpu")
    to(world, 3, 5)
    looks(world)
    assert told(world.ana) == ["Your earliest start is Tue 13:20", "Your earliest start is Tue 14:00"]


def due(world, user):
    rows = Notification.objects.filter(page__user=user, page__cause=f"rest:{world.ana.pk}", state="pending")
    return list(rows.order_by("page").values_list("page__facts__title", "due_at"))


def test_who_sleeps_again_is_not_told_by_night():
    world = night()
    incident = world.alert()
    world.tick()
    acks(world, incident, world.ana)
    to(world, 4, 30)
    resolves(world, incident, world.bo)
    to(world, 4, 36)
    looks(world)
    ((title, when),) = due(world, world.ana)
    assert title.startswith("Your earliest start is Tue ")
    assert when == at(8)


def test_of_two_times_that_wait_for_the_morning_only_the_new_one_is_told():
    world = night()
    woken(world, until=(2, 20))
    to(world, 2, 30)
    looks(world)
    woken(world, until=(3, 0), key="cpu")
    to(world, 3, 5)
    looks(world)
    assert due(world, world.mia) == [("Ana Ruiz was called out by night: earliest start Tue 14:00", at(8))]


def test_while_it_is_in_hand_nobody_hears_of_a_rest():
    world = night()
    incident = world.alert()
    world.tick()
    acks(world, incident, world.ana)
    to(world, 2, 25)
    assert looks(world) == 0


def test_by_day_nobody_has_to_rest():
    world = night(14, 0)
    woken(world, until=(14, 20))
    to(world, 14, 30)
    assert (rest(world), looks(world), told(world.ana)) == ([], 0, [])


def test_night_is_what_the_plan_says_and_what_begins_before_it_may_end_in_it():
    world = night(21, 50)
    woken(world, until=(22, 10))
    assert rest(world) == [(at(22, 10), at(9, 10, day=1))]
    terms = {"standby": [{"band": "night", "start": "23:00", "end": "06:00", "amount": "1", "per": "hour",
                          "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}]}  # fmt: skip
    plan = PayPlan.objects.create(name="Nights", currency="GBP")
    version = PlanVersion.objects.create(plan=plan, terms=terms, created_at=world.now)
    Assignment.objects.create(version=version, user=world.ana)
    assert rest(world) == []


def test_night_is_by_the_clock_of_the_person():
    world = night(14, 0)
    people.change_user(user=world.ana, time_zone="Asia/Tokyo", by=TESTS, now=at(0, day=-30))
    woken(world, until=(14, 20))  # 23:20 in Tokyo
    assert rest(world) == [(at(14, 20), at(1, 20, day=1))]
    to(world, 14, 30)
    looks(world)
    assert told(world.ana) == ["Your earliest start is Wed 10:20"]


def test_a_team_may_keep_another_rest_or_none():
    world = night()
    woken(world, until=(2, 40))
    Team.objects.filter(pk=world.team.pk).update(rest_hours=9)
    assert rest(world) == [(at(2, 40), at(11, 40))]
    Team.objects.filter(pk=world.team.pk).update(rest_hours=0)
    assert rest(world) == []
    other = people.create_team(name="Search", by=TESTS, now=world.now)
    people.set_members(team=other, members={world.ana: "responder"}, by=TESTS, now=world.now)
    assert rest(world) == [(at(2, 40), at(13, 40))], "the longest of any team"


def by_day(world, user):
    layer = {
        "name": "Day", "participants": [[user.pk]], "start": "2026-01-05T09:00", "shift_length": "1w",
        "restrictions": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}],
    }  # fmt: skip
    return oncall.create_schedule(
        name="Office", team=world.team, time_zone="UTC", holidays="",
        definition=Definition.from_json({"roles": {"primary": {"layers": [layer]}}}),
        by=TESTS, now=at(0, day=-20),
    )  # fmt: skip


def test_who_could_stand_in_for_what_begins_within_the_rest_is_said_to_both():
    world = night()
    by_day(world, world.ana)
    woken(world, until=(2, 40))
    to(world, 2, 46)
    looks(world)
    (one,) = uncovered(world.ana, resting.rests_of([world.ana.pk], since=TUESDAY, until=world.now,
                       now=world.now)[world.ana.pk][0], now=world.now)  # fmt: skip
    assert (one.schedule.name, one.role, one.start, one.end) == ("Office", "primary", at(9), at(13, 40))
    page = Page.objects.get(user=world.mia, cause=f"rest:{world.ana.pk}")
    (line,) = [line for line in page.facts["lines"] if "Office" in line]
    assert line.startswith("Ana Ruiz is on call for Office as primary from Tue 09:00: ")
    assert page.facts["path"].startswith("/swaps/ask?schedule=Office")


def broken(world, user=None, since=TUESDAY, until=None):
    user = user or world.ana
    until = until or TUESDAY + timedelta(days=1)
    found = violations_of([user.pk], since=since, until=until, now=world.now)
    return [(one.at, one.by) for one in found.get(user.pk, [])]


def test_a_shift_that_begins_within_the_rest_cuts_it_short_once_it_has_begun():
    world = night()
    by_day(world, world.ana)
    woken(world, until=(2, 40))
    to(world, 8, 59)
    assert broken(world) == []
    to(world, 9)
    assert broken(world) == [(at(9), "on call for Office")]
    assert broken(world, world.bo) == []


def test_an_answer_within_the_rest_cuts_it_short_and_a_page_that_nobody_answered_does_not():
    world = night()
    woken(world, until=(2, 40))
    to(world, 10)
    incident = world.alert("cpu")
    world.tick()
    to(world, 10, 2)
    acks(world, incident, world.bo)
    resolves(world, incident, world.bo)
    assert broken(world) == []
    to(world, 11)
    woken(world, until=(11, 20), key="memory")
    assert broken(world) == [(at(11), "answered a page")]


def test_who_goes_on_with_what_they_carried_begins_nothing():
    world = night()  # Ana's turn of a week goes on through the night, and each of her days follows another
    layer = {
        "name": "Days",
        "participants": [[world.ana.pk]],
        "start": "2026-01-05T09:00",
        "shift_length": "1d",
    }
    oncall.create_schedule(
        name="Days", team=world.team, time_zone="UTC", holidays="",
        definition=Definition.from_json({"roles": {"primary": {"layers": [layer]}}}),
        by=TESTS, now=at(0, day=-20),
    )  # fmt: skip
    woken(world, until=(2, 40))
    to(world, 20)
    assert broken(world) == []


def test_one_bad_person_holds_up_no_other(monkeypatch):
    world = night()
    incident = world.alert()
    to(world, 2, 16)  # by then Bo is paged, too
    respond.resolve(incident_id=incident.pk, by=Actor.person(world.bo), now=world.now)
    to(world, 2, 22)
    real = chore.uncovered
    monkeypatch.setattr(
        chore,
        "uncovered",
        lambda user, *args, **more: 1 / 0 if user == world.ana else real(user, *args, **more),
    )
    assert looks(world) == 1
    assert (told(world.ana), len(told(world.bo))) == ([], 1)
    monkeypatch.undo()
    assert looks(world) == 1
    assert len(told(world.ana)) == 1


def test_one_whose_rest_cannot_be_reckoned_holds_up_no_other(monkeypatch):
    world = night()
    incident = world.alert()
    to(world, 2, 16)  # by then Bo is paged, too
    respond.resolve(incident_id=incident.pk, by=Actor.person(world.bo), now=world.now)
    to(world, 2, 22)
    real = chore.rested
    monkeypatch.setattr(
        chore, "rested", lambda ids, **more: 1 / 0 if world.ana.pk in ids else real(ids, **more)
    )
    assert looks(world) == 1
    assert (told(world.ana), len(told(world.bo))) == ([], 1)


def test_the_keeper_tells_rests_and_looks_once_a_minute(monkeypatch):
    asked = []
    monkeypatch.setattr(keeper, "tell_rests", lambda **_: asked.append(1) or 0)
    chore_of = keeper._each_minute(keeper._until_done(lambda: keeper.tell_rests(clock=None)))
    now = [at(2)]
    monkeypatch.setattr(keeper.clock, "now", lambda: now[0])
    for seconds in (0, 30, 31, 61):
        now[0] = at(2) + timedelta(seconds=seconds)
        chore_of(lambda: False)
    assert len(asked) == 2
    assert "rests" in keeper.CHORES


def test_people_cost_no_query_more(django_assert_num_queries):
    world = night()
    incident = world.alert()
    to(world, 2, 25)
    resolves(world, incident, world.mia)
    for some in ([world.ana], [world.ana, world.bo, world.mia]):
        with django_assert_num_queries(11):
            rests_of([user.pk for user in some], since=TUESDAY, until=world.now, now=world.now)

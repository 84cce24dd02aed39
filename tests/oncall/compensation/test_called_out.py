"""What being woken comes to, on incidents that were really paged: from the alert to the line of pay."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from escalation.actions import merging, respond
from escalation.sources.event import Action
from oncall.compensation.core.line import Kind
from oncall.compensation.loading.engagements import engagements_of
from oncall.compensation.models import Assignment, PayPlan, PlanVersion
from oncall.compensation.reckoning import reckoned
from paging.actions import testing
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from paging.models import Notification, Page
from people import actions as people
from people.ledger.record import Actor
from tests.world import TESTS, World

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 3, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WOKEN = {
    "call_outs": {
        "outside": {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "18:00"},
        "merge": 3600, "minimum": 3600, "round_up_to": 900,
        "pay": {"amount": "30", "per": "hour"},
        "time_in_lieu": {"awake": "0.25", "woken": "0.5", "further_hour": "0.25", "day": 28800},
    }
}  # fmt: skip


def at(hour, minute=0, *, day=0):
    return TUESDAY + timedelta(days=day, hours=hour, minutes=minute)


def night(hour=2, minute=10, **more):
    return World(now=at(hour, minute), **more)


def to(world, hour, minute=0, *, day=0):
    """Let it be that time, with a worker that sends what is due."""
    world.wait(seconds=(at(hour, minute, day=day) - world.now).total_seconds())


def acks(world, incident, user):
    world.acknowledge(incident, user)
    world.tick()


def resolves(world, incident, user):
    respond.resolve(incident_id=incident.pk, by=Actor.person(user), now=world.now)
    world.tick()


def kept(world, *whom, since=None, until=None):
    """By username, (start, end) as minutes after midnight."""
    whom = whom or (world.ana, world.bo, world.mia)
    found = engagements_of(
        [user.pk for user in whom],
        since=since or TUESDAY - timedelta(days=30),
        until=until or world.now + timedelta(days=1),
        now=world.now,
    )
    names = {user.pk: user.username for user in whom}
    return {
        names[user]: [
            ((one.span.start - TUESDAY) // MINUTE, (one.span.end - TUESDAY) // MINUTE) for one in each
        ]
        for user, each in found.items()
        if each
    }


def between(*times):
    return [(a * 60 + b, c * 60 + d) for (a, b), (c, d) in times]


def owed(world, user, terms=WOKEN):
    plan, _ = PayPlan.objects.get_or_create(name="Woken", currency="GBP")
    version = PlanVersion.objects.create(plan=plan, terms=terms, created_at=world.now)
    Assignment.objects.create(version=version, user=user)
    found = reckoned([user.pk], since=date(2026, 3, 1), until=date(2026, 4, 1), now=world.now)[user.pk]
    return [line for line in found.statement.lines if line.kind is Kind.CALL_OUT]


def test_woken_twice_in_a_night_is_one_call_out_of_ninety_minutes_and_three_quarters_of_a_day():
    world = night()
    for hour, minute, lasts in ((2, 10, 20), (2, 50, 50)):
        to(world, hour, minute)
        incident = world.alert(f"disk-{minute}")
        world.tick()
        acks(world, incident, world.ana)
        world.wait(minutes=lasts)
        resolves(world, incident, world.ana)
    assert kept(world)["ana"] == between(((2, 10), (2, 30)), ((2, 50), (3, 40)))
    (line,) = owed(world, world.ana)
    assert (line.span.start, line.span.end, line.length) == (at(2, 10), at(3, 40), 90 * MINUTE)
    assert (line.amount, line.lieu_minutes) == (Decimal(45), int(Fraction(3, 4) * 8 * 60))
    assert (line.because, line.schedule, line.role) == ("woken", "Payments", "primary")
    assert set(line.pages) == set(Page.objects.filter(user=world.ana).values_list("pk", flat=True)) - set(
        Page.objects.filter(urgency="info").values_list("pk", flat=True)
    )


def test_an_acknowledgement_that_is_taken_back_keeps_nobody_from_then_on():
    """Ana is paged again; Bo, who had it in hand, is not."""
    world = night()
    incident = world.alert("disk")
    to(world, 2, 16)
    acks(world, incident, world.bo)
    to(world, 2, 40)
    respond.unacknowledge(incident_id=incident.pk, by=TESTS, now=world.now)
    respond.resolve(incident_id=incident.pk, by=TESTS, now=at(2, 41))
    world.wait(hours=3)
    assert kept(world)["bo"] == between(((2, 15), (2, 40)))


def test_another_who_answers_frees_who_was_paged_before_and_is_kept_from_their_own_page_on():
    world = night()
    incident = world.alert()
    to(world, 2, 17)
    acks(world, incident, world.bo)
    to(world, 2, 40)
    resolves(world, incident, world.bo)
    assert kept(world) == {"ana": between(((2, 10), (2, 17))), "bo": between(((2, 15), (2, 40)))}


def test_the_manager_whom_the_last_step_pages_is_called_out_too_and_on_no_schedule():
    world = night()
    incident = world.alert()
    to(world, 2, 21)
    acks(world, incident, world.mia)
    to(world, 2, 45)
    resolves(world, incident, world.mia)
    assert kept(world)["mia"] == between(((2, 20), (2, 45)))
    (line,) = owed(world, world.mia)
    assert (line.schedule, line.role) == ("", "")


def test_who_sleeps_through_it_is_not_paid_for_the_night_until_it_was_found_in_the_morning():
    world = night(repeat=0)
    incident = world.alert()
    to(world, 8)
    acks(world, incident, world.mia)
    to(world, 8, 20)
    resolves(world, incident, world.mia)
    assert kept(world)["ana"] == between(((2, 10), (2, 20)))


def test_resolved_by_its_source_it_is_over_for_everybody():
    world = night()
    incident = world.alert()
    world.tick()
    to(world, 2, 12)
    acks(world, incident, world.ana)
    to(world, 2, 35)
    world.alert(action=Action.RESOLVE)
    to(world, 3)
    assert kept(world) == {"ana": between(((2, 10), (2, 35)))}
    found = engagements_of([world.ana.pk], since=TUESDAY, until=world.now, now=world.now)
    assert found[world.ana.pk][0].ended_by == "resolved by tests (tests)"


def test_an_acknowledgement_that_runs_out_frees_who_gave_it_and_the_next_page_begins_it_again():
    world = night()
    incident = world.alert()
    world.tick()
    acks(world, incident, world.ana)  # 02:10; it holds for half an hour, then step 1 pages again
    to(world, 2, 47)
    acks(world, incident, world.bo)
    to(world, 3, 16)
    respond.note(incident_id=incident.pk, text="at it", by=Actor.person(world.bo), now=world.now)
    to(world, 3, 45)
    resolves(world, incident, world.bo)
    assert kept(world) == {"ana": between(((2, 10), (2, 47))), "bo": between(((2, 45), (3, 45)))}


def test_who_works_on_after_the_acknowledgement_ran_out_was_at_it_all_the_time():
    world = night()
    incident = world.alert()
    world.tick()
    acks(world, incident, world.ana)
    to(world, 2, 58)  # paged again at 02:40 and 02:55
    resolves(world, incident, world.ana)
    assert kept(world)["ana"] == between(((2, 10), (2, 58)))


def test_what_nobody_resolves_counts_for_four_hours_or_for_as_long_as_the_plan_says():
    world = night()
    world.service.acknowledgement_timeout = timedelta(0)
    world.service.save()
    incident = world.alert()
    world.tick()
    acks(world, incident, world.ana)
    world.now = at(9, 0, day=2)
    terms = {"call_outs": {**WOKEN["call_outs"], "longest": 6 * 3600}}
    started, ended = kept(world)["ana"][0]
    assert started == 130
    assert ended - started > 24 * 60
    (line,) = owed(world, world.ana)
    assert line.length == timedelta(hours=4)
    PlanVersion.objects.all().delete()
    (line,) = owed(world, world.ana, terms)
    assert line.length == timedelta(hours=6)


def test_time_snoozed_is_no_work_and_the_page_after_it_begins_another():
    world = night()
    incident = world.alert()
    world.tick()
    acks(world, incident, world.ana)
    to(world, 2, 25)
    respond.snooze(incident_id=incident.pk, until=at(5), by=Actor.person(world.ana), now=world.now)
    to(world, 5, 5)
    acks(world, incident, world.ana)
    to(world, 5, 20)
    resolves(world, incident, world.ana)
    assert kept(world)["ana"] == between(((2, 10), (2, 25)), ((5, 0), (5, 20)))
    assert [line.length for line in owed(world, world.ana)] == [60 * MINUTE, 60 * MINUTE]


def test_snoozed_by_another_it_is_no_work_either():
    world = night()
    incident = world.alert()
    world.tick()
    acks(world, incident, world.ana)
    to(world, 2, 25)
    respond.snooze(incident_id=incident.pk, until=at(8), by=Actor.person(world.mia), now=world.now)
    to(world, 7)
    resolves(world, incident, world.mia)
    assert kept(world)["ana"] == between(((2, 10), (2, 25)))


def test_given_to_somebody_else_it_is_theirs_and_to_oneself_it_goes_on():
    world = night()
    incident = world.alert()
    world.tick()
    acks(world, incident, world.ana)
    to(world, 2, 20)
    respond.reassign(incident_id=incident.pk, users=[world.bo], by=Actor.person(world.mia), now=world.now)
    world.tick()
    to(world, 2, 22)
    acks(world, incident, world.bo)
    to(world, 2, 30)
    respond.reassign(incident_id=incident.pk, users=[world.bo], by=Actor.person(world.bo), now=world.now)
    world.tick()
    acks(world, incident, world.bo)
    to(world, 2, 50)
    resolves(world, incident, world.bo)
    assert kept(world) == {"ana": between(((2, 10), (2, 20))), "bo": between(((2, 20), (2, 50)))}


def test_merged_into_another_the_work_goes_on_as_that_one():
    world = night()
    first, second = world.alert("disk"), world.alert("cpu")
    world.tick()
    acks(world, second, world.ana)
    to(world, 2, 15)
    acks(world, first, world.bo)
    to(world, 2, 20)
    merging.merge(into=first.pk, incidents=[second.pk], by=Actor.person(world.bo), now=world.now)
    to(world, 2, 35)
    respond.note(incident_id=first.pk, text="found it", by=Actor.person(world.ana), now=world.now)
    to(world, 2, 55)
    resolves(world, first, world.bo)
    to(world, 4)
    assert kept(world, world.ana)["ana"] == between(((2, 10), (2, 35)), ((2, 10), (2, 55)))
    (line,) = owed(world, world.ana)
    assert (line.span.start, line.span.end) == (at(2, 10), at(2, 55))


def test_merged_twice_it_is_followed_to_the_last():
    world = night()
    rows = [world.alert(name) for name in ("a", "b", "c")]
    world.tick()
    acks(world, rows[2], world.ana)
    world.wait(minutes=1)
    merging.merge(into=rows[1].pk, incidents=[rows[2].pk], by=TESTS, now=world.now)
    world.wait(minutes=1)
    merging.merge(into=rows[0].pk, incidents=[rows[1].pk], by=TESTS, now=world.now)
    to(world, 2, 30)
    resolves(world, rows[0], world.bo)
    to(world, 4)
    assert max(end for _, end in kept(world, world.ana)["ana"]) == 2 * 60 + 30


def test_the_same_key_within_the_hour_is_a_new_incident_and_the_same_call_out():
    world = night()
    first = world.alert()
    world.tick()
    acks(world, first, world.ana)
    to(world, 2, 20)
    resolves(world, first, world.ana)
    to(world, 3, 10)
    again = world.alert()
    assert again.recurred
    world.tick()
    acks(world, again, world.ana)
    to(world, 3, 30)
    resolves(world, again, world.ana)
    assert len(kept(world)["ana"]) == 2
    (line,) = owed(world, world.ana)
    assert line.length == 90 * MINUTE  # 80, rounded up


def test_a_page_that_failed_or_came_back_interrupts_nobody():
    world = night()
    world.alert()
    world.tick()
    assert "ana" in kept(world)
    Notification.objects.filter(page__user=world.ana).update(state="undelivered")
    assert "ana" not in kept(world)
    Notification.objects.filter(page__user=world.ana).update(state="failed", sent_at=None)
    assert "ana" not in kept(world)


def test_a_bundled_page_left_with_the_message_that_says_it():
    world = night(kinds=("sms",))
    incidents = [world.alert(f"disk-{n}") for n in range(4)]
    world.tick()
    world.wait(minutes=2)
    said = Notification.objects.filter(page__user=world.ana, state="bundled")
    assert said.exists(), "a storm is bundled"
    assert len({one.page_id for one in said}) + 1 >= 3
    found = engagements_of([world.ana.pk], since=TUESDAY, until=world.now, now=world.now)[world.ana.pk]
    pages = {page for one in found for page in one.pages}
    assert pages == set(
        Page.objects.filter(
            user=world.ana, cause__in=[f"incident:{one.pk}" for one in incidents]
        ).values_list("pk", flat=True)
    )


def test_low_urgency_notices_and_test_pages_never_count():
    world = night()
    world.alert("low", severity="SEV-4")
    notice = Notice(title="Hello", lines=(), path="/", label="See")
    tell(
        requests=[NoticeRequest(user_id=world.ana.pk, cause="team:1", run="x", notice=notice)], now=world.now
    )
    testing.send_test_page(user=world.ana, urgency="high", by=Actor.person(world.ana), now=world.now)
    world.tick()
    assert Page.objects.filter(user=world.ana).count() >= 2
    assert kept(world) == {}
    incident = world.alert("disk")
    world.tick()
    Page.objects.filter(cause=f"incident:{incident.pk}").update(urgency="low")
    assert kept(world) == {}


def test_the_edges_of_what_is_asked_for_are_half_open():
    world = night()
    world.alert()
    world.tick()
    assert kept(world, world.ana, since=at(2, 10), until=at(2, 11))["ana"]
    assert kept(world, world.ana, since=at(2, 9), until=at(2, 10)) == {}


def test_a_page_at_the_instant_of_the_handoff_is_of_the_shift_that_begins():
    world = World(now=datetime(2026, 3, 9, 9, tzinfo=UTC))  # Ana's week ends and Bo's begins
    world.alert()
    world.wait(minutes=1)
    (line,) = owed(world, world.bo, EVERY_HOUR)
    assert (line.schedule, line.role) == ("Payments", "primary")


EVERY_HOUR = {"call_outs": {"outside": {"days": ["sun"], "start": "09:00", "end": "10:00"}}}


def test_who_left_since_is_owed_for_it_all_the_same():
    world = night()
    incident = world.alert()
    world.tick()
    acks(world, incident, world.ana)
    to(world, 2, 40)
    resolves(world, incident, world.ana)
    people.deactivate_user(user=world.ana, by=TESTS, now=world.now)
    assert len(owed(world, world.ana)) == 1


def test_people_cost_no_query_more_and_incidents_one_for_five_hundred(django_assert_num_queries):
    world = night()
    world.alert()
    world.tick()
    everybody = [world.ana, world.bo, world.mia]
    for some in (everybody[:1], everybody):
        with django_assert_num_queries(3):
            kept(world, *some)

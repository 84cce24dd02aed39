"""The note writes itself: what is open, what was paged, what is noisy, what changed, what is ahead."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation import planning
from escalation.actions import config, maintenance, respond
from escalation.actions.rules import Kind, RuleSpec, create_rule
from escalation.core.maintenance import Repeat
from escalation.handover import note, sections
from escalation.handover.incidents import open_incidents
from escalation.handover.lines import MOST
from escalation.handover.scope import scope_of
from escalation.handover.sections import KINDS
from escalation.models import AlertRule, ChangeEvent, Incident
from escalation.sources.event import Action
from oncall.models import Handoff
from paging.actions import contacts
from people import actions as people
from people.ledger.record import Actor
from tests.escalation.handover.monday import HANDOFF
from tests.world import MONDAY, TESTS

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def test_an_empty_shift_says_nothing_in_every_section(world):
    world.hand_over()
    assert world.sections() == {kind.key: ["Nothing."] for kind in KINDS}


def test_before_the_handoff_the_note_is_a_live_draft_and_afterwards_it_stays(world):
    world.keep(HANDOFF - HOUR)
    assert world.sections()["incidents"] == ["Nothing."]
    incident = world.alert()
    assert "disk is full" in world.sections()["incidents"][0]
    world.hand_over()
    kept = world.sections()
    world.at(HANDOFF + HOUR).alert("network")
    assert world.sections() == kept
    assert world.handoff(HANDOFF).items.get(section="incidents").incident == incident.pk


def test_an_open_incident_has_an_owner_and_a_next_step(world):
    world.at(HANDOFF - HOUR)
    mine, _, later = world.alert("mine"), world.alert("nobodys"), world.alert("later")
    world.alert("low", severity="SEV-4")
    world.engine()
    world.at(HANDOFF - 50 * MINUTE).acknowledge(mine, world.ana)
    respond.snooze(incident_id=later.pk, until=HANDOFF + DAY, by=Actor.person(world.ana), now=world.now)
    world.at(HANDOFF - 45 * MINUTE).keep()
    since = "since Mon 9 Mar 08:00 UTC"
    assert [line.split("; ") for line in world.sections()["incidents"]] == [
        [
            f"SEV-1 mine is full, {since}",
            "Ana Ruiz is on it",
            "if nothing happens, Ana Ruiz is paged by email at Mon 9 Mar 08:40 UTC",
        ],
        [
            f"SEV-1 nobodys is full, {since}",
            "nobody is on it",
            "if nothing happens, Ana Ruiz is paged by email at Mon 9 Mar 08:15 UTC",
        ],
        [f"SEV-1 later is full, {since}", "Ana Ruiz is on it", "snoozed until Tue 10 Mar 09:00 UTC"],
        [f"SEV-4 low is full, {since}", "nobody is on it", "parked (low urgency): pages nobody"],
    ]


@pytest.mark.parametrize("minutes", [0, 1, 5, 16, 29, 31])
def test_the_next_message_is_the_first_of_the_plan(world, minutes):
    """Ana is mailed seven minutes after her step, when the next step's Bo has been for two."""
    contacts.set_rules(
        user=world.ana, urgency="high", rules=[("email", timedelta(minutes=7))], by=TESTS, now=world.now
    )
    left, taken = world.alert("left"), world.alert("taken")
    world.acknowledge(taken, world.bo)
    world.at(world.now + minutes * MINUTE)
    for incident in (left, taken):
        found = Incident.objects.get(pk=incident.pk)
        planned = planning.plan_of(found, now=world.now)
        assert planning.next_of([found], now=world.now).get(found.pk) == (planned[0] if planned else None)
    assert minutes > 30 or planned


def test_the_next_messages_of_many_are_those_of_each(world):
    """Of policies of their own, with people, a team, a role that is handed over, and nobody at all."""
    nobody, gone = world.person("nil", "Nil Noe", kinds=()), world.person("lea", "Lea Ash")
    targets = {
        "left": [config.TargetSpec(user=world.mia), config.TargetSpec(user=gone)],
        "users": [config.TargetSpec(user=nobody), config.TargetSpec(user=world.mia)],
        "team": [config.TargetSpec(team=world.team, role="manager")],
        "schedule": [config.TargetSpec(schedule=world.schedule, role="secondary")],
        "nobody": [config.TargetSpec(user=nobody)],
    }
    for name, each in targets.items():
        steps = [world.step(one, minutes=60) for one in each]
        policy = config.create_policy(name=name, repeat=0, steps=steps, by=TESTS, now=world.now)
        config.change_service(service=world.service, policy=policy, by=TESTS, now=world.now)
        world.at(HANDOFF - 30 * MINUTE).alert(name)
        if name != "schedule":
            world.engine()
    for user in (gone, world.bo):
        people.deactivate_user(user=user, by=TESTS, now=world.now)
    found = list(Incident.objects.select_related("service").order_by("pk"))
    for after in (timedelta(0), 45 * MINUTE, 2 * HOUR):
        now = world.now + after
        planned = {one.pk: planning.plan_of(one, now=now) for one in found}
        assert planning.next_of(found, now=now) == {pk: plan[0] for pk, plan in planned.items() if plan}


def test_what_comes_after_more_than_a_month_is_foretold_as_well(world):
    """Of a policy from before no step might wait longer than a week."""
    steps = [
        world.step(config.TargetSpec(user=world.ana)),
        world.step(config.TargetSpec(schedule=world.schedule, role="primary")),
    ]
    policy = config.create_policy(name="Slow", repeat=0, steps=steps, by=TESTS, now=world.now)
    config.change_service(service=world.service, policy=policy, by=TESTS, now=world.now)
    incident = world.alert()
    world.engine()
    late = world.now + 40 * DAY
    Incident.objects.filter(pk=incident.pk).update(step_at=late, wake_at=late)
    world.cover(world.mia, MONDAY + 40 * DAY, MONDAY + 42 * DAY)
    found = Incident.objects.get(pk=incident.pk)
    first = planning.next_of([found], now=world.now)[found.pk]
    assert first == planning.plan_of(found, now=world.now)[0]
    assert (first.user, first.at) == (world.mia.pk, world.now + 40 * DAY)


def test_open_incidents_ask_as_much_for_many_as_for_one(world):
    def asked():
        scope = scope_of(world.handoff(HANDOFF), now=world.now)
        with CaptureQueriesContext(connection) as queries:
            found = open_incidents(scope)
        return len(queries), found

    first = world.keep().at(HANDOFF - HOUR).alert("first")
    world.engine().acknowledge(first, world.ana)
    one, _ = asked()
    for n in range(12):
        incident = world.alert(f"disk{n}")
        world.engine()
        if n % 3 == 0:
            world.acknowledge(incident, world.person(f"owner{n}", f"Owner {n}"))
    many, found = asked()
    assert len(found) == 13
    assert all("is paged by email" in item.text for item in found)
    assert many == one


def test_what_is_resolved_or_of_others_is_not_open(world):
    other_team_policy = config.create_policy(
        name="Other", repeat=0, steps=[world.step(config.TargetSpec(user=world.mia))], by=TESTS, now=world.now
    )
    config.change_service(service=world.service, team=None, policy=other_team_policy, by=TESTS, now=world.now)
    world.at(HANDOFF - HOUR).alert()
    world.hand_over()
    assert world.sections()["incidents"] == ["Nothing."]


def test_what_was_paged_is_counted_by_title_and_urgency_since_the_shift_began(world):
    world.wait(hours=1)
    world.alert()
    world.wait(minutes=16)  # step one again, after its repeat
    world.hand_over()
    assert world.sections()["pages"] == ["disk is full: paged twice, high urgency"]


@pytest.mark.parametrize(("seconds", "told"), [(-1, False), (0, True), (1, True)])
def test_pages_before_the_shift_are_not_of_it(world, seconds, told):
    """Bo comes on at the handoff; the next one, a week later, tells of his shift."""
    world.keep().at(HANDOFF + timedelta(seconds=seconds))
    page_to(world, world.bo)
    world.keep(HANDOFF + HOUR)
    world.at(HANDOFF + 7 * DAY)
    assert (world.sections(world.handoff(HANDOFF + 7 * DAY))["pages"] != ["Nothing."]) is told


def page_to(world, user):
    incident = world.alert()
    respond.reassign(incident_id=incident.pk, users=[user], by=TESTS, now=world.now)
    world.engine()


def test_notices_are_not_pages(world):
    world.live(HANDOFF)
    world.hand_over()
    assert world.told("note")
    assert world.sections()["pages"] == ["Nothing."]


def test_a_key_that_pages_often_comes_back_or_goes_away_by_itself_is_noisy(world):
    world.at(MONDAY + DAY)
    for _ in range(3):
        world.alert("flapping")
        world.engine().at(world.now + 4 * MINUTE).alert("flapping", action=Action.RESOLVE)
        world.at(world.now + MINUTE)
    world.alert("honest")
    world.engine().at(world.now + 6 * MINUTE).alert("honest", action=Action.RESOLVE)
    world.hand_over()
    assert world.sections()["noise"] == [
        "flapping: paged 3 times, came back twice, went away by itself within 5 minutes 3 times"
    ]


def test_what_is_snoozed_is_muted(world):
    world.at(HANDOFF - HOUR)
    incident = world.alert()
    respond.snooze(incident_id=incident.pk, until=HANDOFF + DAY, by=TESTS, now=world.now)
    world.hand_over()
    assert world.sections()["noise"] == ["Muted until Tue 10 Mar 09:00 UTC: disk is full"]


def test_rules_that_keep_alerts_quiet_are_named_with_whom_they_are_of(world):
    world.at(HANDOFF - DAY)
    for owner, days in ((world.mia, 3), (world.bo, 1)):
        spec = RuleSpec(
            service=world.service,
            kind=Kind.SUPPRESS,
            match={"alertname": f"Of{owner.username}"},
            owner=owner,
            ends_at=world.now + days * DAY + HOUR,
        )
        create_rule(spec=spec, by=TESTS, now=world.now)
    last, first = AlertRule.objects.order_by("pk").values_list("pk", flat=True)
    world.hand_over()
    assert world.sections()["noise"] == [
        f"Pages nobody until Mon 9 Mar 10:00 UTC: alertname=Ofbo, suppress rule #{first} of Bo Lind",
        f"Pages nobody until Wed 11 Mar 10:00 UTC: alertname=Ofmia, suppress rule #{last} of Mia Falk",
    ]


def test_changes_seen_during_the_shift_the_newest_first(world):
    for at, what in (
        (MONDAY - MINUTE, "old"),
        (MONDAY, "first"),
        (HANDOFF - MINUTE, "last"),
        (HANDOFF, "new"),
    ):
        ChangeEvent.objects.create(
            service=world.service, at=at, received_at=at, summary=what, source="ci", uid=uuid.uuid4()
        )
    world.hand_over()
    assert world.sections()["changes"] == [
        "Mon 9 Mar 08:59 UTC, payments-api: last (ci)",
        "Mon 2 Mar 09:00 UTC, payments-api: first (ci)",
    ]


def test_maintenance_that_runs_or_begins_within_14_days(world):
    def plan(start, end, **more):
        times = [datetime.fromisoformat(one) for one in (start, end)]
        spec = maintenance.WindowSpec(start=times[0], end=times[1], **more)
        maintenance.plan_window(service=world.service, spec=spec, by=TESTS, now=world.now)

    plan("2026-03-23T08:59", "2026-03-23T10:00", reason="disks")
    plan("2026-03-23T09:01", "2026-03-23T10:00")
    plan("2025-01-15T02:00", "2025-01-15T04:00", time_zone="Europe/Berlin", repeat=Repeat.MONTHLY)
    plan("2026-03-09T08:30", "2026-03-09T09:30", reason="network")
    world.hand_over()
    assert world.sections()["maintenance"] == [
        "payments-api: pages nobody until Mon 9 Mar 09:30 UTC: network",
        "payments-api: from Sun 15 Mar 01:00 UTC to Sun 15 Mar 03:00 UTC, monthly",
        "payments-api: from Mon 23 Mar 08:59 UTC to Mon 23 Mar 10:00 UTC: disks",
    ]


def test_a_section_lists_thirty_and_says_how_many_more(world):
    world.at(HANDOFF - HOUR)
    for number in range(MOST + 3):
        world.alert(f"disk{number}")
    world.hand_over()
    found = world.sections()["incidents"]
    assert len(found) == MOST + 1
    assert found[-1] == "and 3 more"


def test_a_section_that_cannot_be_read_does_not_keep_the_others_back(world, monkeypatch):
    def broken(scope):
        return list(Handoff.objects.raw("SELECT nonsense FROM nowhere"))

    kinds = [kind._replace(read=broken) if kind.key == "pages" else kind for kind in KINDS]
    monkeypatch.setattr(note, "KINDS", kinds)
    monkeypatch.setattr(sections, "OperationalError", InterruptedError)  # a wrong query is one on SQLite
    world.alert()
    world.hand_over()
    assert world.sections()["pages"] == ["This part could not be put together; look for yourself."]
    assert "disk is full" in world.sections()["incidents"][0]


def test_a_note_that_cannot_be_prepared_is_tried_again_in_five_minutes_and_holds_up_no_other(world, caplog):
    broken = world.rotation("Broken", [[world.ana.pk], [world.bo.pk]])
    world.keep().keep(HANDOFF)
    broken.versions.update(time_zone="Nowhere/Here")
    happened = Handoff.objects.filter(recorded_at__isnull=False, asks=True)
    happened.filter(schedule=broken).update(at=HANDOFF - MINUTE)  # before the others

    def prepare(after=timedelta(0), limit=10):
        return note.prepare_due(clock=lambda: HANDOFF + after, limit=limit)

    def prepared(schedule):
        return set(happened.filter(schedule=schedule).values_list("prepared_at", flat=True))

    assert prepare(limit=1) == 1
    assert happened.exclude(prepared_at=None).count() == 1
    while prepare():
        pass
    assert prepared(world.schedule) == {HANDOFF}
    assert prepared(broken) == {None}
    for seconds in (2, 299):
        assert prepare(timedelta(seconds=seconds)) == 0
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == sum("note_not_prepared" in line for line in said) == 2  # primary and secondary, once
    broken.versions.update(time_zone="UTC")
    assert prepare(5 * MINUTE) == 2
    assert prepared(broken) == {HANDOFF + 5 * MINUTE}


def test_own_words_are_a_line_each(world):
    world.keep(HANDOFF - HOUR)
    world.write(world.handoff(HANDOFF), watch="disk of db1\r\n\nthe new\x00 release", mood="quiet\nweek")
    world.hand_over()
    assert world.sections()["watch"] == ["disk of db1", "the new release"]
    assert world.sections()["mood"] == ["quiet week"]
    assert world.ledger("handoff.noted") == [
        "Ana Ruiz: wrote the note for the handoff of primary of Payments at 2026-03-09 09:00 UTC"
    ]


def test_the_same_note_again_is_one_note(world):
    world.keep(HANDOFF - HOUR)
    for _ in range(2):
        world.write(world.handoff(HANDOFF), watch="disk")
    assert len(world.ledger("handoff.noted")) == 1


@pytest.mark.parametrize(("seconds", "works"), [(-1, True), (0, False), (1, False)])
def test_a_note_can_be_written_until_a_day_after_the_handoff(world, seconds, works):
    handoff = world.hand_over()
    world.at(HANDOFF + DAY + timedelta(seconds=seconds))
    if works:
        world.write(handoff, watch="late")
        assert world.sections()["watch"] == ["late"]
    else:
        with pytest.raises(note.Refused, match="24 hours"):
            world.write(handoff, watch="late")


def test_what_was_confirmed_of_a_note_that_is_changed_stays_confirmed_where_it_is_the_same(world):
    world.keep(HANDOFF - HOUR)
    world.write(world.handoff(HANDOFF), watch="one\ntwo")
    handoff = world.hand_over()
    world.confirm(handoff, items=list(handoff.items.filter(section="watch").values_list("pk", flat=True)))
    world.write(handoff, watch="one\nthree")
    found = handoff.items.filter(section="watch").order_by("position")
    assert [(item.text, item.confirmed_by) for item in found] == [("one", world.bo), ("three", None)]


def test_a_note_that_is_too_long_is_refused_in_words(world):
    world.keep(HANDOFF - HOUR)
    with pytest.raises(note.Refused, match="How it was has 301 characters; 300 are the most"):
        world.write(world.handoff(HANDOFF), mood="x" * 301)

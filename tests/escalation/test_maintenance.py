"""Maintenance: nobody is paged in it, and nothing that is open at its end is forgotten."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation import engine
from escalation.actions import config, maintenance, respond
from escalation.core.incident import Urgency
from escalation.core.maintenance import Repeat
from escalation.core.stimulus import Repeated
from escalation.models import Incident, MaintenanceWindow, Service
from escalation.sources.event import Action
from paging import dispatch
from paging.models import Notification
from people.ledger.models import Entry
from tests.escalation.maintained import keep, planned, spec
from tests.world import MINUTE, TESTS


def open_one(world, **more):
    incident = world.alert(**more)
    world.tick()
    return incident


def again(incident):
    incident.refresh_from_db()
    return incident


def ledger(verb):
    return [row.what for row in Entry.objects.filter(verb=f"maintenance.{verb}").order_by("pk")]


def test_an_alert_in_maintenance_is_recorded_and_paged_at_its_end(world):
    planned(world)
    incident = world.alert()
    world.wait(minutes=59)
    assert world.sent() == []
    assert (again(incident).parked_reason, incident.quiet_until) == ("maintenance", world.began + 60 * MINUTE)
    assert world.timeline(incident)[1] == (
        "Watchbill: pages nobody before 2026-03-02 11:00 UTC "
        "(maintenance on 2026-03-02, 10:00 to 11:00 UTC: database upgrade)"
    )
    world.wait(minutes=1)
    assert world.sent() == [(60, "ana", "email")]


def test_what_is_resolved_meanwhile_pages_nobody(world):
    planned(world)
    incident = world.alert()
    world.alert(action=Action.RESOLVE)
    world.wait(minutes=90)
    assert again(incident).status == "resolved"
    assert world.sent() == []


def test_open_incidents_are_left_in_peace_when_it_begins_also_acknowledged_ones(world):
    planned(world, begins=3)
    paged, taken = open_one(world), open_one(world, dedup_key="cpu")
    world.acknowledge(taken, world.ana)
    world.wait(minutes=3)
    assert keep(world) > 0
    assert ledger("began") == ["maintenance of payments-api began, until 2026-03-02 11:03 UTC"]
    assert (again(paged).parked_reason, again(taken).parked_reason) == ("maintenance", "")
    assert {paged.quiet_until, taken.quiet_until} == {world.now + 60 * MINUTE}
    before = len(world.sent())
    world.wait(minutes=59)  # the second step, the acknowledgement's end
    assert len(world.sent()) == before
    world.wait(minutes=1)
    assert {who for _, who, _ in world.sent()[before:]} == {"ana"}
    assert len(world.sent()) > before


def test_pages_that_wait_to_be_sent_do_not_leave(world):
    """A window that begins while a page is on its way: what no provider has yet is stopped."""
    planned(world, begins=1)
    world.alert()
    while engine.run_due(clock=lambda: world.now):
        pass
    world.now += MINUTE
    keep(world)
    dispatch.send_due(clock=lambda: world.now)
    assert world.sent() == []
    assert {row.page.stop_reason for row in Notification.objects.select_related("page")} == {"maintenance"}


def test_the_engine_pages_nobody_however_late_the_keeper_is(world):
    planned(world, begins=3)
    incident = open_one(world)
    before = len(world.sent())
    world.wait(minutes=20)  # no keeper ran
    assert len(world.sent()) == before
    assert again(incident).parked_reason == "maintenance"


def test_a_worse_event_pages_nobody_before_the_keeper_came(world):
    planned(world, begins=3)
    incident = open_one(world, severity="SEV-4")
    world.now += 3 * MINUTE
    world.alert(severity="SEV-1")
    world.tick()
    assert world.sent() == []
    assert (again(incident).severity, incident.parked_reason) == ("SEV-1", "maintenance")


def test_one_that_begins_now_stops_what_is_paged_in_the_same_moment(world):
    incident = open_one(world)
    planned(world)
    assert again(incident).parked_reason == "maintenance"
    assert ledger("planned") == [
        "planned for service payments-api: maintenance on 2026-03-02, 10:00 to 11:00 UTC: database upgrade"
    ]


def test_ended_early_what_is_open_is_paged_at_once(world):
    window = planned(world)
    incident = world.alert()
    world.wait(minutes=10)
    assert maintenance.end_window(window=window, by=TESTS, now=world.now) is None
    world.tick()
    assert world.sent() == [(10, "ana", "email")]
    assert any("pages again" in line and "(maintenance)" in line for line in world.timeline(incident))
    assert Service.objects.get(pk=world.service.pk).has_maintenance is False
    assert open_one(world, dedup_key="cpu").parked_reason == ""


def test_ended_early_while_another_goes_on_it_stays_quiet_for_that(world):
    window = planned(world, lasts=60)
    planned(world, begins=-5, lasts=30, reason="network")
    incident = world.alert()
    left = maintenance.end_window(window=window, by=TESTS, now=world.now + MINUTE)
    assert "network" in left.why
    assert again(incident).quiet_until == world.began + 25 * MINUTE
    world.wait(minutes=25)
    assert world.sent() == [(25, "ana", "email")]


def test_a_recurring_one_that_is_ended_early_comes_again(world):
    window = planned(world, repeat=Repeat.DAILY)
    world.now += MINUTE
    maintenance.end_window(window=window, by=TESTS, now=world.now)
    assert open_one(world).parked_reason == ""
    world.now += timedelta(days=1)
    assert again(open_one(world, dedup_key="cpu")).parked_reason == "maintenance"


def test_cancelled_it_never_comes_again_and_what_is_open_is_paged(world):
    window = planned(world, repeat=Repeat.DAILY)
    world.alert()
    maintenance.cancel_window(window=window, by=TESTS, now=world.now)
    world.tick()
    assert world.sent() == [(0, "ana", "email")]
    with pytest.raises(config.ConfigError, match="was cancelled"):
        maintenance.end_window(window=window, by=TESTS, now=world.now)


@pytest.mark.parametrize(("lasts", "paged_at"), [(20, 20), (120, 120), (60, 60)])
def test_shortened_or_extended_the_incident_follows(world, lasts, paged_at):
    window = planned(world)
    world.alert()
    maintenance.change_window(window=window, spec=spec(world, lasts=lasts), by=TESTS, now=world.now)
    world.wait(minutes=paged_at - 1)
    assert world.sent() == []
    world.wait(minutes=1)
    assert world.sent() == [(paged_at, "ana", "email")]


def test_moved_away_from_now_what_is_open_is_paged_now(world):
    window = planned(world)
    world.alert()
    maintenance.change_window(window=window, spec=spec(world, begins=600), by=TESTS, now=world.now)
    world.tick()
    assert world.sent() == [(0, "ana", "email")]


def test_extended_after_an_early_end_it_runs_again(world):
    window = planned(world)
    maintenance.end_window(window=window, by=TESTS, now=world.now + MINUTE)
    maintenance.change_window(window=window, spec=spec(world, lasts=90), by=TESTS, now=world.now + 2 * MINUTE)
    world.now += 3 * MINUTE
    assert again(open_one(world)).parked_reason == "maintenance"


def test_back_to_back_windows_are_one_quiet(world):
    planned(world, lasts=60)
    planned(world, begins=60, lasts=60, reason="then the network")
    world.alert()
    world.wait(minutes=119)
    assert world.sent() == []
    world.wait(minutes=1)
    assert world.sent() == [(120, "ana", "email")]


def test_another_service_pages_on(world):
    other = config.create_service(
        name="search", policy=world.policy, team=world.team, by=TESTS, now=world.now
    )
    key = "f" * 32
    config.ensure_routing_key(service=other, name="tests", key=key, by=TESTS, now=world.now)
    planned(world)
    world.alert(key=key)
    world.tick()
    assert world.sent() == [(0, "ana", "email")]


def test_e11_a_person_may_page_nobody_by_hand_in_maintenance_and_hears_how_to_end_it(world):
    """Case E11."""
    planned(world)
    incident = world.alert()
    by = {"by": TESTS, "now": world.now}
    for refused in (
        lambda: respond.escalate(incident_id=incident.pk, **by),
        lambda: respond.reassign(incident_id=incident.pk, users=[world.bo], **by),
        lambda: respond.add_responders(incident_id=incident.pk, users=[world.bo], **by),
    ):
        with pytest.raises(respond.Refused, match=r"until 2026-03-02 11:00 UTC .*database upgrade.*End it"):
            refused()
    assert again(incident).parked_reason == "maintenance"
    assert incident.policy["steps"][0]["targets"][0].get("user") is None
    world.wait(minutes=10)
    assert world.sent() == []


def test_a_person_may_acknowledge_snooze_note_and_resolve_in_maintenance(world):
    planned(world)
    incident = world.alert()
    world.acknowledge(incident, world.ana)
    assert again(incident).status == "acknowledged"
    respond.note(incident_id=incident.pk, text="on it", by=TESTS, now=world.now)
    respond.snooze(incident_id=incident.pk, until=world.now + 5 * MINUTE, by=TESTS, now=world.now)
    world.wait(minutes=30)
    assert world.sent() == []
    respond.resolve(incident_id=incident.pk, by=TESTS, now=world.now)
    world.wait(minutes=60)
    assert world.sent() == []


def test_the_keeper_says_when_it_is_over_and_the_service_is_asked_nothing_more(world):
    planned(world)
    world.now += 60 * MINUTE
    assert keep(world) == 1
    assert ledger("over") == ["maintenance of payments-api is over"]
    row = MaintenanceWindow.objects.get()
    assert (row.look_at, row.over_at) == (None, world.now)
    assert Service.objects.get(pk=world.service.pk).has_maintenance is False


def test_the_keeper_looks_again_when_the_next_one_begins(world):
    window = planned(world, begins=10, repeat=Repeat.WEEKLY)
    looks = []
    for _ in range(3):
        window.refresh_from_db()
        looks.append(window.look_at - world.began)
        world.now = window.look_at
        keep(world)
    assert looks == [10 * MINUTE, 70 * MINUTE, timedelta(days=7, minutes=10)]


def test_an_outage_over_a_whole_occurrence_leaves_nothing_behind(world):
    window = planned(world, begins=10, lasts=10, repeat=Repeat.DAILY)
    incident = open_one(world)
    world.now += 30 * MINUTE
    keep(world)
    assert again(incident).parked_reason == ""
    window.refresh_from_db()
    assert window.look_at == world.began + timedelta(days=1, minutes=10)
    assert ledger("began") == []


def test_hundreds_of_open_incidents_are_seen_to_in_batches(world):
    for number in range(7):
        world.alert(f"k{number}")
    world.tick()
    planned(world, begins=1)
    world.now += MINUTE
    times = 0
    while engine.keep_windows(clock=lambda: world.now, limit=3):
        times += 1
    assert times == 3
    assert set(Incident.objects.values_list("parked_reason", flat=True)) == {"maintenance"}


def test_a_window_that_cannot_be_kept_holds_up_no_other(world):
    planned(world, begins=1)
    broken = planned(world, begins=0, lasts=1)
    MaintenanceWindow.objects.filter(pk=broken.pk).update(start="nonsense", end="nonsense2")
    world.now += MINUTE
    assert keep(world) == 1
    broken.refresh_from_db()
    assert broken.look_at == world.now + 5 * MINUTE


def test_a_service_that_is_retired_takes_its_windows_along(world):
    planned(world, repeat=Repeat.DAILY)
    incident = world.alert()
    config.retire_service(service=world.service, by=TESTS, now=world.now)
    world.tick()
    assert again(incident).parked_reason == ""
    assert MaintenanceWindow.objects.get().cancelled_at == world.now


def test_no_question_is_asked_of_a_service_without_windows(world):
    with CaptureQueriesContext(connection) as asked:
        world.alert()
        world.tick()
    assert not [one for one in asked.captured_queries if "maintenancewindow" in one["sql"]]


REFUSED = {
    "over already": ({"begins": -120, "lasts": 60}, "is over already, since 2026-03-02 09:00 UTC"),
    "ends before it starts": ({"lasts": -1}, "is not after the start"),
    "no time at all": ({"lasts": 0}, "is not after the start"),
    "too long": ({"lasts": 30 * 24 * 60 + 1}, "lasts 30 days at most"),
    "reaches itself": ({"lasts": 24 * 60, "repeat": Repeat.DAILY}, "shorter than a day"),
    "no such zone": ({"time_zone": "Europe/Atlantis"}, "“Europe/Atlantis” is not a time zone"),
    "a long reason": ({"reason": "x" * 201}, "longer than 200"),
    "a last day without a repeat": ({"until": date(2026, 4, 1)}, "choose a repeat"),
    "a last day before the first": (
        {"repeat": Repeat.DAILY, "until": date(2026, 3, 1)},
        "before the first start",
    ),
    "a repetition that is over": (
        {"begins": -60 * 24 * 30, "repeat": Repeat.DAILY, "until": date(2026, 2, 20)},
        "is over already",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_window_is_refused_and_nothing_is_written(world, name):
    given, says = REFUSED[name]
    with pytest.raises(config.ConfigError, match=says):
        planned(world, **given)
    assert not MaintenanceWindow.objects.exists()
    assert Service.objects.get(pk=world.service.pk).has_maintenance is False


def test_an_hour_that_clocks_skip_is_refused(world):
    start = datetime(2026, 3, 29, 2, 0)  # noqa: DTZ001
    gone = maintenance.WindowSpec(start=start, end=start + 59 * MINUTE, time_zone="Europe/Berlin")
    with pytest.raises(config.ConfigError, match="Clocks in Europe/Berlin skip"):
        maintenance.plan_window(service=world.service, spec=gone, by=TESTS, now=world.now)


def test_two_at_the_same_times_are_refused(world):
    planned(world)
    with pytest.raises(config.ConfigError, match="at these times already"):
        planned(world)


def test_what_does_not_run_cannot_be_ended(world):
    window = planned(world, begins=10)
    with pytest.raises(config.ConfigError, match="does not run now"):
        maintenance.end_window(window=window, by=TESTS, now=world.now)


def test_a_reason_is_one_line_without_nul(world):
    assert planned(world, reason=" data\x00base \n upgrade ").reason == "database upgrade"


def test_from_now_lasts_as_long_as_was_said_through_a_clock_change():
    now = datetime(2026, 10, 25, 0, 15, 7, 5, tzinfo=UTC)  # a quarter past two in Berlin, for the first time
    said = maintenance.from_now(lasts=timedelta(hours=1), reason="", now=now)
    assert (said.time_zone, said.end - said.start) == ("UTC", timedelta(hours=1))
    assert said.start.replace(tzinfo=UTC) <= now


def test_an_event_is_as_quiet_as_its_service_whoever_brings_it(world):
    """One that merges incidents, say, knows nothing of maintenance."""
    planned(world)
    incident = world.alert(severity="SEV-2")
    row = Incident.objects.select_related("service__team").get(pk=incident.pk)
    engine.apply(row, Repeated(severity="SEV-1", urgency=Urgency.HIGH), now=world.now)
    world.tick()
    assert world.sent() == []
    assert (again(incident).severity, incident.parked_reason) == ("SEV-1", "maintenance")

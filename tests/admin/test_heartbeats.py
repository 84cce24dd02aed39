"""Sources that must call in, set up by the managers of a service's team."""

from datetime import timedelta

from escalation.actions.heartbeats import HeartbeatSpec, ensure_heartbeat
from escalation.intake import call_in
from escalation.models import Heartbeat
from people.ledger.models import Entry
from tests.admin.filled import filled
from tests.world import TESTS

KEY = "feedbeef" * 4
HOUR = timedelta(hours=1)
LIST = "/admin/escalation/heartbeat/"


def page(world):
    return f"/admin/escalation/service/{world.service.pk}/change/"


def new(answer, **said):
    given = {"name": "nightly-backup", "every": "24h", "grace": "1h", "severity": "SEV-3"} | said
    rows = {f"heartbeats-0-{name}": value for name, value in given.items()}
    return filled(answer, **{"heartbeats-TOTAL_FORMS": "1"}, **rows)


def a_backup(world):
    spec = HeartbeatSpec(name="nightly-backup", every=24 * HOUR, key=KEY)
    return ensure_heartbeat(service=world.service, spec=spec, by=TESTS, now=world.now)


def test_a_manager_sets_one_up_and_copies_its_address(mia, world, settings):
    assert mia.post(page(world), new(mia.get(page(world)))).status_code == 302
    row = Heartbeat.objects.get()
    assert (row.name, row.every, row.grace, row.severity) == ("nightly-backup", 24 * HOUR, HOUR, "SEV-3")
    shown = mia.get(page(world)).content.decode()
    assert f"{settings.PUBLIC_URL}/heartbeats/{row.key}" in shown
    assert "Never called" in shown
    assert Entry.objects.get(verb="heartbeat.created").actor == world.mia


def test_a_page_that_is_saved_as_it_stands_writes_nothing(mia, world):
    a_backup(world)
    call_in(key=KEY, now=world.now)
    before = Entry.objects.count()
    assert mia.post(page(world), filled(mia.get(page(world)))).status_code == 302
    assert Entry.objects.count() == before
    assert "On time, last called 2026-03-02 10:00 UTC" in mia.get(page(world)).content.decode()


def test_another_rhythm_and_no_grace_said_is_the_usual_one(mia, world):
    a_backup(world)
    said = {"heartbeats-0-every": "15m", "heartbeats-0-grace": ""}
    assert mia.post(page(world), filled(mia.get(page(world)), **said)).status_code == 302
    row = Heartbeat.objects.get()
    assert (row.every, row.grace, row.key) == (HOUR / 4, HOUR / 12, KEY)


def test_one_is_retired_and_its_address_is_gone(mia, world, client):
    a_backup(world)
    data = filled(mia.get(page(world)), **{"heartbeats-0-retire": "on"})
    assert mia.post(page(world), data).status_code == 302
    assert Heartbeat.objects.get().retired_at == world.now
    assert client.get(f"/heartbeats/{KEY}").status_code == 404
    assert KEY not in mia.get(page(world)).content.decode()


def test_what_makes_no_sense_is_said_on_the_form(mia, world):
    for said, says in (
        ({"every": "often"}, "“often” is not a length of time; write 90s, 10m, 2h, 3d or 1w."),
        ({"every": ""}, "This field is required."),
        ({"every": "0m"}, "That is no time at all; write 24h."),
        ({"name": ""}, "This field is required."),
    ):
        answer = mia.post(page(world), new(mia.get(page(world)), **said))
        assert answer.status_code == 200
        assert says in answer.content.decode()
    assert not Heartbeat.objects.exists()


def test_another_teams_manager_sees_no_address_and_changes_nothing(zoe, world):
    a_backup(world)
    assert KEY not in zoe.get(page(world)).content.decode()
    assert zoe.post(page(world), {"heartbeats-0-retire": "on"}).status_code == 403
    assert Heartbeat.objects.get().retired_at is None


def test_all_of_them_are_listed_and_muted_by_whoever_is_in_the_admin(zoe, world):
    row = a_backup(world)
    listed = zoe.get(LIST).content.decode()
    assert "never called" in listed
    assert KEY not in listed
    too_long = zoe.post(f"{LIST}{row.pk}/act/mute_for_a_week/", follow=True).content.decode()
    assert "Mute it for a day at most" in too_long
    zoe.post(f"{LIST}{row.pk}/act/mute_for_a_day/")
    row.refresh_from_db()
    assert (row.muted_until, row.muted_by) == (world.now + timedelta(days=1), world.zoe)
    assert "muted until 2026-03-03 10:00" in zoe.get(f"{LIST}{row.pk}/change/").content.decode()
    zoe.post(f"{LIST}{row.pk}/act/unmute/")
    row.refresh_from_db()
    assert row.muted_until is None
    refused = zoe.post(f"{LIST}{row.pk}/act/unmute/", follow=True).content.decode()
    assert "Heartbeat nightly-backup of payments-api is not muted." in refused
    assert KEY not in refused


def test_the_end_after_quiet_is_set_on_the_service(mia, world):
    given = {"auto_resolve_after": "4h"}
    assert mia.post(page(world), filled(mia.get(page(world)), **given)).status_code == 302
    world.service.refresh_from_db()
    assert world.service.auto_resolve_after == 4 * HOUR
    answer = mia.post(page(world), filled(mia.get(page(world)), auto_resolve_after="30s"))
    assert "after a minute at the soonest; write 4h" in answer.content.decode()
    assert mia.post(page(world), filled(mia.get(page(world)), auto_resolve_after="")).status_code == 302
    world.service.refresh_from_db()
    assert world.service.auto_resolve_after is None

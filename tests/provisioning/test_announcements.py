"""Where a schedule announces who is on call stands in the document, whole; a plan prints no address."""

import pytest

from escalation.models import Webhook
from oncall import actions
from oncall.models import Announcement, Schedule
from people.ledger.models import Entry
from tests.provisioning.organisations import NOW, SMALL, done, empty_the_database, put, refused
from tests.world import TESTS
from watchbill.provisioning.export import export
from watchbill.provisioning.telling import tell

pytestmark = pytest.mark.django_db

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
OTHER = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
TOKENS = ("TIiajkdnlazkcOXrIdevi7FQ", "JHMHI8qBe7bk2ZwO5U711o3dV_js")
HOOKS = "webhooks:\n  - {name: Ops bus, url: 'https://hooks.small.example/secret-path'}\n"
MONDAYS = f'{{to: "{SLACK}", days: [mon], at: "09:00"}}'
ON_CHANGE = "{webhook: Ops bus, on_change: true}"


def saying(*announcements, document=SMALL):
    said = f"announcements: [{', '.join(announcements)}]"
    return (
        document.replace("  - name: Ops\n    team: Ops\n", f"  - name: Ops\n    team: Ops\n    {said}\n")
        + HOOKS
    )


def stored():
    return [str(row) for row in Announcement.objects.filter(retired_at=None).order_by("pk")]


def test_they_are_made_after_the_webhooks_that_they_name():
    plan = put(saying(MONDAYS, ON_CHANGE))
    assert done(plan)[-5:-3] == ["create webhook Ops bus", "create announcements Ops"]
    assert stored() == ["Ops to Ops bus, on change", "Ops to slack://…, Mon 09:00"]
    assert Entry.objects.filter(verb="announcement.added").first().actor_name == "apply test.yaml"


def test_a_second_apply_and_one_of_the_export_change_nothing():
    document = saying(
        MONDAYS, ON_CHANGE, f"{{to: '{SLACK}', at: 12:00, days: [sun, mon, tue, wed, thu, fri, sat]}}"
    )
    put(document)
    before = stored()
    assert put(document).changes == ()
    text = export(now=NOW)
    assert SLACK in text
    assert "on_change: true" in text
    assert text.count("days: [mon]") == 1
    assert put(text).changes == ()
    assert stored() == before
    empty_the_database()
    put(text)
    assert export(now=NOW) == text
    assert sorted(stored()) == sorted(before)


def test_another_list_is_a_change_that_leaves_what_stays_and_prints_no_address():
    put(saying(MONDAYS, ON_CHANGE))
    kept = Announcement.objects.get(at=None)
    plan = put(saying(ON_CHANGE, f'{{to: "{OTHER}", at: "9:30"}}'))
    assert done(plan) == ["change announcements Ops"]
    said = "\n".join(tell(plan))
    assert '"to": "discord://…"' in said
    assert not any(token in said for token in TOKENS)
    assert stored() == ["Ops to Ops bus, on change", "Ops to discord://…, daily 09:30"]
    kept.refresh_from_db()
    assert kept.retired_at is None


def test_a_document_that_does_not_say_them_leaves_them_alone_and_an_empty_list_takes_them_off():
    put(saying(MONDAYS))
    for prune in (False, True):
        assert "announcements Ops" not in " ".join(done(put(SMALL + HOOKS, prune=prune)))
        assert len(stored()) == 1
    assert done(put(saying())) == ["change announcements Ops"]
    assert stored() == []
    assert put(saying()).changes == ()
    assert "announcements" not in export(now=NOW)


def test_what_somebody_has_added_by_hand_is_exported_too():
    put(SMALL)
    actions.add_announcement(schedule=Schedule.objects.get(), to=SLACK, on_change=True, by=TESTS, now=NOW)
    assert f'"{SLACK}"' in export(now=NOW)
    assert put(export(now=NOW)).changes == ()


def test_prune_takes_them_off_before_their_webhook_and_their_schedule_retire():
    put(saying(MONDAYS, ON_CHANGE))
    other = SMALL.replace("name: Ops\n    team", "name: Desk\n    team").replace(
        "schedule: Ops", "schedule: Desk"
    )
    assert done(put(other, prune=True))[-3:] == [
        "retire announcements Ops",
        "retire webhook Ops bus",
        "retire schedule Ops",
    ]
    assert stored() == []
    assert Webhook.objects.get().retired_at == NOW


def test_a_schedule_that_comes_back_announces_what_the_document_says():
    put(saying(MONDAYS, ON_CHANGE))
    actions.retire_schedule(schedule=Schedule.objects.get(), by=TESTS, now=NOW)
    assert stored() == []
    put(saying(MONDAYS))
    assert stored() == ["Ops to slack://…, Mon 09:00"]


def test_a_dry_run_writes_nothing():
    put(SMALL + HOOKS)
    assert done(put(saying(MONDAYS), dry_run=True)) == ["create announcements Ops"]
    assert stored() == []


@pytest.mark.parametrize(
    ("announcement", "fault"),
    [
        (f'{{to: "{SLACK}", days: [mond], at: "09:00"}}', "“mond” is not a day"),
        (f'{{to: "{SLACK}", days: [], at: "09:00"}}', "names no day"),
        (f'{{to: "{SLACK}", at: "25:00"}}', "“25:00” is not a time of day"),
        (f'{{to: "{SLACK}", at: "24:00"}}', "“24:00” is the next day's 00:00"),
        (f'{{to: "{SLACK}", at: 9}}', "“9” is not a time of day"),
        (f'{{to: "{SLACK}"}}', "has no time"),
        (f'{{to: "{SLACK}", days: [mon]}}', "has no time"),
        (f'{{to: "{SLACK}", at: "09:00", on_change: true}}', "at a time and on change"),
        (f'{{to: "{SLACK}", webhook: Ops bus, on_change: true}}', "does not go to one place"),
        ("{on_change: true}", "does not go to one place"),
        ("{webhook: Ops buss, on_change: true}", "There is no webhook “Ops buss”. Did you mean “Ops bus”?"),
        ("{to: '#ops', on_change: true}", "no address of a chat service"),
        ("{to: 'slack://short', on_change: true}", "The slack address is not complete"),
        ("{to: 'ntfy://127.0.0.1/x', on_change: true}", "inside the network"),
        (f'{{to: "{SLACK}", time: "09:00"}}', "This key is not known here"),
        (f"{ON_CHANGE}, {ON_CHANGE}", "This announcement stands here twice; keep one."),
        (
            '{webhook: Ops bus, at: "09:00", days: [mon]}, {webhook: Ops bus, at: "09:00"}',
            "announces that to Ops bus already",
        ),
        (", ".join(f'{{webhook: Ops bus, at: "09:{n}"}}' for n in range(10, 31)), "at most 20 are allowed"),
        ("Ops bus", "has to be a mapping"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(announcement, fault):
    faults = refused(saying(announcement))
    assert len(faults) == 1
    assert fault in faults[0]
    assert "schedules" in faults[0]
    assert not any(token in faults[0] for token in TOKENS)

"""What a document says of a schedule's reminders and confirmations, and of a team's swaps."""

from datetime import timedelta

import pytest

from oncall.models import Schedule
from people.ledger.models import Entry
from people.models import Team
from tests.provisioning.organisations import NOW, SMALL, done, put
from watchbill.provisioning.export import export

pytestmark = pytest.mark.django_db


def saying(handoffs: str) -> str:
    return SMALL.replace("  - name: Ops\n    team: Ops\n", f"  - name: Ops\n    team: Ops\n    {handoffs}\n")


def stored():
    row = Schedule.objects.get()
    return row.reminders, row.confirm_within


@pytest.mark.parametrize(
    ("handoffs", "row"),
    [
        ("handoffs: {reminders: [2h, 7d], confirm_within: 30m}", ([604_800, 7200], timedelta(minutes=30))),
        ("handoffs: {reminders: []}", ([], None)),
        ("handoffs: {confirm_within: 7d}", (None, timedelta(days=7))),
        ("handoffs: {reminders: [1d, 1h, 1w], confirm_within: 4 hours}", (None, None)),
        ("handoffs: {}", (None, None)),
        ("handoffs: null", (None, None)),
    ],
)
def test_it_is_stored_and_an_export_of_it_changes_nothing(handoffs, row):
    put(saying(handoffs))
    assert stored() == row
    assert done(put(saying(handoffs))) == []
    text = export(now=NOW)
    assert ("handoffs:" in text) == (row != (None, None))
    assert done(put(text)) == []
    assert stored() == row


def test_a_change_of_it_is_planned_recorded_and_wakes_the_keeper():
    put(SMALL)
    Schedule.objects.update(wake_at=None)
    revision = Schedule.objects.get().revision
    plan = put(saying("handoffs: {reminders: []}"))
    assert done(plan) == ["change schedule Ops"]
    row = Schedule.objects.get()
    assert (row.reminders, row.wake_at, row.revision) == ([], NOW, revision + 1)
    entry = Entry.objects.get(verb="schedule.changed")
    assert entry.what == (
        "Schedule Ops tells people only at the start of a shift; a handoff is to be confirmed within 4h"
    )
    assert entry.data == {"reminders": [None, []], "confirm_within": [None, None]}


def test_a_document_that_does_not_say_it_means_what_is_usual():
    put(saying("handoffs: {reminders: [], confirm_within: 5m}"))
    put(SMALL)
    assert stored() == (None, None)


def test_whether_swaps_need_approval_is_said_of_a_team():
    needing = SMALL.replace("name: Ops, time_zone", "name: Ops, swaps_need_approval: true, time_zone")
    put(needing)
    assert Team.objects.get().swaps_need_approval is True
    assert "swaps_need_approval: true" in export(now=NOW)
    assert done(put(export(now=NOW))) == []
    put(SMALL)
    assert Team.objects.get().swaps_need_approval is False
    assert "swaps_need_approval" not in export(now=NOW)


def test_how_long_a_team_rests_after_a_night_is_said_of_it():
    put(SMALL.replace("name: Ops, time_zone", "name: Ops, rest_hours: 9, time_zone"))
    assert Team.objects.get().rest_hours == 9
    assert "rest_hours: 9" in export(now=NOW)
    assert done(put(export(now=NOW))) == []
    put(SMALL)
    assert Team.objects.get().rest_hours == 11
    assert "rest_hours" not in export(now=NOW)

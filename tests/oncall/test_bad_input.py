"""What cannot be is refused with a sentence that says what to do instead, through every door alike."""

import json
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.test import Client

from oncall import actions
from oncall.core.definition import Definition
from oncall.models import Override, Schedule, ScheduleVersion
from people import actions as people
from tests.oncall.feeds.office import DAY, NOW, TESTS, Office
from tests.provisioning.organisations import SMALL, put, refused
from tests.racing import outcomes_at_once

COVER = {"role": "primary", "start": "2026-03-05T10:00", "end": "2026-03-05T20:00", "user": "bo"}
CY = SMALL.replace("users:\n", "users:\n  - {username: cy}\n")


@pytest.fixture
def office(db) -> Office:
    return Office()


def said(*participants, **more) -> Definition:
    layer = {"name": "L", "participants": list(participants), "start": "2026-01-05T09:00"} | more
    return Definition.from_json({"roles": {"primary": {"layers": [layer]}}})


def say(office: Office, definition: Definition, **more) -> ScheduleVersion | None:
    words = {"time_zone": "UTC", "holidays": "", "by": TESTS, "now": NOW} | more
    return actions.new_version(schedule=office.schedule, definition=definition, **words)


def api(office: Office, **change: str) -> tuple[int, dict[str, list[str]]]:
    token = people.create_token(user=office.mia, by=TESTS, now=NOW)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    with time_machine.travel(NOW, tick=False):
        body = json.dumps(COVER | change)
        answer = client.post("/api/v1/schedules/Checkout/overrides", body, "application/json")
    return answer.status_code, answer.json()


def with_override(words: str, document: str = SMALL) -> str:
    lines = f"\n    overrides:\n      - {{role: primary, {words}}}\nescalation_policies:"
    return document.replace("\nescalation_policies:", lines)


# An override longer than a year


@pytest.mark.parametrize(("days", "may"), [(365, True), (366, True), (366 + 1 / 86400, False), (400, False)])
def test_an_override_lasts_at_most_366_days(office, days, may):
    if may:
        office.override(office.bo, NOW, NOW + timedelta(days=days))
    else:
        with pytest.raises(actions.Refused, match="at most 366; end it earlier, or change the layers"):
            office.override(office.bo, NOW, NOW + timedelta(days=days))
    assert Override.objects.count() == may


def test_an_override_over_a_year_is_refused_by_the_api_at_its_end(office):
    status, answer = api(office, end="2027-03-07T10:00")
    assert (status, list(answer)) == (400, ["end"])
    assert answer["end"][0].startswith("It lasts 367 days, and an override lasts at most 366; end it earlier")


def test_an_override_over_a_year_is_refused_in_a_document_at_its_line(db):
    [fault] = refused(with_override("start: 2025-07-01T10:00, end: 2026-07-03T10:00, user: bo"))
    assert fault.startswith("schedules[0].overrides[0] (line 16): It lasts 367 days")


# A layer of nobody


@pytest.mark.parametrize("participants", [[], [None], [None, []]], ids=["empty", "nobody", "two of nobody"])
def test_a_layer_of_nobody_is_refused_in_a_version_and_in_a_new_schedule(office, participants):
    sentence = (
        "Layer “L” of primary has nobody who takes turns; name at least one person, or leave the layer out"
    )
    with pytest.raises(actions.Refused, match=sentence):
        say(office, said(*participants))
    with pytest.raises(actions.Refused, match=sentence):
        actions.create_schedule(
            name="Idle",
            team=None,
            time_zone="UTC",
            holidays="",
            definition=said(*participants),
            by=TESTS,
            now=NOW,
        )
    assert ScheduleVersion.objects.count() == 1


def test_some_slots_of_nobody_are_a_deliberate_gap(office):
    assert say(office, said(office.ana.pk, None)) is not None


@pytest.mark.parametrize("participants", ["[]", "[null]", "[[], null]"])
def test_a_layer_of_nobody_is_refused_in_a_document_at_its_place(db, participants):
    [fault] = refused(SMALL.replace("[ana, bo]", participants))
    assert fault.startswith("schedules[0].roles.primary.layers[0].participants (line 14): Layer “Weekly” of")
    assert "name at least one person" in fault


# A participant outside the team


def test_a_participant_outside_the_team_is_refused(office):
    with pytest.raises(actions.Refused, match=r"Not in team Checkout, .*: zed; make them members first, or"):
        say(office, said(office.ana.pk, office.zed.pk))
    with pytest.raises(actions.Refused, match="Not in team Checkout"):
        office.rotation("Desk", [office.zed.pk])
    assert list(Schedule.objects.all()) == [office.schedule]


def test_who_takes_turns_already_may_stay_though_they_left_the_team(office):
    people.set_members(team=office.team, members={office.ana: "responder"}, by=TESTS, now=NOW)
    bo, ana = office.bo.pk, office.ana.pk
    assert say(office, said(ana, bo, shift_length="2w")) is not None
    assert say(office, said(ana), now=NOW + DAY) is not None
    with pytest.raises(actions.Refused, match=": bo;"):
        say(office, said(ana, bo), now=NOW + 2 * DAY)


def test_a_team_without_members_and_no_team_take_anybody(office):
    people.set_members(team=office.team, members={}, by=TESTS, now=NOW)
    assert say(office, said(office.zed.pk)) is not None
    actions.set_team(schedule=office.schedule, team=None, by=TESTS, now=NOW)
    assert say(office, said(office.bo.pk), now=NOW + DAY) is not None


def test_overrides_put_anybody_on_call(office):
    assert office.override(office.zed, NOW, NOW + DAY).user == office.zed


def test_a_document_with_a_participant_outside_the_team_is_refused_at_their_slot(db):
    [fault] = refused(CY.replace("[ana, bo]", "[ana, cy]"))
    assert fault == (
        "schedules[0].roles.primary.layers[0].participants[1] (line 15): cy is not in team Ops, whose "
        "schedule this is; make them a member, or name somebody of the team: ana, bo."
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    team: Ops\n    roles", "    roles"),
        (", members: {ana: responder, bo: manager}", ""),
        ("{ana: responder,", "{cy: observer, ana: responder,"),
    ],
    ids=["no team", "no members", "a member"],
)
def test_a_document_may_name_them_where_the_team_does_not_say_otherwise(db, old, new):
    assert old in CY
    put(CY.replace("[ana, bo]", "[ana, cy]").replace(old, new))
    assert Schedule.objects.exists()


def test_a_document_may_change_other_things_of_a_schedule_whose_participants_left_the_team(db):
    put(SMALL)
    without_ana = SMALL.replace("{ana: responder, bo: manager}", "{bo: manager}")
    put(without_ana)
    changed = without_ana.replace("start: 2025-01-06T10:00", "start: 2025-01-06T10:00, shift_length: 2w")
    assert [change.kind for change in put(changed).changes] == ["schedule"]
    cy = changed.replace("users:\n", "users:\n  - {username: cy}\n").replace("[ana, bo]", "[ana, bo, cy]")
    [fault] = refused(cy)
    assert "cy is not in team Ops" in fault


def test_members_that_a_document_leaves_open_are_those_that_are_stored(db):
    put(CY)
    left_open = CY.replace(", members: {ana: responder, bo: manager}", "").replace("[ana, bo]", "[ana, cy]")
    [fault] = refused(left_open)
    assert "cy is not in team Ops" in fault


# A zone that does not exist, a window without days, an end before the start


def test_a_zone_that_does_not_exist_is_refused(office):
    with pytest.raises(actions.Refused, match="“Europe/Atlantis” is not a time zone; write a name such as"):
        say(office, said(office.ana.pk), time_zone="Europe/Atlantis")
    zone = "name: Ops\n    team: Ops\n    time_zone: Europe/Berln"
    [fault] = refused(SMALL.replace("name: Ops\n    team: Ops", zone, 1))
    assert "“Europe/Berln” is not a time zone; write a name such as Europe/Berlin." in fault


@pytest.mark.parametrize("days", ["days: [], ", ""])
def test_a_window_without_days_is_refused_in_a_document(db, days):
    window = f'restrictions: [{{{days}start: "09:00", end: "17:00"}}]'
    [fault] = refused(SMALL.replace("start: 2025-01-06T10:00", f"start: 2025-01-06T10:00, {window}"))
    assert fault.startswith("schedules[0].roles.primary.layers[0].restrictions[0]")
    assert "names no day" in fault


def test_an_end_before_the_start_is_refused_in_a_document(db):
    [fault] = refused(with_override("start: 2025-07-03T10:00, end: 2025-07-01T10:00, user: bo"))
    assert fault.startswith("schedules[0].overrides[0].end (line 16): This is not after the start")


# A later edit of the past


def test_the_past_stays_whatever_a_document_says(db):
    put(SMALL)
    [fault] = refused(with_override("start: 2025-06-01T10:00, end: 2025-06-02T10:00, user: bo"))
    assert fault.startswith(
        "schedules[0].overrides[0] (line 16): It begins at 2025-06-01 08:00 UTC, in the past"
    )
    assert "begin it now or later" in fault


# Two edits that race


def test_an_edit_that_is_based_on_what_is_no_longer_the_latest_is_refused(office):
    seen = office.schedule.versions.get().pk
    assert say(office, said(office.bo.pk), based_on=seen) is not None
    with pytest.raises(
        actions.Refused, match=r"Checkout was changed at 2026-03-04 12:00 UTC, after you opened it; look at"
    ):
        say(office, said(office.mia.pk), based_on=seen, now=NOW + DAY)
    latest = office.schedule.versions.latest("effective_from").pk
    assert say(office, said(office.mia.pk), based_on=latest, now=NOW + DAY) is not None


def test_a_version_to_come_that_was_replaced_is_another_one(office):
    later = NOW + 7 * DAY
    seen = say(office, said(office.bo.pk), effective_from=later).pk
    assert say(office, said(office.mia.pk), effective_from=later, based_on=seen) is not None
    with pytest.raises(actions.Refused, match="was changed"):
        say(office, said(office.ana.pk, office.bo.pk), effective_from=later, based_on=seen)
    assert ScheduleVersion.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_edits_that_race_one_wins_and_the_other_is_told():
    office = Office()
    seen = office.schedule.versions.get().pk
    edits = [partial(say, office, said(one.pk), based_on=seen) for one in (office.bo, office.mia)]
    outcomes = outcomes_at_once(*edits)
    assert office.schedule.versions.count() == 2
    [told] = [str(one) for one in outcomes if isinstance(one, actions.Refused)]
    assert "look at what it says now and make your change again" in told


def many(roles: int, layers: int) -> Definition:
    layer = {"participants": [1], "start": "2026-01-05T09:00"}
    of_one = [layer | {"name": f"L{n}"} for n in range(layers)]
    return Definition.from_json({"roles": {f"role {n}": {"layers": of_one} for n in range(roles)}})


@pytest.mark.parametrize(("roles", "layers", "faults"), [(20, 3, 0), (21, 1, 1), (1, 61, 1)])
def test_a_schedule_of_more_roles_and_layers_than_anybody_reads_is_refused_and_still_read(
    roles, layers, faults
):
    found = list(many(roles, layers).faults_of_writing())
    assert len(found) == faults
    assert all("make several schedules of it" in fault.message for fault in found)

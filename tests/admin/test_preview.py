"""The preview of a schedule that is being edited: what saving would make, and nothing written."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import actions
from oncall.core import final
from oncall.core.definition import Definition
from oncall.core.override import TemporaryShift
from oncall.loading import rosters
from oncall.models import HolidayDate, Override, Schedule, ScheduleVersion, TemporarySchedule
from oncall.unsaved import Draft, drafted
from people.ledger.models import Entry
from tests.admin.filled import filled
from tests.admin.test_schedules import LAYER, NEW, cover
from tests.world import TESTS


@pytest.fixture
def page(world):
    return f"/admin/oncall/schedule/{world.schedule.pk}/change/"


@pytest.fixture
def address(world):
    return f"/admin/oncall/schedule/{world.schedule.pk}/preview/"


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def rows():
    return [model.objects.count() for model in (Entry, Override, ScheduleVersion, Schedule, HolidayDate)]


def test_what_stands_there_changes_nobodys_turns(mia, page, address):
    shown = text(mia.post(address, filled(mia.get(page))))
    assert "Nobody's turns change in these 4 weeks" in shown
    assert "data-drawn" in shown
    assert "data-faults" not in shown


def test_another_order_is_drawn_with_what_is_saved_below_it_and_nothing_is_written(mia, page, address):
    data = filled(mia.get(page), **{"layers-0-participants": "bo, ana"})
    before = rows()
    shown = text(mia.post(address, data))
    assert "Bo Lind, Mon 02 Mar 10:00 to Mon 09 Mar 09:00" in shown  # from now on, not from the week's start
    assert "saved: Ana Ruiz, Mon 02 Mar 10:00 to Mon 09 Mar 09:00" in shown
    assert "primary, Mon 02 Mar 10:00 to Mon 09 Mar 09:00: Bo Lind instead of Ana Ruiz" in shown
    assert rows() == before


def test_the_preview_is_what_saving_makes(mia, world, page, address):
    layer = {"layers-0-participants": "bo, mia, nobody, ana", "layers-0-shift_length": "12h"}
    data = filled(mia.get(page), **layer | cover(world.mia, "2026-03-03T18:00", "2026-03-03T22:00"))
    until = world.now + timedelta(weeks=4)
    drawn = mia.post(address, data).context["strips"]
    assert mia.post(page, data).status_code == 302
    saved = final.shifts(
        rosters([world.schedule.pk], since=drawn[0]["since"], until=until)[world.schedule.pk],
        drawn[0]["since"],
        drawn[-1]["until"],
    )
    assert list(dict.fromkeys(shift for strip in drawn for shift in strip["shifts"])) == saved


@pytest.mark.parametrize(
    ("weeks", "strips"), [("2", 2), ("4", 4), ("8", 8), ("", 4), ("9999", 4), ("\x00", 4)]
)
def test_two_four_or_eight_weeks(mia, page, address, weeks, strips):
    shown = mia.post(address, filled(mia.get(page), weeks=weeks))
    assert len(shown.context["strips"]) == strips


def test_a_later_beginning_changes_nothing_before_it(mia, page, address):
    data = filled(mia.get(page), effective="2026-03-16T09:00", **{"layers-0-participants": "mia"})
    shown = text(mia.post(address, data))
    assert "Mia Falk, Mon 16 Mar 09:00 to" in shown
    assert "saved: Ana Ruiz, Mon 02 Mar" not in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"layers-0-participants": "ana, boo"}, "There is no person “boo”"),
        ({"layers-0-participants": ""}, "Layer 1, Participants: This field is required."),
        ({"layers-0-restrictions": "mondays 9-5"}, "is not a window of the week"),
        ({"follows-0-layer": "Weekley"}, "Weekly"),
        ({"time_zone": "Mars/Olympus"}, "Time zone: "),
        ({"holidays": "ZZ"}, "is not a known holiday calendar"),
        ({"effective": "2026-02-01T09:00"}, "cannot begin in the past"),
        ({"temporary-start": "2026-03-04T09:00"}, "A temporary schedule has a start and an end."),
    ],
)
def test_what_cannot_be_read_is_said_in_words(mia, page, address, changes, said):
    shown = text(mia.post(address, filled(mia.get(page), **changes)))
    assert said in shown
    assert "data-faults" in shown


def test_an_incomplete_override_does_not_take_the_picture_away(mia, world, page, address):
    wanted = cover(world.mia, "2026-03-03T18:00", "")
    shown = text(mia.post(address, filled(mia.get(page), **wanted)))
    assert "Override 1, End: This field is required." in shown
    assert "data-drawn" in shown


def test_an_override_in_the_way_of_another_is_said_before_saving(mia, world, page, address):
    mia.post(page, filled(mia.get(page), **cover(world.mia, "2026-03-03T18:00", "2026-03-03T22:00")))
    second = {
        name.replace("-0-", "-1-"): value
        for name, value in cover(world.bo, "2026-03-03T20:00", "2026-03-03T23:00").items()
    }
    data = filled(mia.get(page), **second | {"overrides-TOTAL_FORMS": "2"})
    assert "A cover of primary stands there already from 2026-03-03 18:00 to 22:00" in text(
        mia.post(address, data)
    )
    assert "stands there already" not in text(mia.post(address, data | {"overrides-0-stop": "on"}))


def test_gaps_are_told(mia, page, address):
    shown = text(mia.post(address, filled(mia.get(page), **{"layers-0-restrictions": "mon-fri 09:00-17:00"})))
    assert "gaps with nobody on call" in shown
    assert "primary, Fri 06 Mar 17:00 to Mon 09 Mar 09:00" in shown


def test_a_new_schedule_is_drawn_before_it_is_there(mia, world):
    data = filled(mia.get(NEW), name="Desk", team=world.team.pk, **LAYER)
    shown = text(mia.post("/admin/oncall/schedule/add/preview/", data))
    assert "A new schedule." in shown
    assert "Ana Ruiz" in shown
    assert not Schedule.objects.filter(name="Desk").exists()


def test_holidays_that_are_not_written_yet_are_counted_and_stay_unwritten(mia, page, address):
    data = filled(
        mia.get(page), holidays="DE", **{"layers-0-turns": "worked_days", "layers-0-shift_length": "1d"}
    )
    assert "data-drawn" in text(mia.post(address, data))
    assert not HolidayDate.objects.exists()


def test_only_those_who_may_change_the_schedule_see_its_preview(mia, zoe, world, page, address):
    data = filled(mia.get(page))
    assert zoe.post(address, data).status_code == 403
    assert mia.get(address).status_code == 405
    assert mia.post("/admin/oncall/schedule/999999/preview/", data).status_code == 404
    mia.logout()
    assert mia.post(address, data).status_code == 302


def test_a_body_of_nonsense_is_told_and_harms_nothing(mia, address):
    assert "data-drawn" not in text(mia.post(address, {"layers-TOTAL_FORMS": "\x00", "name": "<script>"}))
    assert "<script>" not in text(mia.post(address, {"time_zone": "<script>alert(1)</script>"}))


def test_as_many_queries_for_many_layers_as_for_one(mia, page, address):
    data = filled(mia.get(page))
    data["follows-0-DELETE"] = "on"
    counts = []
    for layers in (1, 20):
        more = {"layers-TOTAL_FORMS": str(layers)}
        for n in range(layers):
            more |= {name.replace("-0-", f"-{n}-"): value for name, value in LAYER.items()}
            more |= {f"layers-{n}-name": f"Layer {n}", f"layers-{n}-role": f"role{n}"}
        with CaptureQueriesContext(connection) as queries:
            assert "data-drawn" in text(mia.post(address, data | more))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 45


def test_the_second_of_two_editors_is_told_once_and_keeps_what_they_wrote(mia, root, world, page):
    first, second = filled(mia.get(page)), filled(root.get(page))
    assert mia.post(page, first | {"layers-0-participants": "mia, bo"}).status_code == 302
    answer = root.post(page, second | {"layers-0-participants": "bo, ana, mia"})
    assert "Mia Falk saved another version of this schedule while you were editing" in text(answer)
    assert 'value="bo, ana, mia"' in text(answer)
    assert ScheduleVersion.objects.count() == 2
    again = filled(answer)
    assert again["layers-0-participants"] == "bo, ana, mia"
    assert root.post(page, again).status_code == 302


def test_an_earlier_version_saved_meanwhile_is_noticed_beside_a_later_one(mia, root, world, page):
    root.post(page, filled(root.get(page), effective="2026-05-04T09:00", holidays="DE"))
    stale = filled(root.get(page))
    assert mia.post(page, filled(mia.get(page), **{"layers-0-participants": "mia"})).status_code == 302
    assert "while you were editing" in text(root.post(page, stale | {"layers-0-participants": "bo"}))


TEMPORARY = {
    "temporary-start": "2026-03-04T09:00",
    "temporary-end": "2026-03-06T09:00",
    "carried-TOTAL_FORMS": "2",
    "carried-0-role": "primary",
    "carried-0-user": "mia",
    "carried-1-role": "secondary",
    "carried-1-user": "ana",
    "carried-1-end": "2026-03-05T09:00",
}


def test_a_temporary_schedule_is_seen_before_made_and_taken_back_on_the_page(mia, world, page, address):
    data = filled(mia.get(page), **TEMPORARY)
    assert "Mia Falk, Wed 04 Mar 09:00 to Fri 06 Mar 09:00, temporary" in text(mia.post(address, data))
    assert not TemporarySchedule.objects.exists()
    assert mia.post(page, data).status_code == 302
    made = TemporarySchedule.objects.get()
    assert [(shift.role, shift.user, shift.end.day) for shift in made.shifts.order_by("pk")] == [
        ("primary", world.mia, 6),
        ("secondary", world.ana, 5),
    ]
    shown = text(mia.get(page))
    assert "primary: Mia Falk, Wed 4 Mar 09:00 to Fri 6 Mar 09:00" in shown
    stop = filled(mia.get(page), stop_temporary=str(made.pk))
    assert ", temporary" not in text(mia.post(address, stop))
    mia.post(page, stop)
    made.refresh_from_db()
    assert made.cancelled_at == world.now


def test_one_that_has_begun_is_ended(mia, world, page):
    made = actions.add_temporary(
        schedule=world.schedule,
        start=world.now - timedelta(hours=1),
        end=world.now + timedelta(days=1),
        shifts=[
            TemporaryShift(
                "primary", world.now - timedelta(hours=1), world.now + timedelta(days=1), world.mia.pk
            )
        ],
        by=TESTS,
        now=world.now - timedelta(hours=1),
    )
    mia.post(page, filled(mia.get(page), stop_temporary=str(made.pk)))
    made.refresh_from_db()
    assert (made.end, made.cancelled_at) == (world.now, None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"carried-0-user": "mio"}, "There is no person “mio”"),
        (
            {"temporary-start": "", "temporary-end": ""},
            "Say from when to when these shifts replace the schedule.",
        ),
        ({"temporary-end": "2026-03-03T09:00"}, "It ends before it starts"),
        ({"carried-0-start": "2026-03-01T09:00"}, "is not within the temporary schedule"),
        ({"carried-0-role": "tertiary"}, "has no role “tertiary”"),
    ],
)
def test_a_temporary_schedule_that_makes_no_sense_is_refused_and_nothing_is_saved(mia, page, changes, said):
    answer = mia.post(page, filled(mia.get(page), holidays="DE", **TEMPORARY | changes))
    assert said in text(answer)
    assert not TemporarySchedule.objects.exists()
    assert ScheduleVersion.objects.count() == 1


def test_another_schedules_temporary_is_not_stopped_from_here(mia, world, page):
    other = world.rotation("Other", [[world.bo.pk]])
    made = actions.add_temporary(
        schedule=other, start=world.now, end=world.now + timedelta(days=1), shifts=[], by=TESTS, now=world.now
    )
    assert mia.post(page, filled(mia.get(page), stop_temporary=str(made.pk))).status_code == 200
    made.refresh_from_db()
    assert (made.end, made.cancelled_at) == (world.now + timedelta(days=1), None)


def test_a_draft_reads_a_version_at_the_same_instant_as_replaced(world):
    roster = rosters([world.schedule.pk], since=world.now, until=world.now + timedelta(days=1))[
        world.schedule.pk
    ]
    draft = Draft(time_zone="UTC", holidays="", definition=Definition(), begins=world.now)
    twice = drafted(drafted(roster, draft, now=world.now), draft, now=world.now)
    assert [one.effective_from for one in twice.versions] == [roster.versions[0].effective_from, world.now]

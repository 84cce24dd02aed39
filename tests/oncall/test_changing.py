"""What changes a schedule, what is refused, and that history stays."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from oncall import actions, selectors
from oncall.core.definition import Definition
from oncall.core.override import TemporaryShift
from oncall.models import HolidayDate, Override, Participation, Schedule, ScheduleVersion, TimeOff
from people.actions import create_user
from people.ledger.models import Entry
from people.ledger.record import Actor
from people.models import User

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
BY = Actor("the tests")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ana() -> User:
    return create_user(username="ana", name="Ana Ruiz", by=BY, now=NOW)


@pytest.fixture
def bo() -> User:
    return create_user(username="bo", name="Bo Lind", by=BY, now=NOW)


@pytest.fixture
def desk(ana: User, bo: User) -> Schedule:
    return create("Desk", said(ana))


def said(*people: User, **more: Any) -> Definition:
    layer = {"name": "L", "participants": [one.pk for one in people], "start": "2025-01-06T10:00"} | more
    return Definition.from_json({"roles": {"primary": {"layers": [layer]}}})


def create(name: str, definition: Definition, **more: Any) -> Schedule:
    words = {"team": None, "time_zone": "America/New_York", "holidays": "", "by": BY, "now": NOW} | more
    return actions.create_schedule(name=name, definition=definition, **words)


def say(schedule: Schedule, definition: Definition, **more: Any) -> ScheduleVersion | None:
    words = {"time_zone": "America/New_York", "holidays": "", "by": BY, "now": NOW} | more
    return actions.new_version(schedule=schedule, definition=definition, **words)


def cover(schedule: Schedule, user: User, start: datetime, end: datetime, **more: Any) -> Override:
    words = {"role": "primary", "by": BY, "now": NOW} | more
    return actions.add_override(schedule=schedule, user=user, start=start, end=end, **words)


def on(schedule: Schedule, moment: datetime) -> tuple[int, ...]:
    return selectors.on_call([schedule.pk], at=moment)[schedule.pk, "primary"]


def ledger() -> list[str]:
    return list(Entry.objects.exclude(verb__startswith="user").order_by("id").values_list("verb", flat=True))


def test_a_new_schedule_has_always_been_there(desk, ana):
    assert on(desk, datetime(2025, 1, 6, 15, tzinfo=UTC)) == (ana.pk,)
    assert desk.versions.get().effective_from == datetime(2025, 1, 6, 15, tzinfo=UTC)
    assert list(Participation.objects.values_list("user", flat=True)) == [ana.pk]
    assert ledger() == ["schedule.created"]


def test_a_schedule_that_starts_later_is_there_from_now(ana):
    later = create("Later", said(ana, start="2025-06-02T10:00"))
    assert on(later, NOW) == ()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"name": "Desk"}, "already"),
        ({"name": " "}, "needs a name"),
        ({"name": "x" * 101}, "101 characters"),
        ({"time_zone": "Europe/Atlantis"}, "not a time zone"),
        ({"holidays": "GB-ENGLAND"}, "did you mean GB-ENG"),
        ({"holidays": "Mars"}, "not a known holiday calendar"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_and_nothing_is_written(desk, ana, words, sentence):
    with pytest.raises(actions.Refused, match=sentence):
        create(**{"name": "New", "definition": said(ana)} | words)
    assert list(Schedule.objects.all()) == [desk]
    assert ledger() == ["schedule.created"]


def test_a_person_who_does_not_exist_is_refused(ana):
    unknown = Definition.from_json(
        {"roles": {"primary": {"layers": [{"name": "L", "participants": [ana.pk + 999]}]}}}
    )
    with pytest.raises(actions.Refused, match="no person"):
        create("New", unknown)
    assert not Schedule.objects.exists()


def test_an_edit_counts_from_now_and_leaves_the_past(desk, ana, bo):
    assert say(desk, said(bo)) is not None
    assert on(desk, NOW - MINUTE) == (ana.pk,)
    assert on(desk, NOW) == (bo.pk,)
    assert ledger() == ["schedule.created", "schedule.versioned"]


def test_the_same_again_is_no_version(desk, ana):
    assert say(desk, said(ana)) is None
    assert desk.versions.count() == 1


@pytest.mark.parametrize("change", [{"time_zone": "UTC"}, {"holidays": "US-NY"}])
def test_another_zone_or_calendar_is_a_version(desk, ana, change):
    assert say(desk, said(ana), **change) is not None


def test_a_version_in_the_past_is_refused(desk, bo):
    with pytest.raises(actions.Refused, match="cannot begin in the past"):
        say(desk, said(bo), effective_from=NOW - MINUTE)


def test_a_version_that_has_not_begun_is_replaced(desk, ana, bo):
    say(desk, said(bo), effective_from=NOW + DAY)
    say(desk, said(bo, ana), effective_from=NOW + DAY)
    assert desk.versions.count() == 2
    assert set(desk.versions.latest("effective_from").participants.all()) == {ana, bo}
    assert on(desk, NOW + DAY - MINUTE) == (ana.pk,)


def test_holidays_are_kept_as_rows_and_never_rewritten(ana):
    create("Desk", said(ana), holidays="GB-ENG")
    years = set(HolidayDate.objects.values_list("date__year", flat=True))
    assert years == {2025, 2026, 2027, 2028}
    assert HolidayDate.objects.filter(calendar="GB-ENG", date=date(2025, 12, 26)).exists()
    HolidayDate.objects.filter(date=date(2025, 12, 26)).delete()
    actions.ensure_holidays("GB-ENG", range(2025, 2030))
    assert not HolidayDate.objects.filter(date=date(2025, 12, 26)).exists()
    assert HolidayDate.objects.filter(date=date(2029, 12, 26)).exists()


def test_a_cover_puts_one_person_on_and_says_so_in_the_ledger(desk, bo):
    row = cover(desk, bo, NOW + HOUR, NOW + 2 * HOUR, reason="dentist")
    entry = Entry.objects.get(verb="override.created")
    assert on(desk, NOW + HOUR) == (bo.pk,)
    assert entry.what == "Bo Lind covers primary from 2025-03-03 08:00 to 09:00 (America/New_York)"
    assert (entry.why, entry.subject_id, entry.data["override"]) == ("dentist", desk.pk, row.pk)


def test_two_covers_that_overlap_are_refused_with_the_other_named(desk, ana, bo):
    cover(desk, bo, NOW + HOUR, NOW + 3 * HOUR)
    with pytest.raises(
        actions.Refused, match=r"Bo Lind covers primary from 2025-03-03 08:00 to 10:00 .* already"
    ):
        cover(desk, ana, NOW + 2 * HOUR, NOW + 4 * HOUR)
    cover(desk, ana, NOW + 3 * HOUR, NOW + 4 * HOUR)
    assert Override.objects.count() == 2


@pytest.mark.parametrize(
    ("minutes", "begins"), [(-5, NOW), (-1, NOW), (0, NOW), (1, NOW + MINUTE)], ids=["-5", "-1", "0", "1"]
)
def test_a_start_a_few_minutes_ago_means_from_now(desk, bo, minutes, begins):
    assert cover(desk, bo, NOW + minutes * MINUTE, NOW + HOUR).start == begins


def test_a_start_in_the_past_is_refused_unless_the_schedule_is_being_founded(desk, bo):
    with pytest.raises(actions.Refused, match="in the past"):
        cover(desk, bo, NOW - 6 * MINUTE, NOW + HOUR)
    assert cover(desk, bo, NOW - DAY, NOW - HOUR, founding=True).start == NOW - DAY


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"role": "tertiary"}, "no role “tertiary”; it has primary"),
        ({"kind": "swap"}, "not a kind"),
        ({"kind": "replace"}, "whom it replaces"),
        ({"end": NOW}, "not after its start"),
        ({"reason": "x" * 201}, "201 characters"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(desk, bo, words, sentence):
    with pytest.raises(actions.Refused, match=sentence):
        cover(desk, bo, **{"start": NOW + HOUR, "end": NOW + 2 * HOUR} | words)
    assert not Override.objects.exists()


def test_only_a_replace_names_whom_it_is_instead_of(desk, ana, bo):
    with pytest.raises(actions.Refused, match="leave instead_of out"):
        cover(desk, bo, NOW + HOUR, NOW + DAY, kind="add", instead_of=ana)
    with pytest.raises(actions.Refused, match="replace themselves"):
        cover(desk, bo, NOW + HOUR, NOW + DAY, kind="replace", instead_of=bo)
    assert cover(desk, bo, NOW + HOUR, NOW + DAY, kind="replace", instead_of=ana).instead_of == ana


def test_one_who_left_cannot_be_put_on_call(desk, bo):
    bo.is_active = False
    bo.save()
    with pytest.raises(actions.Refused, match="deactivated"):
        cover(desk, bo, NOW, NOW + HOUR)


def test_g25_one_that_has_begun_is_cut_off_now(desk, ana, bo):
    row = cover(desk, bo, NOW, NOW + DAY)
    with pytest.raises(actions.Refused, match="has begun"):
        actions.cancel_override(override=row, by=BY, now=NOW + HOUR)
    actions.end_override(override=row, by=BY, now=NOW + HOUR)
    assert [on(desk, NOW), on(desk, NOW + HOUR)] == [(bo.pk,), (ana.pk,)]


def test_g25_one_to_come_disappears(desk, ana, bo):
    row = cover(desk, bo, NOW + HOUR, NOW + DAY)
    with pytest.raises(actions.Refused, match="has not begun"):
        actions.end_override(override=row, by=BY, now=NOW)
    actions.cancel_override(override=row, by=BY, now=NOW)
    assert on(desk, NOW + HOUR) == (ana.pk,)
    with pytest.raises(actions.Refused, match="was cancelled"):
        actions.cancel_override(override=row, by=BY, now=NOW)


def test_g25_one_that_is_over_stays(desk, bo):
    row = cover(desk, bo, NOW, NOW + HOUR)
    for refuse in (actions.end_override, actions.cancel_override):
        with pytest.raises(actions.Refused, match="stays"):
            refuse(override=row, by=BY, now=NOW + HOUR)
    assert on(desk, NOW) == (bo.pk,)


def temporary(desk: Schedule, start: datetime, end: datetime, *shifts: TemporaryShift, **more: Any):
    words = {"by": BY, "now": NOW} | more
    return actions.add_temporary(schedule=desk, start=start, end=end, shifts=shifts, **words)


def test_a_temporary_schedule_replaces_its_span(desk, ana, bo):
    made = temporary(desk, NOW, NOW + DAY, TemporaryShift("primary", NOW, NOW + HOUR, bo.pk))
    assert [on(desk, NOW), on(desk, NOW + HOUR), on(desk, NOW + DAY)] == [(bo.pk,), (), (ana.pk,)]
    actions.end_temporary(temporary=made, by=BY, now=NOW + HOUR)
    assert [on(desk, NOW), on(desk, NOW + HOUR)] == [(bo.pk,), (ana.pk,)]
    assert ledger()[1:] == ["temporary.created", "temporary.ended"]


def test_a_temporary_schedule_to_come_can_be_cancelled(desk, ana):
    made = temporary(desk, NOW + HOUR, NOW + DAY)
    assert on(desk, NOW + HOUR) == ()
    with pytest.raises(actions.Refused, match="has not begun"):
        actions.end_temporary(temporary=made, by=BY, now=NOW)
    actions.cancel_temporary(temporary=made, by=BY, now=NOW)
    assert on(desk, NOW + HOUR) == (ana.pk,)


def test_a_temporary_schedule_that_began_or_was_cancelled_stays_so(desk):
    begun, to_come = temporary(desk, NOW, NOW + HOUR), temporary(desk, NOW + HOUR, NOW + DAY)
    with pytest.raises(actions.Refused, match="has begun"):
        actions.cancel_temporary(temporary=begun, by=BY, now=NOW + MINUTE)
    with pytest.raises(actions.Refused, match="is over"):
        actions.end_temporary(temporary=begun, by=BY, now=NOW + HOUR)
    actions.cancel_temporary(temporary=to_come, by=BY, now=NOW)
    with pytest.raises(actions.Refused, match="was cancelled"):
        actions.cancel_temporary(temporary=to_come, by=BY, now=NOW)


def test_a_temporary_schedule_that_makes_no_sense_is_refused(desk, bo):
    temporary(desk, NOW, NOW + DAY)
    outside = TemporaryShift("primary", NOW, NOW + 3 * DAY, bo.pk)
    nobody = TemporaryShift("primary", NOW + DAY, NOW + 2 * DAY, bo.pk + 999)
    for shifts, start, sentence in (
        ([], NOW + HOUR, "Another temporary"),
        ([outside], NOW + DAY, "not within"),
        ([nobody], NOW + DAY, "no person"),
        ([], NOW - HOUR, "in the past"),
    ):
        with pytest.raises(actions.Refused, match=sentence):
            temporary(desk, start, NOW + 2 * DAY, *shifts)


def test_a_retired_schedule_has_nobody_and_takes_no_change(desk, ana, bo):
    cover(desk, bo, NOW + HOUR, NOW + DAY)
    cover(desk, bo, NOW, NOW + HOUR / 2)
    say(desk, said(bo), effective_from=NOW + HOUR)
    actions.retire_schedule(schedule=desk, by=BY, now=NOW + MINUTE)
    assert on(desk, NOW) == (bo.pk,)
    assert selectors.on_call([desk.pk], at=NOW + MINUTE) == {}
    for change in (lambda: say(desk, said(bo)), lambda: cover(desk, bo, NOW + HOUR, NOW + DAY)):
        with pytest.raises(actions.Refused, match="is retired"):
            change()


def test_a_schedule_brought_back_keeps_the_time_it_was_away(desk, ana):
    actions.retire_schedule(schedule=desk, by=BY, now=NOW)
    Schedule.objects.update(retired_at=None)
    assert say(desk, said(ana), now=NOW + DAY) is not None
    found = selectors.final_shifts(desk, since=NOW - HOUR, until=NOW + 2 * DAY)
    assert [(one.user, one.start) for one in found] == [
        (ana.pk, NOW - HOUR),
        (None, NOW),
        (ana.pk, NOW + DAY),
    ]


def test_time_off_is_whole_days_and_can_be_taken_back(bo):
    row = actions.add_time_off(user=bo, start=date(2025, 7, 7), end=date(2025, 7, 21), by=BY, now=NOW)
    actions.cancel_time_off(time_off=row, by=BY, now=NOW)
    assert TimeOff.objects.get().cancelled_at == NOW
    assert ledger() == ["time_off.created", "time_off.cancelled"]
    with pytest.raises(actions.Refused, match="cancelled before"):
        actions.cancel_time_off(time_off=row, by=BY, now=NOW)
    with pytest.raises(actions.Refused, match="no day"):
        actions.add_time_off(user=bo, start=date(2025, 7, 7), end=date(2025, 7, 7), by=BY, now=NOW)


def test_a_schedule_that_nobody_edits_does_not_run_out_of_holidays(ana):
    create("Days", said(ana, turns="worked_days"), holidays="GB-ENG")
    assert not HolidayDate.objects.filter(date__year=2031).exists()
    actions.extend_holidays(NOW.replace(year=2029))
    assert HolidayDate.objects.filter(calendar="GB-ENG", date=date(2031, 12, 25)).exists()


def test_the_holidays_of_people_are_known_and_a_calendar_nobody_knows_stops_none(ana, bo):
    type(ana).objects.filter(pk=ana.pk).update(holidays="XX")
    type(bo).objects.filter(pk=bo.pk).update(holidays="DE-BE")
    actions.extend_holidays(NOW)
    assert HolidayDate.objects.filter(calendar="DE-BE", date=date(2025, 12, 25)).exists()


def test_holidays_that_are_written_stay_whatever_the_library_says_later(ana):
    create("Days", said(ana, turns="worked_days"), holidays="GB-ENG")
    HolidayDate.objects.filter(date=date(2026, 12, 25)).delete()
    actions.extend_holidays(NOW)
    assert not HolidayDate.objects.filter(date=date(2026, 12, 25)).exists()

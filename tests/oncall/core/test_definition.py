from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from oncall.core.definition import Definition, DefinitionFaults, Follows, Role
from oncall.core.length import Length
from tests.oncall.core.told import A, B, C, D, layer

WEEK = ["mon", "tue", "wed", "thu", "fri"]


def of(*layers, **roles):
    return {"roles": {"primary": {"layers": list(layers)}} | roles}


def faults(written) -> dict[str, str]:
    with pytest.raises(DefinitionFaults) as caught:
        Definition.from_json(written)
    return {".".join(map(str, fault.path)): fault.message for fault in caught.value.faults}


FULL = of(
    layer([A, [B, C], None], "2025-01-06T10:00", "2 weeks", name="Weekly"),
    layer(
        [D],
        "2025-01-06T09:00",
        "1 day",
        name="Desk",
        turns="worked_days",
        end="2026-01-01T00:00",
        restrictions=[
            {"days": WEEK, "start": "09:00", "end": "17:30"},
            {"start": "fri 18:00", "end": "mon 09:00"},
        ],
    ),
    secondary={"follows": "primary", "layer": "Weekly", "offset": -1},
)


def test_what_is_written_is_read_back_the_same():
    read = Definition.from_json(FULL)
    assert Definition.from_json(read.to_json()) == read
    assert read.to_json() == Definition.from_json(read.to_json()).to_json()


def test_the_json_form_is_the_documents_words():
    written = Definition.from_json(FULL).to_json()["roles"]
    assert list(written) == ["primary", "secondary"]
    assert written["secondary"] == {"follows": "primary", "layer": "Weekly", "offset": -1}
    assert written["primary"]["layers"][0] == {
        "name": "Weekly",
        "participants": [[A], [B, C], []],
        "start": "2025-01-06T10:00",
        "shift_length": "2 weeks",
    }
    assert (
        written["primary"]["layers"][1]["restrictions"]
        == FULL["roles"]["primary"]["layers"][1]["restrictions"]
    )


def test_roles_are_listed_primary_secondary_then_by_name():
    some = {"layers": []}
    read = Definition.from_json({"roles": {"shadow": some, "lead": some, "secondary": some, "primary": some}})
    assert list(read.roles) == ["primary", "secondary", "lead", "shadow"]


def test_defaults_are_a_week_from_a_monday_and_the_next_slot():
    read = Definition.from_json(
        of({"name": "L", "participants": [A]}, backup={"follows": "primary", "layer": "L"})
    )
    role = read.roles["primary"]
    assert isinstance(role, Role)
    assert role.layers[0].shift_length == Length(1, "weeks")
    assert role.layers[0].start.weekday() == 0
    assert read.roles["backup"] == Follows("primary", "L", 1)


def test_a_time_with_an_offset_becomes_the_schedules_wall_clock():
    written = of(layer([A], "2025-01-06T15:00Z"))
    read = Definition.from_json(written, zone=ZoneInfo("America/New_York"))
    assert read.layers()[0].start == datetime.fromisoformat("2025-01-06T10:00")
    assert "without one" in faults(written)["roles.primary.layers.0.start"]


def test_values_that_a_document_has_read_already_are_taken_as_they_are():
    windows = [{"days": ["Monday"], "start": time(9), "end": time(17, 30)}]
    read = Definition.from_json(
        of(layer([A], date(2025, 1, 6), end=datetime.fromisoformat("2025-02-03"), restrictions=windows))
    )
    assert read == Definition.from_json(read.to_json())
    assert read.to_json()["roles"]["primary"]["layers"][0]["start"] == "2025-01-06T00:00"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        *(("1w", Length(1, "weeks")), ("12 hours", Length(12, "hours")), ("1 day", Length(1, "days"))),
        *(("2 months", Length(2, "months")), ("P2W", Length(2, "weeks")), ("PT12H", Length(12, "hours"))),
        ("P1M", Length(1, "months")),
    ],
)
def test_lengths_are_read_in_every_spelling(text, length):
    assert Length.parse(text) == length
    assert Length.parse(str(length)) == length


@pytest.mark.parametrize(
    "text", ["", "1", "week", "0d", "-1d", "30m", "P1Y", "1.5h", "9999w", "999999999 days"]
)
def test_what_is_not_a_length_is_refused_with_what_to_write(text):
    with pytest.raises(ValueError, match=r"write 12h|must be from 1"):
        Length.parse(text)


def test_everything_wrong_is_told_at_once_and_where():
    wrong = of(
        layer([A, "bob"], "yesterday", "1 fortnight", name="X", shift_lenght="1w", turns="sometimes"),
        layer([A], "2025-01-06T00:00", name="X", restrictions=[{"days": []}, {"start": "9", "end": "10"}]),
        secondary={"follows": "tertiary", "layer": "X", "offset": "one"},
    )
    found = faults(wrong)
    assert set(found) == {
        "roles.primary.layers.0.shift_lenght",
        "roles.primary.layers.0.participants.1",
        "roles.primary.layers.0.start",
        "roles.primary.layers.0.shift_length",
        "roles.primary.layers.0.turns",
        "roles.primary.layers.1.name",
        "roles.primary.layers.1.restrictions.0.days",
        "roles.primary.layers.1.restrictions.1.start",
        "roles.primary.layers.1.restrictions.1.end",
        "roles.secondary.follows",
        "roles.secondary.offset",
    }
    assert "did you mean shift_length" in found["roles.primary.layers.0.shift_lenght"]


@pytest.mark.parametrize(
    ("restriction", "where"),
    [
        ({"start": "fri 18:00", "end": "fri 18:00"}, ""),
        ({"days": ["mon", "funday"], "start": "09:00", "end": "10:00"}, ".days.1"),
        ({"days": ["mon"], "start": "25:00", "end": "10:00"}, ".start"),
        ({"days": ["mon"], "start": "09:00", "end": "24:01"}, ".end"),
        ({"days": "mon", "start": "09:00", "end": "10:00"}, ".days"),
        ("mornings", ""),
    ],
)
def test_a_window_that_is_none_is_refused(restriction, where):
    found = faults(of(layer([A], "2025-01-06T00:00", restrictions=[restriction])))
    assert f"roles.primary.layers.0.restrictions.0{where}" in found


@pytest.mark.parametrize(
    ("written", "where"),
    [
        (
            of(layer([A], "2025-01-06T00:00", "1w", turns="worked_days")),
            "roles.primary.layers.0.shift_length",
        ),
        (of(layer([A], "2025-01-06T00:00", end="2025-01-06T00:00")), "roles.primary.layers.0.end"),
        (of({"participants": [A]}), "roles.primary.layers.0.name"),
        (of(layer([True], "2025-01-06T00:00")), "roles.primary.layers.0.participants.0"),
        (of(primary="alice"), "roles.primary"),
        (of(**{"r" * 41: {"layers": []}}), f"roles.{'r' * 41}"),
        (of(second={"follows": "primary", "layer": "L"}), "roles.second.layer"),
        (of(second={"follows": "third", "layer": "L"}, third={"follows": "primary"}), "roles.second.follows"),
        ({"rolls": {}}, "rolls"),
        ({"roles": {1: {"layers": []}}}, "roles"),
        (["roles"], ""),
    ],
)
def test_what_cannot_be_a_schedule_is_refused_at_its_place(written, where):
    assert where in faults(written)

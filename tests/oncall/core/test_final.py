"""Layers, overrides and temporary schedules together: cases O2 to O10 and G1 to G39 of peers' own tests."""

from zoneinfo import ZoneInfo

import pytest

from oncall.core.coverage import uncovered
from oncall.core.final import Roster, Version, on_call, roles, shifts
from oncall.core.override import Holder, Override, Temporary, TemporaryShift, in_the_way, settle
from tests.oncall.core.told import NAMES, A, B, C, D, definition, final, layer, roster, told, utc

EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def daily(participants, start, end):
    window = [{"days": EVERY_DAY, "start": start, "end": end}]
    return layer(participants, "2025-01-06T00:00", "1d", restrictions=window)


def always(*people):
    return layer(list(people), "2025-01-06T00:00", "1d")


def override(kind, user, start, end, instead_of=None, number=0, role="primary"):
    return Override(role, kind, utc(start), utc(end), user, instead_of, number)


def day(plan, **more):
    return final(plan, "2025-03-02", "2025-03-03", **more)


FOO_FROM_8_TO_10 = daily([A], "08:00", "10:00")


def test_g1_the_highest_layer_that_has_someone_wins():
    plan = roster(
        daily([A], "10:00", "20:00"), daily([[A, B]], "12:00", "16:00"), daily([C], "15:00", "18:00")
    )
    assert day(plan) == [
        "- 03-02 00:00 - 03-02 10:00",
        "A 03-02 10:00 - 03-02 15:00",
        "B 03-02 12:00 - 03-02 15:00",
        "C 03-02 15:00 - 03-02 18:00",
        "A 03-02 18:00 - 03-02 20:00",
        "- 03-02 20:00 - 03-03 00:00",
    ]


def test_g3_a_group_gives_way_and_comes_back_whole():
    plan = roster(daily([[A, B]], "10:00", "20:00"), daily([C], "10:00", "13:00"))
    assert final(plan, "2025-03-02T10:00", "2025-03-02T20:00") == [
        "C 03-02 10:00 - 03-02 13:00",
        "A 03-02 13:00 - 03-02 20:00",
        "B 03-02 13:00 - 03-02 20:00",
    ]


def test_a_higher_layers_slot_of_nobody_lets_the_lower_one_through():
    plan = roster(always(A), always(B, None))
    assert [one[0] for one in final(plan, "2025-01-06", "2025-01-10")] == ["B", "A", "B", "A"]


def test_o2_an_added_person_leaves_the_shift_unbroken():
    adds = [
        override("add", B, "2025-03-02T08:30", "2025-03-02T08:45"),
        override("add", B, "2025-03-02T08:00", "2025-03-02T08:15"),
    ]
    plan = roster(FOO_FROM_8_TO_10, overrides=adds)
    assert final(plan, "2025-03-02T08:00", "2025-03-02T10:00") == [
        "A 03-02 08:00 - 03-02 10:00",
        "B 03-02 08:00 - 03-02 08:15 add",
        "B 03-02 08:30 - 03-02 08:45 add",
    ]


def test_o4_add_replace_and_remove_at_once():
    rab, baz, bin_, bar, foo = range(1, 6)
    at_once = [
        override("add", foo, "2025-03-02", "2025-03-03"),
        override("replace", bar, "2025-03-02", "2025-03-03", instead_of=rab),
        override("remove", baz, "2025-03-02", "2025-03-03"),
    ]
    plan = roster(always([rab, baz, bin_]), overrides=at_once)
    assert on_call(plan, utc("2025-03-02T12:00")) == {"primary": (bar, bin_, foo)}


def test_o6_a_temporary_schedule_replaces_its_span_whole():
    baz = TemporaryShift("primary", utc("2025-03-02T08:25"), utc("2025-03-02T08:35"), B)
    temporary = Temporary(utc("2025-03-02T08:15"), utc("2025-03-02T08:45"), (baz,))
    plan = roster(FOO_FROM_8_TO_10, temporaries=[temporary])
    assert final(plan, "2025-03-02T08:00", "2025-03-02T10:00") == [
        "A 03-02 08:00 - 03-02 08:15",
        "- 03-02 08:15 - 03-02 08:25",
        "B 03-02 08:25 - 03-02 08:35 temporary",
        "- 03-02 08:35 - 03-02 08:45",
        "A 03-02 08:45 - 03-02 10:00",
    ]


def test_o8_overrides_that_touch_are_not_in_each_others_way():
    first = override("cover", B, "2025-03-02T08:00", "2025-03-02T09:00", number=7)
    assert in_the_way(override("cover", C, "2025-03-02T09:00", "2025-03-02T10:00"), [first]) is None
    assert in_the_way(override("cover", C, "2025-03-02T08:59", "2025-03-02T10:00"), [first]) is first
    assert (
        in_the_way(override("cover", C, "2025-03-02T08:00", "2025-03-02T09:00", role="other"), [first])
        is None
    )


def test_o10_an_override_splits_what_is_shown_and_nothing_else():
    plan = roster(FOO_FROM_8_TO_10, overrides=[override("cover", B, "2025-03-02T08:30", "2025-03-02T09:30")])
    shown = final(plan, "2025-03-02T08:00", "2025-03-02T10:00")
    assert shown == [
        "A 03-02 08:00 - 03-02 08:30",
        "B 03-02 08:30 - 03-02 09:30 cover",
        "A 03-02 09:30 - 03-02 10:00",
    ]
    without = Roster(plan.versions)
    assert final(without, "2025-03-02T08:00", "2025-03-02T10:00") == ["A 03-02 08:00 - 03-02 10:00"]


def test_g19_a_cover_over_midnight():
    plan = roster(always(A), overrides=[override("cover", B, "2025-03-02T20:00", "2025-03-03T04:00")])
    assert final(plan, "2025-03-02", "2025-03-04") == [
        "A 03-02 00:00 - 03-02 20:00",
        "B 03-02 20:00 - 03-03 04:00 cover",
        "A 03-03 04:00 - 03-04 00:00",
    ]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("13:00", "18:00", ["A 03-02 12:00 - 03-02 13:00", "B 03-02 13:00 - 03-02 15:00 replace"]),
        ("10:00", "13:00", ["B 03-02 12:00 - 03-02 13:00 replace", "A 03-02 13:00 - 03-02 15:00"]),
        (
            "13:00",
            "14:00",
            [
                "A 03-02 12:00 - 03-02 13:00",
                "B 03-02 13:00 - 03-02 14:00 replace",
                "A 03-02 14:00 - 03-02 15:00",
            ],
        ),
    ],
)
def test_g21_a_replace_counts_only_where_the_named_person_is_on(start, end, expected):
    swap = override("replace", B, f"2025-03-02T{start}", f"2025-03-02T{end}", instead_of=A)
    plan = roster(daily([A], "12:00", "15:00"), overrides=[swap])
    assert [one for one in day(plan) if one[0] != "-"] == expected


def test_g21_a_swap_that_touches_two_shifts_takes_only_the_one_inside():
    swap = override("replace", B, "2025-03-01T15:00", "2025-03-03T12:00", instead_of=A)
    plan = roster(daily([A], "12:00", "15:00"), overrides=[swap])
    assert [one for one in final(plan, "2025-03-01", "2025-03-04") if one[0] != "-"] == [
        "A 03-01 12:00 - 03-01 15:00",
        "B 03-02 12:00 - 03-02 15:00 replace",
        "A 03-03 12:00 - 03-03 15:00",
    ]


def test_g23_a_cover_beats_a_swap():
    plan = roster(
        always(A),
        overrides=[
            override("replace", B, "2025-03-02T06:00", "2025-03-02T18:00", instead_of=A, number=1),
            override("cover", C, "2025-03-02T08:00", "2025-03-02T12:00", number=2),
        ],
    )
    assert day(plan) == [
        "A 03-02 00:00 - 03-02 06:00",
        "B 03-02 06:00 - 03-02 08:00 replace",
        "C 03-02 08:00 - 03-02 12:00 cover",
        "B 03-02 12:00 - 03-02 18:00 replace",
        "A 03-02 18:00 - 03-03 00:00",
    ]


def test_a_swap_of_a_swapped_shift_goes_on_to_the_third_person():
    plan = roster(
        always(A),
        overrides=[
            override("replace", C, "2025-03-02", "2025-03-03", instead_of=B, number=2),
            override("replace", B, "2025-03-02", "2025-03-03", instead_of=A, number=1),
        ],
    )
    assert day(plan) == ["C 03-02 00:00 - 03-03 00:00 replace"]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (("temporary", "cover", "remove", "replace", "add"), [("D", "temporary")]),
        (("cover", "remove", "replace", "add"), [("C", "cover")]),
        (("remove", "replace", "add"), [("D", "add")]),
        (("replace", "add"), [("B", "replace"), ("D", "add")]),
        (("add",), [("A", ""), ("D", "add")]),
        (("remove",), []),
        ((), [("A", "")]),
    ],
)
def test_precedence_is_temporary_cover_remove_replace_add(kinds, expected):
    span = ("2025-03-02", "2025-03-03")
    shift = TemporaryShift("primary", utc(span[0]), utc(span[1]), D)
    laid = {
        "temporary": [Temporary(utc(span[0]), utc(span[1])), shift],
        "cover": [override("cover", C, *span)],
        "remove": [override("remove", A, *span)],
        "replace": [override("replace", B, *span, instead_of=A)],
        "add": [override("add", D, *span)],
    }
    holders = settle((Holder(A, "", None),), [change for kind in kinds for change in laid[kind]])
    assert [(NAMES[one.user], one.override) for one in holders] == expected


def test_one_who_is_on_and_added_is_on_once():
    plan = roster(always(A), overrides=[override("add", A, "2025-03-02T06:00", "2025-03-02T07:00")])
    assert day(plan) == ["A 03-02 00:00 - 03-03 00:00"]


def test_the_same_person_through_several_turns_is_one_shift_unless_split():
    plan = roster(always(A))
    assert final(plan, "2025-03-01T12:00", "2025-03-03T12:00") == ["A 03-01 12:00 - 03-03 12:00"]
    assert final(plan, "2025-03-01T12:00", "2025-03-03T12:00", split_at_handoffs=True) == [
        "A 03-01 12:00 - 03-02 00:00",
        "A 03-02 00:00 - 03-03 00:00",
        "A 03-03 00:00 - 03-03 12:00",
    ]


def test_a_new_version_of_the_same_turn_does_not_split_it():
    said = definition(layer([A, B], "2025-01-06T00:00"))
    zone = ZoneInfo("UTC")
    plan = Roster((Version(utc("2025-01-01"), zone, said), Version(utc("2025-01-08"), zone, said)))
    found = shifts(plan, utc("2025-01-06"), utc("2025-01-13"), split_at_handoffs=True)
    assert told(found) == ["A 01-06 00:00 - 01-13 00:00"]


def follows(offset):
    return {"follows": "primary", "layer": "L1", "offset": offset}


@pytest.mark.parametrize(("offset", "expected"), [(-1, "CABC"), (1, "BCAB"), (3, "ABCA"), (-4, "CABC")])
def test_secondary_is_the_slot_further_on_in_the_primarys_list(offset, expected):
    plan = roster(layer([A, B, C], "2025-01-06T10:00"), secondary=follows(offset))
    found = final(plan, "2025-01-06T10:00", "2025-02-03T10:00", role="secondary")
    assert "".join(one[0] for one in found) == expected


def test_secondary_does_not_care_what_limits_or_overrides_the_primary():
    mornings = [{"days": ["mon"], "start": "08:00", "end": "12:00"}]
    plan = roster(
        layer([A, B], "2025-01-06T00:00", restrictions=mornings),
        secondary=follows(1),
        overrides=[override("cover", B, "2025-01-07", "2025-01-08")],
    )
    assert final(plan, "2025-01-06", "2025-01-20", role="secondary") == [
        "B 01-06 00:00 - 01-13 00:00",
        "A 01-13 00:00 - 01-20 00:00",
    ]


def test_history_never_changes_and_an_edit_begins_when_it_says():
    zone = ZoneInfo("UTC")
    old, new = definition(always(A)), definition(always(B), secondary={"layers": [always(C)]})
    plan = Roster((Version(utc("2025-01-06"), zone, old), Version(utc("2025-03-02T12:00"), zone, new)))
    assert final(plan, "2025-03-02", "2025-03-03", role="primary") == [
        "A 03-02 00:00 - 03-02 12:00",
        "B 03-02 12:00 - 03-03 00:00",
    ]
    assert on_call(plan, utc("2025-03-02T11:59")) == {"primary": (A,)}
    assert on_call(plan, utc("2025-03-02T12:00")) == {"primary": (B,), "secondary": (C,)}
    assert roles(plan, utc("2025-03-02"), utc("2025-03-02T12:00")) == ["primary"]


def test_g39_one_who_left_is_nobody_from_then_on_and_the_others_keep_their_turns():
    plan = roster(always(A, B, C), deactivated={B: utc("2025-01-07T12:00")})
    assert final(plan, "2025-01-06", "2025-01-12") == [
        "A 01-06 00:00 - 01-07 00:00",
        "B 01-07 00:00 - 01-07 12:00",
        "- 01-07 12:00 - 01-08 00:00",
        "C 01-08 00:00 - 01-09 00:00",
        "A 01-09 00:00 - 01-10 00:00",
        "- 01-10 00:00 - 01-11 00:00",
        "C 01-11 00:00 - 01-12 00:00",
    ]


def test_one_who_left_leaves_the_rest_of_their_group_and_the_layer_below():
    plan = roster(always(C), always([A, B], B), deactivated={B: utc("2025-01-01")})
    assert [one[0] for one in final(plan, "2025-01-06", "2025-01-08")] == ["A", "C"]


@pytest.mark.parametrize("kind", ["cover", "replace", "add"])
def test_an_override_by_one_who_left_gives_the_shift_back(kind):
    one = override(kind, B, "2025-03-02", "2025-03-03", instead_of=A if kind == "replace" else None)
    plan = roster(always(A), overrides=[one], deactivated={B: utc("2025-03-02T12:00")})
    assert on_call(plan, utc("2025-03-02T11:59"))["primary"] in {(B,), (A, B)}
    assert on_call(plan, utc("2025-03-02T12:00"))["primary"] == (A,)


def test_a_temporary_shift_of_one_who_left_is_a_gap():
    shift = TemporaryShift("primary", utc("2025-03-02"), utc("2025-03-03"), B)
    temporary = Temporary(utc("2025-03-02"), utc("2025-03-03"), (shift,))
    plan = roster(always(A), temporaries=[temporary], deactivated={B: utc("2025-03-02T12:00")})
    assert day(plan) == ["B 03-02 00:00 - 03-02 12:00 temporary", "- 03-02 12:00 - 03-03 00:00"]


def test_a_retired_schedule_has_nobody_from_then_on():
    plan = Roster(roster(always(A)).versions, retired_at=utc("2025-03-02T12:00"))
    assert day(plan) == ["A 03-02 00:00 - 03-02 12:00", "- 03-02 12:00 - 03-03 00:00"]


def test_gaps_are_told_for_roles_that_are_paged():
    mornings = daily([A], "00:00", "12:00")
    plan = roster(mornings, shadow={"layers": [mornings]})
    assert told(uncovered(shifts(plan, utc("2025-03-02"), utc("2025-03-03")))) == [
        "- 03-02 12:00 - 03-03 00:00"
    ]


def test_a_range_without_length_has_no_shifts():
    assert shifts(roster(always(A)), utc("2025-03-02"), utc("2025-03-02")) == []


def test_the_end_of_time_is_answered():
    plan = roster(always(A))
    assert [one.user for one in shifts(plan, utc("8999-12-31"), utc("9999-12-31"))] == [A]
    assert on_call(plan, utc("9999-12-31")) == {"primary": ()}


def over(kind, user, start, end, instead_of=None):
    return Override("primary", kind, utc(start), utc(end), user, instead_of, 9, over_temporary=True)


def test_an_override_made_over_a_temporary_schedule_applies_to_its_shifts():
    planned = Temporary(
        utc("2025-03-02"),
        utc("2025-03-03"),
        (TemporaryShift("primary", utc("2025-03-02T06:00"), utc("2025-03-03"), B),),
    )
    hidden = override("cover", D, "2025-03-02", "2025-03-03")
    plan = roster(always(A), overrides=(hidden,), temporaries=(planned,))
    assert day(plan) == ["- 03-02 00:00 - 03-02 06:00", "B 03-02 06:00 - 03-03 00:00 temporary"]
    plan = roster(
        always(A),
        overrides=(hidden, over("replace", C, "2025-03-02T05:00", "2025-03-02T08:00", B)),
        temporaries=(planned,),
    )
    assert day(plan) == [
        "- 03-02 00:00 - 03-02 06:00",
        "C 03-02 06:00 - 03-02 08:00 replace",
        "B 03-02 08:00 - 03-03 00:00 temporary",
    ]


def test_a_cover_over_a_temporary_schedule_stands_alone_also_before_and_after_it():
    planned = Temporary(utc("2025-03-02T06:00"), utc("2025-03-02T18:00"))
    cover = over("cover", C, "2025-03-02T03:00", "2025-03-02T12:00")
    assert day(roster(always(A), overrides=(cover,), temporaries=(planned,))) == [
        "A 03-02 00:00 - 03-02 03:00",
        "C 03-02 03:00 - 03-02 12:00 cover",
        "- 03-02 12:00 - 03-02 18:00",
        "A 03-02 18:00 - 03-03 00:00",
    ]

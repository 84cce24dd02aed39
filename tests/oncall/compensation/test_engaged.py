"""How long a page keeps somebody, told by hand."""

from datetime import UTC, datetime, timedelta

from oncall.compensation.core.engaged import LONGEST, Acted, Cause, Paged, engagements

NIGHT = datetime(2025, 6, 3, 2, 10, tzinfo=UTC)


def after(minutes):
    return NIGHT + timedelta(minutes=minutes)


def paged(page, minutes, stopped=None):
    return Paged(page=page, at=after(minutes), stopped=None if stopped is None else after(stopped))


def acted(minutes, what="acknowledged", **more):
    return Acted(at=after(minutes), what=what, **more)


def lasted(cause):
    return [
        ((one.span.end - one.span.start) // timedelta(minutes=1), one.pages) for one in engagements(cause)
    ]


def test_who_answers_has_it_in_hand_until_it_is_resolved_also_by_another():
    assert lasted(Cause(pages=[paged(1, 0, 3)], acted=[acted(3)], over=after(50))) == [(50, (1,))]


def test_what_they_do_after_the_resolve_counts_too():
    cause = Cause(pages=[paged(1, 0, 3)], acted=[acted(3), acted(55, "note")], over=after(50))
    assert lasted(cause) == [(55, (1,))]


def test_who_hands_it_on_is_free_then():
    cause = Cause(
        pages=[paged(1, 0, 3)], acted=[acted(3), acted(9, "escalated", hands_on=True)], over=after(90)
    )
    assert lasted(cause) == [(9, (1,))]


def test_who_does_nothing_is_free_when_the_paging_stops():
    assert lasted(Cause(pages=[paged(1, 0, 7)], over=after(90))) == [(7, (1,))]
    assert lasted(Cause(pages=[paged(1, 0)], over=after(12))) == [(12, (1,))]
    assert lasted(Cause(pages=[paged(1, 0)])) == [(0, (1,))]


def test_nobody_is_kept_for_longer_than_four_hours_by_what_nobody_touches():
    found = lasted(
        Cause(pages=[paged(1, 0, 3), paged(2, 600, 601)], acted=[acted(3), acted(601)], over=after(630))
    )
    assert found == [(LONGEST // timedelta(minutes=1), (1,)), (30, (2,))]


def test_a_page_within_it_belongs_to_it():
    cause = Cause(pages=[paged(1, 0, 3), paged(2, 40, 41)], acted=[acted(3), acted(41)], over=after(60))
    assert lasted(cause) == [(60, (1, 2))]

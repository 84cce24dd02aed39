"""A part of a report lists less, and counts nothing anew."""

from tests.reports.sample import DISK, SLOW, report
from watchbill.reports.core.narrow import narrow


def test_without_anything_asked_all_of_it_stays():
    assert narrow(report()) == report()


def test_the_shifts_of_a_person_with_their_pages_and_beside_them():
    seen = narrow(report(), user="bo")
    assert [row.user for row in seen.shifts] == ["bo"]
    assert [(page.id, page.shift) for page in seen.pages] == [(4, 0), (5, None)]
    assert [row.user for row in seen.people] == ["bo"]


def test_of_a_role_no_page_beside_it():
    assert not [page for page in narrow(report(), role="primary").pages if page.shift is None]
    assert [row.role for row in narrow(report(), schedule="Shop", role="secondary").shifts] == ["secondary"]


def test_an_alert_with_the_shifts_that_had_a_page_of_it():
    seen = narrow(report(), key=DISK)
    assert [row.user for row in seen.shifts] == ["ana"]
    assert [page.id for page in seen.pages] == [1, 2, 3]
    assert [row.key for row in seen.keys] == [DISK]
    assert [row.user for row in narrow(report(), key=SLOW).shifts] == ["bo"]
    assert not narrow(report(), key=SLOW, service="another").shifts


def test_totals_trend_and_response_stay_the_teams():
    seen = narrow(report(), schedule="Nothing of that name")
    assert (seen.shifts, seen.pages) == ([], [])
    whole = report()
    assert (seen.totals, seen.trend, seen.response) == (whole.totals, whole.trend, whole.response)

"""Engineers see their own rows and their team's totals, unnamed; money is for managers and its person."""

from tests.reports.sample import report
from watchbill.reports.core.report import LoadReport
from watchbill.reports.seen import for_reader

BO = sum(map(ord, "bo"))


def test_an_engineer_sees_no_other_name_and_no_money_but_their_own():
    seen = for_reader(report(), reader_id=BO, manages=False)
    text = seen.model_dump_json()
    for other in ("ana", "Ana", "cy", "dee"):
        assert f'"{other}"' not in text
    assert [row.user for row in seen.shifts] == ["bo"]
    assert seen.shifts[0].cost, "their own"
    assert seen.totals.pages == 10
    assert not seen.totals.cost
    assert not any(row.cost for row in seen.keys)
    assert [(page.id, page.shift) for page in seen.pages] == [(4, 0), (5, None)]


def test_a_manager_sees_all_of_it():
    assert for_reader(report(), reader_id=BO, manages=True) == report()


def test_what_is_stored_is_what_was_made():
    assert LoadReport.model_validate_json(report().model_dump_json()) == report()


def test_what_a_database_keeps_in_an_order_of_its_own_is_put_in_ours():
    row = report().keys[0].model_copy(update={"match": {"cluster": "eu1", "alertname": "DiskFull"}})
    assert list(type(row).model_validate(row.model_dump()).match) == ["alertname", "cluster"]
    shift = report().shifts[0]
    hours = dict(reversed(shift.hours.items()))
    again = type(shift).model_validate(shift.model_dump() | {"hours": hours})
    assert list(again.hours) == ["sleep", "free", "off", "business"]

"""A row that is made by the names of its columns is what Django makes of the same."""

import pytest

from escalation.models import Incident
from people.columns import Columns

INCIDENTS = Columns(Incident)


def test_a_new_row_has_the_defaults_of_what_is_not_given():
    made, usual = INCIDENTS.new({"title": "disk"}), Incident(title="disk")
    assert INCIDENTS.values(made) == INCIDENTS.values(usual)
    assert made._state.adding


def test_no_two_rows_share_a_default():
    first, second = INCIDENTS.new({}), INCIDENTS.new({})
    first.outside_done.append(1)
    assert second.outside_done == []


def test_a_name_that_is_no_column_s_is_refused():
    with pytest.raises(ValueError, match="titel"):
        INCIDENTS.new({"titel": "disk"})

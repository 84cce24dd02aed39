"""Labels by which a rule is offered mean the alert that they were taken from, and no other."""

import pytest

from escalation.core.matching import in_lines, read_match
from watchbill.reports.core.key import match_of


def test_a_rule_is_offered_by_name_and_place():
    labels = {"alertname": "DiskFull", "cluster": "eu 1=a", "instance": "a"}
    found = match_of(labels=labels)
    assert found == {"alertname": "DiskFull", "cluster": "eu 1=a"}
    assert read_match(in_lines(found)) == found


@pytest.mark.parametrize("name", ["DiskFull\nnamespace=prod", "DiskFull\u2028job=a", " DiskFull", "Disk*"])
def test_none_is_offered_where_it_would_mean_others(name):
    assert match_of(labels={"alertname": name, "cluster": "eu1"}) == {}
    assert match_of(labels={"alertname": "DiskFull", "cluster": name}) == {}

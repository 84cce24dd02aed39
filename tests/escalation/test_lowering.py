"""An alert counts for less, and nothing that somebody made worse does."""

import pytest

from escalation.actions.config import ConfigError, change_service
from escalation.actions.lowering import lower_severity, winning
from escalation.core.severity import Grading
from tests.world import TESTS, World

DISK = {"alertname": "DiskFull", "cluster": "eu1"}
WORSE = {"match": {"host": "db1"}, "severity": "SEV-1"}


@pytest.fixture
def world(db):
    return World()


def lowered(world, rules):
    change_service(service=world.service, severity_rules=rules, by=TESTS, now=world.now)
    return lower_severity(service=world.service, match=DISK, severity="SEV-4", by=TESTS, now=world.now)


def graded(service, labels):
    grading = Grading.from_json(service.severities, service.severity_rules)
    return grading.of(word="critical", labels=labels, usual="SEV-1").severity


def test_it_wins_over_a_rule_that_means_more_and_over_the_sources_word(world):
    service = lowered(world, [{"match": {"alertname": "DiskFull"}, "severity": "SEV-2"}])
    assert graded(service, {**DISK, "host": "web1"}) == "SEV-4"
    assert graded(service, {"alertname": "DiskFull", "cluster": "us1"}) == "SEV-2"


def test_what_another_rule_made_worse_stays_so_and_is_named(world):
    narrower = {"match": {**DISK, "disk": "/"}, "severity": "SEV-1"}
    service = lowered(world, [WORSE, narrower])
    assert graded(service, {**DISK, "host": "db1"}) == "SEV-1"
    assert graded(service, {**DISK, "disk": "/"}) == "SEV-1"
    assert graded(service, DISK) == "SEV-4"
    assert winning(service.severity_rules, DISK) == [WORSE, narrower]


def test_the_rule_of_the_same_match_is_replaced_and_twice_is_told(world):
    service = lowered(world, [{"match": DISK, "severity": "SEV-3"}])
    assert service.severity_rules == [{"match": DISK, "severity": "SEV-4"}]
    with pytest.raises(ConfigError, match="so already"):
        lower_severity(service=service, match=DISK, severity="SEV-4", by=TESTS, now=world.now)


def test_nothing_is_raised_by_it(world):
    with pytest.raises(ConfigError, match="SEV-3 or SEV-4"):
        lower_severity(service=world.service, match=DISK, severity="SEV-1", by=TESTS, now=world.now)

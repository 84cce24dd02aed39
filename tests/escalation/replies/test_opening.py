"""“new checkout: disk full” by SMS opens an incident, and only that."""

import pytest

from escalation.actions import config
from escalation.models import Incident
from paging.core.replies import opens
from tests.escalation.maintained import planned
from tests.world import TESTS


@pytest.fixture
def services(world):
    for name in ("checkout", "checkout-api", "search api"):
        config.create_service(name=name, policy=world.policy, team=world.team, by=TESTS, now=world.now)


@pytest.fixture
def heard(ana, world):
    """Ana writes; what she is answered."""
    return ana.text


def opened():
    return [(one.service.name, one.title, one.severity) for one in Incident.objects.order_by("pk")]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("new checkout: disk full", ("checkout", "disk full", "SEV-2")),
        ("New Checkout disk full", ("checkout", "disk full", "SEV-2")),
        ("new checkout-api: disk full", ("checkout-api", "disk full", "SEV-2")),
        ("NEW checkout-api - Disk FULL!", ("checkout-api", "Disk FULL", "SEV-2")),
        ("incident search: sev1 nothing is found", ("search api", "nothing is found", "SEV-1")),
        ("new: search api SEV-3 slow", ("search api", "slow", "SEV-3")),
        ("new pay: down", ("payments-api", "down", "SEV-2")),
        ("new checkout: new release is broken", ("checkout", "new release is broken", "SEV-2")),
    ],
)
def test_a_service_and_what_is_wrong_open_an_incident(world, services, heard, said, wanted):
    answer = heard(said)
    assert opened() == [wanted]
    incident = Incident.objects.get()
    assert answer == f"Opened #{incident.pk} {wanted[1]}, {wanted[2]}."
    assert f"Ana Ruiz (by SMS): triggered the incident as {wanted[2]}" in world.timeline(incident)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (
            "new",
            "Write: new SERVICE: what is wrong. Services: checkout, checkout-api, payments-api, search api.",
        ),
        ("new warehouse: down", "No one service begins with warehouse. Write: new SERVICE: what is wrong."),
        ("new check: down", "No one service begins with check. Write: new SERVICE"),
        ("new checkout", "Say in a few words what is wrong. Write: new checkout: what is wrong."),
        ("new checkout: sev1", "Say in a few words what is wrong. Write: new checkout: what is wrong."),
    ],
)
def test_what_names_no_service_or_no_trouble_is_answered_with_how_to_write_it(services, heard, said, answer):
    assert heard(said).startswith(answer)
    assert opened() == []


def test_a_stranger_opens_nothing_and_hears_nothing(world, services, phone):
    assert phone("+14155559999").text("new checkout: disk full") == ""
    assert opened() == []


@pytest.mark.parametrize("said", ["news from checkout", "renew checkout", "ack", "1a", "is anything new?"])
def test_other_words_open_nothing(said):
    assert opens(said) is None


def test_who_opens_one_in_maintenance_hears_that_nobody_is_paged(world, heard):
    planned(world)
    assert "Pages nobody before 02 Mar 11:00 UTC: maintenance." in heard("new payments-api: disk full")

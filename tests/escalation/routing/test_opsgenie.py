"""An Opsgenie sender finds what it sent wherever a routing rule has put it, and nothing else."""

import time_machine

from escalation.models import Alert
from tests.escalation.routing.conftest import DB_KEY
from tests.escalation.test_opsgenie_api import Sender

LONG = "disk" + "k" * 400
DETAILS = {"details": {"alertname": "DiskFull"}}


def test_it_is_got_raised_acknowledged_and_closed_by_its_alias(world, client):
    world.route(to=world.database)
    sender = Sender(client)
    with time_machine.travel(world.now, tick=False):
        for alias in ("disk", LONG):
            made = sender.became(sender.create(alias=alias, priority="P3", note="look", **DETAILS))
            alert = Alert.objects.get(status="open")
            assert (made["success"], made["alias"]) == (True, alias)
            assert (alert.service, alert.severity) == (world.database, "SEV-3")
            assert sender.get(alias).json()["data"]["alias"] == alias
            sender.became(sender.ask("acknowledge", alias))
            alert.incident.refresh_from_db()
            assert alert.incident.status == "acknowledged"
            assert sender.became(sender.ask("priority", alias, method="PUT", priority="P1"))["success"]
            alert.refresh_from_db()
            assert (alert.severity, alert.event_count, Alert.objects.filter(status="open").count()) == (
                "SEV-1",
                2,
                1,
            )
            assert sender.became(sender.ask("close", alias))["success"]
            alert.refresh_from_db()
            assert alert.status == "resolved"


def test_the_sender_of_the_other_service_does_not_find_it_by_the_alias(world, client):
    world.route(to=world.database)
    with time_machine.travel(world.now, tick=False):
        Sender(client).create(**DETAILS)
        assert Sender(client, DB_KEY).get().status_code == 404
        Sender(client, DB_KEY).ask("close")
        assert Alert.objects.get().status == "open"

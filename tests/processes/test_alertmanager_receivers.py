"""Debian's Alertmanager posts by each of its receivers that we speak: it fires, fires again, and is over."""

import json

import pytest

from tests.processes.alertmanager import Alertmanager
from tests.processes.tree import fetch, manage, until

KEY = "0123456789abcdef0123456789abcdef"
RECEIVERS = ("webhook", "pagerduty", "opsgenie", "victorops")
pytestmark = pytest.mark.processes


class Eyes:
    """What a person would see over the API."""

    def __init__(self, tree):
        self._url = f"{tree.url}/api/v1/incidents"
        self._token = manage(tree, "token", "mia").split()[-1]

    def incidents(self, path=""):
        status, body = fetch(self._url + path, Authorization=f"Bearer {self._token}")
        assert status == 200, body
        return json.loads(body)

    def titled(self, word):
        """Those with the word in their title, with their alerts; newest first."""
        found = [one for one in self.incidents()["results"] if word in one["title"]]
        return [self.incidents(f"/{one['id']}") for one in found]

    def events(self, word):
        return sum(alert["event_count"] for one in self.titled(word) for alert in one["alerts"])


def test_each_receiver_of_alertmanager_opens_repeats_and_ends_an_incident(make_tree, tmp_path):
    tree = make_tree("--no-demo")
    tree.start()
    tree.wait_until_up()
    manage(tree, "apply", "tests/processes/organisation.yaml")
    eyes = Eyes(tree)
    for receiver in RECEIVERS:
        name = f"Disk{receiver.title()}"
        with Alertmanager(folder=tmp_path / receiver, url=tree.url, key=KEY, receiver=receiver) as sender:
            sender.alert(alertname=name, cluster="eu1", instance="a", severity="critical")
            until(lambda n=name: eyes.titled(n), f"{receiver}: an incident")
            first = eyes.events(name)

            # One more of the group is news, and so the group is posted again.
            sender.alert(alertname=name, cluster="eu1", instance="b", severity="critical")
            until(lambda n=name, f=first: eyes.events(n) > f, f"{receiver}: counted again")
            groups = len(eyes.titled(name))
            assert groups == (2 if receiver == "webhook" else 1), "a webhook tells of each alert"

            for instance in ("a", "b"):
                sender.alert(over=True, alertname=name, cluster="eu1", instance=instance, severity="critical")
            until(
                lambda n=name: {one["status"] for one in eyes.titled(n)} == {"resolved"},
                f"{receiver}: resolved",
            )
            (severity,) = {one["severity"] for one in eyes.titled(name)}
            assert severity == "SEV-1"

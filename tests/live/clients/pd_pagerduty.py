"""PagerDuty's own client for Python, of today."""

import sys
from os import environ

from pagerduty import EventsApiV2Client

key, what = environ["ALIAS"], sys.argv[1]
client = EventsApiV2Client(environ["KEY"], base_url=environ["HTTPS"])
match what:
    case "trigger" | "repeat":
        assert client.trigger("disk is full", "db1", dedup_key=key, custom_details={"cluster": "eu1"}) == key
    case "acknowledge":
        assert client.acknowledge(key) == key
    case "resolve":
        assert client.resolve(key) == key
    case "change":
        # Without a time this version looks for one where there is none.
        at = "2026-03-02T10:00:00+0000"
        links = [{"href": "https://ci.example/42", "text": "build"}]
        client.submit("deploy 42", source="ci", timestamp=at, links=links)

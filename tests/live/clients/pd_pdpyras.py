"""PagerDuty's former client for Python."""

import sys
from os import environ

from pdpyras import ChangeEventsAPISession, EventsAPISession

key, what = environ["ALIAS"], sys.argv[1]
session = EventsAPISession(environ["KEY"])
session.url = environ["HTTPS"]
match what:
    case "trigger" | "repeat":
        assert session.trigger("disk is full", "db1", dedup_key=key) == key
    case "acknowledge":
        assert session.acknowledge(key) == key
    case "resolve":
        assert session.resolve(key) == key
    case "change":
        changes = ChangeEventsAPISession(environ["KEY"])
        changes.url = environ["HTTPS"]
        changes.submit("deploy 43", source="ci")

"""Apprise as a PagerDuty sender. Its address is a constant of it; it knows no acknowledgement."""

import sys
from os import environ
from urllib.parse import quote

import apprise
from apprise.plugins import pagerduty

pagerduty.PAGERDUTY_API_LOOKUP["us"] = f"{environ['HTTP']}/v2/enqueue"
kind = "success" if sys.argv[1] == "resolve" else "failure"
sender = apprise.Apprise()
assert sender.add(f"pagerduty://{environ['KEY']}@token/?action=map&dedup={quote(environ['ALIAS'])}")
assert sender.notify(title="disk is full", body="db1 is at 99 %", notify_type=kind)

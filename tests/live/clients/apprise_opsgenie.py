"""Apprise as an Opsgenie sender. Its address is a constant of it; it closes by the number of its request."""

import sys
from os import environ
from urllib.parse import quote

import apprise
from apprise.plugins import opsgenie

opsgenie.OPSGENIE_API_LOOKUP["us"] = f"{environ['HTTP']}/v2/alerts"
kinds = {
    "trigger": "failure",
    "repeat": "failure",
    "acknowledge": "info",
    "resolve": "success",
    "note": "info",
}
what = sys.argv[1]
action = {"acknowledge": "acknowledge", "note": "note"}.get(what, "map")
asset = apprise.AppriseAsset(storage_path=environ["FOLDER"], storage_mode="flush")
sender = apprise.Apprise(asset=asset)
assert sender.add(f"opsgenie://{environ['KEY']}?alias={quote(environ['ALIAS'])}&priority=p5&action={action}")
assert sender.notify(title="disk is full", body="db1 is at 99 %", notify_type=kinds[what])

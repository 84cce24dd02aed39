"""Opsgenie's own SDK for Python; it asks what became of each request."""

import sys
from datetime import UTC, datetime, timedelta
from os import environ

import opsgenie_sdk as og

configuration = og.Configuration()
configuration.host = environ["HTTP"]
configuration.api_key["Authorization"] = environ["KEY"]
api = og.AlertApi(api_client=og.ApiClient(configuration=configuration))
alias, what = environ["ALIAS"], sys.argv[1]
named = {"identifier": alias, "identifier_type": "alias"}


def done(response):
    """Its short polling, by which it finds the alert."""
    assert response.retrieve_result().data.is_success, response
    return response


match what:
    case "trigger" | "repeat":
        made = done(
            api.create_alert(
                og.CreateAlertPayload(
                    message="disk is full",
                    alias=alias,
                    priority="P1",
                    tags=["eu"],
                    details={"cluster": "eu1"},
                )
            )
        )
        found = made.retrieve_resulting_action().data
        assert (found.id, found.alias, found.status, found.priority) == (made.id, alias, "open", "P1"), found
    case "acknowledge":
        done(api.acknowledge_alert(**named, acknowledge_alert_payload=og.AcknowledgeAlertPayload(user="Ana")))
        assert api.get_alert(**named).data.acknowledged
    case "unacknowledge":
        done(api.un_acknowledge_alert(**named))
        assert not api.get_alert(**named).data.acknowledged
    case "snooze":
        until = datetime.now(UTC) + timedelta(hours=1)
        done(api.snooze_alert(**named, snooze_alert_payload=og.SnoozeAlertPayload(end_time=until)))
        assert api.get_alert(**named).data.snoozed
    case "note":
        done(api.add_note(**named, add_note_to_alert_payload=og.AddNoteToAlertPayload(note="seen")))
    case "resolve":
        number = api.get_alert(**named).data.id
        done(api.close_alert(**named, close_alert_payload=og.CloseAlertPayload(note="freed")))
        assert api.get_alert(identifier=number).data.status == "closed"

"""Sources that tell of one thing at a time: Datadog, Zabbix, Nagios, Uptime Kuma and the like."""

from urllib.parse import urlencode

import pytest

from escalation.sources.event import Action, Malformed
from tests.escalation.sources.payloads import loaded, only, parse, payload

TRIGGER, ACKNOWLEDGE, RESOLVE = Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE


class TestDatadog:
    SENT = "datadog/triggered.json"

    def test_an_alert_of_the_template(self):
        event = only("datadog", payload(self.SENT))
        assert (event.action, event.severity, event.word) == (TRIGGER, "SEV-1", "P1")
        assert event.summary == "[P1] [Triggered] CPU load is very high on role:computing-node"
        assert event.labels["role"] == "computing-node"
        assert [label for label, _ in event.links] == ["Datadog", "graph"]
        assert event.payload["query"].startswith("avg(last_5m)")

    @pytest.mark.parametrize(
        ("transition", "action"),
        [("Re-Triggered", TRIGGER), ("No Data", TRIGGER), ("Re-No Data", TRIGGER), ("Warn", TRIGGER),
         ("Renotify", TRIGGER), ("Recovered", RESOLVE), ("something new", TRIGGER)],
    )  # fmt: skip
    def test_transitions(self, transition, action):
        event = only("datadog", loaded(self.SENT, transition=transition))
        assert event.action is action
        assert event.dedup_key == only("datadog", payload(self.SENT)).dedup_key

    @pytest.mark.parametrize(
        ("priority", "kind", "transition", "severity"),
        [("P3", "error", "Triggered", "SEV-3"), ("$ALERT_PRIORITY", "error", "Triggered", "SEV-2"),
         ("", "error", "Warn", "SEV-3"), ("normal", "$ALERT_TYPE", "Triggered", "SEV-2")],
    )  # fmt: skip
    def test_without_a_priority_an_alert_is_worse_than_a_warning(self, priority, kind, transition, severity):
        sent = loaded(self.SENT, priority=priority, type=kind, transition=transition)
        assert only("datadog", sent).severity == severity

    def test_without_a_template_the_title_ends_what_the_title_began(self):
        sent = "datadog/default_template.json"
        begun = only("datadog", payload(sent))
        over = only("datadog", loaded(sent, id="9", title=loaded(sent)["title"].replace("Trigg", "Recov")))
        assert (begun.action, over.action) == (TRIGGER, RESOLVE)
        assert begun.dedup_key == over.dedup_key

    def test_a_test_notification_pages_nobody(self):
        assert parse("datadog", loaded(self.SENT, title="[TEST] [P1] [Triggered] CPU")) == []

    def test_what_names_nothing_is_refused(self):
        with pytest.raises(Malformed, match="cycle_key"):
            parse("datadog", {"transition": "Triggered", "cycle_key": "$ALERT_CYCLE_KEY"})


class TestZabbix:
    SENT = "zabbix/problem.json"

    def test_a_problem(self):
        event = only("zabbix", payload(self.SENT))
        assert (event.action, event.severity, event.dedup_key) == (TRIGGER, "SEV-1", "zabbix:4711")
        assert event.summary == "Zabbix agent is not available on db1"
        assert event.labels["scope"] == "availability"
        assert event.links == (
            ("Zabbix", "https://zabbix.example/tr_events.php?triggerid=23951&eventid=4711"),
            ("runbook", "https://wiki.example/zabbix-agent"),
        )

    @pytest.mark.parametrize(
        ("number", "severity"),
        [("5", "SEV-1"), ("4", "SEV-2"), ("3", "SEV-3"), ("2", "SEV-3"), ("1", "SEV-4"), ("0", "SEV-2"),
         ("", "SEV-2")],
    )  # fmt: skip
    def test_severities(self, number, severity):
        assert only("zabbix", loaded(self.SENT, event_nseverity=number)).severity == severity

    @pytest.mark.parametrize(
        ("changes", "action"),
        [({"event_value": "0"}, RESOLVE), ({"event_value": 0}, RESOLVE),
         ({"event_update_status": "1", "event_update_action": "acknowledged, commented"}, ACKNOWLEDGE),
         ({"event_update_status": "1", "event_update_action": "unacknowledged"}, TRIGGER),
         ({"event_update_status": "1", "event_update_action": "commented"}, TRIGGER)],
    )  # fmt: skip
    def test_what_becomes_of_it(self, changes, action):
        assert only("zabbix", loaded(self.SENT, **changes)).action is action

    def test_macros_may_stand_for_their_own_names(self):
        assert only("zabbix", {"{EVENT.ID}": "4711", "EVENT.VALUE": "0"}).action is RESOLVE

    def test_the_test_button_pages_nobody(self):
        assert parse("zabbix", payload("zabbix/test_button.json")) == []

    def test_what_has_no_event_is_refused(self):
        with pytest.raises(Malformed, match="'event_id' is missing"):
            parse("zabbix", {"event_value": "1"})


class TestNagios:
    SENT = payload("nagios/service_problem.form")

    def test_a_problem_of_a_service(self):
        event = only("nagios", self.SENT)
        assert (event.action, event.severity) == (TRIGGER, "SEV-1")
        assert event.summary == "Disk /var on db1 is CRITICAL: DISK CRITICAL - free space: /var 120 MB (1%)"
        assert event.dedup_key == "event_source=service;host_name=db1;service_desc=Disk /var"
        assert event.links == (("runbook", "https://wiki.example/disk"),)
        assert event.payload["HOSTADDRESS"] == "10.0.0.7"

    def test_a_problem_of_a_host(self):
        event = only("nagios", payload("nagios/host_problem.form"))
        assert event.dedup_key == "event_source=host;host_name=db1"
        assert event.summary.startswith("db1 is DOWN: PING CRITICAL")

    @pytest.mark.parametrize(
        ("kind", "state", "action"),
        [("RECOVERY", "OK", RESOLVE), ("ACKNOWLEDGEMENT", "CRITICAL", ACKNOWLEDGE),
         ("problem", "WARNING", TRIGGER), ("CUSTOM", "CRITICAL", TRIGGER)],
    )  # fmt: skip
    def test_notification_types(self, kind, state, action):
        fields = {"hostname": "db1", "service_desc": "Disk", "NOTIFICATIONTYPE": kind, "SERVICESTATE": state}
        assert only("nagios", fields).action is action
        assert only("nagios", urlencode(fields).encode()).action is action

    @pytest.mark.parametrize("kind", ["FLAPPINGSTART", "DOWNTIMESTART", "DOWNTIMEEND", "CUSTOM"])
    def test_what_is_no_news_or_a_test_pages_nobody(self, kind):
        assert parse("nagios", {"HOSTNAME": "a", "HOSTSTATE": "UP", "NOTIFICATIONTYPE": kind}) == []

    def test_output_that_is_no_utf_8_pages_all_the_same(self):
        form = b"NOTIFICATIONTYPE=PROBLEM&HOSTNAME=a&HOSTSTATE=DOWN&HOSTOUTPUT=Platte+f%FCr+\xfcber"
        assert only("nagios", form).summary.startswith("a is DOWN: Platte f")

    @pytest.mark.parametrize(
        ("fields", "says"),
        [({"NOTIFICATIONTYPE": "PROBLEM"}, "'HOSTNAME' is missing"), ({"HOSTNAME": "a"}, "NOTIFICATIONTYPE")],
    )
    def test_what_is_missing_is_said(self, fields, says):
        with pytest.raises(Malformed, match=says):
            parse("nagios", fields)


class TestUptimeKuma:
    SENT = "uptime-kuma/down.json"

    def test_a_monitor_that_is_down(self):
        event = only("uptime-kuma", payload(self.SENT))
        assert (event.action, event.dedup_key) == (TRIGGER, "uptime-kuma:29")
        assert event.summary == "Production / Shop is down: getaddrinfo ENOTFOUND shop.example"
        assert event.labels["tier"] == "gold"
        assert event.began_at.isoformat() == "2026-11-20T10:12:04.537000+00:00"

    def test_it_is_up_again(self):
        assert only("uptime-kuma", loaded(self.SENT, heartbeat={"status": 1})).action is RESOLVE

    @pytest.mark.parametrize("status", [2, 3])
    def test_pending_and_maintenance_page_nobody(self, status):
        assert parse("uptime-kuma", loaded(self.SENT, heartbeat={"status": status})) == []

    def test_the_test_button_pages_nobody(self):
        assert parse("uptime-kuma", payload("uptime-kuma/test_button.json")) == []
        assert parse("uptime-kuma", b"", query={"msg": "Watchbill Testing"}) == []

    def test_a_certificate_that_runs_out_is_a_warning_and_the_same_one_tomorrow(self):
        sent = "uptime-kuma/certificate.json"
        today = only("uptime-kuma", payload(sent))
        tomorrow = only("uptime-kuma", loaded(sent, msg=today.summary.replace("7", "6")))
        assert today.severity == "SEV-3"
        assert today.dedup_key == tomorrow.dedup_key

    def test_as_a_form_and_in_the_address_it_says_the_same(self):
        part = (
            b'--x7\r\nContent-Disposition: form-data; name="data"\r\n\r\n'
            + payload(self.SENT)
            + b"\r\n--x7--\r\n"
        )
        form = only("uptime-kuma", part, content_type="multipart/form-data; boundary=x7")
        sent = loaded(self.SENT)
        query = {"msg": sent["msg"], "heartbeat": '{"status":0,"monitorID":29}', "monitor": '{"id":29}'}
        assert form.dedup_key == only("uptime-kuma", b"", query=query).dedup_key == "uptime-kuma:29"

    @pytest.mark.parametrize(
        ("body", "says"),
        [({"a": 1}, "is this of Uptime Kuma"), ({"heartbeat": {"status": 7}}, "'heartbeat.status' is '7'"),
         ({"heartbeat": {"status": 0}}, "'monitor.id'"), ({"heartbeat": []}, "'heartbeat' must be"),
         (b"", "body is empty")],
    )  # fmt: skip
    def test_what_is_missing_is_said(self, body, says):
        with pytest.raises(Malformed, match=says):
            parse("uptime-kuma", body)


class TestHealthchecks:
    SENT = "healthchecks/down.json"

    def test_a_check_that_is_down(self):
        event = only("healthchecks", payload(self.SENT), query={"code": "1f2e"})
        assert (event.action, event.dedup_key) == (TRIGGER, "healthchecks:1f2e")
        assert event.summary == "nightly backup is down"
        assert event.labels["prod"] == "true"

    def test_its_own_addresses_are_not_kept(self):
        assert "ping_url" not in only("healthchecks", payload(self.SENT)).payload

    def test_the_address_alone_says_enough(self):
        query = {"code": "1f2e", "status": "up", "name": "nightly backup"}
        assert only("healthchecks", b"", query=query).action is RESOLVE

    def test_the_test_button_pages_nobody(self):
        assert parse("healthchecks", payload("healthchecks/test_button.json")) == []
        assert parse("healthchecks", b"", query={"code": "1", "name": "TEST", "status": "down"}) == []

    @pytest.mark.parametrize(
        ("query", "says"), [({"code": "1"}, "'status' is ''"), ({"status": "down"}, "'code' is missing")]
    )
    def test_what_is_missing_is_said(self, query, says):
        with pytest.raises(Malformed, match=says):
            parse("healthchecks", b"", query=query)


class TestAppriseAndGoAlert:
    @pytest.mark.parametrize(
        ("kind", "action", "severity"),
        [("failure", TRIGGER, "SEV-2"), ("warning", TRIGGER, "SEV-3"), ("info", TRIGGER, "SEV-4"),
         ("success", RESOLVE, None), ("new", TRIGGER, "SEV-2")],
    )  # fmt: skip
    def test_a_success_ends_what_has_its_title(self, kind, action, severity):
        event = only("apprise", loaded("apprise/failure.json", type=kind))
        assert (event.action, event.dedup_key) == (action, "apprise:Backup of db1")
        assert severity in (None, event.severity)

    def test_an_alert_of_goalert_s_generic_api(self):
        event = only("goalert", payload("goalert/create.form"))
        assert (event.action, event.summary, event.dedup_key) == (
            TRIGGER,
            "Queue is stuck",
            "goalert:queue-7",
        )
        closed = only("goalert", {"dedup": "queue-7", "action": "close"})
        assert (closed.action, closed.dedup_key) == (RESOLVE, event.dedup_key)

    def test_a_token_in_the_address_is_not_kept(self):
        event = only("goalert", b"", query={"summary": "s", "token": "secret"})
        assert "secret" not in str(event)

    @pytest.mark.parametrize("source", ["apprise", "goalert"])
    def test_what_says_nothing_is_refused(self, source):
        with pytest.raises(Malformed):
            parse(source, {"type": "info"})

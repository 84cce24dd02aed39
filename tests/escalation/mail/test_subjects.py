"""Subjects as monitoring programs really write them: a problem and its end are about one thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.sources.event import Action
from escalation.sources.mail_subject import STATES, understood

T, A, R = Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE

STORIES = {
    "Nagios, of a service": [
        ("** PROBLEM Service Alert: web1/HTTP is CRITICAL **", T, "SEV-1"),
        ("** PROBLEM Service Alert: web1/HTTP is WARNING **", T, "SEV-3"),
        ("** ACKNOWLEDGEMENT Service Alert: web1/HTTP is CRITICAL **", A, "SEV-1"),
        ("** RECOVERY Service Alert: web1/HTTP is OK **", R, ""),
    ],
    "Nagios, of a host": [
        ("** PROBLEM Host Alert: web1 is DOWN **", T, "SEV-1"),
        ("** RECOVERY Host Alert: web1 is UP **", R, ""),
    ],
    "Icinga 2": [
        ("[PROBLEM] HTTP on web1 is CRITICAL!", T, "SEV-1"),
        ("[ACKNOWLEDGEMENT] HTTP on web1 is CRITICAL!", A, "SEV-1"),
        ("[RECOVERY] HTTP on web1 is OK!", R, ""),
    ],
    "Icinga 2, its older scripts": [
        ("PROBLEM - web1 - HTTP is CRITICAL", T, "SEV-1"),
        ("RECOVERY - web1 - HTTP is OK", R, ""),
    ],
    "Checkmk": [
        ("Check_MK: web1/CPU load OK -> CRIT", T, "SEV-1"),
        ("Check_MK: web1/CPU load CRIT -> WARN", T, "SEV-3"),
        ("Check_MK: web1/CPU load CRITICAL -> OK", R, ""),
    ],
    "Alertmanager": [
        ("[FIRING:2] DiskFull eu1 (web1 critical)", T, ""),
        ("[FIRING:1] DiskFull eu1 (web1 node critical)", T, ""),
        ("[RESOLVED] DiskFull eu1 (web2 critical)", R, ""),
    ],
    "Alertmanager, that groups by nothing": [
        ("[FIRING:1]  (DiskFull eu1)", T, ""),
        ("[RESOLVED]  (DiskFull eu1)", R, ""),
    ],
    "Grafana": [
        ("[FIRING:1, RESOLVED:1] High CPU Servers (web1)", T, ""),
        ("[RESOLVED] High CPU Servers (web1)", R, ""),
    ],
    "Grafana, as it was": [
        ("[Alerting] CPU of web1 alert", T, ""),
        ("[No Data] CPU of web1 alert", T, ""),
        ("[OK] CPU of web1 alert", R, ""),
    ],
    "Zabbix": [
        ("Problem: High CPU utilization on web1", T, ""),
        ("Resolved in 5m 3s: High CPU utilization on web1", R, ""),
        ("Resolved: High CPU utilization on web1", R, ""),
    ],
    "CloudWatch": [
        ('ALARM: "CPU high" in EU (Ireland)', T, ""),
        ('INSUFFICIENT_DATA: "CPU high" in EU (Ireland)', T, ""),
        ('OK: "CPU high" in EU (Ireland)', R, ""),
    ],
    "PRTG": [
        ("[PRTG Network Monitor (PRTG1)] web1 Ping Down (Request timed out (ICMP error # 11010))", T, ""),
        ("[PRTG Network Monitor (PRTG1)] web1 Ping Warning (120 msec is above 100)", T, "SEV-3"),
        ("[PRTG Network Monitor (PRTG1)] web1 Ping Down ended (now: Up)", R, ""),
        ("[PRTG Network Monitor (PRTG1)] web1 Ping Up (12 msec)", R, ""),
    ],
    "UptimeRobot": [
        ("Monitor is DOWN: Shop", T, ""),
        ("🔴 Monitor is DOWN: Shop", T, ""),
        ("Monitor is UP: Shop", R, ""),
    ],
    "Uptime Kuma": [
        ("[Shop] [🔴 Down] Request failed with status code 502", T, ""),
        ("[Shop] [✅ Up] 200 - OK", R, ""),
    ],
    "Pingdom": [
        ("DOWN alert: Shop (shop.example) is DOWN", T, "SEV-1"),
        ("UP alert: Shop (shop.example) is UP", R, ""),
    ],
    "Healthchecks": [("DOWN | Nightly backup", T, ""), ("UP | Nightly backup", R, "")],
    "Datadog": [
        ("[Monitor Alert] Triggered: CPU is high on host:web1", T, ""),
        ("[Triggered] [P1] CPU is high on host:web1", T, "SEV-1"),
        ("[Warn] CPU is high on host:web1", None, "SEV-3"),
        ("[Recovered] [P1] CPU is high on host:web1", R, "SEV-1"),
    ],
    "Netdata": [
        ("web1 needs attention - ram usage - system.ram", T, "SEV-3"),
        ("web1 is critical - ram usage - system.ram", T, "SEV-1"),
        ("web1 recovered - ram usage - system.ram", R, ""),
    ],
    "a script": [
        ("CRITICAL: disk full on db1", None, "SEV-1"),
        ("[SEV-1] disk full on db1", None, "SEV-1"),
        ("[P3] Disk  full on db1", None, "SEV-3"),
        ("Problem: [critical] disk full on db1", T, "SEV-1"),
        ("disk full on db1", None, ""),
        ("RESOLVED: disk full on db1", R, ""),
        ("resolved - Disk full on DB1!", R, ""),
        ("Re: [RESOLVED] disk full on db1", R, ""),
        ("[EXTERNAL] Fwd: WARNING: disk full on db1", None, "SEV-3"),
        ("ACK: disk full on db1", A, ""),
        ("Alert: disk full on db1", T, ""),
        ("ALERT - RESOLVED: disk full on db1", R, ""),
        ("[Alert] disk full on db1 is OK", R, ""),
    ],
}
TITLES = [
    "Up to 90 % of the disk is used",
    "OK button does nothing",
    "Closed ports on web1",
    "Resolved incidents are not archived",
    "web1 is not OK",
    "Everything is ok",
    "Cron <root@web1> /usr/local/bin/backup",
    "SMART error (CurrentPendingSector) detected on host: db1",
    "Low: battery of ups1",
    "Status: OK",
    "UNRESOLVED: disk",
]
"""None of these says that it is over."""


@pytest.mark.parametrize("program", STORIES)
def test_a_problem_and_its_end_are_about_one_thing(program):
    said = [
        (understood(subject), subject, action, severity) for subject, action, severity in STORIES[program]
    ]
    assert [(subject, one.action, one.severity) for one, subject, _, _ in said] == [
        (subject, action, severity) for _, subject, action, severity in said
    ]
    assert len({one.key for one, *_ in said}) == 1
    assert said[0][0].key


@pytest.mark.parametrize("subject", TITLES)
def test_a_word_that_is_not_set_apart_is_part_of_a_title(subject):
    assert understood(subject).action in {None, T}


@pytest.mark.parametrize(
    "subject", ["** FLAPPINGSTART Service Alert: web1/HTTP is OK **", "[DOWNTIMESTART] web1 is UP!"]
)
def test_flapping_and_downtime_page_nobody(subject):
    assert understood(subject).quiet


@pytest.mark.parametrize(
    "subject", ["Downtime alert: the shop is away", "[Downtime] the shop", "Flapping: eth0 of core1"]
)
def test_whoever_calls_an_outage_a_downtime_pages_somebody(subject):
    assert not understood(subject).quiet


def test_what_stands_in_other_brackets_tells_two_apart():
    assert understood("[prod] disk full").key != understood("[staging] disk full").key


WORDS = st.sampled_from(sorted(STATES))
ANY = st.text(max_size=80)


@given(WORDS, st.text(st.characters(categories=["L"]), min_size=1, max_size=30), st.booleans())
def test_a_state_set_apart_before_any_title_is_understood(word, title, brackets):
    before = f"[{word.upper()}] " if brackets else f"{word.upper()}: "
    assert understood(f"{before}the {title}") == understood(f"{before}the {title}")
    said = understood(f"{before}the {title}")
    assert said.action is STATES[word]
    assert said.key == understood(f"the {title}").key


@given(ANY, ANY)
def test_any_subject_is_understood_somehow(one, other):
    for subject in (one, f"[{one}] {other}", f"{one}: {other}", f"** {one} Host Alert: {other} **"):
        said = understood(" ".join(subject.split()))
        assert said.severity in {"", "SEV-1", "SEV-2", "SEV-3", "SEV-4"}

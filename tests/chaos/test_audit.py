"""The audit that `make chaos` believes: it has to see what is lost, what comes twice, and what too late."""

from dataclasses import replace

import pytest

from tests.chaos.audit import Audit
from tests.chaos.organisation import Organisation, mail_of, person_of, phone_of
from tests.chaos.outside import Taken
from tests.chaos.source import Incident

CHANGES_AT = 1_800_000_000
STEP = 2
SERVICES = {one.name: one for one in Organisation(step=STEP, messages=2, changes_at=CHANGES_AT).services}


def incident(service="mail-00", title="chaos-00001", **changed):
    return Incident(title, SERVICES[service], "kill-web", 100, accepted_at=100, **changed)


def mail(letter, at, *titles, service="mail-00", **changed):
    usual = Taken(
        at, "mail", mail_of(f"{service}-{letter}"), titles or ("chaos-00001",), "/p/1", f"{letter}{at}"
    )
    return replace(usual, **changed)


def verdict(taken, one=None, hanging=()):
    return Audit([one or incident()], taken).verdicts(hanging)["kill-web"]


WHOLE = [mail("p", 100.5), mail("q", 102.5), mail("m", 104.75)]


def test_who_heard_of_every_step_lost_nothing():
    found = verdict(WHOLE)
    assert (found.incidents, found.lost, found.duplicates, found.after_end) == (1, [], [], [])
    assert found.first == [0.5]
    assert found.steps == [0, 0.25]
    assert found.latest == 0.5


@pytest.mark.parametrize("place", range(3))
def test_whoever_was_left_out_is_lost(place):
    found = verdict(WHOLE[:place] + WHOLE[place + 1 :])
    assert found.lost == [("chaos-00001", f"mail-00-{'pqm'[place]}")]


def test_a_message_that_pages_nobody_is_none():
    notice = replace(WHOLE[2], link="")
    assert verdict([*WHOLE[:2], notice]).lost == [("chaos-00001", "mail-00-m")]


def test_one_message_may_speak_of_many():
    two = incident(title="chaos-00002")
    bundled = [replace(one, titles=("chaos-00001", "chaos-00002")) for one in WHOLE]
    found = Audit([incident(), two], bundled).verdicts()["kill-web"]
    assert (found.incidents, found.lost, found.duplicates) == (2, [], [])


def test_what_says_nothing_new_is_a_duplicate_and_what_does_is_not():
    again = mail("p", 101, "chaos-00001")
    with_news = mail("p", 102, "chaos-00001", "chaos-00002")
    two = incident(title="chaos-00002", end="resolved", ended_at=200)
    found = Audit([incident(), two], [*WHOLE, again, with_news]).verdicts()["kill-web"]
    assert found.duplicates == [("chaos-00001", "mail-00-p", "mail")]


def test_after_an_acknowledgement_only_what_stands_outside_the_steps_is_owed():
    taken = [mail("a", 100, service="team-00"), mail("b", 100, service="team-00")]
    acknowledged = incident("team-00", end="acknowledged", ended_at=101)
    assert verdict(taken, acknowledged).lost == [("chaos-00001", "team-00-c")]
    assert verdict([*taken, mail("c", 130, service="team-00")], acknowledged).lost == []
    assert verdict([*taken, mail("c", 130, service="team-00")], acknowledged).after_end == []


def test_an_acknowledgement_at_that_very_moment_keeps_nobody_from_what_stands_outside_the_steps():
    taken = [mail("a", 100, service="team-00"), mail("b", 100, service="team-00")]
    chief = SERVICES["team-00"].rungs[-1]
    for after in (-0.1, 0.1):
        ended_at = 100 + chief.after + after
        found = verdict(taken, incident("team-00", end="acknowledged", ended_at=ended_at))
        assert found.lost == [("chaos-00001", "team-00-c")]


def test_after_a_resolve_nothing_is_owed_and_what_comes_late_is_seen():
    resolved = incident(end="resolved", ended_at=101)
    assert verdict([], resolved).lost == []
    assert verdict([mail("q", 102)], resolved).after_end == []
    assert verdict([mail("q", 107)], resolved).after_end == [("chaos-00001", "mail-00-q", 6)]
    assert verdict([mail("q", 107)], resolved, hanging={"kill-web"}).after_end == []


def test_an_incident_that_was_to_be_acknowledged_and_was_not_is_owed_whole():
    assert len(verdict([], incident(end="acknowledged")).lost) == 3


def test_by_which_way_somebody_hears_is_their_own_business_but_twice_is_twice():
    sms = Taken(101, "sms", phone_of("sms-001-p"), ("chaos-00001",), "/p/1", "SM1")
    by_mail = mail("p", 103, service="sms-001")
    rest = [mail("q", 104, service="sms-001"), mail("m", 106, service="sms-001")]
    found = verdict([sms, by_mail, *rest], incident("sms-001"))
    assert found.lost == []
    assert found.duplicates == [("chaos-00001", "sms-001-p", "mail")]
    assert found.after_receipt == []


def test_a_second_message_after_the_receipt_of_the_first_is_told_apart():
    sms = Taken(101, "sms", phone_of("sms-001-p"), ("chaos-00001",), "/p/1", "SM1")
    receipt = Taken(102, "receipt", sms.to, (), "", "SM1")
    again = replace(sms, at=103, id="SM2")
    assert verdict([sms, receipt, again], incident("sms-001")).after_receipt == [("chaos-00001", "sms-001-p")]
    assert verdict([sms, again, replace(receipt, at=104)], incident("sms-001")).after_receipt == []


def test_each_phone_is_one_persons():
    names = [f"sms-{number:03}-{letter}" for number in range(200) for letter in "pq"]
    assert [person_of(phone_of(name)) for name in names] == names


@pytest.mark.parametrize(
    ("accepted", "told", "lost"),
    [
        (CHANGES_AT - 10, ("p", CHANGES_AT - 9), []),
        (CHANGES_AT - 10, ("q", CHANGES_AT + 5), []),  # an outage at the handoff: either was right
        (CHANGES_AT + 1, ("q", CHANGES_AT + 2), []),
        (CHANGES_AT + 1, ("p", CHANGES_AT + 2), [("chaos-00001", "spring-q")]),
    ],
)
def test_at_a_clock_change_the_one_on_call_then_is_owed(accepted, told, lost):
    letter, at = told
    taken = [mail(letter, at, service="spring"), mail("m", at + STEP, service="spring")]
    one = replace(incident("spring"), accepted_at=accepted)
    assert verdict(taken, one).lost == lost


def test_where_the_hour_comes_twice_the_first_handoff_counts():
    taken = [mail("m", 104, service="autumn")]
    assert verdict([mail("q", 101, service="autumn"), *taken], incident("autumn")).lost == []
    assert verdict([mail("p", 101, service="autumn"), *taken], incident("autumn")).lost


def test_an_alert_that_no_web_took_is_said():
    assert verdict([], replace(incident(), accepted_at=0)).untaken == ["chaos-00001"]

"""What would keep a page from a person is said before it does."""

from datetime import timedelta

import pytest

from paging import dispatch, reaching
from paging.actions import contacts, testing, verifying
from paging.core.readiness import UNTESTED, Lack, Way, remarks
from paging.core.rules import Rule
from people.ledger.record import Actor
from tests.paging.world import ALICE_MAIL, ALICE_SMS, APPLY, NOW, Clock, Statements, method, person, rules

SMS = Way(id=1, kind="sms", label="SMS (+1415…0101)", verified=True)
MAIL = Way(id=2, kind="email", label="Email (a…@acme.example)", verified=True)


def way(base=SMS, **changes):
    values = {name: getattr(base, name) for name in ("id", "kind", "label", "verified", "disabled")}
    return Way(**(values | changes))


def lacks(*ways, high=(), low=(), tested=NOW, now=NOW):
    found = remarks(ways, {"high": high, "low": low}, tested_at=tested, now=now)
    return [one.lack for one in found]


AT_ONCE = timedelta(0)


def test_a_phone_that_was_tested_is_ready():
    assert lacks(SMS) == []


@pytest.mark.parametrize(
    ("ways", "found"),
    [
        ([], [Lack.NO_WAY]),
        ([way(verified=False)], [Lack.NO_WAY, Lack.UNVERIFIED]),
        ([SMS, way(id=3, verified=False)], [Lack.UNVERIFIED]),
        ([SMS, way(id=3, disabled="opted out on 3 March")], [Lack.OPTED_OUT]),
        ([SMS, way(id=3, disabled="the number does not exist")], [Lack.DISABLED]),
        ([SMS, way(id=3, disabled="removed by Alice Ng")], []),
        ([SMS, way(id=3, disabled="removed by Alice Ng", verified=False)], []),
        ([MAIL], [Lack.ONLY_EMAIL]),
        ([way(disabled="removed by Alice Ng")], [Lack.NO_WAY]),
    ],
)
def test_each_way_that_is_lost_is_said_except_by_one_s_own_hand(ways, found):
    assert lacks(*ways) == found


def test_rules_that_leave_only_mail_ring_nobody():
    assert lacks(SMS, MAIL, high=[Rule("email", AT_ONCE)]) == [Lack.ONLY_EMAIL]
    assert lacks(SMS, MAIL, high=[Rule("email", AT_ONCE), Rule("sms", timedelta(minutes=5))]) == []


def test_rules_of_kinds_that_there_are_none_of_are_said_for_each_urgency():
    voice = [Rule("voice", AT_ONCE)]
    assert lacks(SMS, high=voice, low=voice) == [Lack.NO_RULE_FITS, Lack.NO_RULE_FITS]
    assert lacks(SMS, high=[*voice, Rule("sms", AT_ONCE)]) == []


def test_a_test_page_counts_for_ninety_days():
    assert lacks(SMS, tested=None) == [Lack.UNTESTED]
    assert lacks(SMS, tested=NOW - UNTESTED) == [Lack.UNTESTED]
    assert lacks(SMS, tested=NOW - UNTESTED + timedelta(seconds=1)) == []


@pytest.mark.django_db
def test_rows_say_it_with_the_address_masked_and_in_three_queries_for_any_number():
    alice, bob = person(sms=ALICE_SMS), person("bob", "Bob Wu", email=ALICE_MAIL)
    rules(bob, ("voice", 0))
    contacts.disable_contact_method(
        method=method(alice, "sms"), reason="the number does not exist", by=APPLY, now=NOW
    )
    found = reaching.readiness([alice.pk, bob.pk], now=NOW)
    assert [one.what for one in found[alice.pk]] == [
        "nobody can page them",
        "disabled: SMS (+1415…0101), the number does not exist",
    ]
    assert [one.what for one in found[bob.pk]] == [
        "only email at high urgency: nothing rings",
        "no rule fits at high urgency: every method is used at once",
        "no test page in 90 days",
    ]
    assert len(Statements.during(lambda: reaching.readiness([alice.pk, bob.pk], now=NOW))) == 3


@pytest.mark.django_db(transaction=True)
def test_a_test_page_that_left_makes_ready_and_one_that_did_not_does_not():
    alice, clock = person(sms=ALICE_SMS), Clock()
    testing.send_test_page(user=alice, urgency="high", by=Actor.person(alice), now=clock())
    assert [one.lack for one in reaching.readiness([alice.pk], now=clock())[alice.pk]] == [Lack.UNTESTED]
    dispatch.send_due(clock=clock)
    assert reaching.readiness([alice.pk], now=clock())[alice.pk] == []


@pytest.mark.django_db
def test_a_number_that_waits_for_its_code_is_said():
    alice = person(sms=ALICE_SMS)
    verifying.add_own_method(user=alice, kind="voice", address=ALICE_SMS, by=Actor.person(alice), now=NOW)
    found = [one.what for one in reaching.readiness([alice.pk], now=NOW)[alice.pk]]
    assert "unverified: Voice (+1415…0101)" in found

"""How many messages an address takes: the known sequences, and what holds for every sequence."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paging.core import limits
from paging.core.limits import NOTICES, SMS, VOICE, Rule, Sent

START = datetime(2026, 11, 21, tzinfo=UTC)
SECONDS_A_STEP = 15  # every instant below is a multiple of it, and so is every smooth step of our limits
STEP = timedelta(seconds=SECONDS_A_STEP)


def at(clock: str) -> datetime:
    hours, minutes, *seconds = [int(part) for part in clock.split(":")]
    return START + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))


def endless(rules: limits.Rules, count: int) -> list[datetime]:
    """When each of `count` messages leaves that all wait from the beginning."""
    sent: list[datetime] = []
    for _ in range(count):
        now = sent[-1] if sent else START
        sent.append(limits.next_opening([(rules, sent)], now=now).at)
    return sent


@pytest.mark.parametrize(
    ("rules", "leaves"),
    [
        ((Rule(1, timedelta(minutes=1)),), "0:00 0:01 0:02"),
        ((Rule(3, timedelta(minutes=15), smooth=True),), "0:00 0:05 0:10"),
        (
            VOICE,
            "0:00 0:01 0:02 0:15 0:26:15 0:37:30 0:48:45 1:00 1:15 1:30 1:45 2:00 2:15 2:30 2:45 3:00 3:01",
        ),
        (NOTICES, "0:00 0:03 0:06 0:20 0:40 1:00 1:20 1:40 2:00"),
    ],
)
def test_an_endless_supply_leaves_at_the_known_moments(rules, leaves):
    wanted = [at(clock) for clock in leaves.split()]
    assert endless(rules, len(wanted)) == wanted


# Sends anywhere in five hours, in bursts, also closer than any limit: a first page may have been over it.
moments = st.lists(st.integers(0, 5 * 3600 // SECONDS_A_STEP), max_size=30).map(
    lambda steps: [START + step * STEP for step in steps]
)
kinds = st.sampled_from([SMS, VOICE, NOTICES])


def kept(rules: limits.Rules, sent: list[datetime], now: datetime) -> bool:
    """The dumb oracle: each rule as it is said in words, in whole seconds, for one instant."""
    for number, rule in enumerate(rules):
        ages = [
            (now - one).total_seconds()
            for one in sent
            if (now - one).total_seconds() < rule.per.total_seconds()
        ]
        if len(ages) >= rule.count:
            return False
        before = rules[number - 1] if number else Rule(0, timedelta(0))
        if rule.smooth and ages and len(ages) >= before.count:
            spread = (rule.per - before.per).total_seconds() / (rule.count - before.count)
            earned = (max(ages) - before.per.total_seconds()) / spread
            if len(ages) - before.count > earned:
                return False
    return True


@given(kinds, moments, st.integers(0, 6 * 3600 // SECONDS_A_STEP))
def test_the_next_message_leaves_at_the_first_moment_that_the_rules_allow(rules, sent, wait):
    now = START + wait * STEP
    sent = [one for one in sent if one <= now]
    looked = now
    while not kept(rules, sent, looked):
        looked += STEP
    assert limits.next_opening([(rules, sent)], now=now).at == looked


@given(kinds, st.lists(st.integers(0, 40 * 60), max_size=40))
def test_whenever_messages_come_no_window_has_more_than_its_limit(rules, pauses):
    sent: list[datetime] = []
    now = START
    for pause in pauses:
        now += timedelta(seconds=pause)
        leaves = limits.next_opening([(rules, sent)], now=now).at
        if leaves == now:
            sent.append(now)
    for rule in rules:
        for first in sent:
            assert sum(first <= one < first + rule.per for one in sent) <= rule.count


@given(kinds, moments, st.integers(0, 6 * 3600))
def test_a_message_that_has_waited_is_taken_at_its_moment(rules, sent, wait):
    """What is asked again at the promised instant is not put off again."""
    opens = limits.next_opening([(rules, sent)], now=START + timedelta(seconds=wait)).at
    assert limits.next_opening([(rules, sent)], now=opens) == limits.Opening(opens)


def test_a_page_waits_for_no_notice_and_a_notice_for_both():
    sent = [Sent(START, notice=True)]
    soon = START + timedelta(seconds=10)
    assert limits.opening("sms", sent, notice=False, now=soon).at == soon
    assert limits.opening("sms", sent, notice=True, now=soon).at == START + timedelta(minutes=3)
    paged = [Sent(START)]
    assert limits.opening("sms", paged, notice=True, now=soon).at == START + timedelta(minutes=1)


@pytest.mark.parametrize("kind", ["email", "chat", "webhook"])
def test_what_rings_nobody_has_no_limit(kind):
    assert limits.opening(kind, [Sent(START)] * 100, notice=False, now=START) == limits.Opening(START)


def test_the_rule_that_holds_a_message_back_is_said_in_plain_words():
    held = limits.opening("sms", [Sent(START)], notice=False, now=START)
    assert held.rule is not None
    assert limits.in_words("sms", held.rule) == "at most 1 SMS in 1 min to one number"
    assert limits.in_words("voice", VOICE[0]) == "at most 1 call in 1 min to one number"
    assert limits.in_words("voice", VOICE[3]) == "at most 15 calls in 3 h to one number"

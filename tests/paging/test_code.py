"""The digits themselves, and how often one may ask and guess."""

import uuid
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paging.core import code, code_words, gsm7
from paging.core.code import Asked
from tests.paging.world import NOW

SECONDS = st.integers(min_value=0, max_value=7200)


def test_a_code_is_the_same_at_every_try_and_another_for_another_seed_or_key():
    seed = uuid.UUID(int=7).bytes
    first = code.code_of(seed, key="k")
    assert (len(first), first.isdecimal()) == (6, True)
    assert code.code_of(seed, key="k") == first
    others = {code.code_of(uuid.UUID(int=n).bytes, key="k") for n in range(200)}
    assert len(others) > 190
    assert code.code_of(seed, key="another") != first


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("123-456\n", "123456"),
        ("012345", "012345"),
        ("12345", None),
        ("1234567", None),
        ("", None),
        ("١٢٣٤٥٦", None),
        ("12345\x00", None),
        ("1" * 10_000, None),
        ("abcdef", None),
    ],
)
def test_what_somebody_types_is_six_digits_or_no_code(typed, read):
    assert code.written(typed) == read


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(SECONDS, max_size=30))
def test_whoever_asks_at_any_pace_gets_one_a_minute_and_ten_an_hour(pace):
    now, sent = NOW, []
    for wait in pace:
        now += timedelta(seconds=wait)
        if code.next_at([Asked(at) for at in sent], sent, now=now) <= now:
            sent.append(now)
    for one, next_one in pairwise(sent):
        assert next_one - one >= timedelta(minutes=1)
    for at in sent:
        assert sum(at <= other < at + code.HOUR for other in sent) <= 10


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(SECONDS, st.booleans()), max_size=40))
def test_asking_anew_gives_a_guesser_no_more_than_ten_guesses_in_a_quarter_of_an_hour(deeds):
    now, guesses = NOW, []
    asked: list[Asked] = []
    for wait, asks in deeds:
        now += timedelta(seconds=wait / 40)
        if asks and code.next_at(asked, [], now=now) <= now:
            asked.append(Asked(now))
        newest = asked[-1] if asked else None
        if newest and newest.at + code.VALID > now and code.locked_until(asked, now=now) is None:
            asked[-1] = Asked(newest.at, newest.wrong + 1)
            guesses.append(now)
    assert all(one.wrong <= code.WRONG for one in asked)
    for at in guesses:
        assert sum(at <= other < at + code.VALID for other in guesses) <= 2 * code.WRONG


def test_a_lock_ends_when_its_guesses_are_a_quarter_of_an_hour_old():
    asked = [Asked(NOW, 3), Asked(NOW + timedelta(minutes=2), 2)]
    until = NOW + code.VALID
    assert code.locked_until(asked, now=NOW + timedelta(minutes=3)) == until
    assert code.locked_until(asked, now=until) is None
    assert code.locked_until(asked[:1], now=NOW) is None


@pytest.mark.parametrize(
    ("wait", "said"), [(0.2, "1 s"), (59.5, "60 s"), (119, "119 s"), (120, "2 min"), (121, "3 min")]
)
def test_who_waits_as_long_as_is_said_has_waited_enough(wait, said):
    assert code.in_words(timedelta(seconds=wait)) == said


def test_a_code_is_one_segment_by_sms_digit_by_digit_by_voice_and_with_a_link_by_mail():
    sms, call = code_words.short("012345"), code_words.spoken("012345")
    mail = code_words.mail("012345", link="https://w.example/verify/1.x", name="Ana <b>")
    assert sms.text.startswith("012345 ")
    assert gsm7.septets(sms.text) <= gsm7.SEGMENT
    assert call.text.count("0. 1. 2. 3. 4. 5") == 2
    assert "https://w.example/verify/1.x" in mail.text
    assert "Ana &lt;b&gt;" in mail.html
    assert "012345" not in mail.subject
    for said in (sms, call, mail):
        kept = code_words.without(said.text, said.secrets)
        assert "012345" not in kept
        assert "0. 1. 2." not in kept
        assert "/verify/" not in kept

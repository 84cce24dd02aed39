"""What people write back, half asleep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paging.core.replies import WORDS, Act, Carrier, Reply, hint, parse

ACK, RESOLVE, ESCALATE = Act.ACKNOWLEDGE, Act.RESOLVE, Act.ESCALATE


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1a", Reply(ACK, 1)),
        ("1A", Reply(ACK, 1)),
        (" 12 a ", Reply(ACK, 12)),
        ("a 1", Reply(ACK, 1)),
        ("a1", Reply(ACK, 1)),
        ("ack #1", Reply(ACK, 1)),
        ("ack#1", Reply(ACK, 1)),
        ("#1 ack", Reply(ACK, 1)),
        ("Acknowledge   12", Reply(ACK, 12)),
        ("ack\n1\n", Reply(ACK, 1)),
        ("'1a'", Reply(ACK, 1)),
        ("“1a”", Reply(ACK, 1)),
        ("`1a`.", Reply(ACK, 1)),
        ("ack", Reply(ACK)),
        ("a", Reply(ACK)),
        ("Ack!", Reply(ACK)),
        ("ack all", Reply(ACK, None, all=True)),
        ("ACK ALL", Reply(ACK, None, all=True)),
        ("a all", Reply(ACK, None, all=True)),
        ("aa", Reply(ACK, None, all=True)),
        ("100aa", Reply(ACK, 100, all=True)),
        ("100 AA", Reply(ACK, 100, all=True)),
        ("aa 100", Reply(ACK, 100, all=True)),
        ("1r", Reply(RESOLVE, 1)),
        ("1c", Reply(RESOLVE, 1)),
        ("close", Reply(RESOLVE)),
        ("c", Reply(RESOLVE)),
        ("resolve #3", Reply(RESOLVE, 3)),
        ("1e", Reply(ESCALATE, 1)),
        ("escalate", Reply(ESCALATE)),
    ],
)
def test_it_is_understood(said, meant):
    assert parse(said) == meant


@pytest.mark.parametrize(
    "word", ["STOP", "stop", " Stop. ", "END", "cancel", "QUIT", "unsubscribe", "STOPALL"]
)
def test_the_carriers_words_end_messages_and_never_anything_else(word):
    assert parse(word) is Carrier.STOP


@pytest.mark.parametrize("word", ["START", "unstop", "Yes"])
def test_the_carriers_other_words_begin_them_again(word):
    assert parse(word) is Carrier.START


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "stop the bleeding",
        "1 stop",
        "end 1",
        "cancel it",
        "ok",
        "I am on it",
        "ack 1 please",
        "a 1 2",
        "1a2",
        "resolve all",
        "e all",
        "1ee",
        "-1a",
        "1.5a",
        "12345678901a",
        "١a",  # noqa: RUF001 - a digit, and not one of ours
        "ａ",  # noqa: RUF001
        "👍",
        "1a\x00",
        "I'm driving and will read this later. a",
        "a" * 10_000,
        "1" * 10_000,
        "👩‍🚒" * 2_500,
    ],
)
def test_anything_else_is_a_sentence_and_no_command(said):
    assert parse(said) is None


def test_no_word_of_ours_is_one_of_the_carriers():
    assert all(isinstance(parse(word), Reply) for word in WORDS)


@given(
    number=st.integers(0, 999_999_999),
    word=st.sampled_from(sorted(WORDS)),
    gap=st.sampled_from(["", " ", "  ", "\t"]),
)
def test_any_number_and_any_word_in_any_order_mean_the_same(number, word, gap):
    meant = Reply(WORDS[word], number)
    assert parse(f"{number}{gap}{word}") == meant
    assert parse(f"{word.upper()}{gap}#{number}") == meant


@given(st.text(max_size=200))
def test_whatever_is_written_is_read_without_an_error(text):
    assert parse(text) is None or isinstance(parse(text), Reply | Carrier)


@given(st.integers(1, 100_000))
def test_what_a_message_proposes_is_understood(number):
    proposed = hint(number).removeprefix("Reply ").split(", ")
    meant = [parse(one.split()[0]) for one in proposed]
    assert meant == [Reply(ACK, number), Reply(RESOLVE, number), Reply(ESCALATE, number)]
    assert [parse(one.split()[1]).act for one in proposed] == [ACK, RESOLVE, ESCALATE]

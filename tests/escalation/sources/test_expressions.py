"""Expressions: what is wrong with one is said in words, and none of them costs more than it may."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from escalation.sources.expressions import (
    DEEPEST,
    BadExpression,
    NotFound,
    Purse,
    TooMuchWork,
    compiled,
    found,
    is_true,
)
from tests.escalation.sources.test_every_parser import texts, values


def find(text, value, **purse):
    return found(compiled(text), value, Purse(**purse))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$.alert.title", "Character 1: “$.alert.title” cannot stand there; JMESPath has no “$”"),
        ("a.b-c", "Character 4, after “a.b”: “-c” cannot stand there; a name with a hyphen stands in double"),
        ("a == 1", "a number to compare with stands in backticks, `1`"),
        ("a[?b=`1`]", "“equal” is written =="),
        ("{{ alert.title }}", "write the path alone, without “{{” and “}}”"),
        ("items[name]", "in brackets stands a number, a[0], or *"),
        ("a == 'ok", "a text begins and ends with a single quote"),
        ('kind != "alert"', 'Character 9: “"alert"” is the name of a field; a text stands in single quotes'),
        ('state == "not ok"', "is the name of a field"),
        ('"ok" == state', "is the name of a field"),
        ('contains(kind, "alert")', "is the name of a field"),
        ("alert.", "It ends too early, after “alert.”"),
        ("foo[", "It ends too early, after “foo[”"),
        ("lenght(a)", "There is no function lenght(); did you mean length()?"),
        ("length(a, b)", "length() takes 1, not 2, things in its brackets."),
        ("a" * 501, "It is 501 characters long; write at most 500."),
        ("!" * (DEEPEST + 1) + "a", "nested deeper than 40 levels"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_to_write(text, said):
    with pytest.raises(BadExpression) as refusal:
        compiled(text)
    assert said in str(refusal.value)
    assert str(refusal.value).endswith((".", "?"))


@pytest.mark.parametrize(
    "text",
    [
        "\"detail-type\" == 'x'",
        'length("my-list")',
        '{"a": b, "c": d}',
        '"status"',
        'a."b"',
        'not_null("x-y", z)',
    ],
)
def test_names_that_need_their_quotes_keep_them(text):
    assert compiled(text)


def test_a_function_that_is_given_something_else_says_so():
    with pytest.raises(NotFound, match=r"sum\(\) was given a number; it takes a list of numbers"):
        find("sum(a)", {"a": 1})
    with pytest.raises(NotFound, match="cannot be worked out"):
        find("floor(to_number('inf'))", {})


LARGE = {
    "items": [1] * 200_000,
    "objects": [{"a": n, "b": "y" * 10} for n in range(10_000)],
    "text": '"\\' * 50_000,
}


@pytest.mark.parametrize(
    "text",
    [
        "[@, @][] | " * 20 + "[@, @][]",
        "to_string([" * 18 + "text" + "])" * 18,
        " | ".join(["{a: @, b: @}"] * 24) + " | to_string(@)",
        " | ".join(["[@, @]"] * 24) + " | [@[0] == @[1]]",
        "items[*].[@, @, @, @, @]",
        "map(&to_string(@), items)",
        "[items, items, items, items][] | [@, @, @, @][]",
        "join('', [text, text, text]) | join('', [@, @, @, @, @, @, @, @, @, @, @, @, @, @])",
        "objects[?contains(to_string([@, @, @, @, @, @]), 'q')] | [0]",
        "sort(items)",
    ],
)
def test_work_without_end_ends(text):
    began = time.process_time()
    with pytest.raises(TooMuchWork):
        find(text, LARGE)
    assert time.process_time() - began < 5


def test_usual_work_on_the_largest_post_is_not_too_much():
    assert len(find("objects[?a > `5000`].{name: b, number: a}", LARGE)) == 4999
    assert find("length(items)", LARGE) == 200_000


def test_what_a_step_costs_is_paid_before_it_is_done():
    purse = Purse(1000)
    with pytest.raises(TooMuchWork):
        found(compiled("[a, a, a, a][]"), {"a": list(range(300))}, purse)


PARTS = [
    "a", "b", "items", "@", "*", "[*]", "[]", "[0]", "[?a]", "[?a == `1`]", ".", " | ", " || ", " && ", "!",
    "`1`", "`null`", "'x'", "to_string(", "length(", "sort_by(", "map(&", "max(", "sum(", "to_number(", ")",
    ", ", "{a: ", "}", "[", "]", "&a", '`"\\u0000"`', '`"\\ud800"`', "merge(@, ", "keys(", "[::2]",
    "join('', ", '"a"',
]  # fmt: skip
expressions = st.lists(st.sampled_from(PARTS), max_size=12).map("".join) | texts


@settings(max_examples=1500, deadline=None)
@given(expressions, values)
@example("abs(to_number('1e400'))", {})
@example("sort(items)", {"items": [1, "a"]})
def test_no_expression_does_anything_but_find_or_say_why_not(text, value):
    try:
        find(text, value, steps=20_000)
    except (BadExpression, NotFound) as fault:
        assert str(fault)
    except TooMuchWork:
        pass


def test_what_is_true_is_what_jmespath_has_it():
    assert [is_true(value) for value in (None, False, "", [], {})] == [False] * 5
    assert [is_true(value) for value in (1, True, "x", [None], {"a": 1})] == [True] * 5


def test_what_senders_write_for_false_is_not_true():
    assert [is_true(value) for value in (0, 0.0, "0", "false", " False ", "no", "off")] == [False] * 7

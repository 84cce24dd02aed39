"""What is taken without being walked through is nothing that the walk would have refused."""

import json

import orjson
import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from escalation.sources.event import (
    MAX_DEPTH,
    Malformed,
    check_storable,
    is_surely_storable,
    read_list,
    read_object,
)

PIECES = ("\x00", "\\u0000", "\\", "u0000", "{", "[", '"', "\ud83d\ude00", "é", "a")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
DIGITS = st.integers(1, 320).map("9".__mul__)
NUMBERS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-"]), DIGITS, st.just("") | DIGITS.map(".{}".format),
    st.just("") | st.builds("{}{}".format, st.sampled_from(["e", "E+", "e-"]), st.integers(0, 330)),
)  # fmt: skip
TREES = st.recursive(
    st.sampled_from(["1", "null"]) | NUMBERS | TEXTS.map(json.dumps),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda some: f"[{','.join(some)}]")
        | st.builds("{{{}:{}}}".format, TEXTS.map(json.dumps), inner)
    ),
    max_leaves=6,
)


def nested(text: str, deep: int, *, objects: bool) -> str:
    before, after = ('{"a":', "}") if objects else ("[", "]")
    return before * deep + text + after * deep


def is_kept(body: bytes) -> bool | None:
    """As the walk has it; None for what is no JSON."""
    try:
        check_storable(orjson.loads(body))
    except orjson.JSONDecodeError:
        return None
    except Malformed:
        return False
    return True


@given(body=st.builds(nested, TREES, st.integers(0, MAX_DEPTH + 2), objects=st.booleans()).map(str.encode))
@example(body=b"[" * (MAX_DEPTH - 1) + b"1" + b"]" * (MAX_DEPTH - 1))
@example(body=b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH)
@example(body=b'{"a\\u0000":1}')
@example(body=b'["' + b"\\" * 2 + b'u0000"]')
def test_what_is_surely_storable_is(body):
    kept = is_kept(body)
    event(f"kept: {kept}, surely: {is_surely_storable(body)}")
    if is_surely_storable(body):
        assert kept is not False


@pytest.mark.parametrize("number", [b"1e309", b"-1E+400", b"9" * 250 + b"e99", b"9" * 310, b"1.5e0400"])
def test_a_number_past_the_largest_float_is_refused(number):
    for read, body in ((read_object, b'{"n":%b}'), (read_list, b"[%b]")):
        with pytest.raises(Malformed):
            read(body % number)


@pytest.mark.parametrize("number", [b"1e308", b"9" * 300, b"9" * 250 + b"e50", b"1e-400", b'"1e999"'])
def test_one_that_is_no_larger_is_taken(number):
    assert read_list(b"[%b]" % number)


@pytest.mark.parametrize(("deep", "is_taken"), [(MAX_DEPTH - 1, True), (MAX_DEPTH, False)])
def test_it_may_be_nested_as_deeply_as_is_said(deep, is_taken):
    if is_taken:
        assert read_list(nested("1", deep, objects=False).encode())
    else:
        with pytest.raises(Malformed):
            read_list(nested("1", deep, objects=False).encode())

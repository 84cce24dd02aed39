"""What is kept of a payload to try a mapping on: JSON, without secrets, not too large."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.core.samples import MOST, sample

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
payloads = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def kept(payload, **more):
    return orjson.loads(sample(payload, **more))


@pytest.mark.parametrize(
    "name",
    ["token", "X-Api-Key", "apiKey", "password", "client_secret", "Authorization", "signing", "set-cookie"],
)
def test_what_stands_under_the_name_of_a_secret_is_masked(name):
    assert kept({name: "hunter2", "a": [{name: 7}]}) == {name: "•••", "a": [{name: "•••"}]}
    assert kept({name: {"value": ["hunter2", None, True, ""]}}) == {name: {"value": ["•••", None, True, ""]}}


def test_known_secrets_are_masked_wherever_they_stand():
    body = {"note": "sent by k1k1k1 of s2", "header": "Bearer abcdefghij.kl", "list": ["k1k1k1"]}
    assert kept(body, secrets=("k1k1k1", "s2", "")) == {
        "note": "sent by ••• of •••", "header": "Bearer •••", "list": ["•••"],
    }  # fmt: skip


def test_a_large_one_loses_no_more_than_it_must():
    large = {"title": "t", "log": "x" * 100_000, "items": [{"n": n} for n in range(50)]}
    assert kept(large) == {**large, "log": "x" * 20_000 + "…"}
    wide = kept({str(n): {str(m): "y" * 100 for m in range(100)} for n in range(60)})
    assert wide["0"]["0"] == "y" * 100
    deep = {"a": "z" * 600}
    for _ in range(60):
        deep = {"a": [deep, deep["a"] if isinstance(deep["a"], str) else "z" * 9000]}
    assert kept(deep)


def test_one_that_fits_in_no_part_is_not_kept():
    nest = "x" * 40
    for _ in range(9):
        nest = [nest, nest, nest, nest]
    assert sample(nest) == ""


@settings(max_examples=200, deadline=None)
@given(payloads, st.integers(1, 3))
def test_whatever_it_is_it_is_json_and_fits(payload, times):
    text = sample({"all": [payload] * 10**times})
    assert len(text.encode()) <= MOST
    assert not text or orjson.loads(text)

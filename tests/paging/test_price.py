"""What a message is reckoned to cost: as phone companies count."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paging.core import gsm7
from paging.core.percentile import percentile
from paging.core.price import Prices, reckoned, segments

PRICES = Prices(sms=Decimal("0.0079"), call=Decimal("0.014"), currency="USD")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("🔥" * 35, 1),
        ("🔥" * 36, 2),
    ],
)
def test_segments_are_counted_as_phones_do(text, count):
    assert segments(text) == count


@given(st.text(max_size=700))
def test_what_watchbill_writes_costs_no_more_than_its_letters_say(text):
    written = gsm7.transliterate(text)
    assert segments(written) == max(1, -(-gsm7.septets(written) // 153)) or gsm7.septets(written) <= 160


@pytest.mark.parametrize(
    ("via", "cost"),
    [("sms", Decimal("0.0158")), ("voice", Decimal("0.014")), ("email", None), ("chat", None)],
)
def test_an_sms_costs_by_the_segment_a_call_by_the_call_and_the_rest_nothing_known(via, cost):
    assert reckoned(PRICES, via=via, text="a" * 200) == cost


@pytest.mark.parametrize("via", ["sms", "voice"])
def test_without_a_price_nothing_is_reckoned(via):
    assert reckoned(Prices(), via=via, text="a") is None


@given(st.lists(st.integers(0, 1000), min_size=1), st.sampled_from([50, 95, 100]))
def test_so_many_of_100_answers_took_no_longer(took, share):
    found = percentile(sorted(took), share)
    within = sum(1 for one in took if one <= found)
    assert within * 100 >= len(took) * share
    assert sum(1 for one in took if one < found) * 100 < len(took) * share

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from escalation.sources.opsgenie_ids import Asked, Number, Outcome, alert_id, read, request_id

AT = datetime(2026, 3, 2, 10, 0, 0, 123000, tzinfo=UTC)
moments = st.integers(0, 10**9).map(lambda seconds: AT + timedelta(seconds=seconds))


@given(moments, st.integers(0, 2**44 - 1), st.sampled_from(Asked), st.sampled_from(Outcome))
def test_a_request_s_number_says_all_that_is_asked_about_it(at, alert, asked, outcome):
    number = Number(at=at, alert=alert, asked=asked, outcome=outcome)
    assert read(request_id(number)) == number


def test_an_alert_has_one_id_and_requests_about_it_many():
    assert alert_id(7, at=AT) == alert_id(7, at=AT)
    assert len({request_id(Number(at=AT, alert=7)) for _ in range(50)}) > 40


def test_an_alert_s_id_reads_as_opsgenie_writes_it():
    text = alert_id(7, at=AT)
    assert text.endswith("-1772445600123")
    assert uuid.UUID(text[:36]).version == 8
    assert read(text) == read(text[:36]) == Number(at=AT, alert=7)


@given(st.text(max_size=60) | st.uuids().map(str))
def test_what_is_no_number_of_ours_is_none_or_harmless(text):
    found = read(text)
    assert found is None or found.alert < 2**44


@given(st.integers(0, 2**128 - 1))
def test_no_uuid_whatever_is_a_fault(value):
    v8 = value & ~(0xF << 76) & ~(0b11 << 62) | 8 << 76 | 0b10 << 62
    found = read(str(uuid.UUID(int=v8)))
    assert found is None or isinstance(found, Number)

"""What holds for every source, whatever it is sent: it reads it or says why not, and what it reads fits."""

from copy import deepcopy

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.sources.event import MAX_DEDUP_KEY, MAX_SUMMARY, Malformed
from escalation.sources.registry import SOURCES
from escalation.sources.request import Sent
from tests.escalation.sources.payloads import FOLDER
from tests.fakes.sns import notification

REAL = [
    (folder.name, path.read_bytes())
    for folder in sorted(FOLDER.iterdir())
    if folder.name in SOURCES
    for path in sorted(folder.iterdir())
]
HOSTILE = [
    None, True, False, 0, -0.0, 1e308, 2**63, -1, "", " ", "a\x00b", "x" * 3000, "{EVENT.ID}", "$X", "[",
    "\ufffd", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-11-20T10:00:00-00:00",
    "https://x", "javascript:x", "²", "99999999999", "nan", [], {}, [[]], [{}], {"": ""}, [None],
    {"a": {"b": {"c": []}}}, "ALARM", "OK", "down",
]  # fmt: skip
texts = st.text(max_size=8)
values = st.recursive(
    st.sampled_from(HOSTILE) | texts | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
headers = st.dictionaries(
    st.sampled_from(["content-type", "sentry-hook-resource", "x-amz-sns-rawdelivery"]),
    st.sampled_from([
        "application/json", "multipart/form-data; boundary=x", "multipart/form-data", "issue", "event_alert",
        "multipart/form-data; boundary=\r\n", "metric_alert", "true", "é",
    ]) | st.text(max_size=20),
    max_size=2,
)  # fmt: skip
queries = st.dictionaries(
    st.sampled_from(
        ["heartbeat", "monitor", "msg", "status", "code", "summary", "action", "routing_key", "data"]
    ),
    texts.filter(lambda text: "\x00" not in text)
    | st.sampled_from(["{", "{}", "[]", "null", '{"status":0}', '{"id":[]}', "down"]),
    max_size=4,
)


def places(value, path=()):
    """The path to everything inside a JSON value."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, child in children:
        yield (*path, name)
        yield from places(child, (*path, name))


@st.composite
def bent(draw):
    """A real body with a few values put in the place of others, or taken out."""
    source, body = draw(st.sampled_from(REAL))
    if not body.lstrip().startswith(b"{"):
        cut = draw(st.integers(0, len(body)))
        return source, body[:cut] + draw(st.binary(max_size=12)) + body[cut:]
    sent = orjson.loads(body)
    for _ in range(draw(st.integers(1, 4))):
        *path, last = draw(st.sampled_from(list(places(sent)) or [("a",)]))
        inside = sent
        for name in path:
            inside = inside[name]
        if draw(st.booleans()) or isinstance(inside, list):
            inside[last] = deepcopy(draw(values))
        else:
            inside.pop(last, None)
    bent = orjson.dumps(sent, option=orjson.OPT_NON_STR_KEYS)
    return source, notification(bent.decode()) if source == "sns" else bent


def check_event(event):
    assert len(event.summary) <= MAX_SUMMARY
    assert len(event.dedup_key) <= MAX_DEDUP_KEY
    assert bool(event.dedup_key) is not event.whole_group
    assert len(event.source) <= 255
    assert event.severity in {"SEV-1", "SEV-2", "SEV-3", "SEV-4"}
    assert all(isinstance(value, str) for value in event.labels.values())
    assert all(address.startswith("http") for _, address in event.links)
    kept = orjson.dumps([dict(event.labels), event.links, dict(event.payload), event.summary])
    assert b"\\u0000" not in kept.replace(b"\\\\", b"")


def check(source, sent):
    try:
        events = SOURCES[source].parse(sent)
    except Malformed as refusal:
        assert all(" " in error for error in refusal.errors)
        return
    for event in events:
        check_event(event)
    SOURCES[source].answer(events)


@settings(max_examples=600, deadline=None)
@given(bent(), headers, queries)
def test_no_bent_payload_does_anything_but_parse_or_be_refused(sent, headers, query):
    source, body = sent
    check(source, Sent(body=body, headers=headers, query=query))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(SOURCES)),
    st.binary(max_size=80) | st.dictionaries(texts, values, max_size=5).map(orjson.dumps),
    headers,
    queries,
)
def test_no_bytes_whatever_do_anything_but_parse_or_be_refused(source, body, headers, query):
    check(source, Sent(body=body, headers=headers, query=query))


ODD = {
    "deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "deep enough to be read": b'{"alerts":' + b"[" * 100 + b"]" * 100 + b"}",
    "lone surrogate": b'{"title":"\\ud800","message":"m"}',
    "twice": b'{"title":"a","title":"b","type":"failure"}',
    "huge number": b'{"title":1' + b"0" * 400 + b"}",
    "huge exponent": b'{"title":1e999}',
    "not utf-8": b'{"title":"\xff"}',
    "a bare value": b"7",
    "many fields": b"&".join(b"a%d=1" % number for number in range(300)),
    "many parts": b"\r\n--x" * 300,
    "nothing": b"",
    "spaces": b"  \r\n",
}


@pytest.mark.parametrize("source", sorted(SOURCES))
@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_odd_bodies(source, body):
    check(source, Sent(body=body))
    check(source, Sent(body=body, headers={"content-type": "multipart/form-data; boundary=x"}))


def test_there_is_a_payload_of_every_source():
    assert {source for source, _ in REAL} == set(SOURCES)

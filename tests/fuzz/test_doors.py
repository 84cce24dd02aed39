"""Every door of senders, sent what nobody should send: it answers in its words, and stores all or nothing."""

import os
from datetime import datetime

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation.models import Alert, Incident
from escalation.sources.event import MAX_BYTES
from escalation.sources.registry import SOURCES
from tests.escalation.sources.payloads import FOLDER
from tests.escalation.sources.test_every_parser import ODD, values
from tests.fuzz.undoing import rows, undone
from tests.world import KEY, pagerduty

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))
KEPT_OF_REFUSALS = ("escalation.keyminute", "escalation.lastpost")
"""What is written down about a post that was refused."""
REFUSALS = {400, 401, 403, 404, 405, 409, 413, 422, 429, 503}
GENIE = {"HTTP_AUTHORIZATION": f"GenieKey {KEY}"}
DOORS = {
    "/v2/enqueue": (FOLDER / "pagerduty", {}),
    "/v2/change/enqueue": (FOLDER / "pagerduty", {}),
    "/generic/2010-04-15/create_event.json": (FOLDER / "pagerduty_v1", {}),
    "/v2/alerts": (FOLDER / "opsgenie", GENIE),
    "/v2/alerts/disk/close": (FOLDER / "opsgenie", GENIE),
    "/v2/alerts/disk/notes?identifierType=alias": (FOLDER / "opsgenie", GENIE),
    "/v2/alerts/disk/snooze": (FOLDER / "opsgenie", GENIE),
    "/v2/alerts/disk/assign": (FOLDER / "opsgenie", GENIE),
    f"/integrations/generic/20131114/alert/{KEY}/words": (FOLDER / "victorops", {}),
    **{f"/integrations/{name}/{KEY}": (FOLDER / name, {}) for name in SOURCES},
}
KEYS = ("routing_key", "service_key")


def bodies(folder):
    return [path.read_bytes() for path in sorted(folder.iterdir())] if folder.is_dir() else [b"{}"]


def addressed(body):
    """With our key where it names one."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    if not isinstance(said, dict):
        return body
    return orjson.dumps(said | {name: KEY for name in KEYS if name in said})


def send(client, path, body, **more):
    """What it answered, once it is clear that it was all or nothing."""
    headers = DOORS[path][1]
    with undone():
        before = rows(but=KEPT_OF_REFUSALS)
        answer = client.generic("POST", path, body, content_type="application/json", **headers, **more)
        after = rows(but=KEPT_OF_REFUSALS)
        assert answer.status_code in {200, 202, *REFUSALS}
        assert orjson.loads(answer.content)
        if answer.status_code in REFUSALS:
            assert after == before, "it was refused, and yet something of it was stored"
        else:
            assert not Alert.objects.filter(status="open", incident=None).exists()
            assert not Incident.objects.filter(alerts=None).exists()
    return answer


@pytest.mark.parametrize("path", DOORS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_bent_post_is_taken_whole_or_refused_whole(path, data, client, world):
    body = data.draw(bent_one(bodies(DOORS[path][0])))
    send(client, path, body)


@st.composite
def bent_one(draw, real):
    """A real post of this door with some values put in the place of others, or bytes of no sense."""
    body = addressed(draw(st.sampled_from(real)))
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body + draw(st.binary(max_size=20))
    for _ in range(draw(st.integers(0, 4))):
        inside = said
        while isinstance(inside, dict | list) and inside:
            name = draw(st.sampled_from(list(inside) if isinstance(inside, dict) else range(len(inside))))
            child = inside[name]
            if not (isinstance(child, dict | list) and child and draw(st.booleans())):
                if name not in KEYS or draw(st.integers(0, 9)) == 0:
                    inside[name] = draw(values)
                break
            inside = child
    return orjson.dumps(said, option=orjson.OPT_NON_STR_KEYS)


@pytest.mark.parametrize("path", DOORS)
def test_an_odd_body_is_taken_whole_or_refused_whole(path, client, world):
    for body in ODD.values():
        send(client, path, body)


@pytest.mark.parametrize("path", DOORS)
def test_half_a_megabyte_is_read_and_one_byte_more_is_refused(path, client, world):
    start = b'{"pad":"'
    whole = start + b"x" * (MAX_BYTES - len(start) - 2) + b'"}'
    assert send(client, path, whole).status_code != 413
    assert send(client, path, whole + b" ").status_code == 413


TIMES = [
    "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
    "9999-12-31T23:59:59-23:59",
    "2026-02-30T00:00:00Z", "2026-11-20T10:00:00-00:00", "2026-11-20T24:00:00Z", "2026-11-20T23:59:60Z",
    "-0001-01-01T00:00:00Z", "2026-11-20T10:00:00+99:99", "1e9", "",
]  # fmt: skip


@pytest.mark.parametrize("time", TIMES)
def test_a_time_that_is_none_is_no_reason_not_to_page(time, client, world):
    answer = client.post("/v2/enqueue", pagerduty(timestamp=time), content_type="application/json")
    assert answer.status_code == 202
    began = Alert.objects.get(incident__status="triggered").began_at
    assert began is None or isinstance(began, datetime)


def test_of_a_name_that_comes_twice_the_last_counts_and_one_alert_is_there(client, world):
    body = pagerduty().replace(b'"dedup_key":"disk"', b'"dedup_key":"first","dedup_key":"last"')
    assert client.post("/v2/enqueue", body, content_type="application/json").status_code == 202
    assert [alert.dedup_key for alert in Alert.objects.all()] == ["last"]

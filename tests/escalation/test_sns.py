"""Amazon SNS at `/integrations/sns/<routing key>`: what it signed, and nothing else."""

import re

import orjson
import pytest
import time_machine

from escalation.intake import sns as door
from escalation.models import Alert, Incident
from escalation.sources import sns
from people.ledger.models import Entry
from tests.escalation.sources.payloads import payload
from tests.fakes.loopback import Response
from tests.fakes.sns import CERTIFICATE, CONFIRM, TOPIC, Sns
from tests.world import KEY, MINUTE

ALARM = payload("sns/alarm.json").decode()
OVER = ALARM.replace('"NewStateValue":"ALARM"', '"NewStateValue":"OK"')
UNKNOWN = "f" * 32


@pytest.fixture(autouse=True)
def clock(world):
    with time_machine.travel(world.now, tick=False):
        yield


@pytest.fixture
def aws(monkeypatch):
    fake = Sns()
    monkeypatch.setattr(sns, "AWS", re.compile(re.escape(fake.url) + "/[!-~]*"))
    monkeypatch.setattr(door, "_certificates", {})
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def post(client, world, aws):
    def posted(body, key=KEY):
        return client.post(f"/integrations/sns/{key}", body, content_type="text/plain; charset=UTF-8")

    return posted


def sent(aws, message=ALARM, number=1, **more):
    return aws.publish(message, MessageId=f"{number}", **more)


@pytest.mark.parametrize("version", ["1", "2"])
def test_an_alarm_opens_an_incident_and_its_end_ends_it(post, aws, world, version):
    answer = post(sent(aws, SignatureVersion=version, Subject='ALARM: "checkout-5xx" in EU (Ireland)'))
    assert (answer.status_code, answer.json()["incidents_opened"]) == (200, 1)
    assert len(world.tick().sent()) == 1
    assert post(sent(aws, OVER, 2, SignatureVersion=version)).status_code == 200
    assert Incident.objects.get().status == "resolved"


def test_the_certificate_is_asked_for_once(post, aws):
    for number in range(3):
        post(sent(aws, number=number))
    assert aws.asked == [CERTIFICATE]


def test_a_message_that_comes_again_is_answered_well_and_counts_once(post, aws):
    post(sent(aws))
    post(sent(aws, OVER, 2))
    again = post(sent(aws))
    assert (again.status_code, again.json()["incidents_opened"]) == (200, 0)
    assert Incident.objects.get().status == "resolved"


def test_a_subscription_is_confirmed_and_stands_in_the_ledger(post, aws):
    assert post(aws.subscribe()).status_code == 200
    assert aws.asked == [CERTIFICATE, CONFIRM]
    assert Entry.objects.get(verb="routing_key.subscribed").what.startswith(TOPIC)
    assert not Alert.objects.exists()


def test_the_end_of_a_subscription_stands_there_too_and_asks_nothing(post, aws):
    assert post(aws.subscribe("UnsubscribeConfirmation")).status_code == 200
    assert aws.asked == [CERTIFICATE]
    assert Entry.objects.filter(verb="routing_key.unsubscribed").exists()


def test_nothing_is_asked_for_whoever_has_no_key(post, aws):
    assert post(aws.subscribe(), key=UNKNOWN).status_code == 404
    assert aws.asked == []


@pytest.mark.parametrize(
    "change",
    [{"Message": ALARM + " "}, {"Signature": "AAAA"}, {"Signature": "?"}, {"Subject": "added"},
     {"MessageId": "another"}],
)  # fmt: skip
def test_what_aws_did_not_sign_is_answered_like_an_unknown_key(post, aws, change):
    forged = orjson.dumps(orjson.loads(sent(aws)) | change)
    answer = post(forged)
    assert (answer.status_code, answer.content) == (404, post(forged, key=UNKNOWN).content)
    assert not Alert.objects.exists()


def test_a_forged_confirmation_is_not_followed(post, aws):
    forged = orjson.loads(aws.subscribe()) | {"SubscribeURL": f"{aws.url}/?Action=DeleteTopic"}
    assert post(orjson.dumps(forged)).status_code == 404
    assert aws.asked == [CERTIFICATE]


@pytest.mark.parametrize(("minutes", "status"), [(69, 200), (71, 404), (-71, 404)])
def test_what_was_signed_long_ago_is_refused(post, aws, world, minutes, status):
    stamp = (world.now - minutes * MINUTE).isoformat().replace("+00:00", "Z")
    assert post(sent(aws, Timestamp=stamp)).status_code == status


@pytest.mark.parametrize("path", [CERTIFICATE, CONFIRM])
@pytest.mark.parametrize(
    "answer", [Response(500), Response(302, headers={"Location": "http://127.0.0.1/"}), Response(404)]
)
def test_while_aws_does_not_answer_sns_is_told_to_try_again(post, aws, path, answer):
    aws.broken[path] = answer
    assert post(aws.subscribe()).status_code == 503
    aws.broken.clear()
    assert post(aws.subscribe()).status_code == 200
    assert aws.asked[-1] == CONFIRM


def test_what_is_no_certificate_is_not_kept(post, aws):
    aws.broken[CERTIFICATE] = Response(200, b"<html>sign in to the hotel's network</html>")
    assert post(sent(aws)).status_code == 404
    aws.broken.clear()
    assert post(sent(aws)).status_code == 200

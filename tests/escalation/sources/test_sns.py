import orjson
import pytest

from escalation.sources import sns
from escalation.sources.event import Action, Malformed
from escalation.sources.request import Sent
from tests.escalation.sources.payloads import loaded, only, parse, payload
from tests.fakes.sns import AWS, TOPIC, notification

ALARM = payload("sns/alarm.json").decode()


def alarm(**changes):
    return notification(orjson.dumps(loaded("sns/alarm.json", **changes)).decode())


def test_an_alarm_of_cloudwatch():
    event = only("sns", notification(ALARM))
    assert (event.action, event.severity, event.summary) == (Action.TRIGGER, "SEV-2", "checkout-5xx")
    assert event.dedup_key == f"{TOPIC}:arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-5xx"
    assert event.labels["LoadBalancer"] == "app/checkout/50dc6c495c0c9188"
    assert event.labels["namespace"] == "AWS/ApplicationELB"
    assert event.links == (
        (
            "CloudWatch",
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/checkout-5xx",
        ),
        ("runbook", "https://wiki.example/5xx."),
    )
    assert event.payload["NewStateReason"].startswith("Threshold Crossed")


@pytest.mark.parametrize(
    ("state", "action"),
    [("OK", Action.RESOLVE), ("ALARM", Action.TRIGGER), ("INSUFFICIENT_DATA", Action.TRIGGER)],
)
def test_states(state, action):
    event = only("sns", alarm(NewStateValue=state))
    assert event.action is action
    assert event.dedup_key == only("sns", notification(ALARM)).dedup_key


def test_what_is_no_alarm_pages_under_its_subject():
    event = only("sns", notification("The bill is 900 USD\nmore", Subject="AWS Budgets"))
    assert (event.action, event.summary, event.dedup_key) == (
        Action.TRIGGER,
        "AWS Budgets",
        f"{TOPIC}:AWS Budgets",
    )
    assert event.labels == {"topic": "pager"}
    assert only("sns", notification("The bill is 900 USD\nmore")).summary == "The bill is 900 USD"


def test_what_is_about_the_subscription_pages_nobody():
    more = {"Token": "t", "SubscribeURL": f"{AWS}/?Action=ConfirmSubscription"}
    assert parse("sns", notification("You have chosen ...", Type="SubscriptionConfirmation", **more)) == []


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://sns.amazonaws.com.evil.example/",
        "https://sns.evil/.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com/a b",
        "https://sns.eu-west-1.amazonaws.com/a\n",
        "https://s3.eu-west-1.amazonaws.com/bucket/a.pem",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_address_but_one_of_sns_is_ever_asked(address):
    with pytest.raises(Malformed, match="amazonaws"):
        sns.read(Sent(body=notification(ALARM, SigningCertURL=address)))
    with pytest.raises(Malformed, match="amazonaws"):
        sns.read(
            Sent(
                body=notification(
                    "You have ...", Type="SubscriptionConfirmation", Token="t", SubscribeURL=address
                )
            )
        )


@pytest.mark.parametrize("host", ["sns.eu-west-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn"])
def test_hosts_of_sns_are(host):
    sns.read(Sent(body=notification(ALARM, SigningCertURL=f"https://{host}/SimpleNotificationService-1.pem")))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (ALARM.encode(), "'Type' is None"),
        (b'{"Type":"Notification"}', "'Message' is missing"),
        (notification(ALARM, SignatureVersion="3"), "'SignatureVersion' is '3'"),
        (alarm(NewStateValue="PERHAPS"), "'NewStateValue' is 'PERHAPS'"),
        (alarm(AlarmName=None, AlarmArn=7.5, NewStateValue=None), "'NewStateValue' is ''"),
        (alarm(AlarmName=None, AlarmArn=None), "'AlarmName' is missing"),
        (alarm(Trigger="x"), "'Trigger' must be an object"),
    ],
)
def test_what_is_missing_is_said(body, says):
    with pytest.raises(Malformed, match=says):
        parse("sns", body)


def test_raw_delivery_is_refused_since_nobody_signed_it():
    with pytest.raises(Malformed, match="Raw message delivery"):
        parse("sns", ALARM.encode(), x_amz_sns_rawdelivery="true")

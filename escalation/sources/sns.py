"""Amazon SNS: CloudWatch alarms above all, and whatever else is published to a topic.

Every message is signed by AWS. Its certificate, and the address that confirms a subscription, are taken from
the message, and so must be on a host of SNS.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from escalation.sources.event import (
    Action,
    Event,
    Malformed,
    NotGenuine,
    check_storable,
    read_object,
    read_time,
)
from escalation.sources.fields import MAX_SOURCE, dedup_key, first, inner, labels, links, title
from escalation.sources.request import Sent

NOTIFICATION, SUBSCRIPTION, END = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    END: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
DIGESTS: Mapping[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - AWS's own
AWS = re.compile(r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?(:443)?/[!-~]*", re.ASCII)
WORDS = {"ALARM": Action.TRIGGER, "INSUFFICIENT_DATA": Action.TRIGGER, "OK": Action.RESOLVE}
ARN = re.compile(r"arn:(aws|aws-cn|aws-us-gov):cloudwatch:([a-z0-9-]+):\d*:alarm:(.+)", re.DOTALL)
CONSOLES = {"aws": "aws.amazon.com", "aws-cn": "amazonaws.cn", "aws-us-gov": "amazonaws-us-gov.com"}
IN_TEXT = re.compile(r"https?://[^\s<>\"')]+")
LABELS = ("AlarmName", "AWSAccountId", "Region", "NewStateValue", "OldStateValue")


@dataclass(frozen=True)
class Message:
    """One message of SNS, of one of the kinds in SIGNED, its fields all text. `topic` is the topic's ARN."""

    kind: str
    fields: Mapping[str, str]

    @property
    def topic(self) -> str:
        return self.fields["TopicArn"]

    @property
    def certificate_url(self) -> str:
        return self.fields["SigningCertURL"]


def read(sent: Sent) -> Message:
    """What was posted, not yet known to be of AWS. Raises Malformed."""
    if sent.headers.get("x-amz-sns-rawdelivery", "").lower() == "true":
        raise Malformed("Raw message delivery leaves out the signature; turn it off for this subscription.")
    envelope = read_object(sent.body)
    kind = envelope.get("Type")
    if not isinstance(kind, str) or kind not in SIGNED:
        raise Malformed(f"'Type' is {kind!r}; it must be one of {', '.join(SIGNED)}. Is this of Amazon SNS?")
    fields = {name: value for name, value in envelope.items() if isinstance(value, str)}
    needed = {*SIGNED[kind], "SignatureVersion", "Signature", "SigningCertURL"} - {"Subject"}
    missing = sorted(needed - fields.keys())
    if missing:
        raise Malformed(*(f"'{name}' is missing" for name in missing))
    if fields["SignatureVersion"] not in DIGESTS:
        raise Malformed(f"'SignatureVersion' is {fields['SignatureVersion']!r}; it must be 1 or 2")
    for name in {"SigningCertURL", "SubscribeURL"} & needed:
        if not AWS.fullmatch(fields[name]):
            raise Malformed(f"'{name}' is not an https address of SNS at amazonaws.com")
    return Message(kind, fields)


def check_signature(message: Message, certificate: bytes) -> None:
    """`certificate` is what stands at its `certificate_url` (PEM). Raises NotGenuine."""
    fields = message.fields
    names = [name for name in SIGNED[message.kind] if name in fields]
    text = "".join(f"{name}\n{fields[name]}\n" for name in names).encode()
    try:
        key = x509.load_pem_x509_certificate(certificate).public_key()
        signature = base64.b64decode(fields["Signature"], validate=True)
    except (ValueError, binascii.Error):
        raise NotGenuine("the certificate or the signature cannot be read") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise NotGenuine("the certificate is not one of SNS")
    try:
        key.verify(signature, text, padding.PKCS1v15(), DIGESTS[fields["SignatureVersion"]])
    except InvalidSignature:
        raise NotGenuine("AWS did not sign this") from None


def parse(sent: Sent) -> list[Event]:
    """The event of a notification; none for what is about the subscription. Raises Malformed."""
    message = read(sent)
    if message.kind != NOTIFICATION:
        return []
    alarm = _alarm(message.fields["Message"])
    return [_alarmed(message, alarm) if "NewStateValue" in alarm else _published(message, alarm)]


def _alarm(text: str) -> dict[str, Any]:
    """What is published is text; that of CloudWatch is JSON."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(found, dict):
        return {}
    check_storable(found)
    return found


def _alarmed(message: Message, alarm: Mapping[str, Any]) -> Event:
    state = first(alarm["NewStateValue"]).upper()
    if state not in WORDS:
        raise Malformed(f"'NewStateValue' is {state!r}; it must be one of {', '.join(WORDS)}")
    arn, name = first(alarm.get("AlarmArn")), first(alarm.get("AlarmName"))
    if not arn and not name:
        raise Malformed("'AlarmName' is missing from the alarm")
    trigger = inner(alarm, "Trigger")
    dimensions = [one for one in _list(trigger.get("Dimensions")) if isinstance(one, dict)]
    about = {first(one.get("name")): one.get("value") for one in dimensions}
    metric = {"namespace": trigger.get("Namespace"), "metric": trigger.get("MetricName")}
    return Event(
        action=WORDS[state],
        dedup_key=dedup_key(message.topic, arn or name),
        summary=title(name, arn),
        word=state if WORDS[state] is Action.TRIGGER else "",
        source=first(alarm.get("Region"), "CloudWatch")[:MAX_SOURCE],
        labels=labels(about | metric | {name: alarm.get(name) for name in LABELS}),
        links=links([("CloudWatch", _console(arn)), *_links_in(first(alarm.get("AlarmDescription")))]),
        payload={**alarm, "TopicArn": message.topic, "MessageId": message.fields["MessageId"]},
        began_at=read_time(alarm.get("StateChangeTime")),
    )


def _published(message: Message, said: Mapping[str, Any]) -> Event:
    """What is no alarm pages, and nothing resolves it: a topic that leads here is meant to be heard."""
    text, subject = message.fields["Message"], message.fields.get("Subject", "")
    heading = title(subject, said.get("detail-type"), text.strip().partition("\n")[0], "A message of SNS")
    return Event(
        action=Action.TRIGGER,
        dedup_key=dedup_key(message.topic, heading),
        summary=heading,
        source="SNS",
        labels=labels({"topic": message.topic.rpartition(":")[2]} | dict(said)),
        links=links(_links_in(text)),
        payload={**message.fields, "Signature": ""},
        began_at=read_time(message.fields["Timestamp"]),
    )


def _links_in(text: str) -> list[tuple[str, str]]:
    """The addresses in a description: the first is usually the runbook."""
    found = IN_TEXT.findall(text)[:5]
    return [("runbook" if number == 0 else "link", address) for number, address in enumerate(found)]


def _console(arn: str) -> str:
    match = ARN.fullmatch(arn)
    if match is None:
        return ""
    partition, region, name = match.groups()
    there = f"https://{region}.console.{CONSOLES[partition]}/cloudwatch/home?region={region}"
    return f"{there}#alarmsV2:alarm/{quote(name, safe='')}"


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []

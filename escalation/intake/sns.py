"""What Amazon SNS posts: its signature is held against AWS's certificate, and a subscription is confirmed.

Both ask AWS, which is done outside of any transaction, within a time that SNS waits for (15 s), and only for
whoever has a routing key. SNS sends again what was not answered with 2xx.
"""

from datetime import datetime, timedelta

import requests
import structlog

from escalation.intake.evenly import evenly
from escalation.intake.keys import UnknownKey, service_key
from escalation.intake.receiving import Replayed, receive, unsigned
from escalation.models import RoutingKey
from escalation.sources import sns
from escalation.sources.event import NotGenuine, read_time
from escalation.sources.request import Sent
from people import outbound
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

SNS = "sns"
SECONDS = 5.0
MOST = 64 * 1024
MOST_CERTIFICATES = 20
OLDEST = timedelta(minutes=70)
"""SNS tries for an hour at most. What is older was copied, and what it was told of is long known again."""
log = structlog.get_logger(__name__)
_certificates: dict[str, bytes] = {}


class Unreachable(Exception):
    """AWS did not answer; the sender should try again."""


@evenly()
def receive_sns(*, key: str, sent: Sent, now: datetime) -> int:
    """Take in a notification, or confirm the subscription that begins them. What came before is passed over.
    Returns the number of new incidents. Raises Malformed, UnknownKey, also of what AWS did not sign, and
    Unreachable.
    """
    message, events = sns.read(sent), sns.parse(sent)
    row = service_key(key).row
    try:
        _check(row, message, now)
    except NotGenuine as fault:
        log.warning("post_not_genuine", routing_key=str(row), source=SNS, why=str(fault))
        raise UnknownKey from fault
    if message.kind == sns.SUBSCRIPTION:
        _get(message.fields["SubscribeURL"])
    if message.kind != sns.NOTIFICATION:
        _note(row, message, now)
    try:
        mark = message.fields["MessageId"]
        return receive(key=key, events=events, source=SNS, now=now, proof=lambda _secret: mark)
    except Replayed:
        return 0


def _check(row: RoutingKey, message: sns.Message, now: datetime) -> None:
    """AWS signs for whoever has an account there: a key with a secret of its own takes none of it."""
    unsigned(row.signing_secret)
    address = message.certificate_url
    certificate = _certificates.get(address) or _get(address)
    sns.check_signature(message, certificate)
    if len(_certificates) >= MOST_CERTIFICATES:
        _certificates.clear()
    _certificates[address] = certificate
    at = read_time(message.fields["Timestamp"])
    if at is None or abs(now - at) > OLDEST:
        raise NotGenuine("it was signed more than an hour ago, or is to come")


def _note(row: RoutingKey, message: sns.Message, now: datetime) -> None:
    """On the service's record: what may page from now on, and what no longer does."""
    begins = message.kind == sns.SUBSCRIPTION
    verb = Verb.ROUTING_KEY_SUBSCRIBED if begins else Verb.ROUTING_KEY_UNSUBSCRIBED
    what = f"{message.topic[:300]} {'sends' if begins else 'no longer sends'} to routing key {row.name}"
    line = Line(
        verb, ("service", row.service_id), Actor(f"{row.name} ({SNS})"), what, data={"routing_key": row.pk}
    )
    record([line], now=now)


def _get(address: str) -> bytes:
    """What stands there, on a host that `sns.read` found to be of AWS. Raises Unreachable."""
    try:
        return outbound.in_time(lambda: _read(address), seconds=SECONDS)
    except (requests.RequestException, OSError) as fault:
        log.warning("aws_not_reached", error=type(fault).__name__, effect="SNS is told to try again")
        raise Unreachable from fault


def _read(address: str) -> bytes:
    with requests.get(address, timeout=SECONDS, allow_redirects=False, stream=True) as answer:
        answer.raise_for_status()
        if answer.is_redirect:
            raise requests.TooManyRedirects
        found: bytes = next(answer.iter_content(MOST), b"")
        return found

"""Opsgenie's Alert API, version 2. Nothing redirects, with a slash at the end or without.

Whatever changes something is done, and durable, before its 202; what became of it is asked by its number.
"""

from escalation.api.opsgenie_answers import alert_data, number_data
from escalation.api.opsgenie_call import Answer, Call, NotFound, opsgenie
from escalation.intake import asking
from escalation.models import Alert
from escalation.sources.opsgenie import Said, parse, parse_said
from escalation.sources.opsgenie_ids import Asked, Number, read, request_id
from people import metrics

VERBS = {
    "close": Asked.CLOSE,
    "acknowledge": Asked.ACKNOWLEDGE,
    "unacknowledge": Asked.UNACKNOWLEDGE,
    "snooze": Asked.SNOOZE,
    "notes": Asked.NOTE,
    "escalate": Asked.ESCALATE,
    "assign": Asked.ASSIGN,
    "message": Asked.MESSAGE,
    "description": Asked.DESCRIPTION,
    "priority": Asked.PRIORITY,
}
PROCESSED = "Request will be processed"
PONG = "PONG - Heartbeat received"
NO_VERB = f"Nothing answers here; of an alert can be asked: {', '.join(VERBS)}."
NO_ALERT = "Alert does not exist"
NO_REQUEST = "Request does not exist"
NO_HEARTBEAT = "Heartbeat does not exist; make one with this name for the service of the key."


@opsgenie("POST")
def alerts(call: Call) -> Answer:
    """`POST /v2/alerts`: a new alert, or one more event of the open one with the same alias."""
    made = asking.create(parse(call.body()), key=call.key, now=call.now)
    return _accepted(Number(at=call.now, alert=made.pk, asked=Asked.CREATE))


@opsgenie("GET", "DELETE", "POST", "PUT")
def alert(call: Call, rest: str) -> Answer:
    """`/v2/alerts/{identifier}`: how it stands; and `/v2/alerts/{identifier}/close` and the like."""
    match call.request.method:
        case "GET":
            return _shown(call, rest)
        case "DELETE":  # what paged is not forgotten
            return _accepted(
                asking.ask(Asked.DELETE, Said(), of=call.alerts(rest), key=call.key, now=call.now)
            )
        case _:
            return _asked(call, rest)


def _shown(call: Call, identifier: str) -> Answer:
    found = call.alerts(identifier, most=1)
    if not found:
        raise NotFound(NO_ALERT)
    return 200, {"data": alert_data(found[0], key=call.key, now=call.now)}


def _asked(call: Call, rest: str) -> Answer:
    """What cannot be done is refused here; that the alert is not there, or closed, is told by the number."""
    identifier, _, verb = rest.removesuffix("/").rpartition("/")
    if not identifier or verb not in VERBS:
        raise NotFound(NO_VERB)
    asked = VERBS[verb]
    said = parse_said(asked, call.body())
    return _accepted(asking.ask(asked, said, of=call.alerts(identifier), key=call.key, now=call.now))


@opsgenie("GET")
def request_status(call: Call, number: str) -> Answer:
    """`GET /v2/alerts/requests/{number}`: what became of a request."""
    found = read(number)
    if found is None or found.asked is Asked.NOTHING:
        raise NotFound(NO_REQUEST)
    rows = Alert.objects.filter(asking.within_reach(call.key))
    about = rows.filter(pk=found.alert).first() if found.alert else None
    if found.alert and about is None:
        raise NotFound(NO_REQUEST)
    return 200, {"data": number_data(found, about, key=call.key)}


@opsgenie("GET", "POST", "PUT", "PATCH")
def ping(call: Call, name: str) -> Answer:
    """`/v2/heartbeats/{name}/ping`: the source is well. What is sent along is nothing but read."""
    call.body()
    try:
        asking.ping(name, key=call.key, now=call.now)
    except asking.UnknownHeartbeat as fault:
        raise NotFound(NO_HEARTBEAT) from fault
    metrics.EVENTS.labels(source=asking.SOURCE, action="ping").inc()
    return 202, {"result": PONG}


def _accepted(number: Number) -> Answer:
    return 202, {"result": PROCESSED, "requestId": request_id(number)}

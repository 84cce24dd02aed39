"""What senders really post, and how a test changes it."""

from pathlib import Path

import orjson

from escalation.sources.registry import SOURCES
from escalation.sources.request import Sent

FOLDER = Path(__file__).parents[2] / "payloads"


def payload(name):
    """The bytes of `tests/payloads/<name>`."""
    return (FOLDER / name).read_bytes()


def parse(source, body, *, query=None, **headers):
    """The events of a body; a dictionary is sent as JSON."""
    body = orjson.dumps(body) if isinstance(body, dict) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SOURCES[source].parse(Sent(body=body, headers=named, query=query or {}))


def only(source, body, **more):
    [event] = parse(source, body, **more)
    return event


def loaded(name, **changes):
    """The JSON of a payload, with other values at its top."""
    return orjson.loads(payload(name)) | changes

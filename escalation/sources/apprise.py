"""Apprise's JSON (`json://`, `jsons://`): the title is the key, so a success ends what was so called."""

from escalation.sources.event import Action, Event, Malformed, read_object, severity_of
from escalation.sources.fields import dedup_key, first, labels, title
from escalation.sources.request import Sent

WORDS = {"failure": "error", "warning": "warning", "info": "info"}
SUCCESS = "success"
TEXTS = {"title", "message", "attachments", "version"}


def parse(sent: Sent) -> list[Event]:
    """One event; a kind that is not known pages. Raises Malformed."""
    fields = read_object(sent.body)
    heading, message = first(fields.get("title")), first(fields.get("message"))
    if not heading and not message:
        raise Malformed("'title' and 'message' are missing; is this of Apprise?")
    kind = first(fields.get("type")).lower()
    return [
        Event(
            action=Action.RESOLVE if kind == SUCCESS else Action.TRIGGER,
            dedup_key=dedup_key("apprise", heading or message),
            summary=title(heading, message),
            severity=severity_of(WORDS.get(kind, kind)),
            word="" if kind == SUCCESS else kind,
            source="Apprise",
            labels=labels({name: value for name, value in fields.items() if name not in TEXTS}),
            payload=fields,
        )
    ]

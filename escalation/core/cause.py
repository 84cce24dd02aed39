"""What an incident is called on the paging floor, which pages about causes and knows of no incident."""

INCIDENT = "incident"


def cause_of(incident_id: int) -> str:
    """“incident:42”."""
    return f"{INCIDENT}:{incident_id}"


def incident_in(cause: str) -> int | None:
    """The incident's id; None where the cause is something else, such as a test page or a swap."""
    kind, _, number = cause.partition(":")
    return int(number) if kind == INCIDENT and number.isdecimal() else None

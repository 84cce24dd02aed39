"""Whether people and rooms can be reached as a document says, by the rules of the verb that will be told."""

from collections.abc import Iterator

from paging.actions.contacts import Refused, checked_address
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.faults import Fault, Path


def check(wanted: Organisation) -> list[Fault]:
    """Every address of a contact method, or of a room, that is none. Only documents are asked, never what is
    stored.
    """
    return list(_faults(wanted))


def _faults(wanted: Organisation) -> Iterator[Fault]:
    for place, schedule in enumerate(wanted.schedules):
        for number, one in enumerate(schedule.announcements or ()):
            if one.to is not None:
                yield from _fault("chat", one.to, ("schedules", place, "announcements", number, "to"))
    for place, person in enumerate(wanted.users):
        for number, method in enumerate(person.contact_methods or ()):
            path = ("users", place, "contact_methods", number, "address")
            yield from _fault(method.via, method.address, path)


def _fault(kind: str, address: str, path: Path) -> Iterator[Fault]:
    try:
        checked_address(kind, address)
    except Refused as refusal:
        yield Fault(path, str(refusal))

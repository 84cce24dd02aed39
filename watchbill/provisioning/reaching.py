"""Whether people can be reached as a document says, by the rules of the verb that will be told."""

from collections.abc import Iterator

from paging.actions.contacts import Refused, checked_address
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.faults import Fault


def check(wanted: Organisation) -> list[Fault]:
    """Every address of a contact method that is none. Only documents are asked, never what is stored."""
    return list(_faults(wanted))


def _faults(wanted: Organisation) -> Iterator[Fault]:
    for place, person in enumerate(wanted.users):
        for number, method in enumerate(person.contact_methods or ()):
            try:
                checked_address(method.via, method.address)
            except Refused as refusal:
                yield Fault(("users", place, "contact_methods", number, "address"), str(refusal))

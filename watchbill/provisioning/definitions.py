"""A schedule of the document as the definition that the oncall floor computes with."""

from collections.abc import Iterator, Mapping

from oncall.core.definition import Definition, DefinitionFaults
from watchbill.provisioning.document.schedules import Schedule
from watchbill.provisioning.faults import Fault, Path


def definition_faults(schedule: Schedule, path: Path) -> Iterator[Fault]:
    """What the schedule's own core refuses."""
    people = {name: number for number, name in enumerate(sorted(participants(schedule)))}
    try:
        faults = tuple(definition_of(schedule, people).faults_of_writing())
    except DefinitionFaults as refused:
        faults = refused.faults
    yield from (Fault((*path, *fault.path), fault.message) for fault in faults)


def participants(schedule: Schedule) -> set[str]:
    """Everyone whom a layer names."""
    layers = (layer for role in schedule.roles.values() for layer in role.layers)
    return {person for layer in layers for slot in layer.participants for person in slot}


def definition_of(schedule: Schedule, ids: Mapping[str, int]) -> Definition:
    """What a settled schedule says, with user ids. Raises DefinitionFaults."""
    roles = {name: role.model_dump() for name, role in schedule.roles.items()}
    for name, role in schedule.roles.items():
        for layer, spelled in zip(role.layers, roles[name].get("layers", []), strict=True):
            spelled["participants"] = [[ids[person] for person in slot] for slot in layer.participants]
    return Definition.from_json({"roles": roles})

"""Definitions in the words of the organisation's document: people as usernames."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from oncall.api.instants import legible
from oncall.api.lookups import no_such
from oncall.core.definition import Definition, DefinitionFaults
from oncall.core.faults import Gathering, Path
from people.models import User
from people.zones import zone_names

DEEPEST = 8  # roles, role, layers, layer, restrictions, restriction, days, day
MOST = 500  # of anything in a list or a mapping
MOST_FAULTS = 200  # that are told at once; each unknown name is looked up, and compared with all there are
LARGEST = 10**9
YEARS = range(1970, 2200)  # those of the document


@extend_schema_field(OpenApiTypes.OBJECT)
class DefinitionField(serializers.Field[Definition, Any, Any, Any]):
    """`{"roles": {name: {"layers": [...]} | {"follows", "layer", "offset"}}}`, as in the document.

    Times without an offset are wall-clock times of the schedule: of the `time_zone` beside it, or of the one
    in the context. Only active people are named, and those in the context's `standing` (user ids).
    """

    def to_internal_value(self, data: Any) -> Definition:
        zone = self._zone()
        try:
            return read_definition(data, zone=zone, standing=self.context.get("standing", ()))
        except DefinitionFaults as found:
            raise serializers.ValidationError(_by_place(found)) from None

    def _zone(self) -> ZoneInfo:
        beside = getattr(self.parent, "initial_data", None)
        named = beside.get("time_zone") if isinstance(beside, Mapping) else None
        known = isinstance(named, str) and named in zone_names()
        return ZoneInfo(str(named) if known else self.context.get("time_zone", "UTC"))


def read_definition(data: Any, *, zone: ZoneInfo, standing: Collection[int] = ()) -> Definition:
    """Raises DefinitionFaults with everything that is wrong, in the document's words."""
    into = Gathering()
    _check_plain(data, (), into)
    into.finish()
    numbered = _numbered(data, _ids(standing), into)
    definition = Definition()
    try:
        definition = Definition.from_json(numbered, zone=zone)
    except DefinitionFaults as faults:
        into.faults += faults.faults
    if not into.faults:
        into.faults += definition.faults_of_writing()
    into.finish()
    return definition


def spelled_definition(stored: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    """What `read_definition` reads, of what a version holds."""
    written = Definition.from_json(stored).to_json()
    for role in written["roles"].values():
        for layer in role.get("layers", ()):
            layer["participants"] = [
                _spelled([names[user] for user in slot]) for slot in layer["participants"]
            ]
    return written


def _spelled(slot: list[str]) -> str | list[str] | None:
    return None if not slot else slot[0] if len(slot) == 1 else slot


def _by_place(found: DefinitionFaults) -> dict[str, list[str]]:
    places: dict[str, list[str]] = {}
    for fault in found.faults:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.path)
        said = places.setdefault(legible(place.removeprefix(".")) or "roles", [])
        said.append(fault.message)
    return places


def _check_plain(value: Any, path: Path, into: Gathering) -> None:
    """Nothing that cannot be stored, or said back."""
    fault = _not_plain(value, path)
    if fault:
        into.fault(path, fault)
        return
    for key, one in _within(value):
        _check_plain(one, (*path, key), into)


def _not_plain(value: Any, path: Path) -> str:
    if len(path) > DEEPEST:
        return "This is nested too deeply for a definition; write roles, layers and participants."
    words = [value] if isinstance(value, str) else [*value] if isinstance(value, dict) else []
    for word in words:
        if legible(word) != word:
            return f"“{legible(word)}” has more than 150 characters, or some that are none."
    if isinstance(value, int | float) and abs(value) > LARGEST:
        return "This number is too large."
    if isinstance(value, list | dict) and len(value) > MOST:
        return f"There are {len(value)} here; write at most {MOST}."
    return ""


def _within(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _layers(data: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every layer that can be found in what was written, and where it stands."""
    roles = data.get("roles") if isinstance(data, dict) else None
    for name, role in roles.items() if isinstance(roles, dict) else ():
        layers = role.get("layers") if isinstance(role, dict) else None
        for n, layer in enumerate(layers if isinstance(layers, list) else ()):
            if isinstance(layer, dict):
                yield ("roles", name, "layers", n), layer


def _people(layer: Mapping[str, Any]) -> Iterator[tuple[int, list[Any]]]:
    slots = layer.get("participants")
    for n, slot in enumerate(slots if isinstance(slots, list) else ()):
        yield n, [] if slot is None else slot if isinstance(slot, list) else [slot]


def _ids(standing: Collection[int]) -> Mapping[str, int]:
    """Of everybody who may be named: by username."""
    active = dict(User.objects.filter(is_active=True).values_list("username", "pk"))
    return active | dict(User.objects.filter(pk__in=standing).values_list("username", "pk"))


def _numbered(data: Any, ids: Mapping[str, int], into: Gathering) -> Any:
    """`data` with ids for names; what is wrong is a fault, and stands no more in what comes back."""
    if not isinstance(data, dict) or not isinstance(data.get("roles"), dict):
        return data
    roles = {name: dict(role) if isinstance(role, dict) else role for name, role in data["roles"].items()}
    for name, role in roles.items():
        if isinstance(role, dict):
            _check_offset(role.get("offset"), ("roles", name, "offset"), into)
            if isinstance(role.get("layers"), list):
                role["layers"] = list(role["layers"])
    for path, layer in _layers(data):
        roles[path[1]]["layers"][path[3]] = _layer(layer, path, ids, into)
    return data | {"roles": roles}


def _check_offset(offset: Any, path: Path, into: Gathering) -> None:
    if isinstance(offset, int) and abs(offset) > MOST:
        into.fault(path, f"{offset} slots further is too far; write -{MOST} to {MOST}.")


def _layer(layer: dict[str, Any], path: Path, ids: Mapping[str, int], into: Gathering) -> dict[str, Any]:
    kept = {**layer}
    for name in ("start", "end"):
        fault = _fault_of_time(layer.get(name))
        if fault:
            into.fault((*path, name), fault)
            del kept[name]
    if isinstance(layer.get("participants"), list):
        kept["participants"] = [
            list(_slot(slot, (*path, "participants", n), ids, into)) for n, slot in _people(layer)
        ]
    return kept


def _fault_of_time(value: Any) -> str:
    """Nothing of what is no time at all: that is said by whoever reads it."""
    try:
        read = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return ""
    if read.year not in YEARS:
        return f"“{value}” lies outside the years {YEARS[0]} to {YEARS[-1]}."
    return f"“{value}” has parts of a second; write whole minutes." if read.microsecond else ""


def _slot(slot: list[Any], path: Path, ids: Mapping[str, int], into: Gathering) -> Iterator[int]:
    for n, person in enumerate(slot):
        if len(into.faults) >= MOST_FAULTS:
            return
        if not isinstance(person, str):
            into.fault(
                path, f"{person!r} is no slot; write a username, a list of usernames, or null for nobody."
            )
        elif person in slot[:n]:
            into.fault(path, f"“{person}” is named twice in the same slot; name each once.")
        elif person not in ids:
            into.fault(path, _unknown(person, ids))
        else:
            yield ids[person]


def _unknown(person: str, ids: Mapping[str, int]) -> str:
    gone = User.objects.filter(username=person).first()
    return f"{gone} ({person}) is deactivated; name someone else." if gone else no_such("person", person, ids)

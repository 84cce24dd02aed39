"""What a version of a schedule says: its roles, their layers, and whose list a role follows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from oncall.core.faults import DefinitionFault, DefinitionFaults, Gathering, Path, unknown
from oncall.core.layer import Layer
from oncall.core.notation import read_layer, write_layer

__all__ = ["Definition", "DefinitionFault", "DefinitionFaults", "Follows", "Layer", "Role", "in_order"]

NAME_SOMEBODY = "name at least one person, or leave the layer out"
FIRST = {"primary": 0, "secondary": 1}
MOST_ROLES, MOST_LAYERS = 20, 60  # of what is written: a month of more is no page that anybody reads


@dataclass(frozen=True, slots=True)
class Role:
    """Layers, lowest first: at each instant the highest one that has someone wins."""

    layers: tuple[Layer, ...] = ()


@dataclass(frozen=True, slots=True)
class Follows:
    """At turn k of the named layer: its slot k + `offset`, modulo their number, whatever limits that role."""

    role: str
    layer: str
    offset: int = 1


@dataclass(frozen=True, slots=True)
class Definition:
    roles: Mapping[str, Role | Follows] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Any, *, zone: tzinfo | None = None) -> "Definition":
        """Read `{"roles": {name: {"layers": [...]} | {"follows", "layer", "offset"}}}`, with user ids.

        A layer is `{"name", "participants", "start", "shift_length", "turns", "restrictions", "end"}`, in the
        words and with the defaults of the organisation's document; a slot is an id, a list of ids, or null
        for nobody. `start` and `end` are wall-clock times; one with an offset becomes `zone`'s, where given.
        Raises DefinitionFaults with everything that is wrong.
        """
        into = Gathering()
        written = into.mapping(into.mapping(data, (), ("roles",)).get("roles", {}), ("roles",), None)
        roles = {name: _read_role(written[name], ("roles", name), zone, into) for name in in_order(written)}
        definition = cls(roles)
        for name, role in roles.items():
            _check_role(name, role, definition, into)
        into.finish()
        return definition

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads, with nothing but JSON's types; equal definitions give equal JSON."""
        return {"roles": {name: _write_role(self.roles[name]) for name in in_order(self.roles)}}

    def faults_of_writing(self) -> Iterator[DefinitionFault]:
        """What is stored may have, so that it is read whatever it says, and what is written may not: layers
        that never put anybody on call, and more roles or layers than anybody could look at.
        """
        layers = len(self.layers())
        if len(self.roles) > MOST_ROLES or layers > MOST_LAYERS:
            what = (
                f"A schedule has at most {MOST_ROLES} roles and {MOST_LAYERS} layers, and this one has "
                f"{len(self.roles)} and {layers}; make several schedules of it."
            )
            yield DefinitionFault(("roles",), what)
        for name, role in self.roles.items():
            for n, layer in enumerate(role.layers if isinstance(role, Role) else ()):
                if not any(layer.participants):
                    what = f"Layer “{layer.name}” of {name} has nobody who takes turns; {NAME_SOMEBODY}."
                    yield DefinitionFault(("roles", name, "layers", n, "participants"), what)

    def users(self) -> frozenset[int]:
        """Everyone who is named by a layer."""
        return frozenset(user for layer in self.layers() for slot in layer.participants for user in slot)

    def layers(self) -> tuple[Layer, ...]:
        """Every layer of every role."""
        return tuple(layer for role in self.roles.values() if isinstance(role, Role) for layer in role.layers)

    def followed(self, follows: Follows) -> Layer | None:
        """The layer that `follows` names."""
        role = self.roles.get(follows.role)
        layers = role.layers if isinstance(role, Role) else ()
        return next((layer for layer in layers if layer.name == follows.layer), None)


def in_order(roles: Mapping[str, Any] | set[str]) -> list[str]:
    """Role names as people list them: primary, secondary, then the others by name."""
    return sorted(roles, key=lambda name: (FIRST.get(name, 2), name))


def _read_role(written: Any, path: Path, zone: tzinfo | None, into: Gathering) -> Role | Follows:
    if isinstance(written, Mapping) and "follows" in written:
        return _read_follows(written, path, into)
    role = into.mapping(written, path, ("layers", "follows"))
    layers = into.sequence(role.get("layers", []), (*path, "layers"))
    return Role(tuple(read_layer(layer, (*path, "layers", n), zone, into) for n, layer in enumerate(layers)))


def _read_follows(written: Any, path: Path, into: Gathering) -> Follows:
    role = into.mapping(written, path, ("follows", "layer", "offset"))
    offset = role.get("offset", 1)
    if not isinstance(offset, int) or isinstance(offset, bool):
        into.fault(
            (*path, "offset"), f"{offset!r} is not a whole number; write how many slots further, or -1."
        )
        offset = 1
    return Follows(str(role["follows"]), str(role.get("layer") or ""), offset)


def _check_role(name: str, role: Role | Follows, definition: Definition, into: Gathering) -> None:
    if len(name) > 40:
        into.fault(("roles", name), "A role's name has at most 40 characters.")
    if isinstance(role, Follows):
        _check_follows(name, role, definition, into)
        return
    names = [layer.name for layer in role.layers]
    for n, layer in enumerate(names):
        if layer and layer in names[:n]:
            into.fault(("roles", name, "layers", n, "name"), f"Two layers of {name} are named “{layer}”.")


def _check_follows(name: str, follows: Follows, definition: Definition, into: Gathering) -> None:
    leader = definition.roles.get(follows.role)
    if not isinstance(leader, Role):
        leaders = [other for other, role in definition.roles.items() if isinstance(role, Role)]
        into.fault(("roles", name, "follows"), unknown("role with layers", follows.role, leaders))
    elif definition.followed(follows) is None:
        layers = [layer.name for layer in leader.layers]
        into.fault(("roles", name, "layer"), unknown(f"layer of {follows.role}", follows.layer, layers))


def _write_role(role: Role | Follows) -> dict[str, Any]:
    if isinstance(role, Follows):
        return {"follows": role.role, "layer": role.layer, "offset": role.offset}
    return {"layers": [write_layer(layer) for layer in role.layers]}

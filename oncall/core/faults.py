"""What is wrong in a written definition, gathered so that its writer hears everything at once."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class DefinitionFault:
    """One thing wrong: where (keys and list indexes from the top), and what to write instead."""

    path: Path
    message: str


class DefinitionFaults(ValueError):
    """Everything wrong in a definition, in the order it stands there."""

    def __init__(self, faults: Iterable[DefinitionFault]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(f"{'.'.join(map(str, f.path))}: {f.message}" for f in self.faults))


class Gathering:
    """Faults found so far. A reader that finds one puts it here and goes on with a harmless value."""

    def __init__(self) -> None:
        self.faults: list[DefinitionFault] = []

    def fault(self, path: Path, message: str) -> None:
        self.faults.append(DefinitionFault(path, message))

    def finish(self) -> None:
        if self.faults:
            raise DefinitionFaults(self.faults)

    def mapping(self, value: Any, path: Path, keys: Iterable[str] | None) -> Mapping[str, Any]:
        """`value` if it is a mapping that has none but `keys` (None: any); else faults."""
        if not isinstance(value, Mapping):
            self.fault(path, f"{value!r} is not a mapping; write keys and values.")
            return {}
        known = None if keys is None else tuple(keys)
        for key in value:
            if not isinstance(key, str) or not key:
                self.fault(path, f"{key!r} is not a name; write text.")
            elif known is not None and key not in known:
                self.fault((*path, key), unknown("key", key, known))
        return {key: found for key, found in value.items() if isinstance(key, str) and key}

    def sequence(self, value: Any, path: Path) -> list[Any]:
        if isinstance(value, list | tuple):
            return list(value)
        self.fault(path, f"{value!r} is not a list; write it in brackets.")
        return []


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """“shift_lenght” is not a known key; did you mean shift_length?"""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(names) or 'none'}."
    return f"“{name}” is not a known {what}; {hint}"

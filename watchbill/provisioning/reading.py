"""Text to plain data and the line of every part. YAML 1.2: `NO` is text, and so are 23:00 and dates."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from watchbill.provisioning.faults import DocumentFaults, Fault, Path

LARGEST = 2_000_000
MOST_NODES = 200_000
STANDARD = "tag:yaml.org,2002:"
TEXT = f"{STANDARD}str"
TAGS = {
    f"{STANDARD}{name}"
    for name in ("null", "bool", "int", "float", "str", "timestamp", "merge", "value", "map", "seq")
}
INT = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
CONSTANTS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    spelled: word == "true" for word in ("true", "false") for spelled in (word, word.title(), word.upper())
}


@dataclass
class Reading:
    """What a text said: plain dicts, lists and scalars, and where each part stands (lines from 1)."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line_of(self, path: Path) -> int | None:
        """The line of the part at `path`, or of the nearest part around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def read(source: str | bytes) -> Reading:
    """Parse a document. Raises DocumentFaults when it is no YAML mapping, too large, or has a key twice."""
    text = _decoded(source)
    node = _composed(text)
    if not isinstance(node, MappingNode):
        raise DocumentFaults([Fault((), "The document is not a mapping; begin it with “version: 1”.")])
    builder = _Builder()
    builder.reading.data = builder.build(node, (), ())
    if builder.reading.faults:
        raise DocumentFaults(builder.reading.faults)
    return builder.reading


def _decoded(source: str | bytes) -> str:
    if len(source) > LARGEST:
        raise DocumentFaults(
            [Fault((), f"The document has {len(source):,} bytes; at most {LARGEST:,} are read.")]
        )
    if isinstance(source, str):
        return source
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = source.count(b"\n", 0, fault.start) + 1
        raise DocumentFaults(
            [Fault((), "The document is not UTF-8 text; save it as UTF-8.", line)]
        ) from fault


def _composed(text: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    try:
        node: Node | None = yaml.compose(text)
    except MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        what = f"This is not YAML: {fault.problem or fault.context}."
        raise DocumentFaults([Fault((), what, mark.line + 1 if mark else None)]) from fault
    except YAMLError as fault:
        raise DocumentFaults([Fault((), f"This is not YAML: {str(fault).splitlines()[0]}.")]) from fault
    except (RecursionError, ValueError) as fault:
        what = "nested too deeply" if isinstance(fault, RecursionError) else str(fault)
        raise DocumentFaults([Fault((), f"This is not a document that can be read: {what}.")]) from fault
    return node


class _Builder:
    """Walks the nodes once. An alias is followed; one that contains itself is a fault."""

    def __init__(self) -> None:
        self.reading = Reading()
        self.nodes = 0
        self._checked: set[int] = set()

    def build(self, node: Node, path: Path, above: tuple[int, ...]) -> Any:
        self.nodes += 1
        self.reading.lines.setdefault(path, node.start_mark.line + 1)
        if self.nodes > MOST_NODES:
            raise DocumentFaults([Fault(path, f"The document has more than {MOST_NODES:,} parts; split it.")])
        if id(node) in above:
            return self._fault(node, path, "This alias contains itself; write the part out.")
        if str(node.tag) not in TAGS:
            return self._fault(node, path, f"The tag “{node.tag}” means nothing here; leave it out.")
        inside = (*above, id(node))
        if isinstance(node, MappingNode):
            return dict(self._pairs(node, path, inside))
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, index), inside) for index, item in enumerate(node.value)]
        return self._scalar(node, path) if isinstance(node, ScalarNode) else None

    def _pairs(self, node: MappingNode, path: Path, inside: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            line = key_node.start_mark.line + 1
            if key in seen:
                self._fault(
                    key_node,
                    (*path, key),
                    f"This key stands here twice, first on line {seen[key]}; keep one.",
                )
            seen.setdefault(key, line)
            self.reading.lines.setdefault((*path, key), line)
            yield key, self.build(value_node, (*path, key), inside)

    def _key(self, node: Node, path: Path) -> str:
        if not isinstance(node, ScalarNode):
            self._fault(node, path, "A key is a list or a mapping; write a word.")
            return ""
        self._text(node, path)
        return str(node.value)

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        text = self._text(node, path)
        return _plain(text) if node.style is None and node.tag != TEXT else text

    def _text(self, node: ScalarNode, path: Path) -> str:
        text = str(node.value)
        if id(node) in self._checked:  # an alias may repeat a long text many thousand times
            return text
        self._checked.add(id(node))
        if "\x00" in text:
            self._fault(node, path, "This text has a NUL character in it; take it out.")
        if any("\ud800" <= char <= "\udfff" for char in text):
            self._fault(node, path, "This text has half a surrogate pair in it; write the character itself.")
        return text

    def _fault(self, node: Node, path: Path, what: str) -> None:
        self.reading.faults.append(Fault(path, what, node.start_mark.line + 1))


def _plain(text: str) -> Any:
    """An unquoted scalar by YAML 1.2's core schema; what it does not name is text."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if INT.fullmatch(text):
        return int(text)
    if FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text

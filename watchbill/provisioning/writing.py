"""Plain data to YAML that a person likes to read: short parts on one line, long ones a line a key.

Words that YAML 1.1 reads as something else (NO, 09:00) are quoted, so that any reader gets the same text.
"""

import re
from collections.abc import Mapping
from datetime import date
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

NULL = "tag:yaml.org,2002:null"
WIDTH = 145
SAFE = re.compile(r"\w[\w ./@+()'&-]*|\d{4}-\d{2}-\d{2}T[\d:]+([+-]\d{2}:\d{2})?")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MISREAD = re.compile(
    r"y|yes|n|no|on|off|true|false|null|~|<<|=|[-+]?[0-9][0-9_,]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|[-+]?[0-9][0-9_]*([eE.][-+0-9_eE]*)?|[-+]?\.(inf|nan)|0[xob][0-9a-fA-F_]+",
    re.IGNORECASE | re.ASCII,
)


def write(document: Mapping[str, Any]) -> str:
    """The document as text, a blank line between its sections. `reading.read` reads it back."""
    return "\n".join(_dumped({section: part}) for section, part in document.items())


def _dumped(section: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 100_000
    yaml.allow_unicode = True
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.representer.add_representer(
        type(None), lambda representer, _: representer.represent_scalar(NULL, "null")
    )
    stream = StringIO()
    yaml.dump(_laid_out(section, 0, block=True), stream)
    return stream.getvalue()


def _laid_out(value: Any, indent: int, *, block: bool = False) -> Any:
    """`value` with its style: flow where it fits on the rest of the line, block where it does not."""
    if isinstance(value, Mapping):
        mapping = CommentedMap((_scalar(key), _laid_out(part, indent + 2)) for key, part in value.items())
        return _styled(mapping, fits=not block and indent + _length(value) <= WIDTH)
    if isinstance(value, list):
        sequence = CommentedSeq(_laid_out(part, indent + 4) for part in value)
        plain = not any(isinstance(part, Mapping) for part in value)
        return _styled(sequence, fits=(plain or indent > 2) and indent + _length(value) <= WIDTH)
    return _scalar(value)


def _styled(part: Any, *, fits: bool) -> Any:
    if fits or not part:
        part.fa.set_flow_style()
    else:
        part.fa.set_block_style()
    return part


def _length(value: Any) -> int:
    """About how many characters it takes on one line."""
    if isinstance(value, Mapping):
        return sum(len(str(key)) + 4 + _length(part) for key, part in value.items())
    if isinstance(value, list):
        return sum(_length(part) + 2 for part in value)
    return len(str(value)) + (2 if isinstance(value, str) and _needs_quotes(value) else 0)


def _scalar(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if DATE.fullmatch(value):
        return _date(value)
    return DoubleQuotedScalarString(value) if _needs_quotes(value) else value


def _date(value: str) -> Any:
    """A date stands without quotes; what only looks like one is text."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return DoubleQuotedScalarString(value)


def _needs_quotes(value: str) -> bool:
    """Whether some reader would take it for something else, or trips over a sign in it."""
    plain = SAFE.fullmatch(value) and value.isprintable() and value == value.strip()
    return not plain or bool(MISREAD.fullmatch(value))

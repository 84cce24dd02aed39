"""Plain data to the document's models: every fault in words, with its path, its line and a suggestion."""

import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.faults import DocumentFaults, Fault, Path, suggestion
from watchbill.provisioning.reading import Reading, read

KINDS = {"string_type": "text", "int_type": "a whole number", "bool_type": "true or false"} | {
    "list_type": "a list", "dict_type": "a mapping (key: value)", "model_type": "a mapping (key: value)",
}  # fmt: skip


def parse(source: str | bytes) -> tuple[Organisation, Reading]:
    """The document that `source` says, and where each part stands. Raises DocumentFaults with every fault."""
    reading = read(source)
    return validate(reading), reading


def validate(reading: Reading) -> Organisation:
    """Check shapes and words, not yet what the parts say about each other. Raises DocumentFaults."""
    try:
        return Organisation.model_validate(reading.data)
    except ValidationError as invalid:
        raise DocumentFaults(
            [_fault(error, reading) for error in invalid.errors(include_url=False)]
        ) from None


def _fault(error: ErrorDetails, reading: Reading) -> Fault:
    path: Path = tuple(part for part in error["loc"] if part != "[key]")
    return Fault(path, _sentence(error, path), reading.line_of(path))


def _sentence(error: ErrorDetails, path: Path) -> str:
    kind, given = error["type"], error["input"]
    if kind == "extra_forbidden":
        return f"This key is not known here.{suggestion(str(path[-1]), _keys_beside(path))}"
    if kind == "missing":
        return "This key has to be given."
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "literal_error":
        return f"“{given}” is not known here; write {error['ctx']['expected']}."
    if kind in KINDS:
        return f"This has to be {KINDS[kind]}, not {_described(given, wanted=kind)}."
    return _limit(error)


def _limit(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] in {"too_short", "string_too_short"}:
        return "This is empty; write at least one."
    if error["type"] in {"too_long", "string_too_long"}:
        return f"This is too long; at most {context['max_length']} are allowed."
    return f"{error['msg']}."


def _described(given: Any, *, wanted: str) -> str:
    if isinstance(given, dict):
        return "a mapping"
    if isinstance(given, list):
        return "a list"
    in_quotes = "; put it in quotes" if wanted == "string_type" else ""
    spelled = (
        str(given).lower() if isinstance(given, bool) else f"“{given}”" if isinstance(given, str) else given
    )
    return f"{spelled}{in_quotes}"


def _keys_beside(path: Path) -> list[str]:
    """The keys that the mapping around `path` may have."""
    model = _type_at(path[:-1])
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _type_at(path: Path) -> Any:
    at: Any = Organisation
    for part in path:
        if isinstance(at, type) and issubclass(at, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in at.model_fields.items()}
            at = fields.get(str(part))
        else:
            at = get_args(at)[-1] if get_args(at) else None
        at = _bare(at)
    return at


def _bare(annotation: Any) -> Any:
    """A type without `Annotated` and `| None` around it."""
    while get_origin(annotation) in {Annotated, Union, types.UnionType}:
        arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
        annotation = arguments[0]
    return annotation

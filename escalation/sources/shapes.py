"""Bodies whose shape a protocol fixes: what is wrong is said field by field, what is unknown is kept."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from escalation.sources.event import Malformed

Model = TypeVar("Model", bound=BaseModel)


class Lenient(BaseModel):
    """Fields that it does not name are no fault."""

    model_config = ConfigDict(extra="allow", strict=True)


def validated(model: type[Model], values: Any, *, inside: str = "") -> Model:
    """`values` as `model` has them. Raises Malformed with a sentence for each field that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        raise Malformed(*(_sentence(error, inside) for error in fault.errors())) from fault


def _sentence(error: Any, inside: str) -> str:
    where = inside + ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"'{where}' is missing"
    return f"'{where}': {error['msg']}"

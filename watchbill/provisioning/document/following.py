"""What a webhook follows, beside the steps that tell it."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from escalation.core.following import EVENTS
from watchbill.provisioning.document.words import Name, Part
from watchbill.provisioning.faults import suggestion

SHORT: dict[str, dict[str, Any]] = {"all": {"all": True}, "none": {"none": True}}


def _event(value: str) -> str:
    if value not in EVENTS:
        hint = suggestion(value, EVENTS) or f" Write some of {', '.join(EVENTS)}."
        raise ValueError(f"“{value}” is no event.{hint}")
    return value


class Follows(Part):
    """All incidents, or those of the services and of the teams' services; and which events, where not all.
    `follows: all` and `follows: none` are short for those alone.
    """

    everything: Annotated[bool, Field(alias="all")] = False
    nothing: Annotated[bool, Field(alias="none")] = False
    services: list[Name] = []
    teams: list[Name] = []
    events: list[Annotated[str, AfterValidator(_event)]] = []

    @model_validator(mode="after")
    def _something(self) -> Self:
        some = bool(self.services or self.teams)
        if sum((self.everything, self.nothing, some)) > 1:
            raise ValueError("follows all, or none, or services and teams; keep one of them.")
        if not (self.everything or self.nothing or some):
            raise ValueError(
                "names nothing to follow; write services, teams or all: true, or `follows: none`."
            )
        if self.nothing and self.events:
            raise ValueError("follows none, so it hears of no events; drop them.")
        return self


def _given(value: Any) -> Any:
    if isinstance(value, str):
        if value not in SHORT:
            raise ValueError(f"“{value[:60]}” is nothing to follow; write all, none, or services and teams.")
        return SHORT[value]
    return value


def _spelled(value: Follows | None) -> Any:
    spelled = value.model_dump() if value else None
    return next((word for word, long in SHORT.items() if spelled == long), spelled)


Following = Annotated[Follows | None, BeforeValidator(_given), PlainSerializer(_spelled)]

"""What a notice says: something a person should know, that nobody has to answer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Notice:
    """`title` is all there is in an SMS, and the subject of a mail; `lines` are its paragraphs.

    `path` is the page it is about, below PUBLIC_URL, and `label` what it is opened for (“Confirm it”).
    Notices of one `service` may be said by one message. `event` and `about` are for a machine that is told:
    what happened (“incident.resolved”), and to what, by name; `people` are those whom it names, by what they
    are in it (“primary”), each by username and name. After `valid_seconds` it is not worth sending any more
    (0: it always is).
    """

    title: str
    lines: tuple[str, ...] = ()
    path: str = "/"
    label: str = "Open"
    service: str = ""
    event: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    valid_seconds: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Notice":
        """Unknown keys, as a later version may have written, are passed over."""
        return cls(
            title=stored["title"],
            lines=tuple(stored.get("lines", ())),
            path=stored.get("path", "/"),
            label=stored.get("label", "Open"),
            service=stored.get("service", ""),
            event=stored.get("event", ""),
            about=stored.get("about", {}),
            people=stored.get("people", {}),
            valid_seconds=stored.get("valid_seconds", 0),
        )

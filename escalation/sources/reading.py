"""What a mapping makes of a post, and what the usual names make of it where there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from escalation.sources import usual
from escalation.sources.event import MAX_BYTES, Action, Event, Malformed, check_storable, severity_of
from escalation.sources.expressions import (
    BadExpression,
    NotFound,
    Purse,
    TooMuchWork,
    compiled,
    found,
    is_true,
)
from escalation.sources.fields import MAX_SOURCE, dedup_key, digest, links, spelled, title
from escalation.sources.mapping import KeyMapping

NAME = "generic"
MOST_ITEMS = 1000
"""Events of one post. What is beyond is not read; that it was not is one of them."""
MOST_KEPT = 2 * MAX_BYTES
MOST_SHARED = 4096
MAX_GROUP_KEY = 512
MOST_SAID = 600
ROOT, ITEM = "root", "item"
"""In what an expression is held against: the whole of what was posted, and an item that is no object."""
NO_MAPPING = KeyMapping()


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of a post, and what was made of it. `found` and `faults` are by field of the mapping: what its
    expression found, and why it found nothing. `made_key`: the dedup key is made of the summary.
    """

    event: Event | None
    found: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    made_key: bool = False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """All of a post. `fault` says why the mapping as a whole was of no use, `left_out` how many items were
    too many.
    """

    items: Sequence[Item] = ()
    fault: str = ""
    left_out: int = 0

    @property
    def events(self) -> list[Event]:
        return [one.event for one in self.items if one.event is not None]

    @property
    def faults(self) -> list[str]:
        """What of the mapping was of no use, each once, with its field."""
        said = [f"{name}: {why.rstrip('.')}." for one in self.items for name, why in one.faults.items()]
        return list(dict.fromkeys(said))

    @property
    def notes(self) -> list[str]:
        """What whoever set up the sender should know, in sentences."""
        made = sum(one.made_key for one in self.items if one.event is not None)
        notes = [f"The mapping is of no use for this: {self.fault}."] if self.fault else []
        if self.left_out:
            notes.append(f"{self.left_out} items were not read: at most {MOST_ITEMS - 1} are.")
        if made:
            notes.append(
                f"{made} of the events had no dedup key; it was made of the summary. Send a dedup_key that "
                "is the same from the beginning of a trouble to its end: by it what ends finds what began."
            )
        return notes


def read(payload: Any, mapping: KeyMapping = NO_MAPPING, *, called: str = "") -> Reading:
    """What a mapping makes of a payload; `called` is the name of its key. Never raises.

    Where a mapping as a whole is of no use, all of the post is one alert that says so.
    """
    try:
        return _Mapper(payload, mapping, called).reading()
    except TooMuchWork:
        why = "it asks for too much work with what was posted; write shorter expressions"
    except NotFound as fault:
        why = str(fault).rstrip(".")
    item = Item(event=_unread(payload, called, why), faults={"each": why})
    return Reading(items=(item,), fault=why)


class _Mapper:
    """One post and one mapping."""

    def __init__(self, payload: Any, mapping: KeyMapping, called: str) -> None:
        self._payload = payload
        self._mapping = mapping
        self._called = called
        self._purse = Purse()
        self._kept = 0

    def reading(self) -> Reading:
        """Raises NotFound, TooMuchWork."""
        items = self._each()
        left_out = max(0, len(items) - MOST_ITEMS)
        if left_out:
            left_out += 1
            items = items[: MOST_ITEMS - 1]
        read_ones = [self._item(one) for one in items]
        more = [Item(event=_left_out(left_out, len(items)))] if left_out else []
        return Reading(items=(*read_ones, *more), left_out=left_out)

    def _each(self) -> list[Any]:
        """What is one event each."""
        text = self._mapping.expressions.get("each")
        whole = self._payload if isinstance(self._payload, list) else [self._payload]
        if text is None:
            return whole
        try:
            items = found(compiled(text), self._payload, self._purse)
        except (BadExpression, NotFound) as fault:
            raise NotFound(f"each: {fault}") from fault
        if isinstance(items, dict):
            return [items]
        if not isinstance(items, list):
            raise NotFound("each found no list in what was posted")
        return items

    def _item(self, item: Any) -> Item:
        fields = item if isinstance(item, dict) else _message_of(item)
        context = {**(item if isinstance(item, dict) else {ITEM: item}), ROOT: self._payload}
        values: dict[str, Any] = {}
        faults: dict[str, str] = {}
        for name, text in self._mapping.expressions.items():
            if name == "each":
                continue
            try:
                values[name] = found(compiled(text), context, self._purse)
                self._purse.pay_for(values[name])
            except (BadExpression, NotFound) as fault:
                faults[name] = str(fault)
        if is_true(values.get("ignore_when")):
            return Item(event=None, found=values, faults=faults)
        kept = self._keep(fields)
        maker = _Maker(fields, values, self._mapping)
        event = maker.event(kept, called=self._called)
        return Item(event=event, found=values, faults=faults, made_key=not maker.key and not maker.own_id)

    def _keep(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is kept of an item: all of it, with what is short beside the items. One that an expression
        made may be worth many times what was posted, or be nothing that a database holds.
        """
        if "each" not in self._mapping.expressions:
            return fields
        self._purse.pay_for(fields)
        try:
            check_storable(fields)
            self._kept += len(orjson.dumps(fields))
        except (Malformed, TypeError):
            return {}
        return {**_shared(self._payload), **fields} if self._kept <= MOST_KEPT else {}


class _Maker:
    """One event, of what a mapping found and, where it found nothing, of the usual names."""

    def __init__(self, fields: Mapping[str, Any], values: Mapping[str, Any], mapping: KeyMapping) -> None:
        self._fields = fields
        self._values = values
        self._mapping = mapping
        self._plain = usual.folded_names(fields)
        self.key = self._text("dedup_key", usual.DEDUP_KEY)
        self.own_id = clean(usual.text(self._plain, usual.OWN_ID))

    def event(self, payload: Mapping[str, Any], *, called: str) -> Event:
        """The event. A dedup key that is said counts for the whole service, by whichever key it comes; one
        that is made of an id or of the summary for the key `called` so.
        """
        said = self._text("summary", usual.SUMMARY) or clean(usual.readable(self._fields))
        summary = title(said, "Something came that says nothing")
        word = self._text("severity", usual.SEVERITY)[:100]
        group = self._text("group_key", usual.GROUP_KEY)
        made = dedup_key(NAME, called, self.own_id or summary)
        return Event(
            action=self._action(),
            dedup_key=dedup_key(self.key) if self.key else made,
            summary=summary,
            severity=severity_of(word),
            word=word,
            source=self._text("source", usual.SOURCE)[:MAX_SOURCE],
            labels=self._labels(),
            links=self._links(),
            payload=payload,
            began_at=usual.began_at(self._values.get("began_at")) or self._began_at(),
            group_key=group if len(group) <= MAX_GROUP_KEY else digest(group),
        )

    def _text(self, name: str, names: Iterable[str]) -> str:
        return clean(self._values.get(name)) or clean(usual.text(self._plain, names))

    def _action(self) -> Action:
        word = clean(self._values.get("action")).lower()
        if not word:
            return usual.action(self._plain)
        resolves, acknowledges = self._mapping.resolve_when, self._mapping.acknowledge_when
        if word in (usual.RESOLVES if resolves is None else resolves):
            return Action.RESOLVE
        if word in (usual.ACKNOWLEDGES if acknowledges is None else acknowledges):
            return Action.ACKNOWLEDGE
        return Action.TRIGGER

    def _labels(self) -> dict[str, str]:
        found_ones = usual.pairs(self._values.get("labels")) or usual.labels(self._fields)
        said = ((clean(name), clean(value)) for name, value in found_ones.items())
        return dict([pair for pair in said if all(pair)][: usual.MOST_LABELS])

    def _links(self) -> tuple[tuple[str, str], ...]:
        mapped = links(_cleaned(usual.addresses(self._values.get("links"))))
        return (mapped or links(_cleaned(usual.links(self._plain))))[: usual.MOST_LINKS]

    def _began_at(self) -> datetime | None:
        said = (usual.began_at(self._plain.get(name)) for name in usual.BEGAN_AT)
        return next((one for one in said if one), None)


def clean(value: Any) -> str:
    """A word or a line of whatever an expression found: what a database text can hold."""
    return spelled(value).replace("\x00", "").encode("utf-8", "replace").decode()


def _cleaned(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, object]]:
    return [(clean(label), clean(address)) for label, address in pairs]


def _message_of(item: Any) -> dict[str, Any]:
    """An item that is no object."""
    return {"message": item} if spelled(item) else {ITEM: item}


def _shared(payload: Any) -> dict[str, Any]:
    """What stands beside a list of items, as much of it as is short."""
    if not isinstance(payload, dict):
        return {}
    kept: dict[str, Any] = {}
    left = MOST_SHARED
    for name, value in payload.items():
        if isinstance(value, dict | list):
            continue
        left -= len(name) + len(str(value))
        if left < 0:
            break
        kept[name] = value
    return kept


def _unread(payload: Any, called: str, why: str) -> Event:
    """All of a post as one alert: that the mapping is of no use, what came, and why; a short text is cut at
    its end.
    """
    fields = payload if isinstance(payload, dict) else {ITEM: payload}
    plain = usual.folded_names(fields)
    said = usual.text(plain, usual.SUMMARY) or usual.readable(fields)
    which = usual.text(plain, usual.DEDUP_KEY) or said
    mapping = f"The mapping of routing key {called}"
    return Event(
        action=Action.TRIGGER,
        dedup_key=dedup_key(NAME, "mapping", called, which),
        summary=title(clean(f"{mapping} could not be read; what came: {said[:MOST_SAID]} ({why})")),
        payload=fields,
    )


def _left_out(items: int, read_ones: int) -> Event:
    return Event(
        action=Action.TRIGGER,
        dedup_key=dedup_key(NAME, "left-out"),
        summary=f"{items} alerts of one post were not read: at most {MOST_ITEMS - 1} are, and more came",
        payload={"read": read_ones, "left_out": items},
    )

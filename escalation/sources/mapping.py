"""A routing key's mapping: which part of what its sender posts is which part of an event.

As rows and documents have it: {field: expression}, and two lists of words, see FIELDS and WORDS. What a
mapping does not say, or finds nothing for, is read by the usual names.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from escalation.sources.expressions import BadExpression, compiled
from escalation.sources.fields import spelled

FIELDS: Mapping[str, str] = MappingProxyType({
    "each": "a list in what is posted: one event for each of its items",
    "ignore_when": "what it is true of is no event",
    "action": "the word that says whether it fires, is acknowledged or is over",
    "dedup_key": "what is the same from the beginning of a trouble to its end",
    "summary": "the title, in a line",
    "severity": "how bad it is, in the sender's own word",
    "source": "what it is about: a host, a project",
    "labels": "an object of names and values",
    "links": "addresses: an object, or a list",
    "began_at": "since when, in ISO 8601 or Unix seconds",
    "group_key": "what several alerts of one trouble have in common",
})  # fmt: skip
"""Each is an expression. Those after `each` are held against one item, in which `root` is the whole."""
WORDS: Mapping[str, str] = MappingProxyType({
    "resolve_when": "values of action that mean that it is over",
    "acknowledge_when": "values of action that mean that somebody is on it",
})  # fmt: skip
MOST_WORDS = 50
LONGEST_WORD = 100


@dataclass(frozen=True, kw_only=True)
class KeyMapping:
    """`expressions` are their texts, by field. A list of words that is None is the usual one."""

    expressions: Mapping[str, str] = field(default_factory=dict)
    resolve_when: frozenset[str] | None = None
    acknowledge_when: frozenset[str] | None = None

    @classmethod
    def from_json(cls, stored: object) -> "KeyMapping":
        """Of whatever is stored; what is no mapping in it is passed over, for a page must not be lost."""
        given = tidied(stored) if isinstance(stored, dict) else {}
        return cls(
            expressions={name: given[name] for name in FIELDS if name in given},
            resolve_when=_folded(given.get("resolve_when")),
            acknowledge_when=_folded(given.get("acknowledge_when")),
        )


def tidied(given: Mapping[str, Any]) -> dict[str, Any]:
    """As it is stored: fields that say something, in their order, words as texts."""
    tidy: dict[str, Any] = {}
    for name in FIELDS:
        said = given.get(name)
        if isinstance(said, str) and said.strip():
            tidy[name] = said.strip()
    for name in WORDS:
        words = given.get(name)
        if isinstance(words, list | tuple) and words:
            tidy[name] = list(dict.fromkeys(word for one in words if (word := spelled(one))))
    return {name: said for name, said in tidy.items() if said}


def faults_of(given: object) -> dict[str, str]:
    """What is wrong, by field: a sentence that says what, where, and what to write instead."""
    if not isinstance(given, Mapping):
        return {"": "A mapping is {field: expression}, such as {summary: alert.title}."}
    return {str(name): said for name, value in given.items() if (said := _fault(name, value))}


def _fault(name: object, value: object) -> str:
    if name in WORDS:
        return _fault_of_words(value)
    if name not in FIELDS:
        near = difflib.get_close_matches(str(name), [*FIELDS, *WORDS], n=1)
        known = f"did you mean “{near[0]}”?" if near else f"there are {', '.join([*FIELDS, *WORDS])}."
        return f"There is no field “{str(name)[:40]}” in a mapping; {known}"
    if not isinstance(value, str):
        return "It is not an expression; write a text, such as alert.title."
    if "\x00" in value:
        return "It holds a NUL character; take that out."
    try:
        if value.strip():
            compiled(value.strip())
    except BadExpression as fault:
        return str(fault)
    return ""


def _fault_of_words(value: object) -> str:
    if not isinstance(value, list | tuple):
        return "It is not a list of words; write one such as [ok, closed]."
    if len(value) > MOST_WORDS:
        return f"There are {len(value)} words; write at most {MOST_WORDS}."
    for one in value:
        said = spelled(one)
        if not said or "\x00" in said or len(said) > LONGEST_WORD:
            return f"A word is a text, a number or true or false, of at most {LONGEST_WORD} letters."
    return ""


def _folded(words: Any) -> frozenset[str] | None:
    return frozenset(word.lower() for word in words) if words else None

"""JMESPath within bounds: managers write expressions, anybody may send what they are held against.

A short expression can ask for endless work: `[@, @][] | [@, @][] | …` doubles a list each time, `to_string`
in `to_string` the signs in a text. So every step of an evaluation is paid for out of one purse, before it is
done; when that is empty it ends. Nothing here depends on a clock: what is too much once is so always.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jmespath.exceptions import IncompleteExpressionError, JMESPathTypeError, ParseError
from jmespath.functions import Functions
from jmespath.lexer import Lexer
from jmespath.parser import Parser
from jmespath.visitor import TreeInterpreter

LONGEST = 500
"""Characters of an expression."""
DEEPEST = 40
MOST_WORK = 300_000
"""Steps for all that one post asks for: about half a second at the most."""
LETTERS = 8
"""As many letters of a text are one step."""
WHOLE = {"contains", "join", "max", "max_by", "min", "min_by", "sort", "sort_by", "sum", "avg", "to_string"}
"""Functions that go through all there is in what they are given, not only along it."""

TYPES: Mapping[str, str] = MappingProxyType({
    "NoneType": "nothing", "null": "nothing", "boolean": "true or false", "bool": "true or false",
    "number": "a number", "int": "a number", "float": "a number", "string": "a text", "str": "a text",
    "array": "a list", "list": "a list", "object": "an object", "dict": "an object",
    "array-number": "a list of numbers", "array-string": "a list of texts", "expref": "an expression after &",
})  # fmt: skip
"""The library's words for what a value is, and Python's, which it lets through."""
HINTS: tuple[tuple[str, str], ...] = (
    ("$", "JMESPath has no “$”: leave it and the dot after it out"),
    ("%", "write the path alone, without “%”"),
    ("=", "“equal” is written =="),
    ("-", 'a name with a hyphen stands in double quotes: "my-name"'),
    ("'", "a text begins and ends with a single quote: 'ok'"),
    ('"', "a name in double quotes also ends with one"),
    ("`", "a literal begins and ends with a backtick, and is JSON: `1`"),
)  # fmt: skip


COMPARES = {"eq", "ne", "lt", "lte", "gt", "gte"}
PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
"""A name that needs no quotes."""
NO_TOKEN: Mapping[str, Any] = {"type": "", "value": "", "start": 0}


class BadExpression(Exception):
    """The text is no expression. The message is a sentence: what is wrong, where, and what to write."""


NO = frozenset({"", "0", "false", "no", "off", "null", "none"})


class NotFound(Exception):
    """It could not be worked out for what was sent. The message is half a sentence that says why."""


class TooMuchWork(Exception):
    """The purse is empty."""


@dataclass(frozen=True)
class Expression:
    """One that can be evaluated. `tree` is the library's own."""

    text: str
    tree: Any


class Purse:
    """How much work is left for one post."""

    def __init__(self, steps: int = MOST_WORK) -> None:
        self.left = steps

    def pay(self, steps: int) -> None:
        """Raises TooMuchWork."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork

    def pay_for(self, value: Any) -> None:
        """For all there is in it, as often as it is in it. Raises TooMuchWork."""
        waiting = [value]
        while waiting:
            one = waiting.pop()
            self.pay(1 + _along(one))
            if isinstance(one, dict):
                waiting += one.values()
            elif isinstance(one, list):
                waiting += one


@lru_cache(maxsize=1024)
def compiled(text: str) -> Expression:
    """Raises BadExpression."""
    if len(text) > LONGEST:
        raise BadExpression(f"It is {len(text)} characters long; write at most {LONGEST}.")
    tree = _tree(text)
    _check_quotes(text)
    if _depth(tree) > DEEPEST:
        raise BadExpression(_too_deep())
    for node in _nodes(tree):
        if node["type"] == "function_expression":
            _check_function(node)
    return Expression(text, tree)


def _tree(text: str) -> Any:
    try:
        return Parser().parse(text).parsed
    except IncompleteExpressionError:
        raise BadExpression(
            f"It ends too early, after “{text[-20:]}”; a part or a bracket is missing."
        ) from None
    except ParseError as fault:
        raise BadExpression(_where(text, fault.lex_position)) from None
    except RecursionError:
        raise BadExpression(_too_deep()) from None
    except Exception as fault:  # of an odd literal, say
        raise BadExpression(f"It is no JMESPath: {fault}.") from fault


def found(expression: Expression, value: Any, purse: Purse) -> Any:
    """What the expression finds in `value`, None where there is nothing. Raises NotFound, TooMuchWork."""
    try:
        return _Metered(purse).visit(expression.tree, value)
    except TooMuchWork:
        raise
    except JMESPathTypeError as fault:
        wants = " or ".join(TYPES.get(one, one) for one in fault.expected_types)
        given = TYPES.get(fault.actual_type, "something else")
        raise NotFound(f"{fault.function_name}() was given {given}; it takes {wants}") from fault
    except Exception as fault:  # the library lets through whatever arithmetic on odd numbers raises
        raise NotFound(f"it cannot be worked out for this ({type(fault).__name__})") from fault


def is_true(value: Any) -> bool:
    """As JMESPath has it, but for 0 and the words of NO, which senders write for false: by what is true here
    nobody is paged.
    """
    if isinstance(value, str):
        return value.strip().lower() not in NO
    return value not in (None, False, 0, [], {})


class _Metered(TreeInterpreter):
    """The library's interpreter; what a step costs is paid before it is done."""

    def __init__(self, purse: Purse) -> None:
        super().__init__()
        self._purse = purse

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._purse.pay(1)
        return super().visit(node, *args, **kwargs)

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        given = [self.visit(child, value) for child in node["children"]]
        for one in given:
            if node["value"] in WHOLE:
                self._purse.pay_for(one)
            else:
                self._purse.pay(_along(one))
        return Functions().call_function(node["value"], given)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        left, right = (self.visit(child, value) for child in node["children"])
        self._purse.pay_for(left)
        self._purse.pay_for(right)
        again = [{"type": "literal", "children": [], "value": one} for one in (left, right)]
        known: Any = {**node, "children": again}
        return super().visit_comparator(known, value)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        self._purse.pay(sum(len(one) if isinstance(one, list) else 1 for one in base))
        return [one for part in base for one in (part if isinstance(part, list) else [part])]

    def visit_slice(self, node: Any, value: Any) -> Any:
        self._purse.pay(_along(value))
        return super().visit_slice(node, value)


def _along(value: Any) -> int:
    """Steps from its beginning to its end."""
    if isinstance(value, str):
        return len(value) // LETTERS
    return len(value) if isinstance(value, (list, dict)) else 0


def _children(node: Mapping[str, Any]) -> list[Any]:
    return [child for child in node["children"] if isinstance(child, dict)]


def _nodes(tree: Any) -> Iterator[Any]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += _children(node)


def _depth(tree: Any) -> int:
    level, depth = [tree], 0
    while level:
        level, depth = [child for node in level for child in _children(node)], depth + 1
    return depth


def _check_function(node: Mapping[str, Any]) -> None:
    """That there is one, and takes as much. The library would say so only once an alert has come."""
    name, given = node["value"], len(node["children"])
    known = Functions.FUNCTION_TABLE.get(name)
    if known is None:
        near = difflib.get_close_matches(name, Functions.FUNCTION_TABLE, n=1)
        meant = f"did you mean {near[0]}()?" if near else f"there are {', '.join(Functions.FUNCTION_TABLE)}."
        raise BadExpression(f"There is no function {name}(); {meant}")
    takes = len(known["signature"])
    more = bool(known["signature"] and known["signature"][-1].get("variadic"))
    if given < takes or (given > takes and not more):
        least = "at least " if more else ""
        raise BadExpression(f"{name}() takes {least}{takes}, not {given}, things in its brackets.")


def _check_quotes(text: str) -> None:
    """In double quotes stands the name of a field: who writes `kind != "alert"` means something else, and
    would hear nothing of any alert. Where no name needs them, or hardly ever, it is refused.
    """
    tokens = list(Lexer().tokenize(text))
    for before, token, after in zip([NO_TOKEN, *tokens], tokens, [*tokens[1:], NO_TOKEN], strict=False):
        word = str(token["value"])
        if token["type"] != "quoted_identifier" or after["type"] == "colon":
            continue
        compared = before["type"] in COMPARES
        beside = after["type"] in COMPARES or before["type"] in {"comma", "lparen"}
        if compared or (beside and PLAIN.fullmatch(word)):
            raise BadExpression(
                f'Character {token["start"] + 1}: “"{word[:20]}"” is the name of a field; a text stands in '
                f"single quotes, '{word[:20]}'."
            )


def _where(text: str, position: int) -> str:
    rest = text[position:]
    if not rest.strip():
        return f"It ends too early, after “{text[-20:]}”; a name or a bracket is missing."
    before = text[:position].rstrip()
    hint = next((said for sign, said in HINTS if rest.startswith(sign)), "")
    if text.lstrip().startswith("{{"):
        hint = "write the path alone, without “{{” and “}}”"
    elif before.endswith("["):
        hint = "in brackets stands a number, a[0], or *; a name comes after a dot, a.b"
    elif rest[0].isdigit():
        hint = (
            "a number to compare with stands in backticks, `1`, and that of a list's item in brackets, a[0]"
        )
    after = f", after “{before[-20:]}”" if before else ""
    return f"Character {position + 1}{after}: “{rest[:20]}” cannot stand there{'; ' if hint else ''}{hint}."


def _too_deep() -> str:
    return f"It is nested deeper than {DEEPEST} levels; write it in a flatter way."

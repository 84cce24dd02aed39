"""Values of the environment, one kind each. What is wrong is said in a sentence, never with a secret."""

import re
from decimal import Decimal
from email.utils import parseaddr
from urllib.parse import urlsplit

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

BOOLEANS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)
AMOUNT = re.compile(r"[0-9]{1,7}(\.[0-9]{1,5})?")
CURRENCY = re.compile(r"[A-Z]{3}")
UNREADABLE = "cannot be read as an address; in a password write / # ? @ : as %2F %23 %3F %40 %3A."


class VariableError(Exception):
    """One variable is wrong. The text names it and says what to write instead."""


def url(name: str, value: str, schemes: tuple[str, ...]) -> str:
    """The address without its last slash. What is wrong is said without it: it may hold a secret."""
    try:
        parts = urlsplit(value)
        _ = parts.port
        printable(value)
    except ValueError:
        raise VariableError(f"{name} {UNREADABLE}") from None
    socket = parts.scheme.endswith("+socket") and parts.path
    if value and (parts.scheme not in schemes or not (parts.hostname or socket)):
        written = " or ".join(f"{scheme}://" for scheme in schemes)
        raise VariableError(f"{name} must begin with {written} and name a host.")
    return value.rstrip("/")


def printable(value: str) -> None:
    """Raises ValueError for spaces, line breaks and the like, which no address has."""
    if any(char.isspace() or not char.isprintable() for char in value):
        raise ValueError(value)


def boolean(name: str, value: str) -> bool:
    try:
        return BOOLEANS[value.lower()]
    except KeyError:
        raise VariableError(f"{name} is “{value}”; write 1 or 0.") from None


def port(value: str) -> int:
    if not (value.isascii() and value.isdecimal()) or not 0 < int(value) < 65536:
        raise VariableError(f"PORT is “{value}”; write a number from 1 to 65535.")
    return int(value)


def count(name: str, value: str) -> int:
    """Under a billion, which any database holds."""
    if not (value.isascii() and value.isdecimal() and len(value) <= 9):
        raise VariableError(f"{name} is “{value}”; write a whole number such as 12000, or 0 for none.")
    return int(value)


def number(name: str, value: str) -> str:
    if not value:
        return ""
    try:
        parsed = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise VariableError(f"{name} is “{value}”; write it with its country, such as +14155550100.")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def amount(name: str, value: str) -> Decimal | None:
    """Money, such as 0.0079; None where nothing is given."""
    if not value:
        return None
    if not AMOUNT.fullmatch(value):
        raise VariableError(f"{name} is “{value}”; write an amount such as 0.0079, without a currency.")
    return Decimal(value)


def currency(name: str, value: str) -> str:
    if not CURRENCY.fullmatch(value):
        raise VariableError(f"{name} is “{value}”; write three capital letters, such as EUR (ISO 4217).")
    return value


def contact(name: str, value: str) -> str:
    """An email address or an E.164 number."""
    return address(name, value) if "@" in value else number(name, value)


def sender(value: str) -> str:
    """An address as it stands in a message's From: with or without a name before it."""
    if not value.isprintable():
        raise VariableError("DEFAULT_FROM_EMAIL has a line break in it; write it in one line.")
    address("DEFAULT_FROM_EMAIL", parseaddr(value)[1])
    return value


def address(name: str, value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        raise VariableError(f"{name} is “{value}”, which is not an email address.") from None
    return value

"""Currencies, and their smallest amounts: ISO 4217, as the library has its list."""

import difflib
from decimal import Decimal

import iso4217

CODES = frozenset(one.code for one in iso4217.Currency if one.exponent is not None)
"""Those that people are paid in: gold and units of account have no smallest amount."""


def smallest(currency: str) -> Decimal:
    """0.01 for EUR, 1 for JPY, 0.001 for KWD. Raises ValueError for what is no currency."""
    check_currency(currency)
    return Decimal(1).scaleb(-(iso4217.Currency(currency).exponent or 0))


def check_currency(currency: str) -> None:
    """Raises ValueError, with a sentence, unless `currency` is a code such as EUR."""
    if currency not in CODES:
        near = difflib.get_close_matches(currency.upper(), sorted(CODES), n=1)
        hint = f"did you mean {near[0]}?" if near else "write a code of ISO 4217, such as EUR."
        raise ValueError(f"“{currency}” is not a currency; {hint}")


def shown(amount: Decimal, currency: str) -> str:
    """With no fewer decimals than the currency has, and no more than the amount needs: 700.00, 0.125."""
    quantized = amount.quantize(smallest(currency))
    return f"{quantized if quantized == amount else amount.normalize():f}"

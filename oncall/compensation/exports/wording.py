"""Lines, money and lengths in words, for people."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from oncall.compensation.currencies import shown
from oncall.compensation.exports.items import Item


def what(item: Item) -> str:
    """“Standby, weekend”, “Call-out, night”."""
    kind = item.kind.replace("_", "-").capitalize()
    return f"{kind}, {item.band.replace('_', ' ')}" if item.band else kind


def on_what(item: Item) -> str:
    """“Checkout, primary”; nothing where the person was paged by name."""
    return ", ".join(part for part in (item.schedule, item.role) if part)


def money(amount: Decimal, currency: str) -> str:
    """“USD 1,280.00”."""
    return f"{currency} {figure(amount, currency)}"


def figure(amount: Decimal, currency: str) -> str:
    """“1,280.00”."""
    return f"{Decimal(shown(amount, currency)):,f}"


def hours_and_minutes(minutes: int) -> str:
    """“1 h 30 min”; nothing for none."""
    hours, rest = divmod(abs(minutes), 60)
    parts = [f"{hours} h" if hours else "", f"{rest} min" if rest else ""]
    return ("-" if minutes < 0 else "") + " ".join(part for part in parts if part)


def wall(at: datetime, zone: ZoneInfo) -> str:
    """“Mon 2 Jun 2025 10:00”."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"


def short_wall(at: datetime, zone: ZoneInfo) -> str:
    """“Mon 2 Jun 10:00”, where the year is known."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"

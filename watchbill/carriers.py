"""Who carries SMS: Telnyx's account, and in which order the providers are asked."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from watchbill import values
from watchbill.values import VariableError

WEB = ("http", "https")
ED25519_KEY = 32  # bytes, RFC 8032


@dataclass(frozen=True, kw_only=True)
class Telnyx:
    """Its account; all empty where there is none."""

    api_key: str
    from_number: str
    messaging_profile_id: str
    public_key: str
    api_base_url: str


def telnyx(get: Callable[[str, str], str]) -> Telnyx:
    """Raises VariableError where a part is wrong or missing."""
    found = Telnyx(
        api_key=get("TELNYX_API_KEY", ""),
        from_number=values.number("TELNYX_FROM_NUMBER", get("TELNYX_FROM_NUMBER", "")),
        messaging_profile_id=get("TELNYX_MESSAGING_PROFILE_ID", ""),
        public_key=_public_key(get("TELNYX_PUBLIC_KEY", "")),
        api_base_url=values.url("TELNYX_API_BASE_URL", get("TELNYX_API_BASE_URL", ""), WEB),
    )
    if not found.api_key:
        for name, value in asdict(found).items():
            if value:
                raise VariableError(
                    f"TELNYX_{name.upper()} is set and TELNYX_API_KEY is not; set both or neither."
                )
    elif not (found.from_number or found.messaging_profile_id):
        raise VariableError("Telnyx needs a sender: set TELNYX_FROM_NUMBER or TELNYX_MESSAGING_PROFILE_ID.")
    elif not found.public_key:
        raise VariableError(
            "Telnyx needs TELNYX_PUBLIC_KEY, by which its receipts are known; copy it from its portal."
        )
    return found


def sms_providers(value: str, *, configured: Mapping[str, bool]) -> tuple[str, ...]:
    """The names in `value`, first asked first; by default all that are configured, in the order given here.

    Raises VariableError.
    """
    if not value:
        return tuple(name for name, ready in configured.items() if ready)
    named = [name.strip().lower() for name in value.split(",") if name.strip()]
    for name in named:
        if name not in configured:
            raise VariableError(f"SMS_PROVIDERS has “{name}”; write {' or '.join(configured)}, or both.")
        if not configured[name]:
            raise VariableError(f"SMS_PROVIDERS has {name}, which is not set up; see docs/environment.md.")
    if len(set(named)) < len(named):
        raise VariableError(f"SMS_PROVIDERS is “{value}”; name each provider once.")
    return tuple(named)


def _public_key(value: str) -> str:
    try:
        length = len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        length = -1
    if value and length != ED25519_KEY:
        raise VariableError(
            "TELNYX_PUBLIC_KEY is no Ed25519 key; copy all 44 characters of it from Telnyx's portal."
        )
    return value

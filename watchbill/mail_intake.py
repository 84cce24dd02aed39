"""MAIL_LISTEN and MAIL_DOMAIN: where alerts come by mail, and the domain behind their addresses."""

import ipaddress
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from watchbill.values import VariableError

USUAL = "127.0.0.1:2525"
OFF = frozenset({"off", "0", "no", "none"})
_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):(?P<port>[0-9]{1,5})")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


@dataclass(frozen=True)
class MailIntake:
    """Port 0: nothing listens. `domain` stands behind the @ of every address. With a `certificate` and its
    `key` (files) who sends may use STARTTLS. `is_chosen`: somebody has said where.
    """

    domain: str = "localhost"
    host: str = ""
    port: int = 0
    certificate: str = ""
    key: str = ""
    is_chosen: bool = False

    @property
    def at(self) -> str:
        """“127.0.0.1:2525”; empty where nothing listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else ""

    def tls(self) -> ssl.SSLContext | None:
        """Read anew for each connection, since a certificate is renewed beneath us. Raises OSError."""
        if not self.certificate:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key or None)
        return context

    def sentence(self, why: str) -> str:
        """What an operator reads where it cannot listen."""
        return (
            f"Alerts by mail are not taken: nothing can listen on {self.at} ({why}); set MAIL_LISTEN to "
            "another address, or to off."
        )


def read(get: Callable[[str, str], str], *, public_url: str) -> MailIntake:
    """Raises VariableError."""
    host, port = _listen(get("MAIL_LISTEN", USUAL))
    certificate, key = get("MAIL_CERTIFICATE", ""), get("MAIL_CERTIFICATE_KEY", "")
    if key and not certificate:
        raise VariableError("MAIL_CERTIFICATE_KEY is set and MAIL_CERTIFICATE is not; set both or neither.")
    found = MailIntake(
        domain=_domain(get("MAIL_DOMAIN", ""), public_url=public_url),
        host=host,
        port=port,
        certificate=certificate,
        key=key,
        is_chosen=bool(port and get("MAIL_LISTEN", "")),
    )
    try:
        found.tls()
    except OSError as fault:  # also of ssl
        raise VariableError(
            f"MAIL_CERTIFICATE names {certificate}, which cannot be used with its key: "
            f"{fault.strerror or fault}."
        ) from None
    return found


def _listen(value: str) -> tuple[str, int]:
    if value.lower() in OFF:
        return "", 0
    match = _PLACE.fullmatch(value)
    if match is None or not 0 < int(match["port"]) < 65536:
        raise VariableError(f"MAIL_LISTEN is “{value}”; write where to listen, such as {USUAL}, or off.")
    return match["host"].strip("[]"), int(match["port"])


def _domain(value: str, *, public_url: str) -> str:
    """The one given, else the host of PUBLIC_URL, as it may stand in an address."""
    if value and not _DOMAIN.fullmatch(value):
        raise VariableError(f"MAIL_DOMAIN is “{value}”; write a domain alone, such as alerts.acme.example.")
    host = value.lower() or urlsplit(public_url).hostname or "localhost"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_loopback or address.is_unspecified:
        return "localhost"
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"

"""The environment, read once and checked: a wrong value stops the start with one clear sentence."""

import contextlib
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

BOOLEANS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)
DATABASE_SCHEMES = ("postgres", "postgresql", "sqlite")
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what an operator may write
EMAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
SUBMISSION = 587  # RFC 6409; servers there want STARTTLS before a password
SECRET_LENGTH = 32

# Dead peers are noticed within seconds, and never hold a page back for TCP's two hours.
POSTGRES_OPTIONS = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "pool": {"min_size": 1, "max_size": 20, "timeout": 3},
}
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}
UNREADABLE = "cannot be read as an address; in a password write / # ? @ : as %2F %23 %3F %40 %3A."


class VariableError(Exception):
    """One variable is wrong. The text names it and says what to write instead."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Every setting an operator may give; see docs/environment.md for what each one does."""

    var: Path
    database: dict[str, Any]
    redis_url: str
    secret_key: str
    debug: bool
    allowed_hosts: list[str]
    public_url: str
    email: dict[str, Any]
    default_from_email: str
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_from_number: str
    twilio_messaging_service_sid: str
    twilio_api_base_url: str
    fallback_contact: str
    heartbeat_url: str
    demo: bool
    host: str
    port: int
    web_concurrency: int

    @property
    def sms_configured(self) -> bool:
        return bool(self.twilio_account_sid)

    @property
    def email_configured(self) -> bool:
        return bool(self.email)


def read(environment: Mapping[str, str], *, root: Path) -> Environment:
    """Read and check every variable; `NAME_FILE` names a file that holds the value of `NAME`.

    Relative paths start at `root`. Raises VariableError on the first that is wrong; its text never
    holds a password or an address with a secret in it.
    """
    get = _reader(environment, root)
    var = root / get("VAR_DIR", "var")
    host, port = get("HOST", "127.0.0.1"), _port(get("PORT", "8000"))
    public_url = _url("PUBLIC_URL", get("PUBLIC_URL", near(host, port)), ("http", "https"))
    found = Environment(
        var=var,
        database=_database(get("DATABASE_URL", f"sqlite:///{var}/watchbill.sqlite3"), root=root),
        redis_url=_url("REDIS_URL", get("REDIS_URL", ""), ("redis", "rediss", "redis+socket")),
        secret_key=_secret(get("SECRET_KEY", ""), var),
        debug=_boolean("DEBUG", get("DEBUG", "0")),
        allowed_hosts=_hosts(get("ALLOWED_HOSTS", ""), public_url=public_url),
        public_url=public_url,
        email=_email(get("EMAIL_URL", "")),
        default_from_email=_sender(get("DEFAULT_FROM_EMAIL", "Watchbill <watchbill@localhost>")),
        twilio_account_sid=get("TWILIO_ACCOUNT_SID", ""),
        twilio_auth_token=get("TWILIO_AUTH_TOKEN", ""),
        twilio_from_number=_number("TWILIO_FROM_NUMBER", get("TWILIO_FROM_NUMBER", "")),
        twilio_messaging_service_sid=get("TWILIO_MESSAGING_SERVICE_SID", ""),
        twilio_api_base_url=_url("TWILIO_API_BASE_URL", get("TWILIO_API_BASE_URL", ""), ("http", "https")),
        fallback_contact=_contact("FALLBACK_CONTACT", get("FALLBACK_CONTACT", "")),
        heartbeat_url=_url("HEARTBEAT_URL", get("HEARTBEAT_URL", ""), ("http", "https")),
        demo=_boolean("DEMO", get("DEMO", "1")),
        host=host,
        port=port,
        web_concurrency=_workers(get("WEB_CONCURRENCY", ""), broker=bool(get("REDIS_URL", ""))),
    )
    _check_twilio(found)
    return found


def near(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens on `host`."""
    name = ANY.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _reader(environment: Mapping[str, str], root: Path) -> Callable[[str, str], str]:
    def get(name: str, default: str) -> str:
        path = environment.get(f"{name}_FILE", "")
        if path and environment.get(name):
            raise VariableError(f"{name} and {name}_FILE are both set; keep one of them.")
        if not path:
            return environment.get(name, "").strip() or default
        try:
            return (root / path).read_text(encoding="utf-8").strip() or default
        except UnicodeDecodeError:
            raise VariableError(f"{name}_FILE names {path}, which is not UTF-8 text.") from None
        except (OSError, ValueError) as fault:
            raise VariableError(f"{name}_FILE names {path}, which cannot be read: {fault}.") from None

    return get


def _database(url: str, *, root: Path) -> dict[str, Any]:
    scheme = url.partition(":")[0]
    if scheme not in DATABASE_SCHEMES:
        raise VariableError(
            "DATABASE_URL must begin with postgres:// or sqlite:///; write "
            "postgres://user:password@host:5432/name or sqlite:////absolute/path."
        )
    try:
        port = urlsplit(url).port
        database: dict[str, Any] = environ.Env.db_url_config(url)
    except ValueError:
        raise VariableError(f"DATABASE_URL {UNREADABLE}") from None
    if scheme == "sqlite":
        return _sqlite(database, root)
    if not database["NAME"]:
        raise VariableError("DATABASE_URL names no database; end it with /name.")
    return database | {"PORT": port or 5432, "OPTIONS": POSTGRES_OPTIONS | database.get("OPTIONS", {})}


def _sqlite(database: dict[str, Any], root: Path) -> dict[str, Any]:
    if database["NAME"] in {"", ":memory:"}:
        raise VariableError("DATABASE_URL names no file; write sqlite:////absolute/path.")
    path = root / database["NAME"]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise VariableError(f"The folder of the database {path} cannot be made: {fault.strerror}.") from None
    return database | {"NAME": str(path), "CONN_MAX_AGE": 60, "OPTIONS": dict(SQLITE_OPTIONS)}


def _email(url: str) -> dict[str, Any]:
    if not url:
        return {}
    scheme = url.partition(":")[0].replace("smtps", "smtp+ssl")
    if scheme not in EMAIL_PORTS:
        raise VariableError("EMAIL_URL must begin with smtp:// or smtps://; leave it empty for the outbox.")
    try:
        port = urlsplit(url).port or EMAIL_PORTS[scheme]
        config: dict[str, Any] = environ.Env.email_url_config(f"{scheme}:{url.partition(':')[2]}")
    except ValueError:
        raise VariableError(f"EMAIL_URL {UNREADABLE}") from None
    if not config["EMAIL_HOST"]:
        raise VariableError("EMAIL_URL names no host; write smtp://user:password@mail.example:587.")
    starttls = scheme == "smtp+tls" or (scheme == "smtp" and port == SUBMISSION)
    return config | {"EMAIL_PORT": port, "EMAIL_USE_TLS": starttls, "EMAIL_USE_SSL": scheme == "smtp+ssl"}


def _url(name: str, value: str, schemes: tuple[str, ...]) -> str:
    """The address without its last slash. What is wrong is said without it: it may hold a secret."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise VariableError(f"{name} {UNREADABLE}") from None
    socket = parts.scheme.endswith("+socket") and parts.path
    if value and (parts.scheme not in schemes or not (parts.hostname or socket)):
        written = " or ".join(f"{scheme}://" for scheme in schemes)
        raise VariableError(f"{name} must begin with {written} and name a host.")
    return value.rstrip("/")


def _boolean(name: str, value: str) -> bool:
    try:
        return BOOLEANS[value.lower()]
    except KeyError:
        raise VariableError(f"{name} is “{value}”; write 1 or 0.") from None


def _port(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise VariableError(f"PORT is “{value}”; write a number from 1 to 65535.")
    return int(value)


def _workers(value: str, *, broker: bool) -> int:
    """How many web processes. Without a broker there is one, which also does what workers do."""
    if value and not (value.isdecimal() and int(value)):
        raise VariableError(f"WEB_CONCURRENCY is “{value}”; write how many web processes to run, such as 2.")
    if not broker and value not in {"", "1"}:
        raise VariableError(
            f"WEB_CONCURRENCY is {value}, which needs a broker; set REDIS_URL or leave it at 1."
        )
    return int(value or (2 if broker else 1))


def _number(name: str, value: str) -> str:
    if not value:
        return ""
    try:
        parsed = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise VariableError(f"{name} is “{value}”; write it with its country, such as +14155550100.")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _contact(name: str, value: str) -> str:
    """An email address or an E.164 number."""
    return _address(name, value) if "@" in value else _number(name, value)


def _sender(value: str) -> str:
    """An address as it stands in a message's From: with or without a name before it."""
    _address("DEFAULT_FROM_EMAIL", parseaddr(value)[1])
    return value


def _address(name: str, value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        raise VariableError(f"{name} is “{value}”, which is not an email address.") from None
    return value


def _hosts(value: str, *, public_url: str) -> list[str]:
    named = {host.strip() for host in value.split(",")} - {""}
    for host in sorted(named):
        if "/" in host:
            raise VariableError(f"ALLOWED_HOSTS has “{host}”; write names alone, such as pager.example.")
    public = urlsplit(public_url).hostname or ""
    return sorted({*named, f"[{public}]" if ":" in public else public, "localhost", "127.0.0.1", "[::1]"})


def _check_twilio(env: Environment) -> None:
    if bool(env.twilio_account_sid) != bool(env.twilio_auth_token):
        raise VariableError(
            "Twilio needs both TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; set both or neither."
        )
    if env.twilio_account_sid and not (env.twilio_from_number or env.twilio_messaging_service_sid):
        raise VariableError("Twilio needs a sender: set TWILIO_FROM_NUMBER or TWILIO_MESSAGING_SERVICE_SID.")


def _secret(value: str, var: Path) -> str:
    """The one given, else the one made at the first start and kept, readable by its owner alone."""
    if value and len(value) < SECRET_LENGTH:
        raise VariableError(f"SECRET_KEY has {len(value)} characters; write at least {SECRET_LENGTH}.")
    path = var / "secret_key"
    try:
        return value or _kept_secret(path)
    except OSError as fault:
        raise VariableError(
            f"SECRET_KEY is not set, and none can be kept in {path}: {fault.strerror}."
        ) from None


def _kept_secret(path: Path) -> str:
    """Whole or not there: of several processes that start at once, one wins and all read the same."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8") as fresh:  # mode 0600
            fresh.write(secrets.token_urlsafe(48))
            fresh.flush()
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(fresh.name)
    return path.read_text(encoding="utf-8").strip()

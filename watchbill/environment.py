"""The environment, read once and checked: a wrong value stops the start with one clear sentence."""

import contextlib
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo

from paging.core.price import Prices
from watchbill import carriers, mail_intake, mail_replies, mailing, values
from watchbill.lasting import Lasting
from watchbill.mailing import Mailing
from watchbill.values import VariableError

DATABASE_SCHEMES = ("postgres", "postgresql", "sqlite")
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what an operator may write
SECRET_LENGTH = 32

WEB = ("http", "https")
HOST_NAME = re.compile(r"\*|\.?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]")

# Dead peers are noticed within seconds, and never hold a page back for TCP's two hours.
POSTGRES_OPTIONS = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "pool": {
        "connection_class": Lasting, "min_size": 1, "max_size": 20, "timeout": 3, "reconnect_timeout": 3,
    },
}  # fmt: skip
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}


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
    mailing: Mailing
    mail_replies: mail_replies.Replies
    mail_intake: mail_intake.MailIntake
    default_from_email: str
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_from_number: str
    twilio_messaging_service_sid: str
    twilio_api_base_url: str
    telnyx: carriers.Telnyx
    sms_providers: tuple[str, ...]
    fallback_contact: str
    heartbeat_url: str
    calendar_private_hosts: frozenset[str]
    webhook_private_hosts: frozenset[str]
    prices: Prices
    spending_cap: Decimal | None
    events_per_minute: int
    demo: bool
    host: str
    port: int
    web_concurrency: int

    @property
    def sms_configured(self) -> bool:
        return bool(self.sms_providers)

    @property
    def voice_configured(self) -> bool:
        return bool(self.twilio_account_sid)

    @property
    def email_configured(self) -> bool:
        return bool(self.mailing.channels)


def read(environment: Mapping[str, str], *, root: Path) -> Environment:
    """Read and check every variable; `NAME_FILE` names a file that holds the value of `NAME`.

    Relative paths start at `root`. Raises VariableError on the first that is wrong; its text never
    holds a password or an address with a secret in it.
    """
    get = _reader(environment, root)
    var = root / get("VAR_DIR", "var")
    host, port = get("HOST", "127.0.0.1"), values.port(get("PORT", "8000"))
    public_url = _public(get("PUBLIC_URL", near(host, port)))
    telnyx = carriers.telnyx(get)
    set_up = {"twilio": bool(get("TWILIO_ACCOUNT_SID", "")), "telnyx": bool(telnyx.api_key)}
    found = Environment(
        var=var,
        database=_database(get("DATABASE_URL", f"sqlite:///{var}/watchbill.sqlite3"), root=root),
        redis_url=values.url("REDIS_URL", get("REDIS_URL", ""), ("redis", "rediss", "redis+socket")),
        secret_key=_secret(get("SECRET_KEY", ""), var),
        debug=values.boolean("DEBUG", get("DEBUG", "0")),
        allowed_hosts=_hosts(get("ALLOWED_HOSTS", ""), public_url=public_url),
        public_url=public_url,
        mailing=mailing.read(get("EMAIL_URL", "")),
        mail_replies=mail_replies.read(get("EMAIL_REPLIES", "")),
        mail_intake=mail_intake.read(get, public_url=public_url),
        default_from_email=values.sender(get("DEFAULT_FROM_EMAIL", "Watchbill <watchbill@localhost>")),
        twilio_account_sid=get("TWILIO_ACCOUNT_SID", ""),
        twilio_auth_token=get("TWILIO_AUTH_TOKEN", ""),
        twilio_from_number=values.number("TWILIO_FROM_NUMBER", get("TWILIO_FROM_NUMBER", "")),
        twilio_messaging_service_sid=get("TWILIO_MESSAGING_SERVICE_SID", ""),
        twilio_api_base_url=values.url("TWILIO_API_BASE_URL", get("TWILIO_API_BASE_URL", ""), WEB),
        telnyx=telnyx,
        sms_providers=carriers.sms_providers(get("SMS_PROVIDERS", ""), configured=set_up),
        fallback_contact=values.contact("FALLBACK_CONTACT", get("FALLBACK_CONTACT", "")),
        heartbeat_url=values.url("HEARTBEAT_URL", get("HEARTBEAT_URL", ""), WEB),
        calendar_private_hosts=_private_hosts("CALENDAR_PRIVATE_HOSTS", get("CALENDAR_PRIVATE_HOSTS", "")),
        webhook_private_hosts=_private_hosts("WEBHOOK_PRIVATE_HOSTS", get("WEBHOOK_PRIVATE_HOSTS", "")),
        prices=Prices(
            sms=values.amount("SMS_PRICE", get("SMS_PRICE", "")),
            call=values.amount("CALL_PRICE", get("CALL_PRICE", "")),
            currency=values.currency("SPENDING_CURRENCY", get("SPENDING_CURRENCY", "USD")),
        ),
        spending_cap=values.amount("SPENDING_CAP", get("SPENDING_CAP", "")),
        events_per_minute=values.count("EVENTS_PER_MINUTE", get("EVENTS_PER_MINUTE", "12000")),
        demo=values.boolean("DEMO", get("DEMO", "1")),
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
        raise VariableError(f"DATABASE_URL {values.UNREADABLE}") from None
    if scheme == "sqlite":
        return _sqlite(database, root)
    if not database["NAME"]:
        raise VariableError("DATABASE_URL names no database; end it with /name.")
    options = POSTGRES_OPTIONS | database.get("OPTIONS", {})
    try:
        make_conninfo("", **{name: value for name, value in options.items() if name != "pool"})
    except ProgrammingError:
        raise VariableError("DATABASE_URL has an option that PostgreSQL does not know.") from None
    return database | {"PORT": port or 5432, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def _sqlite(database: dict[str, Any], root: Path) -> dict[str, Any]:
    if database["NAME"] in {"", ":memory:"}:
        raise VariableError("DATABASE_URL names no file; write sqlite:////absolute/path.")
    path = root / database["NAME"]
    if path.is_dir():
        raise VariableError(f"DATABASE_URL names {path}, which is a folder; name a file in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise VariableError(f"The folder of the database {path} cannot be made: {fault.strerror}.") from None
    return database | {"NAME": str(path), "CONN_MAX_AGE": 60, "OPTIONS": dict(SQLITE_OPTIONS)}


def _workers(value: str, *, broker: bool) -> int:
    """How many web processes. Without a broker there is one, which also does what workers do."""
    if value and not (value.isdecimal() and int(value)):
        raise VariableError(f"WEB_CONCURRENCY is “{value}”; write how many web processes to run, such as 2.")
    if not broker and value not in {"", "1"}:
        raise VariableError(
            f"WEB_CONCURRENCY is {value}, which needs a broker; set REDIS_URL or leave it at 1."
        )
    return int(value or (2 if broker else 1))


def _public(value: str) -> str:
    """It is put before every link in a message."""
    url = values.url("PUBLIC_URL", value, WEB)
    parts = urlsplit(url)
    if parts.query or parts.fragment or parts.username:
        raise VariableError("PUBLIC_URL is more than an address; write it such as https://pager.example.")
    return url


def _hosts(value: str, *, public_url: str) -> list[str]:
    named = {host.strip() for host in value.split(",")} - {""}
    for host in sorted(named):
        if not HOST_NAME.fullmatch(host):
            raise VariableError(f"ALLOWED_HOSTS has “{host}”; write names alone, such as pager.example.")
    public = urlsplit(public_url).hostname or ""
    return sorted({*named, f"[{public}]" if ":" in public else public, "localhost", "127.0.0.1", "[::1]"})


def _private_hosts(name: str, value: str) -> frozenset[str]:
    """Hosts inside the network that people may have asked."""
    named = {host.strip().casefold() for host in value.split(",")} - {""}
    for host in sorted(named):
        if host.startswith(("*", ".")) or not HOST_NAME.fullmatch(host):
            raise VariableError(f"{name} has “{host}”; write names alone, such as calendar.internal.")
    return frozenset(host.strip("[]") for host in named)


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

"""EMAIL_URL: how mail leaves. A mail server, a provider with an API, or one of each, tried in order."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ

from watchbill import values
from watchbill.values import VariableError

PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
SUBMISSION = 587  # RFC 6409; servers there want STARTTLS before a password
BY_SERVER = "paging.channels.email.EmailChannel"
BY_API = "paging.channels.mail_api.MailApiChannel"


@dataclass(frozen=True)
class Provider:
    """One that django-anymail speaks to. `keys` name what the address holds, split at the colon."""

    title: str
    backend: str
    keys: tuple[str, ...]
    host: str = ""  # what the host is, where it is more than the end of the key


PROVIDERS = {
    "brevo": Provider("Brevo", "brevo", ("api_key",)),
    "mailersend": Provider("MailerSend", "mailersend", ("api_token",)),
    "mailgun": Provider("Mailgun", "mailgun", ("api_key",), "sender_domain"),
    "mailjet": Provider("Mailjet", "mailjet", ("api_key", "secret_key")),
    "postmark": Provider("Postmark", "postmark", ("server_token",)),
    "resend": Provider("Resend", "resend", ("api_key",)),
    "sparkpost": Provider("SparkPost", "sparkpost", ("api_key",)),
}
BY_SMTP = {
    "sendgrid": "smtp://apikey:API_KEY@smtp.sendgrid.net:587",
    "ses": "smtps://USER:PASSWORD@email-smtp.REGION.amazonaws.com",
}
"""Spoken to by SMTP: django-anymail keeps the one up no longer, and needs boto3 for the other."""
KNOWN = f"smtp:// or smtps://, or for a provider's API with {', '.join(f'{name}://' for name in PROVIDERS)}"


@dataclass(frozen=True)
class Mailing:
    """`server`: Django's EMAIL_ settings. `api`: `backend`, `title`, and `options` of anymail's backend."""

    server: dict[str, Any] = field(default_factory=dict)
    api: dict[str, Any] = field(default_factory=dict)
    channels: tuple[str, ...] = ()


def read(value: str) -> Mailing:
    """Addresses separated by spaces. Raises VariableError, which never repeats one."""
    server: dict[str, Any] = {}
    api: dict[str, Any] = {}
    channels: list[str] = []
    for url in value.split():
        if url.partition(":")[0] in PROVIDERS:
            taken, api, channel = api, _api(url), BY_API
        else:
            taken, server, channel = server, _server(url), BY_SERVER
        if taken:
            raise VariableError("EMAIL_URL may name one mail server and one provider, not two of a kind.")
        channels.append(channel)
    return Mailing(server, api, tuple(channels))


def _api(url: str) -> dict[str, Any]:
    """provider://KEY, provider://KEY:SECRET or mailgun://KEY@DOMAIN; `?api_url=` is another region's."""
    scheme = url.partition(":")[0]
    provider = PROVIDERS[scheme]
    try:
        parts = urlsplit(url)
    except ValueError:
        raise VariableError(f"EMAIL_URL {values.UNREADABLE}") from None
    given, _, host = parts.netloc.rpartition("@") if provider.host else (parts.netloc, "", "")
    found = [unquote(key) for key in given.split(":")] if len(provider.keys) > 1 else [unquote(given)]
    complete = len(found) == len(provider.keys) and all(found) and (host or not provider.host)
    if not complete:
        raise VariableError(f"EMAIL_URL has not all that {provider.title} needs; write {_example(scheme)}.")
    options = dict(zip(provider.keys, found, strict=True)) | ({provider.host: host} if host else {})
    query = dict(parse_qsl(parts.query))
    api_url = values.url("The api_url of EMAIL_URL", query.pop("api_url", ""), ("https", "http"))
    if query or parts.path.strip("/"):
        raise VariableError(
            f"EMAIL_URL has more than {_example(scheme)}; in a key write / ? # as %2F %3F %23."
        )
    if api_url:
        options["api_url"] = f"{api_url}/"
    return {
        "backend": f"anymail.backends.{provider.backend}.EmailBackend",
        "name": scheme,
        "title": provider.title,
        "options": options,
    }


def _example(scheme: str) -> str:
    provider = PROVIDERS[scheme]
    domain = "@mail.acme.example" if provider.host else ""
    return f"{scheme}://{':'.join(name.upper() for name in provider.keys)}{domain}"


def _server(url: str) -> dict[str, Any]:
    scheme = url.partition(":")[0].replace("smtps", "smtp+ssl")
    if scheme in BY_SMTP:
        raise VariableError(
            f"EMAIL_URL names {scheme}://, which is spoken to by SMTP; write {BY_SMTP[scheme]}."
        )
    if scheme not in PORTS:
        raise VariableError(f"EMAIL_URL must begin with {KNOWN}; leave it empty for the outbox.")
    try:
        port = urlsplit(url).port or PORTS[scheme]
        config: dict[str, Any] = environ.Env.email_url_config(f"{scheme}:{url.partition(':')[2]}")
    except ValueError:
        raise VariableError(f"EMAIL_URL {values.UNREADABLE}") from None
    if not config["EMAIL_HOST"]:
        raise VariableError("EMAIL_URL names no host; write smtp://user:password@mail.example:587.")
    starttls = scheme == "smtp+tls" or (scheme == "smtp" and port == SUBMISSION)
    return config | {"EMAIL_PORT": port, "EMAIL_USE_TLS": starttls, "EMAIL_USE_SSL": scheme == "smtp+ssl"}

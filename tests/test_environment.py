"""Every variable is checked at the start; what is wrong is said in one sentence without a secret in it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from watchbill.environment import read
from watchbill.values import VariableError

KEY = "k" * 40
TELNYX_KEY = "A" * 43 + "="
TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "hush", "TWILIO_FROM_NUMBER": "+14155550100"}
TELNYX = {
    "TELNYX_API_KEY": "hush",
    "TELNYX_PUBLIC_KEY": TELNYX_KEY,
    "TELNYX_FROM_NUMBER": "+13125550001",
}


@pytest.fixture
def root(tmp_path):
    return tmp_path


def given(root, **variables):
    return read({"SECRET_KEY": KEY, **variables}, root=root)


def refusal(root, **variables):
    with pytest.raises(VariableError) as caught:
        given(root, **variables)
    return str(caught.value)


def test_nothing_set_is_a_whole_installation_below_var(root):
    env = read({}, root=root)
    assert env.database["NAME"] == str(root / "var" / "watchbill.sqlite3")
    assert (env.redis_url, env.email_configured, env.sms_configured, env.demo) == ("", False, False, True)
    assert env.public_url == "http://127.0.0.1:8000"
    assert "127.0.0.1" in env.allowed_hosts


def test_secret_is_made_once_and_readable_by_its_owner_alone(root):
    first = read({}, root=root).secret_key
    assert len(first) >= 50
    assert read({}, root=root).secret_key == first
    assert stat.S_IMODE((root / "var" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (root / "var").iterdir()] == ["secret_key"]


def test_value_may_stand_in_a_file(root):
    (root / "key").write_text("s" * 50 + "\n")
    assert read({"SECRET_KEY_FILE": str(root / "key")}, root=root).secret_key == "s" * 50


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"PORT": "80a"}, "PORT is “80a”; write a number from 1 to 65535."),
        ({"PORT": "0"}, "PORT is “0”"),
        ({"PORT": "65536"}, "PORT is “65536”"),
        ({"DEBUG": "maybe"}, "DEBUG is “maybe”; write 1 or 0."),
        ({"DEMO": "2"}, "DEMO is “2”"),
        ({"EVENTS_PER_MINUTE": "-1"}, "EVENTS_PER_MINUTE is “-1”; write a whole number"),
        ({"EVENTS_PER_MINUTE": "9" * 10}, "EVENTS_PER_MINUTE is “9999999999”"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY has 5 characters; write at least 32."),
        ({"PUBLIC_URL": "pager.example"}, "PUBLIC_URL must begin with http:// or https:// and name a host."),
        ({"PUBLIC_URL": "https:///path"}, "PUBLIC_URL must begin with"),
        ({"ALLOWED_HOSTS": "https://pager.example"}, "write names alone, such as pager.example"),
        ({"DATABASE_URL": "mysql://root@db/w"}, "DATABASE_URL must begin with postgres:// or sqlite:///"),
        ({"DATABASE_URL": "postgres://db:5432"}, "DATABASE_URL names no database; end it with /name."),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL names no file"),
        (
            {"REDIS_URL": "localhost:6379"},
            "REDIS_URL must begin with redis:// or rediss:// or redis+socket://",
        ),
        ({"REDIS_URL": "redis://"}, "REDIS_URL must begin with"),
        ({"EMAIL_URL": "mail.example:25"}, "EMAIL_URL must begin with smtp:// or smtps://"),
        ({"EMAIL_URL": "smtp://:25"}, "EMAIL_URL names no host"),
        ({"EMAIL_REPLIES": "reply.acme.example"}, "EMAIL_REPLIES must begin with one of mailersend://"),
        ({"EMAIL_REPLIES": "mailgun://@reply.acme.example"}, "must be mailgun://SECRET@reply.acme.example"),
        ({"EMAIL_REPLIES": "mailgun://key"}, "or mailgun://SECRET@pager@acme.example for a mailbox"),
        ({"EMAIL_REPLIES": "mailgun://key@reply"}, "EMAIL_REPLIES must be"),
        ({"EMAIL_REPLIES": f"mailgun://key@{'x' * 33}@acme.example"}, "at most 32 characters, without a +"),
        ({"EMAIL_REPLIES": "mailgun://key@a+b@acme.example"}, "at most 32 characters, without a +"),
        (
            {"EMAIL_REPLIES": "postmark://short@acme.example"},
            "that Postmark cannot post with; write at least 16",
        ),
        (
            {"MAIL_LISTEN": "2525"},
            "MAIL_LISTEN is “2525”; write where to listen, such as 127.0.0.1:2525, or off.",
        ),
        ({"MAIL_LISTEN": "127.0.0.1:70000"}, "MAIL_LISTEN is “127.0.0.1:70000”"),
        ({"MAIL_LISTEN": "::1:2525"}, "MAIL_LISTEN is “::1:2525”"),
        ({"MAIL_DOMAIN": "a@b.example"}, "write a domain alone, such as alerts.acme.example"),
        ({"MAIL_CERTIFICATE_KEY": "k"}, "MAIL_CERTIFICATE_KEY is set and MAIL_CERTIFICATE is not"),
        ({"MAIL_CERTIFICATE": "/nowhere.pem"}, "MAIL_CERTIFICATE names /nowhere.pem, which cannot be used"),
        ({"DEFAULT_FROM_EMAIL": "Watchbill"}, "DEFAULT_FROM_EMAIL is"),
        ({"TWILIO_API_BASE_URL": "stand-in"}, "TWILIO_API_BASE_URL must begin with"),
        ({"TWILIO_FROM_NUMBER": "0151 234"}, "write it with its country, such as +14155550100"),
        ({"TWILIO_FROM_NUMBER": "+1"}, "TWILIO_FROM_NUMBER is “+1”"),
        ({"TWILIO_ACCOUNT_SID": "AC1"}, "set both or neither"),
        ({"TWILIO_AUTH_TOKEN": "hush"}, "set both or neither"),
        ({"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "hush"}, "Twilio needs a sender"),
        ({"TELNYX_API_BASE_URL": "stand-in"}, "TELNYX_API_BASE_URL must begin with"),
        ({"TELNYX_FROM_NUMBER": "0151 234"}, "TELNYX_FROM_NUMBER is “0151 234”"),
        ({"TELNYX_FROM_NUMBER": "+13125550001"}, "TELNYX_FROM_NUMBER is set and TELNYX_API_KEY is not"),
        ({"TELNYX_PUBLIC_KEY": TELNYX_KEY}, "TELNYX_PUBLIC_KEY is set and TELNYX_API_KEY is not"),
        ({"TELNYX_PUBLIC_KEY": "A" * 40}, "TELNYX_PUBLIC_KEY is no Ed25519 key"),
        ({"TELNYX_PUBLIC_KEY": "é"}, "TELNYX_PUBLIC_KEY is no Ed25519 key"),
        ({"TELNYX_API_KEY": "hush"}, "Telnyx needs a sender: set TELNYX_FROM_NUMBER or"),
        ({**TELNYX, "TELNYX_PUBLIC_KEY": ""}, "Telnyx needs TELNYX_PUBLIC_KEY"),
        ({"SMS_PROVIDERS": "nexmo"}, "SMS_PROVIDERS has “nexmo”; write twilio or telnyx, or both."),
        ({**TWILIO, "SMS_PROVIDERS": "twilio,telnyx"}, "SMS_PROVIDERS has telnyx, which is not set up"),
        ({**TWILIO, "SMS_PROVIDERS": "twilio,twilio"}, "name each provider once"),
        ({"FALLBACK_CONTACT": "ops@"}, "FALLBACK_CONTACT is “ops@”, which is not an email address."),
        ({"FALLBACK_CONTACT": "ops"}, "FALLBACK_CONTACT is “ops”"),
        ({"SMS_PRICE": "0,0079"}, "SMS_PRICE is “0,0079”; write an amount such as 0.0079"),
        ({"CALL_PRICE": "-1"}, "CALL_PRICE is “-1”"),
        ({"SPENDING_CAP": "50 USD"}, "SPENDING_CAP is “50 USD”"),
        ({"SPENDING_CURRENCY": "eur"}, "SPENDING_CURRENCY is “eur”; write three capital letters"),
        ({"HEARTBEAT_URL": "ping.example/key"}, "HEARTBEAT_URL must begin with"),
        ({"CALENDAR_PRIVATE_HOSTS": "*.corp"}, "CALENDAR_PRIVATE_HOSTS has “*.corp”; write names alone"),
        (
            {"WEBHOOK_PRIVATE_HOSTS": "10.0.0.0/8"},
            "WEBHOOK_PRIVATE_HOSTS has “10.0.0.0/8”; write names alone",
        ),
        ({"WEB_CONCURRENCY": "many"}, "WEB_CONCURRENCY is “many”"),
        ({"WEB_CONCURRENCY": "2"}, "WEB_CONCURRENCY is 2, which needs a broker"),
        ({"EMAIL_URL_FILE": "missing"}, "EMAIL_URL_FILE names missing, which cannot be read"),
        ({"SECRET_KEY_FILE": "key"}, "SECRET_KEY and SECRET_KEY_FILE are both set; keep one of them."),
    ],
)
def test_wrong_value_is_refused_with_what_to_write_instead(root, variables, says):
    assert says in refusal(root, **variables)


@pytest.mark.parametrize(
    "variables",
    [
        {"DATABASE_URL": "postgres://u:hu/sh@db/w"},
        {"DATABASE_URL": "postgres://u:hu#sh@db/w"},
        {"DATABASE_URL": "postgre://u:hush@db/w"},
        {"DATABASE_URL": "postgres://u:hush@db:port/w"},
        {"REDIS_URL": "redis//:hush@cache"},
        {"REDIS_URL": "redis://:hu/sh@cache"},
        {"EMAIL_URL": "smtp://u:hu?sh@mail"},
        {"EMAIL_URL": "mail://u:hush@mail"},
        {"EMAIL_REPLIES": "mail://hush@reply.acme.example"},
        {"EMAIL_REPLIES": "mailgun://x@hush@@reply.acme.example"},
        {"EMAIL_REPLIES": "postmark://hush@reply.acme.example"},
        {"HEARTBEAT_URL": "ping.example/hush"},
        {"TWILIO_API_BASE_URL": "u:hush@stand-in"},
        {"SECRET_KEY": "hush"},
        {"TWILIO_AUTH_TOKEN": "hush"},
        {"TELNYX_API_KEY": "hush"},
        {"TELNYX_API_BASE_URL": "u:hush@stand-in"},
        {"TELNYX_PUBLIC_KEY": "hush"},
    ],
)
def test_no_refusal_holds_a_secret(root, variables):
    said = refusal(root, **variables)
    assert "hu" not in said
    assert "sh@" not in said


def test_file_that_is_not_text_is_refused(root):
    (root / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(VariableError, match="not UTF-8 text"):
        read({"SECRET_KEY_FILE": str(root / "key")}, root=root)


def test_folder_that_cannot_be_made_is_said(root):
    (root / "var").write_text("in the way")
    with pytest.raises(VariableError, match="SECRET_KEY is not set, and none can be kept"):
        read({"DATABASE_URL": "postgres://u@db/w"}, root=root)
    assert "cannot be made" in refusal(root)


def test_relative_paths_start_at_the_project_whatever_the_working_directory(root, monkeypatch):
    monkeypatch.chdir("/")
    env = given(root, VAR_DIR="data", DATABASE_URL="sqlite:///data/pager.sqlite3")
    assert env.var == root / "data"
    assert Path(env.database["NAME"]) == root / "data" / "pager.sqlite3"


def test_sqlite_takes_its_lock_at_the_start_of_a_transaction(root):
    options = given(root).database["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_postgres_is_pooled_and_an_option_of_the_address_wins(root):
    database = given(root, DATABASE_URL="postgres://u:p%2Fw@db/w?sslmode=require&connect_timeout=9").database
    assert (database["PASSWORD"], database["PORT"]) == ("p/w", 5432)
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["OPTIONS"]["connect_timeout"] == 9
    assert database["OPTIONS"]["pool"]["max_size"] == 20


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://mail", 25, False, False),
        ("smtp://u:p@mail:587", 587, True, False),
        ("smtp://mail:2525", 2525, False, False),
        ("smtp+tls://mail", 587, True, False),
        ("smtps://u:p@mail", 465, False, True),
        ("smtps://mail:10465", 10465, False, True),
    ],
)
def test_mail_is_encrypted_as_the_port_or_the_scheme_says(root, url, port, starttls, tls):
    email = given(root, EMAIL_URL=url).mailing.server
    assert (email["EMAIL_PORT"], email["EMAIL_USE_TLS"], email["EMAIL_USE_SSL"]) == (port, starttls, tls)
    assert email["EMAIL_HOST"] == "mail"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8100"),  # noqa: S104
        ("::", "http://[::1]:8100"),
        ("10.1.2.3", "http://10.1.2.3:8100"),
        ("fd00::1", "http://[fd00::1]:8100"),
    ],
)
def test_public_address_follows_where_it_listens_and_is_an_allowed_host(root, host, url):
    env = given(root, HOST=host, PORT="8100")
    assert env.public_url == url
    assert url.removeprefix("http://").removesuffix(":8100") in env.allowed_hosts


def test_public_address_loses_its_last_slash(root):
    assert given(root, PUBLIC_URL="https://pager.example/").public_url == "https://pager.example"


@pytest.mark.parametrize("contact", ["ops@acme.example", "+14155550100"])
def test_fallback_contact_is_an_address_or_a_number(root, contact):
    assert given(root, FALLBACK_CONTACT=contact).fallback_contact == contact


def test_number_is_kept_in_the_form_that_carriers_want(root):
    sender = given(
        root, TWILIO_ACCOUNT_SID="AC1", TWILIO_AUTH_TOKEN="hush", TWILIO_FROM_NUMBER="+1 (415) 555-0100"
    )
    assert sender.twilio_from_number == "+14155550100"
    assert sender.sms_configured


@pytest.mark.parametrize(
    ("variables", "providers", "calls"),
    [
        ({}, (), False),
        (TWILIO, ("twilio",), True),
        (TELNYX, ("telnyx",), False),
        (TWILIO | TELNYX, ("twilio", "telnyx"), True),
        (TWILIO | TELNYX | {"SMS_PROVIDERS": "Telnyx, twilio"}, ("telnyx", "twilio"), True),
        (TWILIO | TELNYX | {"SMS_PROVIDERS": "twilio,telnyx"}, ("twilio", "telnyx"), True),
        (TWILIO | TELNYX | {"SMS_PROVIDERS": "telnyx"}, ("telnyx",), True),
        ({**TELNYX, "TELNYX_FROM_NUMBER": "", "TELNYX_MESSAGING_PROFILE_ID": "4000eba1"}, ("telnyx",), False),
    ],
)
def test_sms_goes_by_who_is_set_up_in_the_order_that_is_said(root, variables, providers, calls):
    env = given(root, **variables)
    assert (env.sms_providers, env.voice_configured) == (providers, calls)
    assert env.sms_configured is bool(providers)


def test_the_settings_name_a_channel_for_each_provider_of_sms_in_order(root):
    code = "from watchbill import settings as s; print(s.PAGING_CHANNELS['sms'], s.TELNYX['from_number'])"
    given = TWILIO | TELNYX | {"SMS_PROVIDERS": "telnyx,twilio", "VAR_DIR": str(root), "SECRET_KEY": KEY}
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | given
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    first, second = "paging.channels.telnyx.TelnyxChannel", "paging.channels.sms.SmsChannel"
    assert said.stdout.strip() == f"{(first, second)} +13125550001"


@pytest.mark.parametrize(
    ("variables", "workers"),
    [
        ({}, 1),
        ({"REDIS_URL": "redis://cache"}, 2),
        ({"REDIS_URL": "redis://cache", "WEB_CONCURRENCY": "5"}, 5),
    ],
)
def test_one_web_process_without_a_broker_two_with_one(root, variables, workers):
    assert given(root, **variables).web_concurrency == workers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "a b"),
        ("ALLOWED_HOSTS", "pager.example:8000"),
        ("ALLOWED_HOSTS", "[::1"),
        ("PUBLIC_URL", "http://a b/"),
        ("PUBLIC_URL", "https://x/path?q=1"),
        ("PUBLIC_URL", "https://x/#f"),
        ("PUBLIC_URL", "https://u:hidden@x"),
        ("HEARTBEAT_URL", "http://x y/"),
        ("DATABASE_URL", "postgres://u:p@127.0.0.1:5432/db?bogus=1"),
        ("DATABASE_URL", "sqlite:////tmp"),
        ("DEFAULT_FROM_EMAIL", "W\nBcc: x <a@b.example>"),
        ("PORT", "٣"),
    ],
)
def test_what_would_fail_later_is_refused_at_the_start(tmp_path, name, value):
    with pytest.raises(VariableError, match=name) as refused:
        read({"VAR_DIR": str(tmp_path), name: value}, root=tmp_path)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "at", "options"),
    [
        ("mailgun://k%40y@Reply.Acme.example", "reply.acme.example", {"webhook_signing_key": "k@y"}),
        ("mailersend://hush@reply.acme.example", "reply.acme.example", {"inbound_secret": "hush"}),
        (
            "postmark://0123456789abcdef@0a1b@inbound.postmarkapp.com",
            "0a1b@inbound.postmarkapp.com",
            {"webhook_secret": "watchbill:0123456789abcdef"},
        ),
        ("", "", {}),
    ],
)
def test_who_takes_the_answers_to_mails_and_where(root, value, at, options):
    found = given(root, EMAIL_REPLIES=value).mail_replies
    assert (found.provider, found.at, found.options) == (value.partition(":")[0], at, options)
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    ("variables", "at", "domain"),
    [
        ({}, "127.0.0.1:2525", "localhost"),
        ({"MAIL_LISTEN": "off"}, "", "localhost"),
        ({"MAIL_LISTEN": "[::1]:25"}, "[::1]:25", "localhost"),
        (
            {"MAIL_LISTEN": "mail:2525", "PUBLIC_URL": "https://pager.example:8443"},
            "mail:2525",
            "pager.example",
        ),
        ({"PUBLIC_URL": "http://192.0.2.7"}, "127.0.0.1:2525", "[192.0.2.7]"),
        ({"MAIL_DOMAIN": "Alerts.Acme.example"}, "127.0.0.1:2525", "alerts.acme.example"),
    ],
)
def test_where_mail_is_taken_and_what_stands_behind_the_at(root, variables, at, domain):
    found = given(root, **variables).mail_intake
    assert (found.at, found.domain, found.is_chosen) == (
        at,
        domain,
        variables.get("MAIL_LISTEN", "off") != "off",
    )

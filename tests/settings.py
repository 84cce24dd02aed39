"""Settings of the tests: PostgreSQL where it answers, else SQLite in a file.

TEST_DB=auto|postgres|sqlite chooses; tests.servers says which servers there are. The choice stands here,
because pytest-django reads settings before any conftest.
"""

import os
import tempfile
from pathlib import Path

from tests import servers

# One folder for a run and its xdist workers; tests.summary_plugin removes it.
if "TEST_VAR_DIR" not in os.environ:
    os.environ["TEST_VAR_DIR"] = tempfile.mkdtemp(prefix="watchbill-test-")
VAR = Path(os.environ["TEST_VAR_DIR"])
HAS_POSTGRES = servers.postgres_answers()
HAS_REDIS = servers.redis_answers()
TEST_DB = os.environ.get("TEST_DB", "auto")
if TEST_DB not in {"auto", "postgres", "sqlite"}:
    raise SystemExit(f"TEST_DB is “{TEST_DB}”; write auto, postgres or sqlite.")
if TEST_DB == "postgres" and not HAS_POSTGRES:
    raise SystemExit("TEST_DB=postgres, but no PostgreSQL answers; set TEST_DATABASE_URL.")
ON_POSTGRES = TEST_DB == "postgres" or (TEST_DB == "auto" and HAS_POSTGRES)

# Whatever the caller's own installation is set to, the tests run on nothing of it.
for name in [name for name in os.environ if name.startswith(("TWILIO_", "TELNYX_"))] + [
    "SMS_PROVIDERS",
    "REDIS_URL",
    "EMAIL_URL",
    "EMAIL_REPLIES",
    "MAIL_DOMAIN",
    "MAIL_CERTIFICATE",
    "MAIL_CERTIFICATE_KEY",
    "DEFAULT_FROM_EMAIL",
    "ALLOWED_HOSTS",
    "FALLBACK_CONTACT",
    "PUBLIC_URL",
    "HEARTBEAT_URL",
    "CALENDAR_PRIVATE_HOSTS",
    "WEBHOOK_PRIVATE_HOSTS",
    "WEB_CONCURRENCY",
    "PROMETHEUS_MULTIPROC_DIR",
    "EVENTS_PER_MINUTE",
    "DEBUG",
    "DEMO",
    "HOST",
    "PORT",
]:
    os.environ.pop(name, None)
os.environ["DATABASE_URL"] = servers.POSTGRES_URL if ON_POSTGRES else f"sqlite:///{VAR}/tests.sqlite3"
os.environ["VAR_DIR"] = str(VAR)
os.environ["MAIL_LISTEN"] = "off"
os.environ["SECRET_KEY"] = "tests-only-0123456789abcdefghijklmnopqrstuvwxyz-0123456789"

from watchbill.settings import *  # noqa: E402, F403
from watchbill.settings import DATABASES  # noqa: E402

worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
if ON_POSTGRES:
    DATABASES["default"]["OPTIONS"].pop("pool", None)
    # Nothing here has to outlive a power cut.
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
    DATABASES["default"]["TEST"] = {"NAME": servers.database_name(worker)}
else:
    # A file, not memory: threads of one test share it as processes would.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / f"test_{worker}.sqlite3")}
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
    DATABASES["default"]["OPTIONS"]["timeout"] = 120  # who waits for the lock waits longer on a busy machine
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
WHITENOISE_AUTOREFRESH = True  # else every new client of a test looks through all static files first

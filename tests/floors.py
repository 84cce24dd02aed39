"""The least that could be done with an event, bare and as a view of Django: what our intake is held against.

Served by gunicorn as `tests.floors:floor` and `tests.floors:plain()`, on the database of DATABASE_URL.
"""

import os
import threading
from collections.abc import Callable
from typing import Any

import django
import environ
import orjson
import psycopg
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import JsonResponse
from django.urls import path

DATABASE = os.environ.get("DATABASE_URL", "")
UPSERT = """
INSERT INTO bench_alert (dedup_key, summary, severity, payload, first_event_at, last_event_at, event_count)
VALUES (%s, %s, %s, %s, now(), now(), 1)
ON CONFLICT (dedup_key) DO UPDATE SET event_count = bench_alert.event_count + 1,
    last_event_at = excluded.last_event_at, payload = excluded.payload
"""
TABLE = """
CREATE TABLE bench_alert (id bigserial PRIMARY KEY, dedup_key varchar(255) UNIQUE NOT NULL,
    summary varchar(1024) NOT NULL, severity varchar(16) NOT NULL, payload jsonb NOT NULL,
    first_event_at timestamptz NOT NULL, last_event_at timestamptz NOT NULL, event_count int NOT NULL)
"""
_own = threading.local()


def floor(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
    """The least: read, parse, write one row, answer."""
    sent = orjson.loads(environ["wsgi.input"].read())
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(DATABASE, autocommit=True)
    _own.connection.execute(UPSERT, _row(sent))
    body = orjson.dumps({"status": "success", "dedup_key": sent["dedup_key"]})
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("202 Accepted", headers)
    return [body]


def _row(sent: dict[str, Any]) -> list[str]:
    payload = sent["payload"]
    return [sent["dedup_key"], payload["summary"], payload["severity"], orjson.dumps(sent).decode()]


def plain() -> Any:
    """The same as a view of Django that has nothing around it."""
    settings.configure(
        DATABASES={"default": environ.Env.db_url_config(DATABASE) | {"CONN_MAX_AGE": None}},
        ROOT_URLCONF="tests.floors", MIDDLEWARE=[], ALLOWED_HOSTS=["*"], USE_TZ=True,
        SECRET_KEY="the-bench-alone-0123456789abcdefghijklmnop",
    )  # fmt: skip
    django.setup(set_prefix=False)
    return get_wsgi_application()


def enqueue(request: Any) -> Any:
    sent = orjson.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, _row(sent))
    answer = JsonResponse({"status": "success", "dedup_key": sent["dedup_key"]}, status=202)
    answer["Content-Length"] = str(len(answer.content))
    return answer


urlpatterns = [path("v2/enqueue", enqueue)]

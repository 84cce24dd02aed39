"""Django's settings. What an operator may change is in `watchbill.environment`; the rest stands here."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

from watchbill.environment import read
from watchbill.values import VariableError

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    ENV = read(os.environ, root=BASE_DIR)
except VariableError as fault:
    raise SystemExit(f"Watchbill cannot start: {fault}") from None

# Each process counts in files of a folder of its own; /metrics adds up those of all (watchbill.web.metrics).
METRICS_DIR = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
if METRICS_DIR:
    Path(METRICS_DIR).mkdir(parents=True, exist_ok=True)

SECRET_KEY = ENV.secret_key
DEBUG = ENV.debug
ALLOWED_HOSTS = ENV.allowed_hosts
PUBLIC_URL = ENV.public_url
CSRF_TRUSTED_ORIGINS = [ENV.public_url]
VAR_DIR = ENV.var

INSTALLED_APPS = [
    "watchbill",
    "watchbill.web",
    "watchbill.provisioning",
    "watchbill.watch",
    "watchbill.reports",
    "escalation",
    "oncall",
    "oncall.compensation",
    "paging",
    "people",
    "people.ledger",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "watchbill.web.middleware.BodilessHead",
    "watchbill.web.middleware.UnavailableDatabase",
    "watchbill.web.straight.StraightToIntake",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "watchbill.urls"
WSGI_APPLICATION = "watchbill.wsgi.application"
APPEND_SLASH = False  # no redirect on any intake route: most senders drop the body on one

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "watchbill.web.waiting.swaps_waiting",
            ]
        },
    }
]

DATABASES = {"default": ENV.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "people.permissions.ManagerBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["watchbill.formats"]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # nothing to collect before the first start

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.public_url.startswith("https:")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SESSION_COOKIE_SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
FILE_UPLOAD_HANDLERS: list[str] = []  # nothing here takes a file, so none is ever written to a disk
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Mail: what EMAIL_URL names, an SMTP server or a provider's API or both; otherwise dispatch uses the outbox.
EMAIL_BACKEND = "paging.channels.smtp.Backend"
EMAIL_HOST = ENV.mailing.server.get("EMAIL_HOST", "localhost")
EMAIL_PORT = ENV.mailing.server.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = ENV.mailing.server.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = ENV.mailing.server.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = ENV.mailing.server.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = ENV.mailing.server.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 8
MAIL_API = ENV.mailing.api
MAIL_REPLIES: dict[str, Any] = asdict(ENV.mail_replies)
MAIL_INTAKE = ENV.mail_intake
DEFAULT_FROM_EMAIL = ENV.default_from_email

# Which channels carry which kind of contact method: when the first provider fails, the next one is asked at
# once. Without a provider, messages go to the outbox.
OUTBOX = "paging.channels.outbox.OutboxChannel"
SMS_CHANNELS = {"twilio": "paging.channels.sms.SmsChannel", "telnyx": "paging.channels.telnyx.TelnyxChannel"}
PAGING_CHANNELS: dict[str, tuple[str, ...]] = {
    "email": tuple(ENV.mailing.channels) or (OUTBOX,),
    "sms": tuple(SMS_CHANNELS[name] for name in ENV.sms_providers) or (OUTBOX,),
    "voice": ("paging.channels.voice.VoiceChannel" if ENV.voice_configured else OUTBOX,),
    "chat": ("paging.channels.chat.ChatChannel",),
    "webhook": ("paging.channels.webhook.WebhookChannel",),
    "hook": ("paging.channels.hook.HookChannel",),
}
TWILIO: dict[str, str] = {
    "account_sid": ENV.twilio_account_sid,
    "auth_token": ENV.twilio_auth_token,
    "from_number": ENV.twilio_from_number,
    "messaging_service_sid": ENV.twilio_messaging_service_sid,
    "api_base_url": ENV.twilio_api_base_url,
}
TELNYX: dict[str, str] = asdict(ENV.telnyx)
FALLBACK_CONTACT = ENV.fallback_contact
PRICES = ENV.prices
SPENDING_CAP = ENV.spending_cap
HEARTBEAT_URL = ENV.heartbeat_url
EVENTS_PER_MINUTE = ENV.events_per_minute
CALENDAR_PRIVATE_HOSTS = ENV.calendar_private_hosts
WEBHOOK_PRIVATE_HOSTS = ENV.webhook_private_hosts

# Celery carries hints only; the truth is in rows (docs/adr/0001). Nothing waits long for a broker.
EMBEDDED = not ENV.redis_url
CELERY_BROKER_URL = ENV.redis_url or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"polling_interval": 0.02}
    if EMBEDDED
    else {"socket_timeout": 5, "socket_connect_timeout": 1, "max_retries": 0, "visibility_timeout": 60}
)
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives any outage of the broker
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # the outbox's lines belong on standard output
CELERY_BEAT_SCHEDULER = "watchbill.processes.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_TIMEZONE = "UTC"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "people.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["people.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "PAGE_SIZE": 100,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Watchbill",
    "VERSION": "1",
    "DESCRIPTION": (
        "On-call, escalation and paging. `Authorization: Bearer <token>`; `manage.py token USER` makes one."
    ),
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "IncidentStatus": "escalation.models.Incident.Status",
        "AlertStatus": "escalation.models.Alert.Status",
        "ContactMethodKind": "paging.models.ContactMethod.Kind",
        "MessageState": "paging.models.Notification.State",
        "KindEnum": "oncall.models.Override.Kind",
        "StateEnum": "oncall.models.Swap.State",
        "StatementState": "oncall.compensation.models.Statement.State",
        "CorrectionState": "oncall.compensation.models.Correction.State",
        "DisputeState": "oncall.compensation.models.Dispute.State",
        "DisputeEnd": "oncall.compensation.api.disputes.ENDS",
        "AlertRuleKind": "escalation.models.AlertRule.Kind",
        "SeverityEnum": "escalation.actions.rules.SEVERITIES",
        "LoadVerdict": ["green", "amber", "red"],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

UNFOLD = {
    "SITE_TITLE": "Watchbill",
    "SITE_HEADER": "Watchbill",
    "SITE_SYMBOL": "notifications_active",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("web/bell.svg")},
    ],
    "SHOW_HISTORY": False,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.6)",
            "100": "oklch(93.2% .032 255.6)",
            "200": "oklch(88.2% .059 254.1)",
            "300": "oklch(80.9% .105 251.8)",
            "400": "oklch(70.7% .165 254.6)",
            "500": "oklch(62.3% .18 259.8)",
            "600": "oklch(53% .19 262)",
            "700": "oklch(47% .19 263)",
            "800": "oklch(42.4% .17 265)",
            "900": "oklch(37.9% .13 265.5)",
            "950": "oklch(28.2% .08 267.9)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": title,
                "items": [
                    {"title": name, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}
                    for name, icon, model in items
                ],
            }
            for title, items in {
                "Respond": [
                    ("Incidents", "crisis_alert", "escalation_incident"),
                    ("Calls", "call", "escalation_hotcall"),
                    ("Heartbeats", "ecg_heart", "escalation_heartbeat"),
                    ("Notifications", "notifications", "paging_notification"),
                    ("Outbox", "outbox", "paging_attempt"),
                    ("Replies", "reply", "paging_inbound"),
                    ("Events of webhooks", "send_time_extension", "escalation_hookdelivery"),
                    ("Troubles", "monitor_heart", "watch_trouble"),
                ],
                "On call": [
                    ("Schedules", "calendar_month", "oncall_schedule"),
                    ("Swaps", "swap_horiz", "oncall_swap"),
                    ("Time off", "beach_access", "oncall_timeoff"),
                    ("Calendar addresses", "event_available", "oncall_feed"),
                    ("Calendars of time off", "event_busy", "oncall_awaycalendar"),
                ],
                "Pay": [
                    ("Statements", "receipt_long", "compensation_statement"),
                    ("Adjustments", "price_change", "compensation_adjustment"),
                    ("Disputes", "forum", "compensation_dispute"),
                    ("Call-outs put right", "phone_in_talk", "compensation_correction"),
                    ("Time in lieu", "hotel", "compensation_lieuuse"),
                    ("Pay plans", "payments", "compensation_payplan"),
                    ("Company days", "event", "compensation_companyday"),
                    ("Pay budgets", "savings", "compensation_paybudget"),
                ],
                "Pager load": [
                    ("Reports", "summarize", "reports_storedreport"),
                    ("Thresholds", "speed", "reports_terms"),
                    ("When and to whom", "schedule_send", "reports_mailing"),
                    ("Follow-ups", "task_alt", "reports_followup"),
                    ("Mails of reports", "outgoing_mail", "reports_delivery"),
                ],
                "What pages whom": [
                    ("Services", "dns", "escalation_service"),
                    ("Escalation policies", "stairs", "escalation_escalationpolicy"),
                    ("Webhooks", "webhook", "escalation_webhook"),
                    ("Maintenance", "construction", "escalation_maintenancewindow"),
                    ("Routing rules", "alt_route", "escalation_routingrule"),
                    ("Suppress rules and trials", "notifications_paused", "escalation_alertrule"),
                ],
                "People": [
                    ("People", "person", "people_user"),
                    ("Teams", "groups", "people_team"),
                    ("Ledger", "history_edu", "ledger_entry"),
                ],
            }.items()
        ],
    },
}

LOGGING_CONFIG = "watchbill.logs.configure"
LOGGING = {"level": "INFO"}

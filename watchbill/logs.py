"""Logs: a line a person can read on a terminal, a JSON line anywhere else."""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict

SECRET_IN_ADDRESS = re.compile(
    r"(/integrations/generic/\d+/alert/)[^\s\"'?#]+"  # Splunk On-Call's: either of its parts may be the key
    r"|(/integrations/[^/\s]+/|/heartbeats/|/ical/|/p/)[^\s\"'/?#]+"
)


def without_secrets(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Keys, calendar tokens and signed links stand in addresses, and an address is soon logged."""
    return {
        key: SECRET_IN_ADDRESS.sub(r"\1\2…", value) if isinstance(value, str) else value
        for key, value in event.items()
    }


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    without_secrets,
]
NOISY = (
    "celery.beat",
    "celery.worker.strategy",
    "celery.app.trace",
    "celery.worker.consumer",
    "fontTools",
    "kombu",
    "mail.log",  # aiosmtpd's: each command, and with it each address, which is a secret
    "twilio",
    "urllib3",
)


def configure(options: dict[str, str]) -> None:
    """Django's LOGGING_CONFIG: everything of at least `options["level"]` goes to standard error."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering()],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(options["level"])
    logging.getLogger("django").handlers.clear()
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _rendering() -> list[Any]:
    """Tracebacks without the values of variables, which may be secrets."""
    if sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]

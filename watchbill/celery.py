"""What ticks. A message here is only a hint about rows that the next tick would find anyway."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.settings")

app = Celery("watchbill")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["watchbill"])

app.conf.beat_schedule = {
    # Decide and send what is due. Every worker also does this by itself (watchbill.ticking.ticker).
    "tick": {"task": "watchbill.tick", "schedule": 1.0, "options": {"expires": 2}},
    "housekeeping": {"task": "watchbill.housekeeping", "schedule": crontab(hour=4, minute=17)},
    "load_reports": {"task": "watchbill.load_reports", "schedule": 60.0, "options": {"expires": 60}},
}

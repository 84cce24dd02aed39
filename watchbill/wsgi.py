"""What a web server runs."""

import os

import django
from django.urls import get_resolver

from watchbill.web.straight import Application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.settings")
django.setup(set_prefix=False)

application = Application()
loaded = get_resolver().url_patterns  # every view, so that the first alert waits for no import

"""What a web server runs."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.settings")

application = get_wsgi_application()
loaded = get_resolver().url_patterns  # every view, so that the first alert waits for no import

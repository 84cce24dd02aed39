"""Where alert sources post. With and without a trailing slash: a redirect would drop the body.

They are tried one after the other, so the two that most events come by stand first.
"""

from django.urls import re_path

from escalation.api import intake, opsgenie

urlpatterns = [
    re_path(r"^v2/enqueue/?$", intake.enqueue),
    re_path(r"^integrations/(?P<source>[a-z-]+)/(?P<key>[^/]+)/?$", intake.integration),
    re_path(r"^v2/change/enqueue/?$", intake.enqueue_change),
    re_path(r"^generic/2010-04-15/create_event\.json/?$", intake.create_event),
    re_path(r"^v2/alerts/?$", opsgenie.alerts),
    re_path(r"^v2/alerts/requests/(?P<number>[^/]+)/?$", opsgenie.request_status),
    # An identifier is whatever the sender calls its alert, slashes and line ends and all.
    re_path(r"^v2/alerts/(?P<rest>(?s:.+))$", opsgenie.alert),
    re_path(r"^v2/heartbeats/(?P<name>(?s:.+))/ping/?$", opsgenie.ping),
    re_path(r"^heartbeats/(?P<key>[^/]+)/?$", intake.heartbeat),
    re_path(
        r"^integrations/generic/20131114/alert/(?P<api_key>[^/]+)/(?P<key>[^/]+)/?$",
        intake.victorops,
    ),
    re_path(r"^integrations/(?P<source>[a-z-]+)/?$", intake.integration_by_header),
]

"""Mappings to start from, for senders without a source of their own here whose shape does not change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, eq=False)
class Preset:
    """`where` says what to switch on at the sender. `mapping` is as `mapping.tidied` leaves one."""

    name: str
    title: str
    where: str
    mapping: Mapping[str, Any]


GITHUB = Preset(
    name="github",
    title="GitHub: workflow runs",
    where="Settings, Webhooks, content type application/json, event “Workflow runs”; as “Secret” the key's "
    "signing secret",
    mapping={
        "ignore_when": "action != 'completed' || contains(['cancelled', 'skipped', 'neutral', 'stale'], "
        "workflow_run.conclusion || 'skipped')",
        "action": "workflow_run.conclusion",
        "dedup_key": "join('/', ['github', repository.full_name, workflow_run.name, "
        "workflow_run.head_branch])",
        "summary": "join(' ', [workflow_run.name, 'failed on', workflow_run.head_branch, 'of', "
        "repository.full_name])",
        "severity": "'error'",
        "source": "repository.full_name",
        "labels": "{repository: repository.full_name, workflow: workflow_run.name, branch: "
        "workflow_run.head_branch, conclusion: workflow_run.conclusion}",
        "links": "{run: workflow_run.html_url}",
        "began_at": "workflow_run.run_started_at",
        "resolve_when": ["success"],
    },
)
GITLAB = Preset(
    name="gitlab",
    title="GitLab: pipelines",
    where="Settings, Webhooks, trigger “Pipeline events”",
    mapping={
        "ignore_when": "object_kind != 'pipeline' || "
        "!contains(['failed', 'success'], object_attributes.status)",
        "action": "object_attributes.status",
        "dedup_key": "join('/', ['gitlab', project.path_with_namespace, object_attributes.ref])",
        "summary": "join(' ', ['Pipeline failed on', object_attributes.ref, 'of', "
        "project.path_with_namespace])",
        "severity": "'error'",
        "source": "project.path_with_namespace",
        "labels": "{project: project.path_with_namespace, ref: object_attributes.ref, by: user.username}",
        "links": "{pipeline: object_attributes.url, commit: commit.url}",
        "began_at": "object_attributes.created_at",
        "resolve_when": ["success"],
    },
)
EVENTBRIDGE = Preset(
    name="eventbridge",
    title="AWS EventBridge: CloudWatch alarms",
    where="a rule for “CloudWatch Alarm State Change” whose target is an API destination with this address",
    mapping={
        "action": "detail.state.value",
        "dedup_key": "not_null(resources[0], join('/', [region, detail.alarmName]))",
        "summary": "join(': ', [detail.alarmName, detail.state.reason][?@])",
        "source": "source",
        "labels": "{account: account, region: region, alarm: detail.alarmName, state: detail.state.value}",
        "began_at": "detail.state.timestamp || time",
        "resolve_when": ["OK"],
    },
)
AZURE = Preset(
    name="azure",
    title="Azure Monitor: common alert schema",
    where="an action group with a webhook, “Enable the common alert schema” on",
    mapping={
        "action": "data.essentials.monitorCondition",
        "dedup_key": "data.essentials.alertId",
        "summary": "join(': ', [data.essentials.alertRule, data.essentials.description][?@])",
        "severity": "data.essentials.severity | (@ == 'Sev0' && 'critical' || @ == 'Sev1' && 'error' || "
        "@ == 'Sev2' && 'warning' || @ == 'Sev3' && 'info' || @ == 'Sev4' && 'info' || @)",
        "source": "data.essentials.configurationItems[0]",
        "labels": "{rule: data.essentials.alertRule, target: data.essentials.configurationItems[0], service: "
        "data.essentials.monitoringService, signal: data.essentials.signalType}",
        "links": "{alert: data.essentials.investigationLink}",
        "began_at": "data.essentials.firedDateTime",
        "resolve_when": ["Resolved"],
    },
)
GOOGLE = Preset(
    name="google",
    title="Google Cloud Monitoring",
    where="Alerting, Edit notification channels, Webhooks, with this address",
    mapping={
        "action": "incident.state",
        "dedup_key": "incident.incident_id",
        "summary": "join(': ', [incident.policy_name, incident.summary][?@])",
        "severity": "incident.severity",
        "source": "incident.resource_name",
        "labels": "merge(incident.resource.labels || `{}`, {policy: incident.policy_name, condition: "
        "incident.condition_name, type: incident.resource.type})",
        "links": "{incident: incident.url}",
        "began_at": "incident.started_at",
        "resolve_when": ["closed"],
    },
)
PRESETS = (GITHUB, GITLAB, EVENTBRIDGE, AZURE, GOOGLE)

"""A webhook: its name, its address, a secret of one's own where one is wanted, and what it follows."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from escalation.actions.following import FollowSpec, spec_of
from escalation.actions.webhooks import pointed
from escalation.core.following import EVENTS
from escalation.models import Follower, Service, Webhook
from people.forms import RowForm
from people.models import Team, User
from people.permissions import managed_team_ids


class WebhookForm(RowForm):
    """`user` fills it in: a superuser may let it follow all incidents, a manager those of their teams."""

    user: User

    url = forms.CharField(
        max_length=1000,
        label="Address",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://hooks.acme.example/watchbill"}),
        help_text="Events are posted there as JSON (docs/webhooks-out.md). Encrypted, and outside of the "
        "network unless the operator allows the host in WEBHOOK_PRIVATE_HOSTS.",
    )
    own_secret = forms.CharField(
        required=False,
        max_length=94,
        label="Another secret",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="16 to 64 letters, digits and signs, or whsec_ and base64. Empty: it stays, or one is made "
        "for a new webhook. For 24 hours after a change the former one signs, too.",
    )
    follow_all = forms.BooleanField(
        required=False,
        label="All incidents",
        widget=UnfoldBooleanSwitchWidget,
        help_text="Only superusers may let a webhook follow all.",
    )
    follow_teams = forms.ModelMultipleChoiceField(
        queryset=Team.objects.none(),
        required=False,
        label="Of the services of these teams",
        widget=UnfoldAdminSelect2MultipleWidget,
    )
    follow_services = forms.ModelMultipleChoiceField(
        queryset=Service.objects.none(),
        required=False,
        label="Of these services",
        widget=UnfoldAdminSelect2MultipleWidget,
    )
    follow_events = forms.MultipleChoiceField(
        choices=[(event, event) for event in EVENTS],
        required=False,
        label="These events",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None ticked: all of them. docs/webhooks-out.md says what each means.",
    )

    class Meta:
        model = Webhook
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = pointed(self.instance) if self.instance.pk else None
        if there is not None:
            self.initial["url"] = there.address
        spec = spec_of(Follower.objects.filter(pk=self.instance.pk).first() if self.instance.pk else None)
        self.initial["follow_all"], self.initial["follow_events"] = spec.everything, spec.events
        self.initial["follow_teams"], self.initial["follow_services"] = spec.teams, spec.services
        if "follow_all" in self.fields:
            self._offer()

    def _offer(self) -> None:
        teams, services = Team.objects.order_by("name"), Service.objects.filter(retired_at=None)
        if not self.user.is_superuser:
            self.fields["follow_all"].disabled = True
            managed = managed_team_ids(self.user)
            teams = teams.filter(pk__in=managed)
            services = services.filter(team__in=managed) | services.filter(team=None)
        self.fields["follow_teams"].queryset = teams  # type: ignore[attr-defined]  # a choice of rows
        self.fields["follow_services"].queryset = services.order_by("name")  # type: ignore[attr-defined]  # too

    def clean(self) -> Any:
        said = super().clean() or self.cleaned_data
        some = said.get("follow_teams") or said.get("follow_services")
        if said.get("follow_all") and some:
            self.add_error(
                "follow_all", "It follows all, so name no teams and services; or do not follow all."
            )
        return said

    def spec(self) -> FollowSpec:
        said = self.cleaned_data
        return FollowSpec(
            everything=said["follow_all"],
            teams=list(said["follow_teams"]),
            services=list(said["follow_services"]),
            events=said["follow_events"],
        )

"""A form with a button that says what the rule on it would have made of the last days. Nothing is written."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest

from escalation.core.matching import faults_of
from escalation.selectors.tryout import TryOut

TRY = "_try"


class Tried:
    """For an admin whose rows are rules. The page comes back with the answer on it; with script the answer is
    asked for while the form is being written. `tried_fields` are those that say what a rule means: a fault in
    another one, or nothing in it, is no hindrance.
    """

    tried_fields: ClassVar[Sequence[str]]
    change_form_after_template = "escalation/tryout.html"

    class Media:
        js = ("escalation/tryout.js",)

    def try_out(self, request: HttpRequest, form: Any) -> TryOut | None:
        """What the rule on a form without faults would have done; None where that cannot be said."""
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]  # the admin's
        return _never_saved(form, self.tried_fields) if is_tried(request) else form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        form = context["adminform"].form
        context["may_try"] = bool(form.fields)
        if is_tried(request):
            context["tried"] = True
            context["tryout"] = self._answer(request, form)
            context["faults"] = list(self._faults(form))
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]  # the admin's

    def _answer(self, request: HttpRequest, form: Any) -> TryOut | None:
        return None if any(self._faults(form)) else self.try_out(request, form)

    def _faults(self, form: Any) -> Iterator[str]:
        return (fault for name in self.tried_fields for fault in form.errors.get(name, ()))


def is_tried(request: HttpRequest) -> bool:
    return request.method == "POST" and TRY in request.POST


def _never_saved(form: type[Any], needed: Sequence[str]) -> type[Any]:
    class Trial(form):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            for name in self.fields.keys() - set(needed):
                self.fields[name].required = False

        def is_valid(self) -> bool:
            super().is_valid()
            return False

        def clean(self) -> Any:
            found = super().clean()
            labels = self.cleaned_data.get("labels")
            for fault in [] if labels is None else faults_of(labels):
                self.add_error("labels", fault)
            return found

    return Trial

"""What people are told of their pay. Never an amount: a notice lies in the clear on a phone, in a mailbox and
in the list of what was sent, where others may read over a shoulder.
"""

from collections.abc import Iterable
from datetime import datetime

from oncall.compensation.actions.checks import PAY
from oncall.compensation.core.months import in_words
from oncall.compensation.models import Dispute
from oncall.compensation.selectors import approvers_of
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from people.models import User

SENTENCES = {
    Dispute.State.ACCEPTED: "{by} agrees with you about a line of {month}",
    Dispute.State.DECLINED: "{by} does not agree with you about a line of {month}",
    Dispute.State.WITHDRAWN: "{by} no longer disputes a line of {month}",
}


def opened(dispute: Dispute, *, now: datetime) -> None:
    """Those who may answer are asked."""
    statement = dispute.statement
    title = f"{statement.user} disputes a line of {in_words(statement.month)}"
    lines = ("Their statement is not locked before it is answered.",)
    if statement.state == "locked":
        lines = ("Their statement is locked: what is wrong is made good by an adjustment.",)
    people = approvers_of(statement.user, month=statement.month)
    _tell(dispute, people, title, run="opened", lines=lines, label="Answer", now=now)


def answered(dispute: Dispute, *, by: User, number: int, now: datetime) -> None:
    """The other side hears that there is something to read."""
    title = f"{by} wrote about the disputed line of {in_words(dispute.statement.month)}"
    _tell(dispute, _other_side(dispute, by), title, run=f"message:{number}", label="Read it", now=now)


def closed(dispute: Dispute, *, by: User, now: datetime) -> None:
    words = SENTENCES[Dispute.State(dispute.state)]
    title = words.format(by=by, month=in_words(dispute.statement.month))
    _tell(dispute, _other_side(dispute, by), title, run=dispute.state, label="Read it", now=now)


def _other_side(dispute: Dispute, by: User) -> list[User]:
    statement = dispute.statement
    if by.pk != statement.user_id:
        return [statement.user]
    return approvers_of(statement.user, month=statement.month)


def _tell(  # noqa: PLR0913 - the words of one notice
    dispute: Dispute,
    people: Iterable[User],
    title: str,
    *,
    run: str,
    lines: tuple[str, ...] = (),
    label: str,
    now: datetime,
) -> None:
    """By night at its end: nobody is woken for money."""
    notice = Notice(title=title, lines=lines, path=f"/pay/disputes/{dispute.pk}", label=label)
    cause, run = f"{PAY}:{dispute.statement.user_id}", f"dispute:{dispute.pk}:{run}"
    tell(
        requests=[
            NoticeRequest(user_id=user.pk, cause=cause, run=run, notice=notice, quiet=True) for user in people
        ],
        now=now,
    )

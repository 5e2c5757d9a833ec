"""The way of a piece of content to publication: which action leads from which state to which."""

from enum import StrEnum
from typing import Final


class ContentStatus(StrEnum):
    GENERATING = "generating"
    PENDING_APPROVAL_AGENT = "pending_approval_agent"
    APPROVED = "approved"
    POSTED = "posted"
    REJECTED = "rejected"
    REVISIONS_REQUESTED = "revisions_requested"
    SENT_TO_MARKETING = "sent_to_marketing"
    MARKETING_RESPONDED = "marketing_responded"


class Action(StrEnum):
    APPROVE_AND_POST = "approve_and_post"
    REJECT_DISCARD = "reject_discard"
    REQUEST_REVISIONS = "request_revisions"
    SEND_TO_MARKETING = "send_to_marketing"
    RECORD_MARKETING_RESPONSE = "record_marketing_response"


S, A = ContentStatus, Action

TRANSITIONS: Final[dict[tuple[ContentStatus, Action], ContentStatus]] = {
    (S.PENDING_APPROVAL_AGENT, A.APPROVE_AND_POST): S.APPROVED,
    (S.PENDING_APPROVAL_AGENT, A.REJECT_DISCARD): S.REJECTED,
    (S.PENDING_APPROVAL_AGENT, A.REQUEST_REVISIONS): S.REVISIONS_REQUESTED,
    (S.PENDING_APPROVAL_AGENT, A.SEND_TO_MARKETING): S.SENT_TO_MARKETING,
    (S.SENT_TO_MARKETING, A.RECORD_MARKETING_RESPONSE): S.MARKETING_RESPONDED,
}
"""What people do."""

FOLLOWED_BY: Final[dict[ContentStatus, ContentStatus]] = {
    S.APPROVED: S.POSTED,
    S.REVISIONS_REQUESTED: S.GENERATING,
    S.MARKETING_RESPONDED: S.PENDING_APPROVAL_AGENT,
}
"""What happens in the background once a state is reached. A draft that arrives ends GENERATING."""

APPROVED: Final = frozenset({S.APPROVED, S.POSTED})
"""Where what is approved is."""

NEEDS_FEEDBACK: Final = {A.REQUEST_REVISIONS, A.RECORD_MARKETING_RESPONSE}


def available_actions(status: ContentStatus) -> list[Action]:
    return [action for state, action in TRANSITIONS if state is status]

"""Events as the content service posts them."""

import uuid
from typing import Any

MOMENT = "2025-11-14T16:20:00.000000Z"


def content_changed(owner: str, title: str, **members: Any) -> dict[str, Any]:
    """An event that says that a piece of content of somebody's was changed. `members` are of the content."""
    content = {
        "id": "cnt_1",
        "owner_id": owner,
        "content_type": "email",
        "title": title,
        "text": "Text.",
        "hashtags": [],
        "status": "posted",
        "revision": 1,
        "available_actions": [],
        "created_at": MOMENT,
        "updated_at": MOMENT,
        **members,
    }
    return {
        "specversion": "1.0",
        "id": uuid.uuid4().hex,
        "source": "/content",
        "type": "content.changed",
        "subject": content["id"],
        "owner": owner,
        "time": MOMENT,
        "datacontenttype": "application/json",
        "data": {"content": content},
    }

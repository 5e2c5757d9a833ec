"""The edges of sessions, files and chats, with the calls they take."""

from collections.abc import Callable
from typing import Any, TypeAlias

Case: TypeAlias = tuple[str, Callable[[Any], list[str]]]

PAGE = "limit={}&offset=0&order=-created_at"
SESSIONS = f"GET /sessions/sessions?{PAGE}"
ACTIVE = "GET /sessions/sessions/active"

CASES: dict[str, Case] = {
    "Query.sessions": (
        '{ sessions(first: 3, filter: {search: "Spring"}) { nodes { id } } }',
        lambda data: [f"{SESSIONS.format(3)}&search=Spring"],
    ),
    "Query.session": (
        '{ a: session(id: "ses_1") { title } b: session(id: "ses_2") { title } }',
        lambda data: ["GET /sessions/sessions?ids=ses_1,ses_2"],
    ),
    "Viewer.sessions": (
        "{ viewer { sessions(first: 2) { nodes { title } } } }",
        lambda data: [SESSIONS.format(2)],
    ),
    "Query.activeSession": (
        "{ activeSession { title } again: activeSession { isActive } }",
        lambda data: [ACTIVE],
    ),
    "Viewer.activeSession": (
        "{ viewer { activeSession { title } } }",
        lambda data: [ACTIVE],
    ),
}

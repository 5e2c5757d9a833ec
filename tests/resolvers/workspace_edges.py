"""The edges of sessions, files and chats, with the calls they take."""

from collections.abc import Callable
from typing import Any, TypeAlias

from backends.sample.workspace import RESEARCH

Case: TypeAlias = tuple[str, Callable[[Any], list[str]]]

PAGE = "limit={}&offset=0&order=-created_at"
SESSIONS = f"GET /sessions/sessions?{PAGE}"
FILES = f"GET /files/files?{PAGE}"
OLDEST = "limit={}&offset=0&order=created_at"
ACTIVE = "GET /sessions/sessions/active"


def ids(things: list[Any]) -> str:
    """The distinct database ids of some objects, in order, as one query value."""
    return ",".join(dict.fromkeys(thing["databaseId"] for thing in things))


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
    "Query.files": (
        '{ files(first: 3, filter: {contentType: "text/csv"}) { nodes { id } } }',
        lambda data: [f"{FILES.format(3)}&content_type=text/csv"],
    ),
    "Query.file": (
        '{ a: file(id: "fil_1") { fileName } b: file(id: "fil_2") { fileName } }',
        lambda data: ["GET /files/files?ids=fil_1,fil_2"],
    ),
    "Session.files": (
        '{ sessions(filter: {search: "e"}) { nodes { databaseId files(first: 2) { nodes { id } } } } }',
        lambda data: [
            f"GET /files/files?group_by=session_id&session_id={ids(data['sessions']['nodes'])}&{PAGE.format(2)}",
            f"{SESSIONS.format(20)}&search=e",
        ],
    ),
    "Session.activeFile": (
        "{ sessions { nodes { databaseId activeFile { fileName } } } }",
        lambda data: [
            f"GET /files/files?group_by=session_id&session_id={ids(data['sessions']['nodes'])}&limit=1&active=true",
            SESSIONS.format(20),
        ],
    ),
    "File.session": (
        "{ files(first: 5) { nodes { session { databaseId } } } }",
        lambda data: [
            FILES.format(5),
            f"GET /sessions/sessions?ids={ids([file['session'] for file in data['files']['nodes']])}",
        ],
    ),
    "Query.chatHistory": (
        '{ chatHistory(sessionId: "ses_1", fileId: "fil_1") { totalCount } }',
        lambda data: [f"GET /agents/chat/history?{OLDEST.format(20)}&session_id=ses_1&file_id=fil_1"],
    ),
    "Session.chatHistory": (
        "{ sessions { nodes { databaseId chatHistory(last: 3) { nodes { role } } } } }",
        lambda data: [
            f"GET /agents/chat/messages?group_by=session_id&session_id={ids(data['sessions']['nodes'])}"
            f"&{PAGE.format(3)}",
            SESSIONS.format(20),
        ],
    ),
    "File.chatHistory": (
        "{ files { nodes { databaseId chatHistory(first: 2) { nodes { role } } } } }",
        lambda data: [
            f"GET /agents/chat/messages?group_by=file_id&file_id={ids(data['files']['nodes'])}&{OLDEST.format(2)}",
            FILES.format(20),
        ],
    ),
    "ChatMessage.session": (
        f'{{ chatHistory(sessionId: "{RESEARCH}") {{ nodes {{ session {{ databaseId }} }} }} }}',
        lambda data: [
            f"GET /agents/chat/history?{OLDEST.format(20)}&session_id={RESEARCH}",
            f"GET /sessions/sessions?ids={RESEARCH}",
        ],
    ),
    "ChatMessage.file": (
        f'{{ chatHistory(sessionId: "{RESEARCH}") {{ nodes {{ file {{ databaseId }} }} }} }}',
        lambda data: [
            f"GET /agents/chat/history?{OLDEST.format(20)}&session_id={RESEARCH}",
            f"GET /files/files?ids={ids([message['file'] for message in data['chatHistory']['nodes']])}",
        ],
    ),
}

"""The files backend: what is uploaded to sessions."""

import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from typing import ClassVar, Final

from app.rest import CollectionClient, Query, Record, Service

ONE_ACTIVE: Final[Query] = (("limit", "1"), ("active", "true"))


class FileRecord(Record, frozen=True, kw_only=True):
    """`active` says whether it is the active file of its session."""

    id: str
    owner_id: str
    session_id: str
    file_name: str
    description: str | None = None
    content_type: str
    size_bytes: int
    storage_uri: str
    summary: str | None = None
    active: bool
    created_at: datetime
    updated_at: datetime


class FileClient(CollectionClient[FileRecord]):
    service: ClassVar[Service] = Service("files", port=8002)
    route: ClassVar[str] = "/files"
    record: ClassVar[type[FileRecord]] = FileRecord

    async def upload(self, name: str, description: str | None, content: AsyncIterator[bytes]) -> FileRecord:
        """Add a file to the active session, sent on as it comes.

        The problems NO_ACTIVE_SESSION, FILE_EXISTS, FILE_TOO_LARGE and INVALID_CONTENT_TYPE say why it is not taken.
        """
        boundary = secrets.token_hex(16)
        fields = {"file_name": name} | ({"description": description} if description else {})
        return await self.rest.upload(
            self.caller,
            "/files",
            FileRecord,
            form(fields, content, boundary),
            content_type=f"multipart/form-data; boundary={boundary}",
            idempotency_key=self.caller.write_key("POST", "/files", fields),
        )

    async def active_in(self, session_ids: list[str]) -> dict[str, FileRecord]:
        """The active file of each session that has one."""
        groups = await self.grouped("session_id", session_ids, ONE_ACTIVE)
        return {session_id: page.items[0] for session_id, page in groups.items() if page.items}

    async def activate(self, id: str) -> FileRecord:
        """Make a file the active one of its session."""
        return await self.write("POST", "/files/{id}/activate", FileRecord, params={"id": id})

    async def delete(self, id: str) -> FileRecord:
        """Take a file away for good; the problem FILE_ACTIVE for the active one of its session."""
        return await self.write("DELETE", "/files/{id}", FileRecord, params={"id": id})


async def form(fields: dict[str, str], content: AsyncIterator[bytes], boundary: str) -> AsyncIterator[bytes]:
    """A multipart/form-data body (RFC 7578) of fields and the one file, piece by piece."""
    head = f"--{boundary}\r\nContent-Disposition: form-data; name="
    for name, value in fields.items():
        yield f'{head}"{name}"\r\n\r\n{value}\r\n'.encode()
    yield f'{head}"file"; filename="file"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode()
    async for chunk in content:
        yield chunk
    yield f"\r\n--{boundary}--\r\n".encode()

"""Files: what is uploaded to a session, one of which is its active one."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, ConfigDict, Field

from app.errors import FileRefusedError
from app.graph import (
    ALL,
    ID,
    AnyId,
    BackendCall,
    ById,
    Found,
    Info,
    Key,
    Loader,
    Node,
    Order,
    Pages,
    PagesBy,
    Parent,
    Query,
    Subgraph,
    Upload,
    database_id,
    described,
    filter_query,
    order_text,
    value,
)
from clients.file import FileClient, FileRecord
from clients.session import SessionRecord
from resolvers.session import Session, SessionById

SUFFIXES = ("csv", "json", "txt", "md", "pdf", "png", "jpg", "jpeg")

file = Subgraph(
    "file",
    user_error_codes={
        "FILE_EXISTS": "The session has a file of this name already.",
        "FILE_ACTIVE": "The active file of a session cannot be deleted: activate another.",
        "FILE_TOO_LARGE": "The file is larger than files may be.",
        "INVALID_CONTENT_TYPE": "The file is of a kind that is not taken.",
    },
)


class FileById(ById[FileRecord]):
    collection = FileClient


class Files(Pages[FileRecord]):
    collection = FileClient


class FilesBySession(PagesBy[FileRecord]):
    collection = FileClient
    parent = "session_id"


class ActiveFileBySession(Loader[str, FileRecord | None]):
    """The active file of each session."""

    async def fetch(self, keys: list[str]) -> Found[str, FileRecord | None]:
        return await self.client(FileClient).active_in(keys)

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall(FileClient.service.name, "GET /files?group_by=session_id&session_id=", cls.max_batch)


@strawberry.enum(description="What files can be ordered by.")
class FileOrderField(Enum):
    CREATED_AT = value("created_at", "When the file was uploaded.")
    UPDATED_AT = value("updated_at", "When it was last changed, or activated.")
    FILE_NAME = value("file_name", "The name.")
    SIZE_BYTES = value("size_bytes", "The size.")


@file.type(FileRecord, by_id=FileById)
class File(Node):
    """Something that was uploaded to a session, for questions to be asked about it."""

    file_name: str = described("Its name; no two of a session are called the same.")
    description: str | None = described("What its owner says of it.")
    content_type: str = described("Its media type.")
    size_bytes: int = described("Its size, in bytes.")
    storage_uri: str = described("Where the backend keeps it; not an address to be opened.")
    summary: str | None = described("What it holds, found in its content.")
    created_at: datetime = described("When it was uploaded.")
    updated_at: datetime = described("When it was last changed.")


@file.field(File)
def is_active(file: Parent[FileRecord]) -> bool:
    """Whether it is the file of its session that questions are about."""
    return file.active


@strawberry.pydantic.input(description="Which files; conditions add up.")
class FileFilter(BaseModel):
    content_type: list[str] | None = Field(None, max_length=20, description="Of one of these media types.")
    search: str | None = Field(None, max_length=200, description="With this in the name or the description.")


FilterArgument = Annotated[FileFilter | None, strawberry.argument(description="Which files.")]
OrderArgument = Annotated[
    Order[FileOrderField] | None, strawberry.argument(description="In which order; newest first.")
]


def _key(parent: str, filter: FileFilter | None, order_by: Order[FileOrderField] | None) -> Key[str]:
    return Key(parent, {"filter": filter_query(filter), "order": order_text(order_by)})


@file.edge(Query, FileById, returns=File, must_exist=True, name="file")
def file_by_id(id: AnyId) -> str:
    """One of the caller's files."""
    return database_id(id, File)


@file.connection(Query, Files, returns=File)
def files(filter: FilterArgument = None, order_by: OrderArgument = None) -> Key[str]:
    """The caller's files, of all sessions; everybody's for an admin."""
    return _key(ALL, filter, order_by)


@file.connection(Session, FilesBySession, returns=File, name="files")
def files_of_session(
    session: Parent[SessionRecord], filter: FilterArgument = None, order_by: OrderArgument = None
) -> Key[str]:
    """What was uploaded to the session."""
    return _key(session.id, filter, order_by)


@file.edge(Session, ActiveFileBySession, returns=File)
def active_file(session: Parent[SessionRecord]) -> str:
    """The file that questions in this session are about; null when none is active."""
    return session.id


@file.edge(File, SessionById, returns=Session, name="session")
def session_of_file(file: Parent[FileRecord]) -> str:
    """The session it was uploaded to."""
    return file.session_id


@strawberry.pydantic.input(description="A file to upload.")
class UploadFileInput(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Upload = Field(description="The file, sent as the GraphQL multipart request specification has it.")
    file_name: str | None = Field(None, min_length=1, max_length=200, description="What to call it; its own name.")
    description: str | None = Field(None, max_length=2000, description="What to say of it.")


@strawberry.pydantic.input(description="The file to ask about.")
class ActivateFileInput(BaseModel):
    id: ID = Field(description="The file's id, of either kind.")


@strawberry.pydantic.input(description="The file to delete.")
class DeleteFileInput(BaseModel):
    id: ID = Field(description="The file's id, of either kind.")


@file.mutation(File)
async def upload_file(info: Info, input: UploadFileInput) -> FileRecord:
    """Add a file to the caller's active session: CSV, JSON, plain text, Markdown, PDF, PNG or JPEG."""
    given = await input.file.open()
    name = input.file_name or given.file_name
    if name.rpartition(".")[2].lower() not in SUFFIXES:
        message = f"Files are of one of these types: {', '.join(SUFFIXES)}."
        raise FileRefusedError(message, code="INVALID_CONTENT_TYPE", field=["fileName" if input.file_name else "file"])
    return await info.context.client(FileClient).upload(name, input.description, given.chunks)


@file.mutation(File)
async def activate_file(info: Info, input: ActivateFileInput) -> FileRecord:
    """Make a file the active one of its session; the one that was is so no longer."""
    return await info.context.client(FileClient).activate(database_id(input.id, File))


@file.mutation(File)
async def delete_file(info: Info, input: DeleteFileInput) -> FileRecord:
    """Take a file away for good. The active file of a session cannot be deleted."""
    return await info.context.client(FileClient).delete(database_id(input.id, File))

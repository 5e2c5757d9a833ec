"""Files: what is uploaded to a session, one of which is its active one."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import httpx
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response

from backends.authentication import AuthenticatedCaller, Caller, caller_of
from backends.document import Document, new_id
from backends.problem import FieldError, ProblemError, bad_input, not_found
from backends.reading import answer
from backends.selection import Reads, among, containing, flag
from backends.service import AuthenticatedRoute, RouteHandler, Service, Serving, routes, service_of
from backends.settings import BackendSettings
from backends.storage import Table
from backends.summaries import MEDIA_TYPES, UnreadableError, summary_of

MAX_FILE_BYTES: Final = 100_000_000
MAX_FIELDS_BYTES: Final = 100_000
MAX_NAME_LENGTH: Final = 200
MAX_DESCRIPTION_LENGTH: Final = 2000
COPIED_BYTES: Final = 1_000_000


class File(Document):
    session_id: str
    file_name: str
    description: str | None
    content_type: str
    size_bytes: int
    storage_uri: str
    summary: str | None
    active: bool = False

    @property
    def suffix(self) -> str:
        return suffix_of(self.file_name)


class ActiveSession(BaseModel):
    """What is read of the session that files are uploaded to."""

    id: str


class UploadRoute(AuthenticatedRoute):
    """A route that takes a form with a file. The body is never held, so there is nothing to tell a repetition by."""

    def get_route_handler(self) -> RouteHandler:
        handle = super(AuthenticatedRoute, self).get_route_handler()

        async def guarded(request: Request) -> Response:
            request.state.caller = self.caller(request)
            return await handle(request)

        return guarded


router = routes()
upload_router = APIRouter(route_class=UploadRoute)


class FileService(Service):
    name = "files"
    routers = (router, upload_router)
    max_body_bytes = MAX_FILE_BYTES + MAX_FIELDS_BYTES

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.directory = settings.data_dir / "uploads"
        self.files = Table(
            self.database,
            "files",
            File,
            {
                "session_id": "TEXT $.session_id",
                "file_name": "TEXT $.file_name",
                "description": "TEXT $.description",
                "content_type": "TEXT $.content_type",
                "size_bytes": "INTEGER $.size_bytes",
                "active": "INTEGER $.active",
            },
            indexed=["session_id"],
        )
        self.expose(
            "/files",
            Reads(
                self.files,
                noun="file",
                filters={
                    "session_id": among("session_id"),
                    "active": flag("active"),
                    "content_type": among("content_type"),
                    "search": containing("file_name", "description"),
                },
                orders=["created_at", "updated_at", "file_name", "size_bytes"],
                groups=["session_id"],
            ),
        )

    def path_of(self, file: File) -> Path:
        return self.directory / f"{file.id}.{file.suffix}"

    def visible(self, file_id: str, caller: Caller) -> File:
        file = self.files.find(file_id)
        if file is None or not caller.may_see(file.owner_id):
            raise not_found("file", file_id)
        return file

    async def active_session(self, owner_id: str) -> ActiveSession:
        try:
            return await self.peers.get("sessions", "/sessions/active", ActiveSession, on_behalf_of=owner_id)
        except ProblemError as error:
            if error.status != 404:
                raise
            raise ProblemError(409, "No session is active: activate one.", code="NO_ACTIVE_SESSION") from error

    async def add(
        self, owner_id: str, session: ActiveSession, name: str, description: str | None, upload: UploadFile
    ) -> File:
        file = File(
            id=new_id("fil"),
            owner_id=owner_id,
            session_id=session.id,
            file_name=name,
            description=description,
            content_type=MEDIA_TYPES[suffix_of(name)],
            size_bytes=0,
            storage_uri="",
            summary=None,
        )
        self.check_free(file)
        path = self.path_of(file)
        try:
            await self.keep(file, upload, path)
            with self.database.transaction():
                self.check_free(file)
                self.store(file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return file

    async def keep(self, file: File, upload: UploadFile, path: Path) -> None:
        """Puts what was uploaded where it stays, and finds out what it is."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stored:
            while chunk := await upload.read(COPIED_BYTES):
                stored.write(chunk)
            file.size_bytes = stored.tell()
        if file.size_bytes > MAX_FILE_BYTES:
            raise too_large()
        try:
            file.summary = await asyncio.to_thread(summary_of, path, file.suffix)
        except UnreadableError as error:
            raise bad_input(["file"], f"This is no {file.suffix} file.", "INVALID_CONTENT_TYPE") from error
        file.storage_uri = f"storage://{file.owner_id}/{path.name}"

    def check_free(self, file: File) -> None:
        taken = (file.session_id, file.file_name)
        if self.files.where("session_id = ? AND file_name = ?", taken):
            message = f"The session has a file called {file.file_name} already."
            raise ProblemError(409, message, errors=[FieldError(["file_name"], message, "FILE_EXISTS")])

    def activate(self, file: File) -> File:
        """Makes it the one active file of its session."""
        with self.database.transaction():
            for before in self.files.where("session_id = ? AND active AND id <> ?", (file.session_id, file.id)):
                before.active = False
                self.store(before)
            file.active = True
            self.store(file)
        return file

    def delete(self, file: File) -> File:
        if file.active:
            raise ProblemError(409, "The active file cannot be deleted: activate another.", code="FILE_ACTIVE")
        with self.database.transaction():
            self.remove(file)
        return file

    def clear(self, session_id: str) -> int:
        """Takes away all files of a session."""
        files = self.files.where("session_id = ?", (session_id,))
        with self.database.transaction():
            for file in files:
                self.remove(file)
        return len(files)

    def remove(self, file: File) -> None:
        self.files.remove(file.id)
        self.outbox.tell("file.deleted", "file", file)
        self.path_of(file).unlink(missing_ok=True)

    def store(self, file: File) -> None:
        """Stores a change and tells of it; call it inside a transaction."""
        self.files.put(file)
        self.outbox.tell("file.changed", "file", file)


def suffix_of(name: str) -> str:
    suffix = name.rpartition(".")[2].lower()
    return "jpg" if suffix == "jpeg" else suffix


def checked_name(name: str) -> str:
    """The file's name, if one can be shown and is of a type that is taken."""
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME_LENGTH or "/" in name or "\\" in name or not name.isprintable():
        raise bad_input(["file_name"], f"A file's name has 1 to {MAX_NAME_LENGTH} characters, and no slashes.")
    if suffix_of(name) not in MEDIA_TYPES:
        message = f"Files are of one of these types: {', '.join(MEDIA_TYPES)}."
        raise bad_input(["file_name"], message, "INVALID_CONTENT_TYPE")
    return name


def too_large() -> ProblemError:
    message = f"A file has at most {MAX_FILE_BYTES // 1_000_000} MB."
    return ProblemError(413, message, errors=[FieldError(["file"], message, "FILE_TOO_LARGE")])


ServingFiles = Annotated[FileService, Serving]


@upload_router.post("/files", status_code=201, response_model=File)
async def upload_file(request: Request) -> Response:
    """A form of `file_name`, `description` and `file`, which goes to disk as it comes."""
    service: FileService = await service_of(request)
    owner_id = caller_of(request).require_user()
    session = await service.active_session(owner_id)
    try:
        async with request.form(max_files=1, max_fields=2, max_part_size=MAX_FIELDS_BYTES) as form:
            upload, description = form.get("file"), form.get("description") or None
            if not isinstance(upload, UploadFile):
                raise bad_input(["file"], "A file is needed.")
            name = checked_name(str(form.get("file_name") or upload.filename or ""))
            if description is not None and len(str(description)) > MAX_DESCRIPTION_LENGTH:
                raise bad_input(["description"], f"A description has at most {MAX_DESCRIPTION_LENGTH} characters.")
            said = None if description is None else str(description)
            return answer(await service.add(owner_id, session, name, said, upload), 201)
    except ClientDisconnect:
        return Response(status_code=400)
    except ProblemError as error:
        raise too_large() if error.status == 413 else error from None


@router.post("/files/{file_id}/activate", response_model=File)
async def activate_file(file_id: str, caller: AuthenticatedCaller, service: ServingFiles) -> Response:
    return answer(service.activate(service.visible(file_id, caller)))


@router.get("/files/{file_id}/content")
async def read_content(file_id: str, caller: AuthenticatedCaller, service: ServingFiles) -> Response:
    file = service.visible(file_id, caller)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private"}
    path = service.path_of(file)
    return FileResponse(path, media_type=file.content_type, filename=file.file_name, headers=headers)


@router.delete("/files/{file_id}", response_model=File)
async def delete_file(file_id: str, caller: AuthenticatedCaller, service: ServingFiles) -> Response:
    return answer(service.delete(service.visible(file_id, caller)))


@router.delete("/sessions/{session_id}/files")
async def clear_session(session_id: str, caller: AuthenticatedCaller, service: ServingFiles) -> Response:
    """For the sessions service, when a session is deleted."""
    caller.require_service()
    return JSONResponse({"removed": service.clear(session_id)})

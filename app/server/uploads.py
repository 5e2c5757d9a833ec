"""Uploads: operations with files, by the GraphQL multipart request specification, which are read as they come.

https://github.com/jaydenseric/graphql-multipart-request-spec. The parts are `operations`, `map`, then the files. No
file is ever held: the operation is executed as soon as its first file begins, and whoever reads that file reads from
the connection.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec
from starlette.types import Receive

from app.errors import FileRefusedError, RequestError
from app.execution import Request
from app.graph.upload import Upload, UploadedFile
from app.server.contexts import ContextSource
from app.server.multipart import Part, Parts, ill_formed
from app.server.parameters import discard_body, from_body, in_turn
from app.server.time_limit import ClientDisconnected, OperationTime

MAX_MAP_BYTES: Final = 16_384
_VARIABLES: Final = "variables"
_decode_map = msgspec.json.Decoder(dict[str, list[str]]).decode


@dataclass(frozen=True, slots=True)
class Limits:
    """How large the JSON of the operation may be, and each of the files; how many there may be, and of which types.

    `types` are media types, or kinds of them as `image/*`; empty for any.
    """

    operation_bytes: int
    file_bytes: int
    files: int = 10
    types: Sequence[str] = ()

    @property
    def body_bytes(self) -> int:
        return 2 * self.operation_bytes + self.files * self.file_bytes

    def takes(self, content_type: str) -> bool:
        """Whether files of this type are taken."""
        media_type = content_type.partition(";")[0].strip().lower()
        return not self.types or any(fnmatchcase(media_type, pattern.lower()) for pattern in self.types)


@dataclass(frozen=True, slots=True)
class Uploads:
    """How requests with files are served: within which limits, and in which time, which `contexts` allow."""

    limits: Limits
    contexts: ContextSource
    time: OperationTime


@asynccontextmanager
async def receiving(receive: Receive, content_type: bytes, limits: Limits) -> AsyncIterator[Request]:
    """The request of a multipart body, with an `Upload` in the place of each file.

    Raises `RequestError` when it is not well-formed, and `ClientDisconnected` when it breaks off, also at the end of
    the block. What is left of the body then is passed over.
    """
    parts = Parts(receive, content_type, limits.body_bytes)
    try:
        request = await in_turn(from_body, await _json(parts, "operations", limits.operation_bytes))
        paths = _paths(await _json(parts, "map", MAX_MAP_BYTES), limits.files)
        files = _Files(parts, paths.keys(), limits)
        for key, places in paths.items():
            for place in places:
                _put(request, place, files.upload(key, place))
        yield request
    finally:
        if not parts.is_read:
            await discard_body(receive)
    if parts.is_broken_off:
        raise ClientDisconnected


async def _json(parts: Parts, name: str, limit: int) -> bytes:
    part = await parts.next()
    if part is None or part.name != name:
        raise ill_formed(f"the part `{name}` is missing: the order is `operations`, `map`, files")
    content = bytearray()
    async for chunk in parts.chunks(part):
        content += chunk
        if len(content) > limit:
            raise RequestError(f"The part {name} is longer than {limit} bytes.", status=413, code="PAYLOAD_TOO_LARGE")
    return bytes(content)


def _paths(content: bytes, at_most: int) -> dict[str, list[str]]:
    """Which file goes to which places."""
    try:
        paths = _decode_map(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _wrong_map("it is not a JSON object of lists of paths") from error
    if sum(map(len, paths.values())) > at_most or len(paths) > at_most:
        raise RequestError(f"At most {at_most} files can be sent at once.", status=413, code="TOO_MANY_FILES")
    if not all(paths.values()):
        raise _wrong_map("a file has no path")
    return paths


def _put(request: Request, path: str, upload: Upload) -> None:
    """Put a file in its place, where the operation has null."""
    root, *steps = path.split(".")
    place: Any = request.variables
    if root != _VARIABLES or not steps:
        raise _wrong_map(f"{path} is not a path to a variable")
    try:
        for step in steps[:-1]:
            place = place[_key(place, step)]
        last = _key(place, steps[-1])
        is_null = place[last] is None
    except (KeyError, IndexError, TypeError, ValueError):
        is_null = False
    if not is_null:
        raise _wrong_map(f"there is no null at {path}")
    place[last] = upload


def _key(place: object, step: str) -> str | int:
    return int(step) if isinstance(place, list) and step.isascii() and step.isdigit() else step


class _Files:
    """The files of one request, in the order in which they come."""

    def __init__(self, parts: Parts, keys: Collection[str], limits: Limits) -> None:
        self._parts = parts
        self._waiting = set(keys)
        self._limits = limits

    def upload(self, key: str, place: str) -> Upload:
        field = place.split(".")[2:]

        async def opened() -> UploadedFile:
            with _told():
                part = await self._find(key)
            if not self._limits.takes(part.content_type):
                message = f"Files of the type {part.content_type[:100]} are not taken."
                raise FileRefusedError(message, code="INVALID_CONTENT_TYPE", field=field)
            return UploadedFile(part.file_name or "", part.content_type, self._content(part, field))

        return Upload(opened)

    async def _find(self, key: str) -> Part:
        if key not in self._waiting:
            raise RequestError(
                "A file is read once, and those of one request in the order in which they are sent.",
                code="UPLOAD_OUT_OF_ORDER",
            )
        while (part := await self._parts.next()) is not None:
            if part.name not in self._waiting or part.file_name is None:
                raise ill_formed(f"the part `{part.name}` is not a file of the map, or comes twice")
            self._waiting.discard(part.name)
            if part.name == key:
                return part
        raise ill_formed(f"the file `{key}` of the map was not sent")

    async def _content(self, part: Part, field: Sequence[str]) -> AsyncIterator[bytes]:
        size = 0
        with _told():
            async for chunk in self._parts.chunks(part):
                size += len(chunk)
                if size > self._limits.file_bytes:
                    message = f"A file has at most {self._limits.file_bytes} bytes."
                    raise FileRefusedError(message, code="FILE_TOO_LARGE", field=field)
                yield chunk


@contextmanager
def _told() -> Iterator[None]:
    """A client that goes while a field reads its file is that field's error; nobody will see it."""
    try:
        yield
    except ClientDisconnected as error:
        raise RequestError("The upload broke off.", code="UPLOAD_INTERRUPTED") from error


def _wrong_map(reason: str) -> RequestError:
    return RequestError(f"The map of the files cannot be used: {reason}.", code="INVALID_UPLOAD_MAP")

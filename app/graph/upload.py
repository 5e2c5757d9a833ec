"""Uploads: files that come with an operation. Where they come from is `app.server.uploads`."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file on its way in. Name and media type are what the client says; `chunks` is its content, to be read once.

    Reading raises `FileRefusedError` when it is too large, and `RequestError` when it breaks off.
    """

    file_name: str
    content_type: str
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Upload:
    """The value of the scalar: a file of the request, which `open` waits for.

    Files are never held, so they are read one after the other in the order in which they were sent: opening one passes
    over those before it. Raises `RequestError` for one that was passed over or read already.
    """

    open: Callable[[], Awaitable[UploadedFile]]


def parse_upload(value: object) -> Upload:
    """The file that stands in the place of a variable; raises ValueError for anything else."""
    if not isinstance(value, Upload):
        raise ValueError("an Upload is a file of a multipart request, in the place of a variable.")
    return value


def refuse_output(_value: object) -> object:
    """Uploads go one way."""
    raise ValueError("an Upload is never an answer.")

"""Media: files that a service keeps and serves to anyone who knows their address."""

import base64
import binascii
import hashlib
import io
import json
from pathlib import Path
from typing import Annotated, Final

import httpx
from PIL import Image, UnidentifiedImageError
from starlette.responses import FileResponse, Response

from backends.document import Document
from backends.problem import bad_input, not_found
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings

SCHEME: Final = "media://"
MAX_IMAGE_BYTES: Final = 512 * 1024
MAX_IMAGE_PIXELS: Final = 4096 * 4096
SUFFIXES: Final = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
MEDIA_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
IMMUTABLE: Final = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


class Media:
    """The files of one service.

    A file is named by its content, so it never changes. A document refers to it by `media://<name>`; where the service
    is reached is known only when the document is shown.
    """

    def __init__(self, directory: Path, service_url: str) -> None:
        self._directory = directory
        self._address = f"{service_url}/media/"

    def store(self, content: bytes, suffix: str) -> str:
        """Keeps a file; returns what a document refers to it by."""
        name = f"{hashlib.blake2b(content, digest_size=16).hexdigest()}.{suffix}"
        path = self._directory / name
        if not path.exists():
            self._directory.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".part")
            partial.write_bytes(content)
            partial.replace(path)
        return f"{SCHEME}{name}"

    def find(self, name: str) -> Path:
        path = self._directory / name
        if path.suffix.removeprefix(".") not in MEDIA_TYPES or path.parent != self._directory or not path.is_file():
            raise not_found("file", name)
        return path

    def shown(self, document: bytes) -> bytes:
        """A JSON document with addresses in place of references.

        A reference is the beginning of a string; what looks like one within a string has a backslash before its quote.
        """
        return document.replace(f':"{SCHEME}'.encode(), f':"{self._address}'.encode())


def stored_image(media: Media, given: str, path: list[str]) -> str:
    """What a document keeps of an image that is given by its URL or as base64 data."""
    if given.startswith(("https://", "http://")):
        return given
    content = decoded(given, path)
    if len(content) > MAX_IMAGE_BYTES:
        raise bad_input(path, f"An image has at most {MAX_IMAGE_BYTES // 1024} KiB.", "STORAGE_ERROR")
    return media.store(content, suffix_of(content, path))


def decoded(given: str, path: list[str]) -> bytes:
    """The bytes of base64 data, with or without the head of a data URL."""
    data = given.partition(",")[2] if given.startswith("data:") else given
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise bad_input(path, "This is neither a URL nor base64 data.", "INVALID_CONTENT_TYPE") from None


def suffix_of(content: bytes, path: list[str]) -> str:
    """By what the file is, whatever it is said to be."""
    try:
        with Image.open(io.BytesIO(content), formats=list(SUFFIXES)) as image:
            kind, pixels = image.format or "", image.width * image.height
            image.verify()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise bad_input(path, "The image is none of PNG, JPEG, GIF and WebP.", "INVALID_CONTENT_TYPE") from None
    if pixels > MAX_IMAGE_PIXELS:
        raise bad_input(path, f"An image has at most {MAX_IMAGE_PIXELS} pixels.", "STORAGE_ERROR")
    return SUFFIXES[kind]


class MediaService(Service):
    """A service whose documents refer to media."""

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.media = Media(settings.data_dir / "media" / self.name, settings.public_url_of(self.name))

    def shown(self, body: bytes) -> bytes:
        return self.media.shown(body)

    def tell(self, kind: str, noun: str, document: Document) -> None:
        """Adds the event that `document` was changed; call it inside the transaction of the change."""
        data = self.media.shown(f"{{{json.dumps(noun)}:{document.model_dump_json()}}}".encode()).decode()
        self.outbox.add(kind, subject=document.id, owner=document.owner_id, data=data)

    def answer(self, document: Document, status: int = 200) -> Response:
        body = self.media.shown(document.model_dump_json().encode())
        return Response(body, status_code=status, media_type="application/json")


media_router = routes(public=True)


@media_router.get("/media/{name}")
async def read_media(name: str, service: Annotated[MediaService, Serving]) -> Response:
    path = service.media.find(name)
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix.removeprefix(".")], headers=IMMUTABLE)

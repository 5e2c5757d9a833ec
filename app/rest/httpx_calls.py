"""Writes, uploads and streams, which httpx carries."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, TypeAlias

import httpx

from app.rest.answer import Answer, BadAnswerError, NoAnswerError
from app.rest.caller import HeaderList
from app.rest.pool import IDLE_SECONDS
from app.rest.service import Origin

Content: TypeAlias = bytes | AsyncIterator[bytes] | None

FIXED_HEADERS: Final = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "atrium"}


class HttpxCalls:
    """Writes over kept connections; uploads, streams and second attempts over a new connection each.

    Each kept connection is an httpx client of its own: the pool inside one client looks at all its connections and all
    who wait at every step, and 200 writes at once held up the loop for 4 s. How many writes may come at once, and how
    long they may take, is the caller's to limit.
    """

    def __init__(self, origin: Origin, *, max_body_bytes: int, ssl_context: ssl.SSLContext | None) -> None:
        self._base = origin.url
        self._ssl_context = ssl_context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._max_body_bytes = max_body_bytes
        self._idle: list[httpx.AsyncClient] = []
        self._busy: set[httpx.AsyncClient] = set()
        self._is_closed = False

    async def send(self, method: str, target: str, headers: HeaderList, content: Content) -> Answer:
        """The whole answer. Raises `NoAnswerError` and `BadAnswerError`."""
        if self._is_closed:
            raise NoAnswerError.closed()
        client = self._idle.pop() if self._idle else self._new_client()
        self._busy.add(client)
        try:
            async with self._opened(client, method, target, headers, content) as (head, chunks):
                return await self.whole(head, chunks)
        finally:
            self._busy.discard(client)
            self._idle.append(client)

    async def send_alone(self, method: str, target: str, headers: HeaderList, content: Content) -> Answer:
        """The whole answer, over a connection that nothing else used before."""
        async with self.stream(method, target, headers, content) as (head, chunks):
            return await self.whole(head, chunks)

    @asynccontextmanager
    async def stream(
        self, method: str, target: str, headers: HeaderList, content: Content
    ) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
        """The head of the answer, with an empty body, and the body as it comes."""
        async with self._new_client() as client:
            self._busy.add(client)
            try:
                async with self._opened(client, method, target, headers, content) as opened:
                    yield opened
            finally:
                self._busy.discard(client)

    async def whole(self, head: Answer, chunks: AsyncIterator[bytes]) -> Answer:
        """The head with its body, which is capped while it is read."""
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            if len(body) > self._max_body_bytes:
                raise BadAnswerError(f"it is longer than {self._max_body_bytes} bytes")
        return Answer(head.status, head.headers, bytes(body))

    async def aclose(self) -> None:
        """Close every connection; who uses one gets `NoAnswerError`."""
        self._is_closed = True
        for client in (*self._idle, *self._busy):
            await client.aclose()

    def _new_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self._ssl_context,
            headers=FIXED_HEADERS,
            timeout=None,  # noqa: S113 -- RestClient limits the whole call
            limits=httpx.Limits(max_connections=1, keepalive_expiry=IDLE_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    @asynccontextmanager
    async def _opened(
        self, client: httpx.AsyncClient, method: str, target: str, headers: HeaderList, content: Content
    ) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
        request = client.build_request(method, self._base + target, headers=headers, content=content)
        with _translated(is_begun=False):
            response = await client.send(request, stream=True)
        try:
            head = {name.lower(): value for name, value in response.headers.raw}
            yield Answer(response.status_code, head, b""), _chunks(response)
        finally:
            await response.aclose()


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    with _translated(is_begun=True):
        async for chunk in response.aiter_raw():
            yield chunk


@contextmanager
def _translated(*, is_begun: bool) -> Iterator[None]:
    try:
        yield
    except httpx.ConnectError as error:
        raise NoAnswerError.from_os(_os_error(error)) from error
    except httpx.RemoteProtocolError as error:
        if "disconnected" in str(error):  # httpcore's words for a connection closed before a complete head
            raise NoAnswerError("the connection was closed", is_retryable=True) from error
        raise BadAnswerError("it ended early" if is_begun else "it is not HTTP/1.1") from error
    except httpx.NetworkError as error:
        raise NoAnswerError("the connection was reset", is_retryable=not is_begun) from error


def _os_error(error: BaseException) -> OSError:
    """The innermost operating-system error behind the one httpx raises."""
    found = OSError()
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError):
            found = cause
        cause = cause.__cause__ or cause.__context__
    return found

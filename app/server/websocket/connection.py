"""One socket: its messages in, its operations, and its end."""

import asyncio
import secrets
from contextlib import suppress

import structlog
from starlette.websockets import WebSocket

from app.errors import BackendError, GatewayError, RequestError, forget_frames
from app.server.middleware import trace_of
from app.server.streaming import Services
from app.server.streaming.channel import Channel, ClientGoneError, SlowClientError
from app.server.streaming.operation import Operation, Origin
from app.server.streaming.operations import Operations
from app.server.streaming.session import Session
from app.server.websocket import messages
from app.server.websocket.messages import CloseCode, CloseSocketError
from app.server.websocket.settings import WebSocketSettings
from app.server.websocket.sink import MessageSink


class Connection:
    """Serves an accepted socket until either side ends it. No task and no operation outlives it.

    The protocol has no word for a token that runs out. Here a `ping` whose payload has an `authorization` renews the
    session: the `pong` has `{"authenticated": true}`, and the streams live on with the new token. Without one they end
    with an `error` message (`UNAUTHENTICATED`) when the token expires, and the socket stays open.
    """

    def __init__(self, websocket: WebSocket, services: Services, settings: WebSocketSettings) -> None:
        self._websocket = websocket
        self._services = services
        self._settings = settings
        self._channel = Channel(websocket.send_text, patience=settings.silence_timeout)
        self._session = Session(services.revocations, settings.clock)
        self._tasks = asyncio.TaskGroup()
        self._operations = Operations(settings.max_operations)
        self._heard = asyncio.Event()

    async def serve(self) -> None:
        """Serve until the client goes or has to."""
        closing: CloseSocketError | None = None
        try:
            async with self._tasks:
                self._operations.open(self._tasks)
                self._tasks.create_task(self._keep_alive())
                await self._initialise()
                while True:
                    await self._handle(await self._next())
        except ExceptionGroup as group:
            closing = _closing(group)
            forget_frames(group)
        if closing is not None:
            await self._close(closing)

    async def _initialise(self) -> None:
        """Wait for `connection_init`, find out who it is, and acknowledge."""
        try:
            async with asyncio.timeout(self._settings.init_timeout):
                while not isinstance(message := await self._next(), messages.ConnectionInit):
                    if isinstance(message, messages.Subscribe):
                        raise CloseSocketError(CloseCode.UNAUTHORIZED, "Unauthorized")
                    if isinstance(message, messages.Ping):
                        await self._channel.send(messages.pong(message.payload))
        except TimeoutError as error:
            raise CloseSocketError(CloseCode.TIMEOUT, "Connection initialisation timeout") from error
        authorization = messages.authorization_in(message.payload) or self._websocket.headers.get("authorization")
        await self._authenticate(authorization)
        await self._channel.send(messages.CONNECTION_ACK)

    async def _next(self) -> messages.ClientMessage:
        """The next message of the client."""
        received = await self._websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise ClientGoneError
        self._heard.set()
        text: str | None = received.get("text")
        if text is None:
            raise CloseSocketError(CloseCode.BAD_REQUEST, "Invalid message: binary")
        content = text.encode()
        if len(content) > self._settings.max_message_bytes:
            limit = self._settings.max_message_bytes
            raise CloseSocketError(CloseCode.TOO_LARGE, f"The message is longer than {limit} bytes")
        return messages.decode(content)

    async def _handle(self, message: messages.ClientMessage) -> None:
        match message:
            case messages.Subscribe():
                await self._start(message)
            case messages.Complete():
                self._operations.stop(message.id)
            case messages.Ping():
                await self._channel.send(messages.pong(await self._pinged(message.payload)))
            case messages.Pong():
                pass
            case messages.ConnectionInit():
                raise CloseSocketError(CloseCode.TOO_MANY_INITIALISATIONS, "Too many initialisation requests")

    async def _start(self, message: messages.Subscribe) -> None:
        if message.id in self._operations:
            raise CloseSocketError(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {message.id} already exists")
        operation = Operation(
            messages.request_of(message.payload),
            MessageSink(message.id, self._channel, self._operations),
            origin=self._origin(),
            session=self._session,
            services=self._services,
        )
        if self._operations.is_full:
            reason = f"More than {self._settings.max_operations} operations on one socket."
            await operation.refuse(RequestError(reason, status=429, code="TOO_MANY_OPERATIONS"))
            return
        self._operations.add(message.id, operation)

    def _origin(self) -> Origin:
        """An id of its own, in the trace of the handshake or in a new one."""
        scope = self._websocket.scope
        headers, client = dict(scope["headers"]), scope.get("client")
        peer, since = client[0] if client else None, self._services.contexts.position()
        return Origin(secrets.token_hex(16), trace_of(headers), since, peer=peer, headers=headers)

    async def _pinged(self, payload: messages.Payload | None) -> messages.Payload | None:
        """What the answer to a ping carries: what the ping did, unless that was a new token."""
        authorization = messages.authorization_in(payload)
        if authorization is None:
            return payload
        await self._authenticate(authorization)
        self._operations.renew()
        return {"authenticated": True}

    async def _authenticate(self, authorization: str | None) -> None:
        try:
            self._session.renew(await self._services.authenticator.authenticate(authorization))
        except BackendError as error:  # the keys cannot be had: not the client's fault
            raise CloseSocketError(CloseCode.TRY_AGAIN_LATER, error.message) from error
        except GatewayError as error:
            raise CloseSocketError(CloseCode.FORBIDDEN, error.message) from error

    async def _keep_alive(self) -> None:
        """Ping the client now and then, and give it up when nothing at all comes back."""
        settings = self._settings
        while True:
            await asyncio.sleep(settings.ping_interval)
            self._heard.clear()
            await self._channel.send(messages.PING)
            try:
                async with asyncio.timeout(settings.silence_timeout - settings.ping_interval):
                    await self._heard.wait()
            except TimeoutError as error:
                raise CloseSocketError(CloseCode.TIMEOUT, "The client does not answer") from error

    async def _close(self, closing: CloseSocketError) -> None:
        with suppress(Exception):  # the client may have gone by now, or take nothing any more
            async with asyncio.timeout(self._settings.silence_timeout):
                await self._websocket.close(closing.code, closing.reason)


def _closing(group: ExceptionGroup) -> CloseSocketError | None:
    """How a socket ends after these errors; None when the client has gone."""
    wanted, unexpected = group.split((ClientGoneError, SlowClientError, CloseSocketError))
    if wanted is None or unexpected is not None:
        structlog.get_logger(__name__).error("unexpected error", exc_info=unexpected)
        return CloseSocketError(CloseCode.INTERNAL_ERROR, "Internal server error")
    if (closing := wanted.subgroup(CloseSocketError)) is not None:
        return _first(closing)
    if wanted.subgroup(SlowClientError) is not None:
        return CloseSocketError(CloseCode.TIMEOUT, "The client takes no messages")
    return None


def _first(group: ExceptionGroup[CloseSocketError]) -> CloseSocketError:
    error = group.exceptions[0]
    return error if isinstance(error, CloseSocketError) else _first(error)

"""The protocol of sockets for uvicorn: what comes is taken bit by bit, and no faster than it is dealt with."""

import asyncio
import logging
import time
from functools import partial
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from app.errors import forget_frames
from app.server.draining import DrainedProtocol
from app.server.leaving import clear_up_after, let_go
from app.server.lingering import LINGER_SECONDS, pass_over
from app.server.turns import turns_of

PIECE_BYTES: Final = 512
"""Of what has come at once: 85 of the shortest messages, which take about a millisecond."""
TURN_SECONDS: Final = 0.001
"""After which others have theirs."""
_REFUSAL: Final = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class SocketProtocol(DrainedProtocol, WebSocketsSansIOProtocol):
    """uvicorn's protocol, with others served between the pieces of what one client sends.

    uvicorn's own parses all that a read brings, up to 256 kB, and queues each message of it; answers every ping,
    whether or not the client takes the answers; and leaves a handshake that it cannot parse without one.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = self.conn.logger = logging.getLogger("uvicorn.sockets")  # which tells of defects only
        self._turns = turns_of(self.loop)
        self._rest = bytearray()
        self._turns_had = 0
        self._is_waiting = False
        self._is_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.watch(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest.clear()
        if exc is None:
            self._clear_up(exc)
        else:  # it was reset
            self.disconnected = True
            clear_up_after(partial(self._clear_up, exc))

    def _clear_up(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.conn.parser.close()  # a generator, which refers to what holds it, as errors do
        for error in (self.conn.handshake_exc, self.conn.parser_exc):
            if error is not None:
                forget_frames(error)

    def eof_received(self) -> bool:  # type: ignore[override]  # as asyncio has it
        return let_go(self.transport)

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            pass_over(self.transport)
            return
        if not self.handshake_initiated:
            super().data_received(data)  # the whole head, as the HTTP protocol hands it over
            if not self.handshake_initiated:
                self.transport.write(_REFUSAL)
                self.transport.close()
        elif not self._rest and len(data) <= PIECE_BYTES:
            super().data_received(data)
        else:
            self._rest += data
            self._wait()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_text(self.frames):
            self.frames = []
            self.conn.send_close(1007)
            self.handle_parser_exception()  # a client's mistake; uvicorn logs it as one of ours
        else:
            super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """End the socket, and linger."""
        closing = self.conn.close_sent
        assert closing is not None
        self.queue.put_nowait({"type": "websocket.disconnect", "code": closing.code, "reason": closing.reason})
        self.close_sent = self._is_over = True
        self._rest.clear()
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def handle_ping(self) -> None:
        pong = b"".join(self.conn.data_to_send())
        if self.writable.is_set():  # who takes nothing is owed the answer to the last ping only: RFC 6455, 5.5.3
            self.transport.write(pong)

    async def receive(self) -> Any:
        message = await super().receive()
        if self._rest and not self.read_paused:
            self._wait()
        return message

    def _wait(self) -> None:
        """Go on with the rest when it is our turn; nothing is read until then."""
        self.transport.pause_reading()
        if not self._is_waiting:
            self._is_waiting = True
            self._turns.wait(self._turns_had, self._go_on)

    def _go_on(self) -> None:
        self._is_waiting = False
        if not self._may_read():  # `receive` goes on once all messages are dealt with
            return
        self._turns_had += 1
        ends_at = time.perf_counter() + TURN_SECONDS
        while self._rest and self._may_read() and time.perf_counter() < ends_at:
            piece = bytes(self._rest[:PIECE_BYTES])
            del self._rest[:PIECE_BYTES]
            super().data_received(piece)
        if self._rest:
            self._wait()
            return
        self._turns_had = 0
        if self._may_read():
            self.transport.resume_reading()

    def _may_read(self) -> bool:
        return not self.read_paused and not self.transport.is_closing()


def _is_text(frames: list[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True

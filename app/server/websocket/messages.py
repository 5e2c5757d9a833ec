"""The messages of graphql-transport-ws, and the codes that a socket is closed with."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, Final, TypeAlias

import msgspec

from app.execution import Request

OperationId = Annotated[str, msgspec.Meta(min_length=1)]
Payload: TypeAlias = dict[str, object]

_MAX_REASON_BYTES = 123  # RFC 6455, section 5.5: a control frame holds 125 bytes, two of them the code


class CloseCode(IntEnum):
    """Those of RFC 6455 and of the protocol; clients of it reconnect after 1013, 4403 and 4408."""

    TOO_LARGE = 1009
    INTERNAL_ERROR = 1011
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITIALISATIONS = 4429


class CloseSocketError(Exception):
    """The socket has to be closed, with this code and reason."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")


class ConnectionInit(msgspec.Struct, tag="connection_init", frozen=True):
    payload: Payload | None = None


class Ping(msgspec.Struct, tag="ping", frozen=True):
    payload: Payload | None = None


class Pong(msgspec.Struct, tag="pong", frozen=True):
    payload: Payload | None = None


class SubscribePayload(msgspec.Struct, rename="camel", frozen=True):
    query: str | msgspec.UnsetType = msgspec.UNSET
    operation_name: str | None = None
    variables: Payload | None = None
    extensions: Payload | None = None
    document_id: str | None = None

    def __post_init__(self) -> None:
        if (
            self.query is msgspec.UNSET
            and self.document_id is None
            and not (self.extensions or {}).get("persistedQuery")
        ):
            raise ValueError("Object missing required field `query`")


class Subscribe(msgspec.Struct, tag="subscribe", frozen=True):
    id: OperationId
    payload: SubscribePayload


class Complete(msgspec.Struct, tag="complete", frozen=True):
    id: OperationId


ClientMessage: TypeAlias = ConnectionInit | Ping | Pong | Subscribe | Complete

_decode = msgspec.json.Decoder(ClientMessage).decode
_encode = msgspec.json.Encoder().encode


def decode(content: bytes) -> ClientMessage:
    """A message of the client; raises `CloseSocketError` for anything else."""
    try:
        message: ClientMessage = _decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CloseSocketError(CloseCode.BAD_REQUEST, f"Invalid message: {error}") from error
    return message


CONNECTION_ACK: Final = '{"type":"connection_ack"}'
PING: Final = '{"type":"ping"}'


def pong(payload: Payload | None) -> str:
    return _encode({"type": "pong"} if payload is None else {"type": "pong", "payload": payload}).decode()


def next_(id_: str, result: Mapping[str, object]) -> str:
    return _encode({"id": id_, "type": "next", "payload": result}).decode()


def error(id_: str, errors: list[dict[str, object]]) -> str:
    return _encode({"id": id_, "type": "error", "payload": errors}).decode()


def complete(id_: str) -> str:
    return _encode({"id": id_, "type": "complete"}).decode()


def request_of(payload: SubscribePayload) -> Request:
    return Request(
        payload.query or "", payload.variables, payload.operation_name, payload.extensions, payload.document_id
    )


def authorization_in(payload: Payload | None) -> str | None:
    """The Authorization header that a payload carries, at its top or, as some clients send it, under `headers`."""
    payload = payload or {}
    headers = payload.get("headers")
    for name, value in [*payload.items(), *(headers.items() if isinstance(headers, dict) else ())]:
        if name.lower() == "authorization" and value:
            if not isinstance(value, str):
                raise CloseSocketError(CloseCode.BAD_REQUEST, "Invalid message: authorization must be a string")
            return value
    return None

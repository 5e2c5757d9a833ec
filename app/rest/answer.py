"""What a backend answered, and the ways of not getting a usable answer from it."""

import errno
import os
import socket
import ssl
from collections.abc import Mapping

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """A complete HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes


class TransportError(Exception):
    """No usable answer. It never leaves `app.rest`: `translation` makes it an error of `app.errors`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoAnswerError(TransportError):
    """The connection failed.

    `is_retryable` when no byte of an answer came and another attempt may do better; `is_sent` when the request may have
    gone out, and so may have been served.
    """

    def __init__(self, reason: str, *, is_retryable: bool, is_sent: bool = True) -> None:
        super().__init__(reason)
        self.is_retryable = is_retryable
        self.is_sent = is_sent

    @classmethod
    def closed(cls) -> "NoAnswerError":
        """What anybody gets who calls after the client was closed, or is waiting when it is."""
        return cls("the client is closed", is_retryable=False)

    @classmethod
    def from_os(cls, error: OSError) -> "NoAnswerError":
        """Why no connection could be opened, without naming addresses."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return cls(
                f"its TLS certificate cannot be trusted ({error.verify_message})", is_retryable=False, is_sent=False
            )
        if isinstance(error, ssl.SSLError):
            return cls(f"TLS failed ({error.reason or 'handshake'})", is_retryable=False, is_sent=False)
        if isinstance(error, socket.gaierror):
            return cls("its host name cannot be resolved", is_retryable=True, is_sent=False)
        reason = os.strerror(error.errno).lower() if error.errno and error.errno in errno.errorcode else "no connection"
        return cls(reason, is_retryable=True, is_sent=False)


class BadAnswerError(TransportError):
    """Something came back that is not an acceptable HTTP answer."""


class OutOfTimeError(TransportError):
    """The time limit passed: `by_deadline` the whole request's, else the service's."""

    def __init__(self, *, by_deadline: bool) -> None:
        super().__init__("out of time")
        self.by_deadline = by_deadline


class CircuitOpenError(TransportError):
    """Nothing was sent: the operation mostly failed of late. `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("it mostly failed of late")
        self.retry_after = retry_after


class CrowdedError(TransportError):
    """Nothing was sent: too many calls wait for their turn."""

    def __init__(self) -> None:
        super().__init__("too many calls wait for it")

"""Admission: what a request to the GraphQL endpoint is held to beside what it says."""

from collections.abc import Mapping

from app.errors import RequestError
from app.execution import Prepared
from app.server.limits.bodies import BodyLimits
from app.server.negotiation import is_json
from app.server.parameters import discard_body, read_body
from app.server.received import Received

MAX_HEADERS = 100
_PREFLIGHT_HEADERS = (
    b"apollo-require-preflight",
    b"x-apollo-operation-name",
    b"graphql-preflight",
    b"graphql-require-preflight",
    b"x-graphql-event-stream-token",
)


def check_count(request: Received) -> None:
    """Refuse more headers than any client needs."""
    if request.header_count > MAX_HEADERS:
        raise RequestError(f"More than {MAX_HEADERS} headers.", status=431, code="HEADERS_TOO_LARGE")


def check_preflight(headers: Mapping[bytes, bytes], what: str) -> None:
    """Refuse a request that a page of another origin could send without a CORS preflight."""
    if not any(headers.get(name) for name in _PREFLIGHT_HEADERS) and not is_json(headers.get(b"content-type")):
        raise RequestError(
            f"{what} needs a header that other sites cannot send: 'GraphQL-Preflight: 1', for one.",
            code="CSRF_PREVENTED",
        )


def check_transport(prepared: Prepared, method: str) -> None:
    """Refuse what cannot be answered in one piece, or not by this method."""
    if prepared.operation_type == "subscription":
        raise RequestError(
            "Subscriptions come as a stream: accept text/event-stream or multipart/mixed;subscriptionSpec=1.0, or use"
            " graphql-transport-ws over WebSocket.",
            status=406,
            code="SUBSCRIPTION_NEEDS_A_STREAM",
        )
    check_mutation_method(prepared, method)


def check_mutation_method(prepared: Prepared, method: str) -> None:
    """Refuse a mutation by GET: links are followed, and fetched in advance."""
    if prepared.operation_type == "mutation" and method == "GET":
        raise method_not_allowed("Mutations must be sent by POST.", allowed="POST")


def method_not_allowed(message: str, *, allowed: str) -> RequestError:
    return RequestError(message, status=405, code="METHOD_NOT_ALLOWED", headers={"allow": allowed})


async def read_sent(request: Received, bodies: BodyLimits, *, allowed: str) -> bytes:
    """What a request has to say, its body or its query string; raises `RequestError` for what cannot be read.

    `allowed` are the methods that there are, for who uses another.
    """
    check_count(request)
    headers = request.headers
    if request.method == "POST":
        if not is_json(headers.get(b"content-type")):
            await discard_body(request.receive)
            raise RequestError(
                "The body must be sent as application/json in UTF-8.",
                status=415,
                code="UNSUPPORTED_MEDIA_TYPE",
                headers={"accept-post": "application/json"},
            )
        if request.body is not None:
            return request.body
        return await read_body(request.receive, headers.get(b"content-length"), bodies)
    if request.method == "GET":
        check_preflight(headers, "A GET")
        return request.query_string
    raise method_not_allowed(f"{request.method} is not allowed here.", allowed=allowed)

"""The client of one REST backend: plain reads over a lean pool, everything else over httpx."""

import logging
import math
import ssl
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any, ClassVar, TypeAlias, TypeVar

import msgspec

from app.errors import GatewayError
from app.rest import translation
from app.rest.answer import Answer, NoAnswerError, TransportError
from app.rest.attempts import Attempts
from app.rest.caching.cache import ResponseCache
from app.rest.caching.reads import CachedReads
from app.rest.call import Call, Observer, Stats
from app.rest.caller import Caller, Deadline, checked_header
from app.rest.httpx_calls import HttpxCalls
from app.rest.pool import Pool
from app.rest.reply import Reply, Sending, undecoded
from app.rest.route import NO_PARAMS, Params, Query, target
from app.rest.service import Origin, Service
from app.rest.sharing import Flights
from app.rest.timing import Timing
from app.settings import ServiceSettings
from app.time_limits import TimeLimits

T = TypeVar("T")
_Sent: TypeAlias = Coroutine[Any, Any, Answer]

logger = logging.getLogger(__name__)


class RestClient:
    """Calls one backend; lives as long as the process. Needs a running loop only when called."""

    def __init__(
        self,
        service: Service,
        settings: ServiceSettings,
        *,
        share_reads: bool = True,
        cache: ResponseCache | None = None,
        observers: Sequence[Observer] = (),
        ssl_context: ssl.SSLContext | None = None,
        timing: Timing | None = None,
    ) -> None:
        origin = Origin.parse(settings.url or f"http://127.0.0.1:{service.port}")
        is_secure = origin.scheme == "https"
        ssl_context = (ssl_context or ssl.create_default_context()) if is_secure else None
        self.service = service
        self.stats = Stats()
        self.attempts = Attempts(service, settings, timing or Timing(), self.stats)
        self._timeout = settings.timeout
        self._limits = TimeLimits()
        self._share_reads = share_reads
        self._cache = cache
        self._cached = None if cache is None else CachedReads(cache, self.stats, self._reply, self._refresh)
        self._observers = tuple(observers)
        self._prefix = origin.prefix
        self._head_end = (
            f" HTTP/1.1\r\nhost: {origin.authority}\r\naccept: application/json\r\n"
            "accept-encoding: identity\r\nuser-agent: atrium\r\n"
        )
        self._is_closed = False
        self._pool = Pool(origin, max_body_bytes=settings.max_response_bytes, ssl_context=ssl_context)
        self._httpx = HttpxCalls(origin, max_body_bytes=settings.max_response_bytes, ssl_context=ssl_context)
        self._flights: Flights[Reply] = Flights(settings.timeout)

    async def get(
        self, caller: Caller, path: str, decode: type[T], query: Query = (), *, params: Params = NO_PARAMS
    ) -> T:
        """Read `path`, a route such as `/listings/{id}` whose values are in `params`, as a value of type `decode`.

        Identical reads of one caller that are under way together share one call and one value, and a kept answer has
        one value too: do not change it.
        Raises `BackendError` or one below it, `DeadlineExceededError`, and what refuses unusable input.
        """
        return await self._read(self._call("GET", caller, path, query, params), decode)

    async def send(
        self,
        caller: Caller,
        method: str,
        path: str,
        decode: type[T],
        *,
        body: object = None,
        idempotency_key: str,
        params: Params = NO_PARAMS,
    ) -> T:
        """Write: `body` goes out as JSON unless it is None; `decode` is NoneType where the answer is 204.

        The key makes it safe to try again when the connection fails before an answer. Raises as `get` does.
        """
        content = None if body is None else msgspec.json.encode(body)
        extra = [("idempotency-key", _checked_key(idempotency_key))]
        if content is not None:
            extra.append(("content-type", "application/json"))
        call = self._call(method, caller, path, (), params)
        with self._recorded(call):

            def attempt(fresh: bool) -> _Sent:
                send = self._httpx.send_alone if fresh else self._httpx.send
                return send(method, call.target, call.headers() + extra, content)

            call.answer = await self._written(call, self.attempts.answer(call, attempt))
            return translation.value(call, call.answer, decode)

    async def upload(
        self,
        caller: Caller,
        path: str,
        decode: type[T],
        content: AsyncIterator[bytes],
        *,
        content_type: str,
        idempotency_key: str,
        params: Params = NO_PARAMS,
    ) -> T:
        """POST `content` as it comes. Only the request's deadline limits it, and it is never tried again."""
        extra = [
            ("idempotency-key", _checked_key(idempotency_key)),
            ("content-type", checked_header("Content-Type", content_type)),
        ]
        call = self._call("POST", caller, path, (), params, timeout=math.inf)
        with self._recorded(call):

            async def attempt(_fresh: bool) -> Answer:
                async with self.attempts.lasting:
                    return await self._httpx.send_alone("POST", call.target, call.headers() + extra, content)

            call.answer = await self._written(call, self.attempts.once(call, attempt))
            return translation.value(call, call.answer, decode)

    @asynccontextmanager
    async def stream(
        self,
        caller: Caller,
        method: str,
        path: str,
        query: Query = (),
        *,
        body: object = None,
        idempotency_key: str | None = None,
        params: Params = NO_PARAMS,
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The answer's body as it comes, of any length and content type; anything but a GET needs a key.

        The service's timeout limits the wait for the head and for each further piece.
        """
        extra = []
        if method != "GET":
            extra.append(("idempotency-key", _checked_key(idempotency_key or "")))
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            extra.append(("content-type", "application/json"))
        call = self._call(method, caller, path, query, params)
        chunks: AsyncIterator[bytes]
        with self._recorded(call):
            async with AsyncExitStack() as stack:
                if method != "GET":
                    stack.push_async_callback(self._wrote, caller)

                async def attempt(_fresh: bool) -> Answer:
                    nonlocal chunks
                    await stack.enter_async_context(self.attempts.lasting)
                    opened = self._httpx.stream(method, call.target, call.headers() + extra, content)
                    head, chunks = await stack.enter_async_context(opened)
                    return head if 200 <= head.status < 300 else await self._httpx.whole(head, chunks)

                call.answer = await call.within(self.attempts.once(call, attempt))
                translation.check_status(call, call.answer)
                yield self._paced(call, chunks)

    async def ping(self, caller: Caller | None = None) -> float:
        """Seconds until `GET /health` was answered; raises as `get` does."""
        caller = caller or Caller(None, "", Deadline.after(math.inf))
        call = self._call("GET", caller, "/health", (), NO_PARAMS)
        with self._recorded(call):
            reply = await self._reply(call, object())
            translation.value(call, reply.answer, dict)
        return call.elapsed

    def note_change(self, caller: Caller | None = None) -> None:
        """The service has changed, by a write of the caller's or as an event says.

        Nobody joins a read that is under way, and what is kept is validated before it is used again.
        """
        self._flights.close_to_newcomers()
        if self._cache is not None:
            self._cache.mark(self.service.name, caller.authorization if caller else None)

    async def aclose(self) -> None:
        """Close every connection. Calls under way fail with `BackendUnavailableError`."""
        self._is_closed = True
        self.attempts.close()
        if self._cached is not None:
            await self._cached.aclose()
        await self._flights.aclose()
        await self._pool.aclose()
        await self._httpx.aclose()

    def _call(
        self,
        method: str,
        caller: Caller,
        route: str,
        query: Query,
        params: Params,
        timeout: float | None = None,
    ) -> Call:
        path = self._prefix + target(route, query, params)
        return Call(self.service.name, method, route, path, caller, timeout or self._timeout, self._limits)

    async def _read(self, call: Call, decode: type[T], *, is_refresh: bool = False) -> T:
        with self._recorded(call):
            if self._cached is not None:
                return await self._cached.read(call, decode, must_ask=is_refresh)
            reply = await self._reply(call, decode)
            if reply.value is undecoded:
                reply.value = translation.value(call, reply.answer, decode)
            value: T = reply.value
            return value

    async def _refresh(self, call: Call, decode: type[T]) -> None:
        """The same read once more, for nobody; what goes wrong is recorded, and shown to whoever asks next."""
        caller = msgspec.structs.replace(call.caller, deadline=Deadline.after(math.inf))
        with suppress(GatewayError):
            again = Call(call.service, call.method, call.route, call.target, caller, call.timeout, self._limits)
            await self._read(again, decode, is_refresh=True)

    async def _reply(self, call: Call, decode: object, sending: Sending | None = None) -> Reply:
        if not self._share_reads:
            reply = await call.within(self._asked(call, sending))
            call.answer = reply.answer
            return reply
        key = (call.target, call.caller.authorization, decode)
        deadline = call.caller.deadline if call.is_bound_by_deadline else None
        reply, call.is_shared = await self._flights.join(key, lambda: self._asked(call, sending), deadline)
        call.answer = reply.answer
        self.stats.shared += call.is_shared
        return reply

    async def _asked(self, call: Call, sending: Sending | None) -> Reply:
        kept = sending.kept if sending else None
        condition = f"if-none-match: {kept.etag}\r\n" if kept is not None and kept.etag else ""

        def attempt(fresh: bool) -> _Sent:  # a name: annotations are evaluated at each call of `_asked`
            forwarded = "".join([f"{name}: {value}\r\n" for name, value in call.headers()])
            request = f"GET {call.target}{self._head_end}{condition}{forwarded}\r\n"
            return self._pool.exchange(request.encode("ascii"), fresh=fresh)

        return Reply(await self.attempts.answer(call, attempt), sending)

    async def _written(self, call: Call, sent: Coroutine[Any, Any, Answer]) -> Answer:
        try:
            return await call.within(sent)
        finally:
            await self._wrote(call.caller)

    async def _wrote(self, caller: Caller) -> None:
        self.note_change(caller)
        if self._cache is not None:
            await self._cache.settle()

    async def _paced(self, call: Call, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        while True:
            call.renew()
            try:
                chunk = await call.within(anext(chunks, None))
            except TransportError as reason:
                raise translation.failure(call, reason) from reason
            if chunk is None:
                return
            yield chunk

    @contextmanager
    def _recorded(self, call: Call) -> Iterator[None]:
        error: GatewayError | None = None
        self.stats.calls += 1
        call.caller.usage.calls += 1
        try:
            if self._is_closed:
                raise NoAnswerError.closed()
            yield
        except TransportError as reason:
            error = translation.failure(call, reason)
            raise error from reason
        except GatewayError as raised:
            error = raised
            raise
        finally:
            self.stats.failures += error is not None
            for observer in self._observers:
                try:
                    observer(call.exchange(error))
                except Exception:
                    logger.exception("An observer of calls to the %s service failed.", self.service.name)


class Client:
    """What a domain's client builds on: one backend's calls on behalf of one caller. Made for each request."""

    service: ClassVar[Service]

    def __init__(self, rest: RestClient, caller: Caller) -> None:
        self.rest = rest
        self.caller = caller

    async def get(self, path: str, decode: type[T], query: Query = (), *, params: Params = NO_PARAMS) -> T:
        """See `RestClient.get`."""
        return await self.rest.get(self.caller, path, decode, query, params=params)

    async def send(
        self,
        method: str,
        path: str,
        decode: type[T],
        *,
        body: object = None,
        idempotency_key: str,
        params: Params = NO_PARAMS,
    ) -> T:
        """See `RestClient.send`."""
        return await self.rest.send(
            self.caller, method, path, decode, body=body, idempotency_key=idempotency_key, params=params
        )


def _checked_key(key: str) -> str:
    if not key:
        raise ValueError("A write needs an idempotency key.")
    return checked_header("Idempotency-Key", key)

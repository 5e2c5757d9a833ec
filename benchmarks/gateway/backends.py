"""The reference backends with their sample data, in a process of their own; `GET /calls` says how many they had."""

import asyncio
import json
import os

from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from backends.app import create_backends
from backends.embedded import listening
from backends.settings import BackendSettings
from benchmarks.gateway.settings import SECRET, SERVICE_KEY, data_dir, port
from benchmarks.serving import listener


class CallCounter:
    """Counts the requests that an app is asked, and answers `GET /calls` itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/calls":
            self._calls += 1
            await self._app(scope, receive, send)
            return
        body = json.dumps({"calls": self._calls}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def serve() -> None:
    settings = BackendSettings(
        jwt_secret=SecretStr(SECRET),
        service_key=SecretStr(SERVICE_KEY),
        data_dir=data_dir(),
        events_url=os.environ.get("EVENTS_URL"),
    ).located_at(f"http://127.0.0.1:{port()}")
    backends = create_backends(settings, sample=True)
    with listener() as socket:
        async with listening(CallCounter(backends), socket), backends.router.lifespan_context(backends):
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())

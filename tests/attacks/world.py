"""A gateway in a process of its own, as an operator starts it, and a client beside who only wants their page."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from app.server.authentication import issue_token
from app.settings import Settings
from backends.sample.people import PEOPLE
from tests.gateway import SECRET, SERVICE_KEY

SECONDS = 2.0
"""In which every attack has its answer."""
CLIENT_TIMEOUT = 1.0
"""So that those who send nothing are told within that time as well."""
ENVIRONMENT = {
    "ENVIRONMENT": "production",
    "PORT": "0",
    "JWT_SECRET": SECRET,
    "SERVICE_KEY": SERVICE_KEY,
    "METRICS": "true",
    "CLIENT_TIMEOUT": str(CLIENT_TIMEOUT),
    "LOG_LEVEL": "INFO",
}
_URL = re.compile(r"http://127\.0\.0\.1:(\d+)/graphql")


@dataclass(frozen=True, slots=True)
class Told:
    """What an attack is answered with."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def codes(self) -> set[str]:
        return {error["extensions"]["code"] for error in self.body.get("errors", [])}

    @property
    def verdict(self) -> tuple[int, set[str]]:
        return self.status, self.codes


@dataclass(frozen=True, slots=True)
class Fortress:
    """The gateway under attack."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    def token(self, email: str = "chris@example.com") -> str:
        """A token of somebody of the sample data."""
        person = next(person for person in PEOPLE if person.email == email)
        settings = Settings(jwt_secret=SecretStr(SECRET))
        return issue_token(settings, subject=person.user_id, roles=[person.role], agent_id=person.agent_id)

    async def post(
        self, content: object, headers: Mapping[str, str] | None = None, *, token: str | None = None, **options: Any
    ) -> Told:
        """The answer to a POST of this content, as JSON unless it is bytes, with a token of the first agent's."""
        sent = {
            "content-type": "application/json",
            "accept": "application/graphql-response+json",
            "authorization": f"Bearer {token or self.token()}",
            **(headers or {}),
        }
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.request("POST", content=body, headers=sent, **options)

    async def request(self, method: str, path: str = "", **options: Any) -> Told:
        """The answer to any request, which comes in time."""
        answer, seconds = await self._timed(method, path, options)
        if seconds >= SECONDS:  # perhaps others kept the machine busy: once more
            answer, seconds = await self._timed(method, path, options)
        assert seconds < SECONDS, f"the answer took {seconds:.2f} seconds"
        is_json = "json" in answer.headers.get("content-type", "")
        return Told(answer.status_code, answer.json() if is_json else answer.text, answer.headers)

    async def _timed(self, method: str, path: str, options: Mapping[str, Any]) -> tuple[httpx.Response, float]:
        async with httpx.AsyncClient(timeout=20, verify=False) as client:  # noqa: S501 -- there is no TLS, and its setup is slow
            began = time.monotonic()
            answer = await client.request(method, self.url + path, **options)
            return answer, time.monotonic() - began

    async def raw(self, *pieces: bytes) -> bytes:
        """All that comes in answer to these bytes until the gateway ends the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(2 * SECONDS):
                return await reader.read()
        finally:
            writer.close()

    async def metric(self, name: str) -> float:
        async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 -- there is no TLS
            lines = (await client.get(f"http://127.0.0.1:{self.port}/metrics")).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if re.match(rf"{name}[ {{]", line))

    def log_lines(self) -> list[dict[str, Any]]:
        """Every line of the log, each of them JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def memory(self) -> int:
        """The bytes that the process holds."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def fortress(folder: Path, **environment: str) -> Iterator[Fortress]:
    """Start a gateway with reference backends, and stop it in good order."""
    log = folder / "log.jsonl"
    settings = {**os.environ, **ENVIRONMENT, "DATA_DIR": str(folder), **environment}
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "dev"], env=settings, stdout=subprocess.PIPE, stderr=written, text=True
        )
        try:
            yield Fortress(process, _port(process), log)
        finally:
            process.terminate()
            process.wait(20)
            if process.stdout is not None:
                process.stdout.close()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if found := _URL.search(line):
            return int(found[1])
    raise AssertionError("The gateway did not start.")


@dataclass(frozen=True, slots=True)
class Figures:
    """How long the neighbour waited for a page, in milliseconds, and how often it did not come."""

    asked: int
    failed: int
    p50: float
    p99: float


class Neighbour:
    """A client in a process of its own that asks for a page again and again."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def measure(self, seconds: float) -> Figures:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{seconds}\n".encode())
        return Figures(**json.loads(await self._process.stdout.readline()))


@asynccontextmanager
async def neighbour(of: Fortress) -> AsyncIterator[Neighbour]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.attacks.neighbour",
        str(of.port),
        of.token("admin@example.com"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Neighbour(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()

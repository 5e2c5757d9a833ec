"""Which requests share one execution over HTTP, and what each of them is told."""

import asyncio

import httpx

from app.server.authentication import issue_token
from tests.app.server.small_graph import SETTINGS, Work, an_app, client_of, error, post


def bearer(subject: str) -> str:
    return f"Bearer {issue_token(SETTINGS, subject=subject)}"


async def both(work: Work, client: httpx.AsyncClient, *requests: tuple[object, dict[str, str]]) -> list[httpx.Response]:
    """The answers to requests of which each is sent when those before it are being worked on."""
    running: list[asyncio.Task[httpx.Response]] = []
    for body, headers in requests:
        running.append(asyncio.create_task(post(client, body, **headers)))
        await work.begun.wait()
        for _ in range(10):  # turns of the loop in which a request gets as far as it will
            await asyncio.sleep(0)
    work.may_end.set()
    return await asyncio.gather(*running)


async def test_the_same_query_of_the_same_caller_runs_once() -> None:
    work = Work()
    async with client_of(an_app(work)) as client:
        headers = {"Authorization": bearer("usr_1")}
        first, second = await both(work, client, ({"query": "{ wait }"}, headers), ({"query": "{ wait }"}, headers))

    assert first.content == second.content == b'{"data":{"wait":"done"}}'
    assert work.runs == 1


async def test_another_caller_or_another_query_runs_by_itself() -> None:
    work = Work()
    async with client_of(an_app(work)) as client:
        await both(
            work,
            client,
            ({"query": "{ wait }"}, {"Authorization": bearer("usr_1")}),
            ({"query": "{ wait }"}, {"Authorization": bearer("usr_2")}),
            ({"query": "{ wait }"}, {}),
            ({"query": "{wait}"}, {}),
            ({"query": "{ wait }", "variables": {"a": 1}}, {}),
        )

    assert work.runs == 5


async def test_mutations_are_never_shared() -> None:
    work = Work()
    async with client_of(an_app(work)) as client:
        mutation: tuple[object, dict[str, str]] = ({"query": "mutation { work }"}, {})
        await both(work, client, mutation, mutation)

    assert work.runs == 2


async def test_each_of_those_who_share_an_error_is_told_their_own_request_id() -> None:
    work = Work()
    document = {"query": "{ wait missing }"}
    async with client_of(an_app(work)) as client:
        first, second = await both(work, client, (document, {"X-Request-ID": "r1"}), (document, {"X-Request-ID": "r2"}))

    expected = error("There is no such thing.", "NOT_FOUND", locations=[{"line": 1, "column": 8}], path=["missing"])
    assert first.json() == {"errors": [expected], "data": {"wait": "done", "missing": None}}
    assert second.json()["errors"][0]["extensions"]["requestId"] == "r2"
    assert work.runs == 1


async def test_sharing_can_be_turned_off() -> None:
    work = Work()
    async with client_of(an_app(work, share=False)) as client:
        query: tuple[object, dict[str, str]] = ({"query": "{ wait }"}, {})
        await both(work, client, query, query)

    assert work.runs == 2

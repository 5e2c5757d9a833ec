"""Retry-safe mutations: a repeated request with the same key is answered as the first one was, and done once."""

import asyncio
from pathlib import Path

import httpx
import pytest

from app.server.authentication import issue_token
from app.server.idempotency import Idempotency
from app.server.stores import MemoryStore
from tests.app.server.limited import a_limited_app
from tests.app.server.serving import serving as serving_app
from tests.app.server.small_graph import GRAPHQL, JSON, SETTINGS, Work, client_of, error, post
from tests.app.server.test_endpoint import send_and_hold
from tests.gateway import Answer, Gateway, serving

CREATE = """mutation ($address: String!) {
    createListing(input: {address: $address}) { listing { id } userErrors { code } }
}"""
WORK = {"query": "mutation { work }"}


async def create(gateway: Gateway, key: str, address: str = "1 Main St", user: str = "usr_retrying") -> Answer:
    """Create a listing of an agent whom no other test knows."""
    token = issue_token(gateway.settings, subject=user, roles=["agent"], agent_id=f"agt_of_{user}")
    return await gateway.query(CREATE, {"address": address}, token=token, headers={"Idempotency-Key": key})


async def test_the_same_mutation_with_the_same_key_is_done_once(gateway: Gateway) -> None:
    first = await create(gateway, "same")
    again = await create(gateway, "same")
    other = await create(gateway, "other")
    assert first.data["createListing"]["userErrors"] == []
    assert again.body == first.body
    assert (first.calls, again.calls) == (["POST /listings/listings"], [])
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert other.data != first.data


async def test_another_mutation_with_the_same_key_is_refused(gateway: Gateway) -> None:
    await create(gateway, "reused")
    answer = await create(gateway, "reused", "2 Main St")
    assert (answer.status, answer.code, answer.calls) == (422, "IDEMPOTENCY_KEY_REUSED", [])


async def test_a_key_belongs_to_its_caller(gateway: Gateway) -> None:
    first = await create(gateway, "ours")
    second = await create(gateway, "ours", user="usr_other")
    assert second.data != first.data


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
async def test_a_key_that_cannot_be_used_is_refused(gateway: Gateway, key: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{gateway.url}/graphql",
            json={"query": CREATE, "variables": {"address": "x"}},
            headers={
                b"authorization": f"Bearer {gateway.token()}".encode(),
                b"idempotency-key": key.encode("latin-1"),
                b"accept": GRAPHQL.encode(),
            },
        )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID_IDEMPOTENCY_KEY"


async def test_what_the_user_can_mend_is_told_again(gateway: Gateway) -> None:
    first = await create(gateway, "refused", "")
    again = await create(gateway, "refused", "")
    assert [error["code"] for error in first.data["createListing"]["userErrors"]] == ["BAD_USER_INPUT"]
    assert (again.body, again.calls) == (first.body, [])


async def test_queries_have_no_use_for_a_key(gateway: Gateway) -> None:
    for _ in range(2):
        answer = await gateway.query("{ listings { totalCount } }", headers={"Idempotency-Key": "q"})
        assert "idempotency-replayed" not in answer.headers


async def test_what_the_gateway_has_forgotten_the_backend_knows(gateway: Gateway, tmp_path: Path) -> None:
    """As after a crash between the backend's answer and ours: another gateway, and the same backends."""
    first = await create(gateway, "crash")
    async with serving(tmp_path, service_urls=gateway.service_urls) as other:
        again = await create(other, "crash")
        fresh = await create(other, "another")
    assert again.body == first.body
    assert "idempotency-replayed" not in again.headers
    assert fresh.data != first.data


async def test_an_outage_is_not_kept(tmp_path: Path, unused_tcp_port: int) -> None:
    async with serving(tmp_path, service_urls={"listings": f"http://127.0.0.1:{unused_tcp_port}"}) as broken:
        first = await create(broken, "outage")
        again = await create(broken, "outage")
    assert first.code == again.code == "BACKEND_UNAVAILABLE"
    assert "idempotency-replayed" not in again.headers


# In flight, and for how long


def retry_safe(work: Work, **options: float) -> tuple[httpx.AsyncClient, dict[str, str]]:
    idempotency = Idempotency(MemoryStore(), **{"seconds": 60.0, "patience": 5.0, **options})
    app = a_limited_app(work=work, idempotency=idempotency)
    token = issue_token(SETTINGS, subject="usr_1")
    return client_of(app), {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}


async def turns() -> None:
    """Turns of the loop in which a request gets as far as it will."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_duplicate_in_flight_waits_for_the_first() -> None:
    work = Work()
    client, headers = retry_safe(work)
    async with client:
        running = [asyncio.create_task(post(client, WORK, **headers)) for _ in range(5)]
        await work.begun.wait()
        await turns()
        other = await post(client, {"query": "mutation Other { work }"}, **headers)
        work.may_end.set()
        answers = await asyncio.gather(*running)
    assert work.runs == 1
    assert [answer.json() for answer in answers] == [{"data": {"work": "done"}}] * 5
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 4
    assert (other.status_code, other.json()) == (
        422,
        {"errors": [error("The Idempotency-Key was used with another request.", "IDEMPOTENCY_KEY_REUSED")]},
    )


async def test_the_same_request_in_other_words_of_json_is_the_same() -> None:
    work = Work()
    work.may_end.set()
    client, headers = retry_safe(work)
    async with client:
        await post(client, WORK, **headers)
        again = await post(client, b'{ "variables": {},"query":"mutation { work }" }', **headers, Accept=JSON)
    assert (work.runs, again.status_code, again.json()) == (1, 200, {"data": {"work": "done"}})


async def test_without_a_token_a_key_means_nothing() -> None:
    work = Work()
    work.may_end.set()
    client, _ = retry_safe(work)
    async with client:
        for _ in range(2):
            await post(client, WORK, **{"Idempotency-Key": "k"})
    assert work.runs == 2


async def test_the_answer_is_there_for_a_client_that_left_and_came_again() -> None:
    work = Work()
    idempotency = Idempotency(MemoryStore(), seconds=60, patience=5)
    token = issue_token(SETTINGS, subject="usr_1")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    async with (
        serving_app(a_limited_app(work=work, idempotency=idempotency)) as server,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client,
    ):
        with send_and_hold(client, "mutation { work }", headers):
            await work.begun.wait()
        await post(client, {"query": "{ greet }"})
        again = asyncio.create_task(post(client, WORK, **headers))
        await post(client, {"query": "{ greet }"})
        work.may_end.set()
        answer = await again
    assert (work.runs, answer.json(), answer.headers["idempotency-replayed"]) == (1, {"data": {"work": "done"}}, "true")


async def test_a_duplicate_in_another_process_waits_too() -> None:
    work, store = Work(), MemoryStore()
    headers = {"Authorization": f"Bearer {issue_token(SETTINGS, subject='usr_1')}", "Idempotency-Key": "k"}
    processes = [Idempotency(store, seconds=60, patience=5) for _ in range(2)]
    apps = [a_limited_app(work=work, idempotency=process) for process in processes]
    async with client_of(apps[0]) as one, client_of(apps[1]) as other:
        first = asyncio.create_task(post(one, WORK, **headers))
        await work.begun.wait()
        second = asyncio.create_task(post(other, WORK, **headers))
        await turns()
        work.may_end.set()
        answers = await asyncio.gather(first, second)
    assert work.runs == 1
    assert answers[0].content == answers[1].content
    assert "idempotency-replayed" in answers[1].headers


async def test_an_answer_is_kept_for_so_long() -> None:
    now = [0.0]
    work = Work()
    work.may_end.set()
    idempotency = Idempotency(MemoryStore(clock=lambda: now[0]), seconds=10, patience=5)
    headers = {"Authorization": f"Bearer {issue_token(SETTINGS, subject='usr_1')}", "Idempotency-Key": "k"}
    async with client_of(a_limited_app(work=work, idempotency=idempotency)) as client:
        for moment in (0.0, 9.0, 11.0):
            now[0] = moment
            await post(client, WORK, **headers)
    assert work.runs == 2

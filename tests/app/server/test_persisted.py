"""Persisted operations: queries that are sent as their hash, and trusted documents."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.server.persisted import PersistedOperations, TrustedDocuments, hash_of
from app.server.stores import MemoryStore
from app.settings import Settings
from tests.app.server.limited import a_limited_app
from tests.app.server.small_graph import JSON, PREFLIGHT, client_of, error, post
from tests.end_to_end.sockets import socket
from tests.gateway import Gateway, serving

GREET = "query Greet($n: String) { greet(name: $n) }"
WHO = "{ who }"


def hashed(text: str, **more: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}, **more}


def client_with(persisted: PersistedOperations) -> httpx.AsyncClient:
    return client_of(a_limited_app(persisted=persisted))


NOT_FOUND = {"errors": [error("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")]}


async def test_a_hash_is_enough_once_the_query_was_sent_with_it() -> None:
    async with client_with(PersistedOperations()) as client:
        missed = await post(client, hashed(GREET))
        legacy = await post(client, hashed(GREET), Accept=JSON)
        sent = await post(client, hashed(GREET, query=GREET, variables={"n": "Ann"}))
        found = await post(client, hashed(GREET, variables={"n": "Bob"}))
        by_get = await client.get(
            "/graphql",
            params={"extensions": json.dumps(hashed(GREET)["extensions"]), "variables": '{"n": "Eve"}'},
            headers=PREFLIGHT,
        )
    assert (missed.status_code, missed.json()) == (400, NOT_FOUND)
    assert (legacy.status_code, legacy.json()) == (200, NOT_FOUND)
    assert sent.json() == {"data": {"greet": "Hello, Ann"}}
    assert found.json() == {"data": {"greet": "Hello, Bob"}}
    assert by_get.json() == {"data": {"greet": "Hello, Eve"}}


async def test_a_hash_of_another_text_is_refused() -> None:
    async with client_with(PersistedOperations()) as client:
        answer = await post(client, hashed(GREET, query=WHO))
        after = await post(client, hashed(GREET))
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "PERSISTED_QUERY_HASH_MISMATCH",
    )
    assert after.json() == NOT_FOUND


async def test_a_document_that_is_not_valid_is_not_kept() -> None:
    async with client_with(PersistedOperations()) as client:
        await post(client, hashed("{ nothing }", query="{ nothing }"))
        assert (await post(client, hashed("{ nothing }"))).json() == NOT_FOUND


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (1, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"version": 2, "sha256Hash": hash_of(GREET)}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"version": 1}, "PERSISTED_QUERY_HASH_MISMATCH"),
        ({"version": 1, "sha256Hash": "x"}, "PERSISTED_QUERY_HASH_MISMATCH"),
        ({"version": 1, "sha256Hash": 1}, "PERSISTED_QUERY_HASH_MISMATCH"),
    ],
)
async def test_what_is_no_hash_is_refused(asked: object, code: str) -> None:
    async with client_with(PersistedOperations()) as client:
        answer = await post(client, {"extensions": {"persistedQuery": asked}})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, code)


async def test_clients_are_told_where_hashes_are_not_taken() -> None:
    async with client_with(PersistedOperations(automatic=False)) as client:
        answer = await post(client, hashed(GREET), Accept=JSON)
        sent = await post(client, hashed(GREET, query=GREET))
    expected = {"errors": [error("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")]}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert sent.json() == {"data": {"greet": "Hello, you"}}


async def test_the_documents_that_were_not_used_for_longest_are_forgotten() -> None:
    async with client_with(PersistedOperations(MemoryStore(max_values=2))) as client:
        for text in ("{ a: who }", "{ b: who }", "{ a: who }", "{ c: who }"):
            await post(client, hashed(text, query=text))
        found = [(await post(client, hashed(text))).status_code for text in ("{ a: who }", "{ b: who }", "{ c: who }")]
    assert found == [200, 400, 200]


# Trusted documents


def manifest(path: Path, form: str) -> Path:
    texts = {"greet": GREET, hash_of(WHO): WHO}
    operations = [{"id": name, "name": "x", "type": "query", "body": text} for name, text in texts.items()]
    apollo = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}
    path.write_text(json.dumps(apollo if form == "apollo" else texts))
    return path


@pytest.mark.parametrize("form", ["apollo", "relay"])
@pytest.mark.parametrize("document_id", ["greet", hash_of(GREET), f"sha256:{hash_of(GREET)}"])
async def test_a_trusted_document_is_run_by_its_id_or_its_hash(tmp_path: Path, form: str, document_id: str) -> None:
    trusted = TrustedDocuments.load(manifest(tmp_path / "manifest.json", form))
    async with client_with(PersistedOperations(trusted=trusted)) as client:
        posted = await post(client, {"documentId": document_id, "variables": {"n": "Ann"}})
        got = await client.get("/graphql", params={"documentId": document_id}, headers=PREFLIGHT)
    assert posted.json() == {"data": {"greet": "Hello, Ann"}}
    assert got.json() == {"data": {"greet": "Hello, you"}}


async def test_a_safelist_runs_nothing_else() -> None:
    trusted = TrustedDocuments({"greet": GREET})
    async with client_with(PersistedOperations(trusted=trusted, only_trusted=True)) as client:
        by_id = await post(client, {"documentId": "greet"})
        by_hash = await post(client, hashed(GREET))
        by_text = await post(client, {"query": GREET})
        other = await post(client, {"query": WHO})
        unknown = await post(client, {"documentId": "who"})
        registering = await post(client, hashed(WHO, query=WHO))
    assert by_id.json() == by_hash.json() == by_text.json() == {"data": {"greet": "Hello, you"}}
    refused = {"errors": [error("Only documents that were registered are run.", "QUERY_NOT_IN_SAFELIST")]}
    assert (other.status_code, other.json()) == (400, refused)
    assert registering.json() == refused
    assert unknown.json() == NOT_FOUND


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"documentId": None}, 422),
        ({"documentId": 1}, 422),
        ({"documentId": "greet", "query": WHO}, 422),
        ({"extensions": {}}, 422),
    ],
)
async def test_a_request_names_its_document_or_sends_it(body: object, status: int) -> None:
    async with client_with(PersistedOperations(trusted=TrustedDocuments({"greet": GREET}))) as client:
        assert (await post(client, body)).status_code == status


@pytest.mark.parametrize("content", ["nonsense", "[]", '{"a": 1}', '{"operations": [1]}'])
def test_a_manifest_that_cannot_be_read_is_a_wrong_setting(tmp_path: Path, content: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="no manifest"):
        create_app(Settings(trusted_documents=path))


def test_a_safelist_without_documents_is_a_wrong_setting() -> None:
    with pytest.raises(ValueError, match="SAFELIST"):
        create_app(Settings(safelist=True))


async def test_a_socket_takes_them_too(tmp_path: Path) -> None:
    listings = "{ listings(first: 1) { totalCount } }"
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"listings": listings}))
    async with serving(tmp_path, trusted_documents=path) as gateway, socket(gateway, gateway.token()) as stream:
        for payload in ({"documentId": "listings"}, hashed(listings)):
            await stream.send({"id": "1", "type": "subscribe", "payload": payload})
            assert (await stream.event())["totalCount"] > 0
            assert (await stream.receive())["type"] == "complete"
        await stream.send({"id": "1", "type": "subscribe", "payload": hashed("{ viewer { roles } }")})
        assert await stream.refusal_code() == "PERSISTED_QUERY_NOT_FOUND"


# Answers that the client has


async def test_an_answer_that_the_client_has_is_not_sent_again(gateway: Gateway) -> None:
    headers = {**PREFLIGHT, "Authorization": f"Bearer {gateway.token()}"}
    params = {"query": "{ listings(first: 2) { nodes { address } } }"}
    async with httpx.AsyncClient(base_url=gateway.url, headers=headers) as client:
        first = await client.get("/graphql", params=params)
        again = await client.get(
            "/graphql", params=params, headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'}
        )
        changed = await client.get("/graphql", params=params, headers={"If-None-Match": '"x"'})
        failed = await client.get("/graphql", params={"query": "{"})
        posted = await client.post("/graphql", json=params)
    assert first.headers["cache-control"] == "private, no-cache"
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (changed.status_code, changed.content) == (200, first.content)
    for other in (failed, posted):
        assert "etag" not in other.headers
        assert other.headers["cache-control"] == "no-store"

"""Waiting: what runs at once, what runs in turn, and what is left alone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)

from app.execution import Executor, Request
from tests.app.execution.running import level, run, told


async def test_unrelated_branches_do_not_wait_for_each_other() -> None:
    began = {name: asyncio.Event() for name in ("left", "deep")}

    async def left(*_: object) -> list[str]:
        began["left"].set()
        await began["deep"].wait()  # which is a level below the other branch
        return ["left"]

    async def deep(*_: object) -> list[str]:
        await began["left"].wait()
        began["deep"].set()
        return ["deep"]

    async def right(*_: object) -> list[object]:
        await asyncio.sleep(0)
        return [object()]

    below = GraphQLObjectType("Below", {"deep": level(GraphQLString, deep)})
    query = GraphQLObjectType("Query", {"left": level(GraphQLString, left), "right": level(below, right)})
    result = await asyncio.wait_for(run(GraphQLSchema(query), "{left right{deep}}"), 5)
    assert result.data == {"left": "left", "right": {"deep": "deep"}}


async def test_what_is_synchronous_makes_no_tasks() -> None:
    tasks: list[int] = []

    def count(*_: object) -> int:
        tasks.append(len(asyncio.all_tasks()))
        return 1

    fields = {f"field{number}": GraphQLField(GraphQLInt, resolve=count) for number in range(5)}
    await run(GraphQLSchema(GraphQLObjectType("Query", fields)), "{field0 field1 field2 field3 field4}")
    assert set(tasks) == {len(asyncio.all_tasks())}


async def test_mutations_run_strictly_one_after_another() -> None:
    running: list[str] = []
    order: list[str] = []

    async def change(_source: object, info: Any) -> str:
        running.append(info.path.key)
        assert len(running) == 1
        await asyncio.sleep(0)
        running.remove(info.path.key)
        order.append(info.path.key)
        return str(info.path.key)

    change_field = GraphQLField(GraphQLString, resolve=change)
    query = GraphQLObjectType("Query", {"a": GraphQLField(GraphQLString)})
    schema = GraphQLSchema(query, GraphQLObjectType("Mutation", {"change": change_field}))
    result = await run(schema, "mutation {c: change a: change b: change}")
    assert result.data == {"c": "c", "a": "a", "b": "b"}
    assert order == ["c", "a", "b"]


async def test_after_a_mutation_that_nulls_the_response_no_other_runs() -> None:
    ran: list[str] = []

    async def change(_source: object, info: Any) -> str | None:
        ran.append(info.path.key)
        return None if info.path.key == "b" else "done"

    query = GraphQLObjectType("Query", {"a": GraphQLField(GraphQLString)})
    changed = GraphQLField(GraphQLNonNull(GraphQLString), resolve=change)
    schema = GraphQLSchema(query, GraphQLObjectType("Mutation", {"change": changed}))
    result = await run(schema, "mutation {a: change b: change c: change}")
    assert result.data is None
    assert told(result) == [("Cannot return null for non-nullable field Mutation.change.", ["b"])]
    assert ran == ["a", "b"]


async def test_when_the_response_is_lost_nothing_else_is_waited_for() -> None:
    cancelled = asyncio.Event()

    async def never(*_: object) -> list[str]:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return []

    async def fail(*_: object) -> list[str]:
        await asyncio.sleep(0)
        raise LookupError("gone")

    fields = {"never": level(GraphQLString, never), "fail": level(GraphQLNonNull(GraphQLString), fail)}
    result = await asyncio.wait_for(run(GraphQLSchema(GraphQLObjectType("Query", fields)), "{never fail}"), 5)
    assert result.data is None
    assert told(result) == [("gone", ["fail"])]
    assert cancelled.is_set()


async def test_cancelling_an_execution_cancels_what_it_waits_for() -> None:
    waiting: asyncio.Queue[str] = asyncio.Queue()
    cancelled: list[str] = []

    async def wait(_source: object, info: Any) -> None:
        try:
            waiting.put_nowait(info.path.key)
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(info.path.key)
            raise

    schema = GraphQLSchema(GraphQLObjectType("Query", {"wait": GraphQLField(GraphQLString, resolve=wait)}))
    execution = asyncio.ensure_future(run(schema, "{a: wait b: wait}"))
    assert {await waiting.get(), await waiting.get()} == {"a", "b"}
    execution.cancel()
    with pytest.raises(asyncio.CancelledError):
        await execution
    assert sorted(cancelled) == ["a", "b"]


async def test_every_event_of_a_subscription_has_its_own_context() -> None:
    async def events(_source: object, _info: object) -> AsyncIterator[str]:
        for event in ("one", "two"):
            yield event

    def tell(source: str, info: Any) -> str:
        return f"{source} in {info.context}"

    query = GraphQLObjectType("Query", {"a": GraphQLField(GraphQLString)})
    ticks = GraphQLField(GraphQLString, subscribe=events, resolve=tell)
    executor = Executor(GraphQLSchema(query, subscription=GraphQLObjectType("Subscription", {"ticks": ticks})))
    contexts = iter(["start", "first", "second"])
    results = await executor.subscribe(executor.prepare(Request("subscription {ticks}")), lambda: next(contexts))
    assert isinstance(results, AsyncIterator)
    assert [result.data async for result in results] == [{"ticks": "one in first"}, {"ticks": "two in second"}]
    assert executor.stats.planned == 2

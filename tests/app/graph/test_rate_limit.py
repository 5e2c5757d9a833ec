"""Rate limits: declared on a mutation, shown in the schema, kept for each subject."""

from dataclasses import dataclass

import pytest
import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.errors import RateLimitedError
from app.events import EventLog, MemoryStore
from app.execution import Executor, Request
from app.graph import ID, ComposedSchema, ContextFactory, Info, Node, Query, RateLimit, Subgraph
from app.graph.node import global_id
from app.graph.principal import Principal, Revocations
from app.graph.rate_limit import RateLimiter

pets = Subgraph("pets")


@dataclass
class PetRecord:
    id: str


@pets.type(PetRecord)
class Pet(Node):
    """A pet."""


@strawberry.pydantic.input(description="Whom to feed.")
class FeedInput(BaseModel):
    pet_id: ID = Field(description="The pet's id.")


@pets.resolver(Query, public=True)
def hello() -> str:
    """Says hello."""
    return "hello"


@pets.mutation(Pet, rate_limit=RateLimit("feeding", 2, seconds=60, by="pet_id"))
async def feed(info: Info, input: FeedInput) -> PetRecord:
    """Feed a pet."""
    return PetRecord(input.pet_id)


SCHEMA = ComposedSchema([pets])


class Feeding:
    """Feeds pets as somebody, behind one rate limiter."""

    def __init__(self) -> None:
        limiter = RateLimiter()
        self._contexts = ContextFactory({}, EventLog(MemoryStore()), Revocations(), 10, limiter)
        self._executor = Executor(SCHEMA.graphql_schema, field_executor=SCHEMA.execution_context_class)

    async def feed(self, pet: str, user: str = "usr_1") -> Exception | None:
        request = Request("mutation ($id: ID!) { feed(input: {petId: $id}) { pet { databaseId } } }", {"id": pet})
        principal = Principal(user, "token", "jti", 2e9)
        result = await self._executor.execute(self._executor.prepare(request), self._contexts.create(principal))
        return result.errors[0].original_error if result.errors else None


async def test_one_use_too_many_is_refused_and_says_when_to_come_back() -> None:
    feeding = Feeding()

    assert [await feeding.feed("rex"), await feeding.feed("rex")] == [None, None]
    refused = await feeding.feed("rex")

    assert isinstance(refused, RateLimitedError)
    assert refused.message == "At most 2 times in 60 seconds."
    assert refused.extensions["code"] == "RATE_LIMIT_EXCEEDED"
    assert 55 < refused.retry_after <= 60


async def test_each_thing_is_counted_by_itself_by_either_of_its_ids() -> None:
    feeding = Feeding()
    await feeding.feed("rex")
    await feeding.feed(global_id("Pet", "rex"))

    assert isinstance(await feeding.feed("rex"), RateLimitedError)
    assert await feeding.feed("tom") is None
    assert await feeding.feed("rex", user="usr_2") is None


def test_the_schema_shows_the_limit() -> None:
    sdl = SCHEMA.as_str()

    assert 'FeedPayload! @authenticated @rateLimit(name: "feeding", limit: 2, seconds: 60, by: "input.petId")' in sdl


@pytest.mark.parametrize(("principal", "expected"), [(None, "anybody"), (Principal("usr_1", "", "", 0), "usr_1")])
def test_a_limit_without_a_thing_is_the_users(principal: Principal | None, expected: str) -> None:
    assert RateLimit("feeding", 1).subject(principal, {}) == expected

"""The clients that frontends use, as they come from npm, against the whole gateway."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Gateway, serving_in_thread
from tests.node import run


@pytest.fixture(scope="module")
def paced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway on backends whose steps take long enough to be seen one by one."""
    with serving_in_thread(tmp_path_factory.mktemp("paced"), step_seconds=0.1) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def tell(node: Path, paced: Gateway) -> Callable[..., Any]:
    """What a program says that speaks to the gateway as somebody of the sample data; each runs once."""

    @cache
    def told(*program: str) -> Any:
        environment = {"ATRIUM": f"{paced.url}/graphql", "TOKEN": paced.token()}
        return json.loads(run(node, "node", *program, environment=environment))

    return told


PROGRAMS = {
    "graphql-ws": ["graphql-ws.mjs"],
    "graphql-sse, a connection each": ["graphql-sse.mjs"],
    "graphql-sse, one connection": ["graphql-sse.mjs", "single"],
    "Apollo Client": ["apollo.mjs", "20220824"],
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_client_follows_a_task_to_its_end_and_again_from_a_cursor(
    tell: Callable[..., Any], program: list[str]
) -> None:
    answer = tell(*program)

    events = [result["data"]["taskProgress"] for result in answer["seen"]]
    assert len(events) > 2
    assert [event["task"]["status"] for event in events][-1] == "COMPLETED"
    assert len({event["cursor"] for event in events}) == len(events)
    assert answer["resumed"] == answer["seen"][1:]


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_client_is_told_why_there_is_nothing_to_follow(tell: Callable[..., Any], program: list[str]) -> None:
    answer = tell(*program)

    (missing,), (invalid,) = answer["missing"], answer["invalid"]
    assert [error["extensions"]["code"] for error in missing["errors"]] == ["NOT_FOUND"]
    if program[-1] == "single":
        assert invalid == {"status": 422}
    else:
        assert [error["extensions"]["code"] for error in invalid["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.parametrize("form", ["v0.2", "20220824"])
def test_apollo_client_shows_what_is_not_deferred_before_the_rest(tell: Callable[..., Any], form: str) -> None:
    answer = tell("apollo.mjs", form)

    first, *_, last = answer["deferred"]
    assert (first["dataState"], last["dataState"]) == ("streaming", "complete")
    assert [set(listing) for listing in first["nodes"]] == [{"__typename", "id", "address"}] * 2
    assert [listing["agent"]["name"] for listing in last["nodes"]] == ["Chris Bennett"] * 2
    begun, *_, whole = answer["streamed"]
    assert len(begun["nodes"]) == 1
    assert len(whole["nodes"]) == 3
    assert whole["nodes"][:2] == last_without_agents(last)


def last_without_agents(step: Any) -> list[Any]:
    return [{name: value for name, value in listing.items() if name != "agent"} for listing in step["nodes"]]

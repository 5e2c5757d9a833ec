"""GraphQL over HTTP, as the audits of npm graphql-http have it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Gateway, serving_in_thread
from tests.node import run


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with the status that earlier drafts have for what cannot be executed."""
    with serving_in_thread(tmp_path_factory.mktemp("earlier"), invalid_request_status=400) as gateway:
        yield gateway


def audited(node: Path, gateway: Gateway) -> Any:
    return json.loads(run(node, "node", "audit.mjs", environment={"ATRIUM": f"{gateway.url}/graphql"}))


def test_every_audit_is_passed(node: Path, earlier: Gateway) -> None:
    assert audited(node, earlier) == {"count": 61, "failed": []}


def test_with_the_status_of_the_current_draft_the_audits_differ_in_nothing_else(node: Path, gateway: Gateway) -> None:
    failed = audited(node, gateway)["failed"]

    assert {audit["reason"] for audit in failed} == {"Response status code is not 400"}
    assert {audit["answered"] for audit in failed} == {422}
    assert [audit["id"] for audit in failed if audit["status"] != "notice"] == ["86EE"]

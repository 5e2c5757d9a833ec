"""Hostile documents are answered at once, each with its code."""

import pytest

from tests.attacks.documents import DOCUMENTS, Hostile
from tests.attacks.world import Fortress


@pytest.mark.parametrize("hostile", DOCUMENTS.values(), ids=DOCUMENTS)
async def test_a_hostile_document_has_its_answer(under: Fortress, hostile: Hostile) -> None:
    told = await under.post(hostile.content)

    status, code = hostile.answer
    assert told.status == status, told.body
    assert (code in told.codes) if code else not told.codes
    assert len(told.body.get("errors", [])) <= 21


async def test_no_answer_tells_how_a_name_is_spelt(under: Fortress) -> None:
    told = await under.post(DOCUMENTS["misspelt names"].content)

    assert [error["message"] for error in told.body["errors"]] == [
        "Cannot query field 'viewr' on type 'Query'.",
        "Cannot query field 'lisings' on type 'Query'.",
    ]


async def test_a_batch_is_not_taken(under: Fortress) -> None:
    told = await under.post([{"query": "{ viewer { roles } }"}] * 1000)

    assert told.verdict == (400, {"BATCHING_DISABLED"})

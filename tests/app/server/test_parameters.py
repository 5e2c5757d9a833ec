"""Bodies that hold more values than may be decoded are refused before they are."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RequestError
from app.server import parameters
from app.server.limits.bodies import BodyLimits
from app.server.limits.gate import Gate
from app.server.parameters import MAX_VALUES, from_body, split_batch

TEXT = st.text(alphabet='a,"\\\n]}:é', max_size=6)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.integers(), TEXT),
    lambda held: st.one_of(st.lists(held, max_size=5), st.dictionaries(TEXT, held, max_size=5)),
    max_leaves=30,
)


def commas(value: object) -> int:
    """Between the members and items of a value."""
    held = list(value.values() if isinstance(value, dict) else value) if isinstance(value, dict | list) else []
    return max(0, len(held) - 1) + sum(map(commas, held))


@given(VALUES, st.booleans(), st.integers(1, 30))
def test_what_is_counted_is_what_is_between_values(value: object, ascii_only: bool, piece: int) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()

    with patch.object(parameters, "_COUNTED_AT_ONCE", piece):
        assert not parameters._has_commas_between_values(body, commas(value))
        assert parameters._has_commas_between_values(body, commas(value) - 1)


@pytest.mark.parametrize(
    "members", [{"variables": {"a": [0] * (MAX_VALUES + 10)}}, {"extensions": {"a": [[]] * 30_000}}]
)
def test_more_values_than_may_be_are_refused(members: dict[str, object]) -> None:
    body = json.dumps({"query": "{ a }", **members}).encode()

    for read in (from_body, lambda body: split_batch(b"[%s]" % body, BodyLimits(Gate(), 10_000_000, 1))):
        with pytest.raises(RequestError, match=f"more than {MAX_VALUES} values") as refused:
            read(body)
        assert (refused.value.status, refused.value.code) == (413, "PAYLOAD_TOO_LARGE")


def test_a_long_text_is_one_value() -> None:
    text = 'well, "yes", \\ no, ' * MAX_VALUES

    assert from_body(json.dumps({"query": "{ a }", "variables": {"text": text}}).encode()).variables == {"text": text}

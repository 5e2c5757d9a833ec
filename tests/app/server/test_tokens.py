"""Tokens are counted as the parser does."""

import time
from pathlib import Path

import pytest
from graphql import parse

from app.schema import EXAMPLES
from app.server.limits.tokens import has_more_tokens

DOCUMENTS = [
    "{ a }",
    "\ufeff{ a, b }",
    '{ a(x: """ b \\""" c "q" \'\n""", y: "a\\"b{}\\\\", z: -1.5e+10, w: [1,2 3, $v]) ...F @d(a: $v) } #c\n#d\n',
    '{ a(b: "") c(d: """""") ...on T { e } ... { f } }',
    "query ($a: [Int!]! = {a: 1}) @d { a: b & | }".replace("& | ", ""),
    *EXAMPLES,
    Path("schema.graphql").read_text(),
]


@pytest.mark.parametrize("text", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_tokens_are_those_of_the_parser(text: str) -> None:
    count = parse(text).token_count

    assert (has_more_tokens(text, count), has_more_tokens(text, count - 1)) == (False, True)


@pytest.mark.parametrize("part", ["a ", "#\n", '"', '"""', '"\\', "{", "-", '."', "\\", '"""\\', "\n", "1.e"])
def test_counting_takes_no_longer_than_the_text_is_long(part: str) -> None:
    began = time.process_time()
    has_more_tokens('"""' + part * (1_000_000 // len(part)), 15_000)
    has_more_tokens(part * (1_000_000 // len(part)), 15_000)

    assert time.process_time() - began < 1

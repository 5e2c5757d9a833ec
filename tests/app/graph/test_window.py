"""Windows over lists: which part is asked for, and what a connection says of it."""

from collections.abc import Sequence

import pytest

from app.errors import BadUserInputError
from app.graph.window import Window, cursor
from app.rest import Page

LETTERS = "abcdefghij"


def answered(window: Window, letters: Sequence[str] = LETTERS) -> Page[str]:
    """What a backend that keeps the contract answers: the window of the list in the order asked for."""
    query = dict(window.query("name"))
    ordered = list(reversed(letters)) if query["order"].startswith("-") else list(letters)
    start = int(query["offset"])
    return Page(items=ordered[start : start + int(query["limit"])], total=len(letters))


@pytest.mark.parametrize(
    ("first", "after", "last", "before", "expected", "has_previous", "has_next"),
    [
        (3, None, None, None, "abc", False, True),
        (None, None, None, None, "abcdefghij", False, False),
        (3, 2, None, None, "def", True, True),
        (3, 8, None, None, "j", True, False),
        (3, 9, None, None, "", True, False),
        (None, None, 3, None, "hij", True, False),
        (None, None, 100, None, "abcdefghij", False, False),
        (None, None, 3, 5, "cde", True, True),
        (None, None, 9, 2, "ab", False, True),
        (None, 7, 5, None, "ij", True, False),
        (None, 9, 5, None, "", True, False),
        (None, 1, 5, 4, "cd", True, True),
        (5, None, None, 2, "ab", False, True),
        (2, 1, None, 8, "cd", True, True),
    ],
)
def test_a_window_shows_its_part_in_the_order_of_the_list(
    first: int | None,
    after: int | None,
    last: int | None,
    before: int | None,
    expected: str,
    has_previous: bool,
    has_next: bool,
) -> None:
    window = Window.of(
        first, cursor(after) if after is not None else None, last, cursor(before) if before is not None else None
    )

    part = window.slice(answered(window))

    assert "".join(part.nodes) == expected
    assert (part.has_previous_page, part.has_next_page) == (has_previous, has_next)
    assert part.total_count == 10
    places = [LETTERS.index(node) for node in part.nodes]
    assert [edge.cursor for edge in part.edges] == [cursor(place) for place in places]
    assert part.start_cursor == (cursor(places[0]) if places else None)
    assert part.end_cursor == (cursor(places[-1]) if places else None)


def test_an_empty_list_has_no_pages_beside_it() -> None:
    window = Window.of(None, None, 5, None)
    part = window.slice(answered(window, ""))
    assert (part.nodes, part.has_previous_page, part.has_next_page, part.start_cursor) == ([], False, False, None)


@pytest.mark.parametrize(
    ("arguments", "message", "field"),
    [
        ((0, None, None, None), "`first` must be between 1 and 100.", "first"),
        ((101, None, None, None), "`first` must be between 1 and 100.", "first"),
        ((None, None, -1, None), "`last` must be between 1 and 100.", "last"),
        ((1, None, 1, None), "Ask for either `first` or `last`, not for both.", "last"),
        ((1, "nonsense!", None, None), "`after` is not a cursor of this list.", "after"),
        ((1, "é", None, None), "`after` is not a cursor of this list.", "after"),
        ((1, "cG9zaXRpb246LTE", None, None), "`after` is not a cursor of this list.", "after"),
        ((None, None, 1, ""), "`before` is not a cursor of this list.", "before"),
        ((1, "cG9zaXRpb246" + "OTk5" * 9, None, None), "`after` is not a cursor of this list.", "after"),
    ],
)
def test_a_window_that_cannot_be_is_refused(
    arguments: tuple[int | None, str | None, int | None, str | None], message: str, field: str
) -> None:
    with pytest.raises(BadUserInputError) as refused:
        Window.of(*arguments)
    assert (refused.value.message, refused.value.field) == (message, (field,))

"""The copy: true to the facts, within its limits, and not the same twice."""

import pytest

from backends.copywriting import ContentType, ListingFacts, problems_of, write_copy
from backends.document import Money
from backends.sample.listings import sample_listings

FACTS = [ListingFacts.model_validate(listing.model_dump()) for listing in sample_listings()]


@pytest.mark.parametrize("kind", ContentType)
def test_every_piece_says_the_facts_within_its_limit(kind: ContentType) -> None:
    for listing in FACTS:
        for edition in range(6):
            assert problems_of(kind, write_copy(kind, listing, edition), listing) == []


@pytest.mark.parametrize("kind", ContentType)
def test_the_same_facts_give_the_same_words_and_another_edition_others(kind: ContentType) -> None:
    listing = FACTS[0]
    assert write_copy(kind, listing) == write_copy(kind, listing)
    assert len({write_copy(kind, listing, edition).text for edition in range(5)}) == 5


def test_feedback_that_asks_for_it_makes_a_piece_shorter() -> None:
    long, short = (write_copy(ContentType.EMAIL, FACTS[0], 1, text) for text in ("", "Shorter, please"))
    assert len(short.text) < len(long.text)


@pytest.mark.parametrize("kind", ContentType)
def test_a_listing_of_which_little_is_known_gets_copy_too(kind: ContentType) -> None:
    listing = ListingFacts(id="lst_1", owner_id="usr_1", address="9 Elm St")
    copy = write_copy(kind, listing)
    assert problems_of(kind, copy, listing) == []
    assert "None" not in copy.text
    assert "  " not in copy.text


def test_the_review_says_what_is_missing_and_what_is_too_long() -> None:
    listing = ListingFacts(id="lst_1", owner_id="usr_1", address="9 Elm St", bedrooms=2, price=Money(amount="5.50"))
    copy = write_copy(ContentType.EMAIL, listing)
    assert "$5.50" in copy.text
    copy.text = "x" * 3000
    assert problems_of(ContentType.EMAIL, copy, listing) == [
        "it has 3000 characters of 2000",
        "it does not say the address",
        "it does not say the price",
        "it does not say the bedrooms",
    ]

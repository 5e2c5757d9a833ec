"""What can be said of a text by counting: its sentences, the terms that matter, how it reads."""

import re
from collections import Counter
from typing import Final

WORD: Final = re.compile(r"[^\W\d_](?:[\w'\u2019-]*\w)?")
SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+|\n+")
SHORTEST_TERM: Final = 4
LONG_SENTENCE_WORDS: Final = 25
WORDS_A_MINUTE: Final = 220
COMMON: Final = frozenset(
    WORD.findall(
        "about after again also because been before being between both could does doing down during each even every "
        "from further have having here herself himself into itself just like made make many more most much must "
        "myself need only other over please same shall should some such than that their theirs them then there these "
        "they this those through under until upon very want were what when where which while whom will with would "
        "your yours"
    )
)


def words_of(text: str) -> list[str]:
    return WORD.findall(text)


def sentences_of(text: str) -> list[str]:
    return [sentence.strip() for sentence in SENTENCE_END.split(text) if words_of(sentence)]


def terms_of(text: str) -> list[str]:
    """The words that carry meaning, in lower case."""
    found = (word.lower() for word in words_of(text))
    return [word for word in found if len(word) >= SHORTEST_TERM and word not in COMMON]


def key_terms(text: str, favoured: str = "", most: int = 6) -> list[tuple[str, int]]:
    """The terms used most, with how often; those of `favoured` count twice for their place."""
    counts, wanted = Counter(terms_of(text)), set(terms_of(favoured))
    ranked = sorted(counts, key=lambda term: (-counts[term] * (2 if term in wanted else 1), term))
    return [(term, counts[term]) for term in ranked[:most]]


def weightiest(sentences: list[str], most: int) -> list[str]:
    """The sentences with most of the terms that matter, in the order they were written."""
    counts = Counter(term for sentence in sentences for term in terms_of(sentence))
    weights = [sum(counts[term] for term in set(terms_of(sentence))) for sentence in sentences]
    chosen = sorted(range(len(sentences)), key=lambda place: (-weights[place], place))[:most]
    return [sentences[place] for place in sorted(chosen)]


def long_sentences(sentences: list[str]) -> list[str]:
    return [sentence for sentence in sentences if len(words_of(sentence)) > LONG_SENTENCE_WORDS]


def shortened(text: str, most: int = 90) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

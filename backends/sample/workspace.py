"""The workspace of the sample data: two sessions, a CSV and a text file with real contents, and a saved chat."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from backends.answering import answer
from backends.chat import ChatMessage, Role
from backends.files import File
from backends.sample.people import PEOPLE
from backends.sample.seed import Seed, moment, sample_id
from backends.sessions import Session
from backends.summaries import MEDIA_TYPES, summary_of

OWNER: Final = PEOPLE[0].user_id
PIPELINE: Final = sample_id("ses", "Spring pipeline")
RESEARCH: Final = sample_id("ses", "Buyer research")
SALES: Final = sample_id("fil", "spring_sales.csv")
NOTES: Final = sample_id("fil", "buyer_interviews.txt")

STAGES: Final = ("Closed", "Closed", "Under contract", "Offer", "Viewing")
NEIGHBOURHOODS: Final = ("Barton Hills", "Bouldin", "Hyde Park", "Mueller", "Travis Heights")
SOURCES: Final = ("Referral", "Open house", "Instagram", "Website")

INTERVIEWS: Final = """Buyer interviews, Austin, October

The Okafors want three bedrooms and a home office. A garden matters more to them than a garage. Their budget ends at \
750,000 dollars, and they would rather wait until spring than give up the garden.

Priya and Tom work from home three days a week. They ask about the internet connection before they ask about the \
kitchen. Noise from the street was their reason to turn down two houses.

Mr. Delgado is selling in Denver first. He needs to close there before he can make an offer here, so his date is \
uncertain. Schools are not important to him; a short way to the airport is.

What they have in common: everyone asked for photographs of the garden, and nobody had read the description to its \
end. Two of the three found us on Instagram.
"""


def sample_sessions() -> Iterator[Session]:
    for id, title, days in ((RESEARCH, "Buyer research", 21), (PIPELINE, "Spring pipeline", 3)):
        opened_at = moment(days)
        is_active = id == PIPELINE
        yield Session(id=id, owner_id=OWNER, title=title, active=is_active, created_at=opened_at, updated_at=opened_at)


def sample_files(directory: Path) -> Iterator[File]:
    """The files, which are written to the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    yield stored(directory, SALES, PIPELINE, "spring_sales.csv", sales(), "What the spring brought in, by deal", 2)
    yield stored(directory, NOTES, RESEARCH, "buyer_interviews.txt", INTERVIEWS, "What buyers said in October", 20)


def stored(directory: Path, id: str, session_id: str, name: str, content: str, description: str, days: float) -> File:
    suffix = name.rpartition(".")[2]
    path = directory / f"{id}.{suffix}"
    path.write_text(content, encoding="utf-8", newline="")
    return File(
        id=id,
        owner_id=OWNER,
        session_id=session_id,
        file_name=name,
        description=description,
        content_type=MEDIA_TYPES[suffix],
        size_bytes=len(content.encode()),
        storage_uri=f"storage://{OWNER}/{path.name}",
        summary=summary_of(path, suffix),
        active=True,
        created_at=moment(days),
        updated_at=moment(days),
    )


def sales() -> str:
    """Forty deals of a spring."""
    rows = ["date,neighbourhood,source,stage,price,commission"]
    for number in range(40):
        seed = Seed("deal", number)
        price = 380_000 + 2_500 * seed.below(180, "price")
        date = f"2025-{3 + number // 14:02}-{1 + number * 2 % 28:02}"
        facts = (seed.choose(NEIGHBOURHOODS, "where"), seed.choose(SOURCES, "source"), seed.choose(STAGES, "stage"))
        rows.append(",".join([date, *facts, str(price), str(round(price * 0.025))]))
    return "\n".join(rows) + "\n"


def sample_messages() -> Iterator[ChatMessage]:
    """What was asked about the interviews, and saved."""
    question = "What do buyers say about the garden?"
    answered = " ".join(answer(question, "buyer_interviews.txt", "txt", INTERVIEWS.encode(), None))
    for number, (role, content) in enumerate(((Role.USER, question), (Role.ASSISTANT, answered))):
        asked_at = moment(19, -number)
        yield ChatMessage(
            id=sample_id("msg", f"{NOTES} {number}"),
            owner_id=OWNER,
            session_id=RESEARCH,
            file_id=NOTES,
            role=role,
            content=content,
            is_saved=True,
            created_at=asked_at,
            updated_at=asked_at,
        )

"""The workspace of the sample data: two sessions, a CSV and a text file with real contents, and a saved chat."""

from collections.abc import Iterator

from backends.sample.people import PEOPLE
from backends.sample.seed import moment, sample_id
from backends.sessions import Session

OWNER = PEOPLE[0].user_id
PIPELINE = sample_id("ses", "Spring pipeline")
RESEARCH = sample_id("ses", "Buyer research")


def sample_sessions() -> Iterator[Session]:
    for id, title, days in ((RESEARCH, "Buyer research", 21), (PIPELINE, "Spring pipeline", 3)):
        yield Session(
            id=id,
            owner_id=OWNER,
            title=title,
            active=id == PIPELINE,
            created_at=moment(days),
            updated_at=moment(days),
        )

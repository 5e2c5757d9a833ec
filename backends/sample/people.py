"""The users of the sample data and their agent profiles."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backends.accounts import Agent, User
from backends.notices import NoticeType
from backends.sample.places import AUSTIN, DENVER, PORTLAND, SAN_DIEGO, SEATTLE, Place
from backends.sample.seed import moment, sample_id

PASSWORD: Final = "demo-password-1"  # noqa: S105 -- a published login of the sample data


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the sample data; one without a name is no agent."""

    email: str
    role: str = "agent"
    name: str = ""
    phone: str | None = None
    places: tuple[Place, ...] = ()
    listings: int = 0

    @property
    def user_id(self) -> str:
        return sample_id("usr", self.email)

    @property
    def agent_id(self) -> str | None:
        return sample_id("agt", self.email) if self.name else None


PEOPLE: Final = (
    Person("chris@example.com", name="Chris Bennett", phone="+1 512 555 0134", places=(AUSTIN,), listings=48),
    Person("maria@example.com", name="Maria Alvarez", phone="+1 619 555 0188", places=(SAN_DIEGO,), listings=24),
    Person("dana@example.com", name="Dana Whitfield", phone="+1 303 555 0120", places=(DENVER,), listings=24),
    Person(
        "priya@example.com",
        name="Priya Raman",
        phone=None,
        places=(
            SEATTLE,
            PORTLAND,
        ),
        listings=24,
    ),
    Person("admin@example.com", role="admin"),
)


def sample_users() -> Iterator[User]:
    for number, person in enumerate(PEOPLE):
        yield User(
            id=person.user_id,
            owner_id=person.user_id,
            email=person.email,
            roles=[person.role],
            agent_id=person.agent_id,
            created_at=moment(400 - number),
            updated_at=moment(400 - number),
        )


def sample_agents() -> Iterator[Agent]:
    for number, person in enumerate(PEOPLE):
        if person.agent_id is not None:
            yield Agent(
                id=person.agent_id,
                owner_id=person.user_id,
                user_id=person.user_id,
                name=person.name,
                email=person.email,
                phone=person.phone,
                notification_preferences=dict.fromkeys(NoticeType, True),
                created_at=moment(400 - number),
                updated_at=moment(400 - number),
            )

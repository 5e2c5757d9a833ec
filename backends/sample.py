"""Sample data for a first start: the same every time, believable, and written by the same copywriting."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, TypeVar

from backends.accounts import AccountService, Agent, User
from backends.approval import ContentStatus
from backends.content import Content, ContentService
from backends.copywriting import ContentType, ListingFacts, write_copy
from backends.document import Money
from backends.listings import Listing, ListingService, ListingStatus, PropertyType
from backends.notices import NoticeType
from backends.sample_places import (
    AUSTIN,
    COMMERCIAL_FEATURES,
    DENVER,
    HOME_FEATURES,
    LAND_FEATURES,
    PORTLAND,
    SAN_DIEGO,
    SEATTLE,
    SHARED_FEATURES,
    Place,
)
from backends.service import Service

T = TypeVar("T")

PASSWORD: Final = "demo-password-1"  # noqa: S105 -- a published login of the sample data
NEWEST: Final = datetime(2025, 11, 14, 16, 20, tzinfo=UTC)


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

STATUSES: Final = (
    ContentStatus.PENDING_APPROVAL_AGENT,
    ContentStatus.POSTED,
    ContentStatus.APPROVED,
    ContentStatus.PENDING_APPROVAL_AGENT,
    ContentStatus.REJECTED,
    ContentStatus.SENT_TO_MARKETING,
    ContentStatus.POSTED,
    ContentStatus.REVISIONS_REQUESTED,
    ContentStatus.MARKETING_RESPONDED,
    ContentStatus.GENERATING,
)

LISTING_STATUSES: Final = (
    *(ListingStatus.ACTIVE,) * 4,
    ListingStatus.PENDING,
    ListingStatus.ACTIVE,
    ListingStatus.SOLD,
    ListingStatus.ACTIVE,
    ListingStatus.ACTIVE,
    ListingStatus.WITHDRAWN,
)
HOUSE = PropertyType.HOUSE
PROPERTY_TYPES: Final = (
    *(HOUSE, PropertyType.CONDO, HOUSE, PropertyType.TOWNHOUSE, HOUSE, PropertyType.APARTMENT),
    *(HOUSE, PropertyType.CONDO, HOUSE, PropertyType.LAND, HOUSE, PropertyType.COMMERCIAL),
)
FEATURES: Final = {
    PropertyType.HOUSE: HOME_FEATURES,
    PropertyType.TOWNHOUSE: HOME_FEATURES,
    PropertyType.CONDO: SHARED_FEATURES,
    PropertyType.APARTMENT: SHARED_FEATURES,
    PropertyType.LAND: LAND_FEATURES,
    PropertyType.COMMERCIAL: COMMERCIAL_FEATURES,
}
PIECES_PER_LISTING: Final = 2


def load_sample(service: Service) -> None:
    """Gives a service that has no data yet its part of the sample."""
    match service:
        case AccountService() if service.users.is_empty:
            load_accounts(service)
        case ListingService() if service.listings.is_empty:
            service.listings.load(sample_listings())
        case ContentService() if service.contents.is_empty:
            service.contents.load(sample_contents())


def load_accounts(service: AccountService) -> None:
    hashed = service.passwords.hash_now(PASSWORD)
    with service.database.transaction():
        service.users.load(sample_users())
        service.agents.load(sample_agents())
        for person in PEOPLE:
            service.passwords.store(person.user_id, hashed)


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


def sample_listings() -> Iterator[Listing]:
    for person in PEOPLE:
        for number in range(person.listings):
            yield sample_listing(person, number)


def sample_listing(person: Person, number: int) -> Listing:
    seed = Seed(person.email, number)
    place, kind = person.places[number % len(person.places)], PROPERTY_TYPES[number % len(PROPERTY_TYPES)]
    bedrooms = None if kind in (PropertyType.LAND, PropertyType.COMMERCIAL) else 1 + seed.below(5, "bedrooms")
    square_feet = 520 + 430 * (bedrooms or 4) + 10 * seed.below(45, "area")
    dollars = round(square_feet * place.dollars_per_square_foot, -3) - 100 * seed.below(2, "price")
    created_at = moment(days=number * 3 + seed.below(3, "day"), minutes=seed.below(600, "minute"))
    listing_id = sample_id("lst", f"{person.email} {number}")
    facts = ListingFacts(
        id=listing_id,
        owner_id=person.user_id,
        agent_id=person.agent_id,
        address=f"{101 + seed.below(8800, 'house')} {seed.choose(place.streets, 'street')}",
        city=place.city,
        state=place.state,
        price=None if number % 24 == 23 else Money(amount=Decimal(f"{dollars}.00")),
        property_type=kind,
        bedrooms=bedrooms,
        bathrooms=None if bedrooms is None else (bedrooms + 1) / 2 + 0.5,
        square_feet=square_feet,
        year_built=None if kind is PropertyType.LAND else 1924 + seed.below(100, "year"),
        key_features=seed.some(FEATURES[kind], 3 + seed.below(3, "features")),
    )
    return Listing(
        postal_code=seed.choose(place.postal_codes, "postal code"),
        status=LISTING_STATUSES[number % len(LISTING_STATUSES)],
        description=write_copy(ContentType.PROPERTY_DESCRIPTION, facts).text,
        image_urls=[f"https://images.example.com/{listing_id}/{view}.jpg" for view in ("front", "living", "kitchen")],
        created_at=created_at,
        updated_at=created_at + timedelta(hours=2),
        **facts.model_dump(),
    )


def sample_contents() -> Iterator[Content]:
    for position, listing in enumerate(sample_listings()):
        facts = ListingFacts.model_validate(listing.model_dump())
        for piece in range(PIECES_PER_LISTING):
            yield sample_content(facts, listing.created_at, position * PIECES_PER_LISTING + piece)


def sample_content(listing: ListingFacts, listed_at: datetime, number: int) -> Content:
    kind, status = list(ContentType)[number % len(ContentType)], STATUSES[number * 3 % len(STATUSES)]
    copy = write_copy(kind, listing)
    created_at = listed_at + timedelta(hours=3, minutes=number % 50)
    content = Content(
        id=sample_id("cnt", f"{listing.id} {kind}"),
        owner_id=listing.owner_id,
        agent_id=listing.agent_id,
        listing_id=listing.id,
        character_id=None,
        task_id=sample_id("tsk", listing.id),
        content_type=kind,
        title=copy.title,
        text=copy.text,
        hashtags=copy.hashtags,
        revision=1,
        created_at=created_at,
        updated_at=created_at + timedelta(minutes=number % 90),
    )
    content.move(status)
    if status is ContentStatus.POSTED:
        content.posted_at = content.updated_at
    if status is ContentStatus.REVISIONS_REQUESTED:
        content.feedback = "Please say more about the garden and the street."
    if status is ContentStatus.MARKETING_RESPONDED:
        content.marketing_response = "Good to go with the spring campaign."
    return content


@dataclass(frozen=True, slots=True)
class Seed:
    """Choices that look random and are the same every time."""

    name: str
    number: int

    def below(self, limit: int, purpose: str) -> int:
        return int(fingerprint(f"{self.name} {self.number} {purpose}")[:8], 16) % limit

    def choose(self, options: Sequence[T], purpose: str) -> T:
        return options[self.below(len(options), purpose)]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        first = self.below(len(options), "some")
        return [options[(first + step * 5) % len(options)] for step in range(min(count, len(options)))]


def fingerprint(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=10).hexdigest()


def sample_id(prefix: str, name: str) -> str:
    return f"{prefix}_{fingerprint(f'{prefix} {name}')}"


def moment(days: float = 0, minutes: float = 0) -> datetime:
    """So long before the newest of the sample data."""
    return NEWEST - timedelta(days=days, minutes=minutes)

"""The listings of the sample data."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from backends.copywriting import ContentType, ListingFacts, write_copy
from backends.document import Money
from backends.listings import Listing, ListingStatus, PropertyType
from backends.sample.people import PEOPLE, Person
from backends.sample.places import COMMERCIAL_FEATURES, HOME_FEATURES, LAND_FEATURES, SHARED_FEATURES
from backends.sample.seed import Seed, moment, sample_id

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

"""Listings: what is for sale, and the check in the background that makes a new one active."""

from enum import StrEnum
from typing import Annotated

import httpx
from pydantic import Field, HttpUrl
from starlette.responses import Response

from backends.authentication import AuthenticatedCaller
from backends.document import Body, Document, Money, new_id
from backends.jobs import Payload
from backends.notices import EntityType, Notice, NoticeType
from backends.reading import answer
from backends.selection import Reads, among, at_least, at_most, containing
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings
from backends.storage import Table

MAX_IMAGES = 50


class ListingStatus(StrEnum):
    PROCESSING = "processing"
    ACTIVE = "active"
    PENDING = "pending"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"


class PropertyType(StrEnum):
    HOUSE = "house"
    CONDO = "condo"
    TOWNHOUSE = "townhouse"
    APARTMENT = "apartment"
    LAND = "land"
    COMMERCIAL = "commercial"


ShortText = Annotated[str, Field(max_length=200)]


class ListingDraft(Body):
    """What an agent sends; the rest is found out or has a default."""

    address: Annotated[str, Field(min_length=1, max_length=200)]
    city: ShortText = ""
    state: ShortText = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    price: Money | None = None
    property_type: PropertyType = PropertyType.HOUSE
    bedrooms: Annotated[int, Field(ge=0, le=1000)] | None = None
    bathrooms: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] | None = None
    square_feet: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    year_built: Annotated[int, Field(ge=1600, le=2200)] | None = None
    description: Annotated[str, Field(max_length=5000)] = ""
    key_features: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=120)]], Field(max_length=50, default_factory=list)
    ]
    image_urls: Annotated[list[HttpUrl], Field(max_length=MAX_IMAGES, default_factory=list)]


class Listing(Document):
    agent_id: str | None
    address: str
    city: str
    state: str
    postal_code: str
    price: Money | None
    status: ListingStatus
    property_type: PropertyType
    bedrooms: int | None
    bathrooms: float | None
    square_feet: int | None
    year_built: int | None
    description: str
    key_features: list[str]
    image_urls: list[str]


router = routes()


class ListingService(Service):
    name = "listings"
    routers = (router,)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.listings = Table(
            self.database,
            "listings",
            Listing,
            {
                "agent_id": "TEXT $.agent_id",
                "status": "TEXT $.status",
                "address": "TEXT $.address",
                "city": "TEXT $.city",
                "description": "TEXT $.description",
                "property_type": "TEXT $.property_type",
                "price": "REAL $.price.amount",
                "bedrooms": "INTEGER $.bedrooms",
            },
            indexed=["agent_id"],
        )
        self.jobs.register("check", self.check)
        self.expose(
            "/listings",
            Reads(
                self.listings,
                noun="listing",
                filters={
                    "status": among("status", ListingStatus),
                    "agent_id": among("agent_id"),
                    "city": among("city"),
                    "property_type": among("property_type", PropertyType),
                    "search": containing("address", "city", "description"),
                    "min_price": at_least("price"),
                    "max_price": at_most("price"),
                    "min_bedrooms": at_least("bedrooms"),
                },
                orders=["created_at", "updated_at", "price", "address"],
                groups=["agent_id"],
            ),
        )

    def store(self, listing: Listing) -> None:
        """Stores a change and tells of it; call it inside a transaction."""
        self.listings.put(listing)
        self.outbox.tell("listing.changed", "listing", listing)

    def create(self, draft: ListingDraft, owner_id: str, agent_id: str | None) -> Listing:
        listing = Listing(
            id=new_id("lst"),
            owner_id=owner_id,
            agent_id=agent_id,
            status=ListingStatus.PROCESSING,
            **draft.model_dump(mode="json"),
        )
        with self.database.transaction():
            self.store(listing)
            self.jobs.add("check", {"listing_id": listing.id})
        return listing

    async def check(self, _job: str, payload: Payload) -> None:
        """Makes a new listing fit to be shown."""
        await self.pause()
        listing = self.listings.find(payload["listing_id"])
        if listing is None or listing.status is not ListingStatus.PROCESSING:
            return
        normalise(listing)
        listing.status = ListingStatus.ACTIVE
        with self.database.transaction():
            self.store(listing)
            self.notify(shown(listing))


def shown(listing: Listing) -> Notice:
    return Notice(
        owner_id=listing.owner_id,
        type=NoticeType.LISTING_UPDATE,
        title="Your listing is active",
        message=f"{listing.address} has been checked and is now shown to buyers.",
        related_entity_type=EntityType.LISTING,
        related_entity_id=listing.id,
    )


def normalise(listing: Listing) -> None:
    """One space between words, states in capitals, features and images once each."""
    listing.address = " ".join(listing.address.split())
    listing.city = " ".join(listing.city.split())
    listing.state = listing.state.upper() if len(listing.state) == 2 else listing.state
    listing.key_features = list({feature.casefold(): feature for feature in listing.key_features}.values())
    listing.image_urls = list(dict.fromkeys(listing.image_urls))


ServingListings = Annotated[ListingService, Serving]


@router.post("/listings", status_code=201, response_model=Listing)
async def create_listing(draft: ListingDraft, caller: AuthenticatedCaller, service: ServingListings) -> Response:
    return answer(service.create(draft, caller.require_user(), caller.agent_id), 201)

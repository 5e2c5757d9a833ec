"""The listings backend: properties for sale."""

from datetime import datetime
from typing import ClassVar

from app.rest import CollectionClient, Record, Service
from clients.money import MoneyRecord


class ListingRecord(Record, frozen=True, kw_only=True):
    id: str
    owner_id: str
    agent_id: str | None = None
    address: str
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    price: MoneyRecord | None = None
    status: str
    property_type: str | None = None
    bedrooms: int | None = None
    bathrooms: float | None = None
    square_feet: int | None = None
    year_built: int | None = None
    description: str | None = None
    key_features: list[str]
    image_urls: list[str]
    created_at: datetime
    updated_at: datetime


class ListingClient(CollectionClient[ListingRecord]):
    service: ClassVar[Service] = Service("listings", port=8004)
    route: ClassVar[str] = "/listings"
    record: ClassVar[type[ListingRecord]] = ListingRecord

    async def create(self, listing: dict[str, object]) -> ListingRecord:
        """Add a listing of the caller's; it is `processing` until the backend has checked it."""
        return await self.write("POST", "/listings", ListingRecord, body=listing)

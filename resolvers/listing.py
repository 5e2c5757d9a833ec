"""Listings: properties for sale."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    ALL,
    URL,
    AnyId,
    ById,
    Info,
    Key,
    Money,
    MoneyInput,
    Node,
    Order,
    Pages,
    PagesBy,
    Parent,
    Query,
    Subgraph,
    database_id,
    described,
    filter_query,
    order_text,
    value,
)
from clients.account import AgentRecord
from clients.listing import ListingClient, ListingRecord
from resolvers.account import Agent, AgentById

listing = Subgraph("listing")


class ListingById(ById[ListingRecord]):
    collection = ListingClient


class Listings(Pages[ListingRecord]):
    collection = ListingClient


class ListingsByAgent(PagesBy[ListingRecord]):
    collection = ListingClient
    parent = "agent_id"


@strawberry.enum(description="Where a listing stands.")
class ListingStatus(Enum):
    PROCESSING = value("processing", "Being checked; not shown to buyers yet.")
    ACTIVE = value("active", "For sale.")
    PENDING = value("pending", "Under contract.")
    SOLD = value("sold", "Sold.")
    WITHDRAWN = value("withdrawn", "Taken off the market.")


@strawberry.enum(description="What kind of property it is.")
class PropertyType(Enum):
    HOUSE = value("house", "A detached house.")
    CONDO = value("condo", "A condominium.")
    TOWNHOUSE = value("townhouse", "A house in a row.")
    APARTMENT = value("apartment", "An apartment.")
    LAND = value("land", "Land without a building.")
    COMMERCIAL = value("commercial", "Business premises.")


@strawberry.enum(description="What listings can be ordered by.")
class ListingOrderField(Enum):
    CREATED_AT = value("created_at", "When the listing was made.")
    UPDATED_AT = value("updated_at", "When it was last changed.")
    PRICE = value("price", "The asking price.")
    ADDRESS = value("address", "The street address.")


@listing.type(ListingRecord, by_id=ListingById)
class Listing(Node):
    """A property for sale."""

    address: str = described("The street address.")
    city: str | None = described("The city.")
    state: str | None = described("The state.")
    postal_code: str | None = described("The postal code.")
    price: Money | None = described("The asking price.")
    status: ListingStatus = described("Where the listing stands.")
    property_type: PropertyType | None = described("What kind of property it is.")
    bedrooms: int | None = described("How many bedrooms.")
    bathrooms: float | None = described("How many bathrooms; a half is one without a bath.")
    square_feet: int | None = described("The living area in square feet.")
    year_built: int | None = described("When it was built.")
    description: str | None = described("What the agent says about it.")
    key_features: list[str] = described("What makes it worth seeing.")
    image_urls: list[URL] = described("Its pictures.")
    created_at: datetime = described("When the listing was made.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which listings; conditions add up.")
class ListingFilter(BaseModel):
    status: list[ListingStatus] | None = Field(None, description="In one of these states.")
    property_type: list[PropertyType] | None = Field(None, description="Of one of these kinds.")
    city: str | None = Field(None, max_length=120, description="In this city.")
    search: str | None = Field(None, max_length=200, description="With this text in the address or the description.")
    min_price: int | None = Field(None, ge=0, description="For at least this much.")
    max_price: int | None = Field(None, ge=0, description="For at most this much.")
    min_bedrooms: int | None = Field(None, ge=0, description="With at least so many bedrooms.")


ListingFilterArgument = Annotated[ListingFilter | None, strawberry.argument(description="Which listings.")]
ListingOrder = Annotated[
    Order[ListingOrderField] | None, strawberry.argument(description="In which order; newest first.")
]


def _listings_key(parent: str, filter: ListingFilter | None, order_by: Order[ListingOrderField] | None) -> Key[str]:
    return Key(parent, {"filter": filter_query(filter), "order": order_text(order_by)})


@listing.edge(Query, ListingById, returns=Listing, must_exist=True, name="listing")
def listing_by_id(id: AnyId) -> str:
    """One of the caller's listings."""
    return database_id(id, Listing)


@listing.connection(Query, Listings, returns=Listing)
def listings(filter: ListingFilterArgument = None, order_by: ListingOrder = None) -> Key[str]:
    """The caller's listings; all listings for an admin."""
    return _listings_key(ALL, filter, order_by)


@listing.edge(Listing, AgentById, returns=Agent)
def agent(listing: Parent[ListingRecord]) -> str | None:
    """The agent who lists it."""
    return listing.agent_id


@listing.connection(Agent, ListingsByAgent, returns=Listing, name="listings")
def listings_of_agent(
    agent: Parent[AgentRecord], filter: ListingFilterArgument = None, order_by: ListingOrder = None
) -> Key[str]:
    """The agent's listings that the caller may see."""
    return _listings_key(agent.id, filter, order_by)


@strawberry.pydantic.input(description="A property to list.")
class CreateListingInput(BaseModel):
    address: str = Field(min_length=3, max_length=200, description="The street address.")
    city: str | None = Field(None, max_length=120, description="The city.")
    state: str | None = Field(None, max_length=60, description="The state.")
    postal_code: str | None = Field(None, max_length=20, description="The postal code.")
    price: MoneyInput | None = Field(None, description="The asking price.")
    property_type: PropertyType | None = Field(None, description="What kind of property it is.")
    bedrooms: int | None = Field(None, ge=0, le=1000, description="How many bedrooms.")
    bathrooms: float | None = Field(None, ge=0, le=1000, description="How many bathrooms.")
    square_feet: int | None = Field(None, ge=0, description="The living area in square feet.")
    year_built: int | None = Field(None, ge=1600, le=2200, description="When it was built.")
    description: str | None = Field(None, max_length=5000, description="What to say about it.")
    key_features: list[str] = Field(default_factory=list, max_length=50, description="What makes it worth seeing.")
    image_urls: list[URL] = Field(default_factory=list, max_length=50, description="Its pictures.")


@listing.mutation(Listing)
async def create_listing(info: Info, input: CreateListingInput) -> ListingRecord:
    """List a property by hand. It is `PROCESSING` until it has been checked."""
    return await info.context.client(ListingClient).create(input.model_dump(mode="json", exclude_none=True))

"""The towns, streets and features that sample listings are made of."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A city: where it is, what it costs, and some of its streets."""

    city: str
    state: str
    postal_codes: tuple[str, ...]
    dollars_per_square_foot: int
    streets: tuple[str, ...]


AUSTIN: Final = Place(
    "Austin",
    "TX",
    ("78702", "78704", "78745", "78751", "78757"),
    385,
    (
        "Barton Hills Dr",
        "Bouldin Ave",
        "Brodie Ln",
        "Duval St",
        "E 12th St",
        "Enfield Rd",
        "Garner Ave",
        "Holly St",
        "Kinney Ave",
        "Manchaca Rd",
        "Shoal Creek Blvd",
        "Woodrow Ave",
    ),
)
SAN_DIEGO: Final = Place(
    "San Diego",
    "CA",
    ("92103", "92104", "92107", "92116"),
    690,
    ("Adams Ave", "Cable St", "Felton St", "Juniper St", "Kansas St", "Meade Ave", "Narragansett Ave", "Upas St"),
)
DENVER: Final = Place(
    "Denver",
    "CO",
    ("80205", "80206", "80210", "80211"),
    420,
    ("Clayton St", "Downing St", "Elizabeth St", "Lowell Blvd", "Osceola St", "S Pearl St", "Vine St", "York St"),
)
SEATTLE: Final = Place(
    "Seattle",
    "WA",
    ("98103", "98107", "98115", "98144"),
    560,
    ("Ballard Ave NW", "Fremont Ave N", "Interlake Ave N", "NE 65th St", "Phinney Ave N", "Wallingford Ave N"),
)
PORTLAND: Final = Place(
    "Portland",
    "OR",
    ("97202", "97211", "97214", "97217"),
    340,
    ("NE Alberta St", "NE Fremont St", "SE Clinton St", "SE Division St", "SE Hawthorne Blvd", "N Williams Ave"),
)

HOME_FEATURES: Final = (
    "oak floors throughout",
    "quartz counters in the kitchen",
    "a covered back porch",
    "a fenced garden with mature trees",
    "a two-car garage",
    "a home office with built-in shelves",
    "a primary suite with a walk-in closet",
    "new windows from 2022",
    "a gas fireplace",
    "solar panels on the roof",
    "a finished basement",
    "vaulted ceilings in the living room",
    "a chef's kitchen with a gas range",
    "a screened sunroom",
    "a heat pump installed in 2023",
    "raised garden beds",
    "a laundry room with a sink",
    "a rooftop terrace",
)
SHARED_FEATURES: Final = (
    "a balcony facing south",
    "one reserved parking space",
    "a shared roof deck",
    "in-unit laundry",
    "a gym in the building",
    "secure bike storage",
    "floor-to-ceiling windows",
    "a pantry and a kitchen island",
)
LAND_FEATURES: Final = ("utilities at the street", "a level building site", "a recent survey", "mountain views")
COMMERCIAL_FEATURES: Final = (
    "a glass storefront",
    "a loading door at the back",
    "twelve parking spaces",
    "three-phase power",
    "an open floor plan",
)

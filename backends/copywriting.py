"""Marketing copy made from a listing's own facts: the same facts and edition give the same words."""

import hashlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field

from backends.document import Money


class ContentType(StrEnum):
    SOCIAL_MEDIA_POST = "social_media_post"
    FLYER_TEXT = "flyer_text"
    EMAIL = "email"
    PROPERTY_DESCRIPTION = "property_description"
    VIDEO_SCRIPT = "video_script"


def distinct(content_types: list[ContentType]) -> list[ContentType]:
    if len(set(content_types)) < len(content_types):
        raise ValueError("Each content type can be asked for once.")
    return content_types


ContentTypes = Annotated[list[ContentType], Field(min_length=1, max_length=5), AfterValidator(distinct)]


class ListingFacts(BaseModel):
    """What is known of a listing and may be said about it."""

    id: str
    owner_id: str
    agent_id: str | None = None
    address: str
    city: str = ""
    state: str = ""
    price: Money | None = None
    property_type: str = "house"
    bedrooms: int | None = None
    bathrooms: float | None = None
    square_feet: int | None = None
    year_built: int | None = None
    key_features: list[str] = Field(default_factory=list)


class Copy(BaseModel):
    """One written piece."""

    title: str
    text: str
    hashtags: list[str] = Field(default_factory=list)


MAX_LENGTHS: Final = {
    ContentType.SOCIAL_MEDIA_POST: 700,
    ContentType.FLYER_TEXT: 1200,
    ContentType.EMAIL: 2000,
    ContentType.PROPERTY_DESCRIPTION: 1800,
    ContentType.VIDEO_SCRIPT: 2000,
}
FEATURES_NAMED: Final = 4
FEATURE_LENGTH: Final = 70

OPENINGS: Final = {
    ContentType.SOCIAL_MEDIA_POST: (
        "Just listed:",
        "New to the market:",
        "Your next front door:",
        "Worth a second look:",
        "Save the date for a viewing:",
        "Fresh on the market:",
    ),
    ContentType.FLYER_TEXT: (
        "COME AND SEE IT",
        "NEW ON THE MARKET",
        "THE DOOR IS OPEN",
        "MAKE IT YOURS",
        "A PLACE TO STAY",
    ),
    ContentType.EMAIL: (
        "I wanted you to see this one before the weekend.",
        "A place has come up that may be just what you described.",
        "This one is new, and I thought of you at once.",
        "If you are still looking, have a look at this.",
        "Here is a home I would show my own family.",
    ),
    ContentType.PROPERTY_DESCRIPTION: (
        "Some places feel settled the moment you walk in, and this is one of them.",
        "Light, space and a plan that simply works.",
        "Well kept, well placed and ready for its next chapter.",
        "Here is a home that gives every day a little more room.",
        "Comfortable from the first evening, and easy to make your own.",
    ),
    ContentType.VIDEO_SCRIPT: (
        "Morning light on the front steps, the door already open.",
        "A slow drive up the street, until one house makes you stop.",
        "A hand on the door, and the first look inside.",
        "The street from above, then down to the front walk.",
        "A kettle on, a window open, a quiet street outside.",
    ),
}
CLOSINGS: Final = (
    "Message me and I will find you a time this week.",
    "Viewings are by appointment, so tell me what suits you.",
    "Ask me for the floor plan, or come and walk through it.",
    "Call today and be among the first inside.",
    "I am happy to answer anything before you visit.",
    "Bring your questions: I know this one well.",
)
SETTINGS: Final = (
    "close to what makes {city} worth living in",
    "on a street that people in {city} tend to stay on",
    "with the best of {city} within easy reach",
    "in a part of {city} that is easy to come home to",
    "a short way from the middle of {city}",
)


class Phrases:
    """The facts of one listing as words, and a choice between wordings that its id and the edition decide."""

    def __init__(self, listing: ListingFacts, kind: ContentType, edition: int, features: int) -> None:
        self._seed = int.from_bytes(hashlib.blake2s(f"{listing.id} {kind}".encode()).digest()[:6], "big") + edition
        self.listing = listing
        self.address = listing.address
        self.kind = "property" if listing.property_type == "commercial" else listing.property_type
        self.town = ", ".join(part for part in (listing.city, listing.state) if part)
        self.price = price_words(listing.price)
        self.features = [clipped(feature) for feature in listing.key_features[:features]]

    def choose(self, wordings: Sequence[str]) -> str:
        return wordings[self._seed % len(wordings)]

    @property
    def size(self) -> str:
        """ "3 bedrooms, 2.5 bathrooms, 1,850 square feet", as far as it is known."""
        listing = self.listing
        parts = [
            counted(listing.bedrooms, "bedroom"),
            counted(listing.bathrooms, "bathroom"),
            f"{listing.square_feet:,} square feet" if listing.square_feet else "",
        ]
        return ", ".join(part for part in parts if part)

    @property
    def setting(self) -> str:
        return self.choose(SETTINGS).format(city=self.listing.city) if self.listing.city else "well placed"

    @property
    def where(self) -> str:
        return f"{self.address}, {self.town}" if self.town else self.address


Writer = Callable[[Phrases, ContentType], Copy]


def write_copy(kind: ContentType, listing: ListingFacts, edition: int = 0, feedback: str = "") -> Copy:
    """A piece of that type. Another edition of it is worded differently, and shorter when feedback asks for that."""
    features = 1 if "short" in feedback.lower() else FEATURES_NAMED
    return WRITERS[kind](Phrases(listing, kind, edition, features), kind)


def write_post(phrases: Phrases, kind: ContentType) -> Copy:
    features = f" You get {joined(phrases.features[:2])}." if phrases.features else ""
    facts = joined_with(" · ", phrases.size, phrases.price)
    text = f"{phrases.choose(OPENINGS[kind])} {phrases.where}. {facts}.{features} {phrases.choose(CLOSINGS)}"
    return Copy(title=f"Post: {phrases.address}", text=text, hashtags=hashtags(phrases))


def write_flyer(phrases: Phrases, kind: ContentType) -> Copy:
    lines = [phrases.choose(OPENINGS[kind]), "", phrases.where, phrases.price, phrases.size, ""]
    lines += [f"• {feature}" for feature in phrases.features]
    lines += ["", phrases.choose(CLOSINGS)]
    return Copy(title=f"Flyer: {phrases.address}", text="\n".join(lines))


def write_email(phrases: Phrases, kind: ContentType) -> Copy:
    features = f"What stands out: {joined(phrases.features)}.\n\n" if phrases.features else ""
    text = (
        f"Hello,\n\n{phrases.choose(OPENINGS[kind])}\n\n"
        f"{phrases.where} is a {phrases.kind} {phrases.setting}. {facts_sentence(phrases)}\n\n"
        f"{features}{phrases.choose(CLOSINGS)}\n\nKind regards"
    )
    return Copy(title=f"{phrases.address}: have you seen it?", text=text)


def write_description(phrases: Phrases, kind: ContentType) -> Copy:
    built = f" Built in {phrases.listing.year_built}." if phrases.listing.year_built else ""
    features = f" You will find {joined(phrases.features)}." if phrases.features else ""
    text = (
        f"{phrases.choose(OPENINGS[kind])} {phrases.where} is a {phrases.kind} {phrases.setting}.{built} "
        f"{facts_sentence(phrases)}{features} {phrases.choose(CLOSINGS)}"
    )
    return Copy(title=f"About {phrases.address}", text=text)


def write_script(phrases: Phrases, kind: ContentType) -> Copy:
    shots = [f"[Scene 1] {phrases.choose(OPENINGS[kind])}", f"Voice: This is {phrases.where}."]
    for number, feature in enumerate(phrases.features, start=2):
        shots += [f"[Scene {number}] Close on: {feature}.", ""]
    shots += [f"Voice: {facts_sentence(phrases)}", f"[Last scene] Wide shot. Voice: {phrases.choose(CLOSINGS)}"]
    return Copy(title=f"Video: a walk through {phrases.address}", text="\n".join(shot for shot in shots if shot))


WRITERS: Final[dict[ContentType, Writer]] = {
    ContentType.SOCIAL_MEDIA_POST: write_post,
    ContentType.FLYER_TEXT: write_flyer,
    ContentType.EMAIL: write_email,
    ContentType.PROPERTY_DESCRIPTION: write_description,
    ContentType.VIDEO_SCRIPT: write_script,
}


def facts_sentence(phrases: Phrases) -> str:
    size = f"It offers {phrases.size}. " if phrases.size else ""
    return f"{size}{sentence(phrases.price)}"


def required_facts(listing: ListingFacts) -> dict[str, str]:
    """What every piece about the listing must say, by the name of the fact."""
    facts = {"address": listing.address}
    if listing.price is not None:
        facts["price"] = price_words(listing.price)
    if listing.bedrooms is not None:
        facts["bedrooms"] = counted(listing.bedrooms, "bedroom")
    return facts


def problems_of(kind: ContentType, copy: Copy, listing: ListingFacts) -> list[str]:
    """What keeps a piece from being shown to its agent."""
    limit = MAX_LENGTHS[kind]
    problems = [f"it has {len(copy.text)} characters of {limit}"] if len(copy.text) > limit else []
    missing = [name for name, words in required_facts(listing).items() if words not in copy.text]
    return problems + [f"it does not say the {name}" for name in missing]


def price_words(price: Money | None) -> str:
    if price is None:
        return "price on request"
    whole = price.amount == price.amount.to_integral_value()
    amount = f"{price.amount:,.0f}" if whole else f"{price.amount:,.2f}"
    return f"${amount}" if price.currency == "USD" else f"{price.currency} {amount}"


def counted(number: float | None, noun: str) -> str:
    if number is None:
        return ""
    return f"{Decimal(str(number)).normalize():f} {noun}{'' if number == 1 else 's'}"


def sentence(price: str) -> str:
    return "Price on request." if price == "price on request" else f"Offered at {price}."


def clipped(feature: str) -> str:
    return feature if len(feature) <= FEATURE_LENGTH else f"{feature[: FEATURE_LENGTH - 1].rstrip()}…"


def joined(parts: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def joined_with(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)


def hashtags(phrases: Phrases) -> list[str]:
    words = [phrases.listing.city, f"{phrases.listing.city} homes", f"{phrases.kind} for sale", "just listed"]
    tags = ("".join(part.capitalize() for part in word.split()) for word in words)
    return list(dict.fromkeys(f"#{tag}" for tag in tags if tag))

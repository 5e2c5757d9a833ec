"""The characters of the sample data, each with a personality, a face and accounts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backends.characters import Appearance, Character, CharacterStatus
from backends.media import Media
from backends.personas import Personality
from backends.rendering import render_portrait
from backends.sample.people import PEOPLE
from backends.sample.seed import Seed, moment, sample_id
from backends.social import ConnectionStatus, Platform, SocialAccount

STATUSES: Final = (*(ConnectionStatus.CONNECTED,) * 5, ConnectionStatus.EXPIRED, ConnectionStatus.DISCONNECTED)
USER_IDS: Final = {person.email.partition("@")[0]: person.user_id for person in PEOPLE}


@dataclass(frozen=True, slots=True)
class Sketch:
    """A character in a few words: whose it is, who it is, how it speaks, what it looks like."""

    owner: str
    name: str
    age: int
    location: str
    timezone: str
    bio: str
    interests: tuple[str, ...]
    style: str
    extroversion: float
    creativity: float
    topics: tuple[str, ...]
    hair: str
    eyes: str
    dress: tuple[str, ...]
    platforms: tuple[Platform, ...]
    status: CharacterStatus = CharacterStatus.ACTIVE

    @property
    def id(self) -> str:
        return sample_id("chr", f"{self.owner} {self.name}")

    @property
    def owner_id(self) -> str:
        return USER_IDS[self.owner]


SKETCHES: Final = (
    Sketch(
        owner="chris",
        name="Maya Torres",
        age=29,
        location="Austin, TX",
        timezone="America/Chicago",
        bio="I run the trails before the city wakes up and write down what I find. Coffee first, always.",
        interests=("trail running", "travel", "coffee"),
        style="casual",
        extroversion=0.8,
        creativity=0.7,
        topics=("fitness", "weekend trips"),
        hair="brown",
        eyes="green",
        dress=("sporty", "casual"),
        platforms=(Platform.INSTAGRAM, Platform.TIKTOK),
    ),
    Sketch(
        owner="chris",
        name="Theo Lindqvist",
        age=41,
        location="Austin, TX",
        timezone="America/Chicago",
        bio="Carpenter. I restore old houses and show how it is done, mistakes included.",
        interests=("woodwork", "old houses", "gardening"),
        style="witty",
        extroversion=0.5,
        creativity=0.8,
        topics=("renovation", "tools"),
        hair="blonde",
        eyes="blue",
        dress=("workwear",),
        platforms=(Platform.INSTAGRAM, Platform.FACEBOOK),
    ),
    Sketch(
        owner="chris",
        name="Nadia Rahman",
        age=34,
        location="Dallas, TX",
        timezone="America/Chicago",
        bio="Twelve years in home finance. I explain mortgages the way I would to my sister.",
        interests=("home finance", "chess", "baking"),
        style="formal",
        extroversion=0.4,
        creativity=0.4,
        topics=("mortgages", "first homes"),
        hair="black",
        eyes="brown",
        dress=("classic", "tailored"),
        platforms=(Platform.LINKEDIN, Platform.TWITTER),
    ),
    Sketch(
        owner="chris",
        name="Juno Park",
        age=24,
        location="Austin, TX",
        timezone="America/Chicago",
        bio="Rooftops, neon and good noodles. I photograph the city after ten.",
        interests=("night photography", "street food", "live music"),
        style="playful",
        extroversion=0.9,
        creativity=0.9,
        topics=("nightlife", "photography"),
        hair="black",
        eyes="brown",
        dress=("streetwear",),
        platforms=(Platform.INSTAGRAM, Platform.TIKTOK, Platform.TWITTER),
        status=CharacterStatus.PAUSED,
    ),
    Sketch(
        owner="maria",
        name="Elena Costa",
        age=38,
        location="San Diego, CA",
        timezone="America/Los_Angeles",
        bio="I teach people to surf who think they are too old for it. They are not.",
        interests=("surfing", "ocean", "family"),
        style="inspiring",
        extroversion=0.8,
        creativity=0.6,
        topics=("surf lessons", "living by the sea"),
        hair="brown",
        eyes="hazel",
        dress=("beach", "relaxed"),
        platforms=(Platform.INSTAGRAM, Platform.FACEBOOK),
    ),
    Sketch(
        owner="maria",
        name="Gus Almeida",
        age=63,
        location="San Diego, CA",
        timezone="America/Los_Angeles",
        bio="Retired baker with a sourdough older than my grandchildren.",
        interests=("bread", "gardening", "jazz"),
        style="warm",
        extroversion=0.6,
        creativity=0.5,
        topics=("bread", "kitchens"),
        hair="grey",
        eyes="brown",
        dress=("linen", "apron"),
        platforms=(Platform.FACEBOOK,),
    ),
    Sketch(
        owner="dana",
        name="Kit Sorensen",
        age=27,
        location="Denver, CO",
        timezone="America/Denver",
        bio="Splitboards in winter, long walks in summer. I measure weeks in peaks.",
        interests=("mountains", "snow", "camping"),
        style="casual",
        extroversion=0.6,
        creativity=0.6,
        topics=("hiking", "gear"),
        hair="red",
        eyes="blue",
        dress=("outdoor",),
        platforms=(Platform.INSTAGRAM, Platform.TWITTER),
    ),
    Sketch(
        owner="dana",
        name="Ada Okafor",
        age=45,
        location="Denver, CO",
        timezone="America/Denver",
        bio="Architect. Small rooms, big windows, and why your hallway feels wrong.",
        interests=("architecture", "design", "cycling"),
        style="formal",
        extroversion=0.5,
        creativity=0.9,
        topics=("small homes", "light"),
        hair="black",
        eyes="brown",
        dress=("minimal", "tailored"),
        platforms=(Platform.LINKEDIN, Platform.INSTAGRAM),
        status=CharacterStatus.ERROR,
    ),
    Sketch(
        owner="priya",
        name="Sam Whitlock",
        age=31,
        location="Seattle, WA",
        timezone="America/Los_Angeles",
        bio="Rain is a feature. I review cafés, bookshops and the ferries between them.",
        interests=("books", "coffee", "ferries"),
        style="witty",
        extroversion=0.4,
        creativity=0.8,
        topics=("neighbourhoods", "reading"),
        hair="brown",
        eyes="grey",
        dress=("knitwear", "casual"),
        platforms=(Platform.TWITTER, Platform.INSTAGRAM),
    ),
)


def sample_characters(media: Media) -> Iterator[Character]:
    for number, sketch in enumerate(SKETCHES):
        portrait = media.store(render_portrait(sketch.name, sketch.hair, sketch.eyes), "png")
        created_at = moment(days=180 - 9 * number)
        yield Character(
            id=sketch.id,
            owner_id=sketch.owner_id,
            name=sketch.name,
            bio=sketch.bio,
            age=sketch.age,
            location=sketch.location,
            timezone=sketch.timezone,
            interests=list(sketch.interests),
            profile_image_url=portrait,
            status=sketch.status,
            personality=personality_of(sketch),
            appearance=Appearance(
                hair_color=sketch.hair,
                eye_color=sketch.eyes,
                style_preferences=list(sketch.dress),
                face_reference_image_url=portrait,
            ),
            platforms=list(sketch.platforms),
            created_at=created_at,
            updated_at=created_at,
        )


def personality_of(sketch: Sketch) -> Personality:
    return Personality(
        extroversion=sketch.extroversion,
        creativity=sketch.creativity,
        communication_style=sketch.style,
        preferred_topics=list(sketch.topics),
    )


def sample_character_accounts() -> Iterator[SocialAccount]:
    for number, sketch in enumerate(SKETCHES):
        for position, platform in enumerate(sketch.platforms):
            yield sample_character_account(sketch, platform, number + position)


def sample_character_account(sketch: Sketch, platform: Platform, number: int) -> SocialAccount:
    seed, username = Seed(f"{sketch.name} {platform}", number), sketch.name.lower().replace(" ", ".")
    status = STATUSES[number % len(STATUSES)]
    synced_at = moment(days=16 + number % 9)
    return SocialAccount(
        id=sample_id("soc", f"{sketch.name} {platform}"),
        owner_id=sketch.owner_id,
        agent_id=None,
        character_id=sketch.id,
        platform=platform,
        platform_account_id=str(10_000_000 + seed.below(89_999_999, "account")),
        account_username=username,
        account_url=f"https://{platform}.example.com/{username}",
        is_active=status is ConnectionStatus.CONNECTED,
        connection_status=status,
        follower_count=900 + seed.below(24_000, "followers"),
        connected_at=moment(days=170 - number),
        last_synced_at=synced_at,
        created_at=moment(days=170 - number),
        updated_at=synced_at,
    )

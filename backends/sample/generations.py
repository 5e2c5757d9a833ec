"""What has been generated for the characters of the sample data: pictures, clips and posts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from backends.approval import ContentStatus
from backends.generations import Category, GeneratedType, Generation, GenerationSettings
from backends.library import Content, generated
from backends.media import Media
from backends.personas import Persona
from backends.sample.characters import SKETCHES, Sketch, personality_of
from backends.sample.seed import moment, sample_id
from backends.studio import Piece, make_piece

SECONDS_TAKEN: Final = 42
STATUSES: Final = (
    ContentStatus.APPROVED,
    ContentStatus.PENDING_APPROVAL_AGENT,
    ContentStatus.APPROVED,
    ContentStatus.REJECTED,
)
NEGATIVE_PROMPT: Final = "blurry, low quality"


@dataclass(frozen=True, slots=True)
class Order:
    """One generation: the number of the sketch it is for, and what was asked."""

    sketch: int
    content_type: GeneratedType
    prompt: str
    category: Category = Category.POST

    @property
    def id(self) -> str:
        return sample_id("gen", f"{self.sketch} {self.prompt}")


IMAGE, VIDEO, TEXT = GeneratedType.IMAGE, GeneratedType.VIDEO, GeneratedType.TEXT

ORDERS: Final = (
    Order(0, IMAGE, "A forest trail in the morning mist"),
    Order(0, TEXT, "A ten mile loop before breakfast"),
    Order(0, VIDEO, "Sunrise over the hills at mile six", Category.REEL),
    Order(1, IMAGE, "An old porch in a sunny garden"),
    Order(1, TEXT, "What I found under the kitchen floor"),
    Order(2, TEXT, "Three questions to ask before you lock a rate"),
    Order(2, IMAGE, "The downtown skyline on a clear day"),
    Order(3, IMAGE, "Neon street at midnight after rain", Category.STORY),
    Order(3, VIDEO, "Rooftop lights of the city at night", Category.REEL),
    Order(3, TEXT, "fail-generation of the best noodles in town"),
    Order(4, VIDEO, "Slow waves on the beach at sunset", Category.REEL),
    Order(4, TEXT, "Your first wave after forty"),
    Order(5, IMAGE, "Warm bread on a kitchen table"),
    Order(5, TEXT, "How to keep a starter alive for thirty years"),
    Order(6, IMAGE, "Mountain peaks above the valley at dawn"),
    Order(6, TEXT, "Packing light for two nights out"),
    Order(7, IMAGE, "A small studio with evening light"),
    Order(7, TEXT, "Why your hallway feels wrong"),
    Order(8, IMAGE, "A ferry crossing a foggy harbor in the morning", Category.STORY),
    Order(8, TEXT, "The best corner table in every bookshop"),
)


def sample_generations() -> Iterator[Generation]:
    for number, order in enumerate(ORDERS):
        generation, started_at = sample_generation(number, order), ordered_at(number)
        generation.started_at = started_at
        if generation.blocked_words:
            generation.end(started_at + timedelta(seconds=1), "The prompt asks for fail-generation.")
        else:
            generation.content_ids = generation.piece_ids
            generation.end(started_at + timedelta(seconds=SECONDS_TAKEN))
        generation.updated_at = generation.completed_at or started_at
        yield generation


def sample_generation(number: int, order: Order) -> Generation:
    sketch, created_at = SKETCHES[order.sketch], ordered_at(number)
    is_text = order.content_type is TEXT
    return Generation(
        id=order.id,
        owner_id=sketch.owner_id,
        character_id=sketch.id,
        content_type=order.content_type,
        prompt=order.prompt,
        negative_prompt=None if is_text else NEGATIVE_PROMPT,
        settings=GenerationSettings(width=180, height=180 if order.category is Category.POST else 240),
        category=order.category,
        is_nsfw=False,
        estimated_completion=created_at + timedelta(seconds=SECONDS_TAKEN),
        created_at=created_at,
        updated_at=created_at,
    )


def sample_generated_contents(media: Media) -> Iterator[Content]:
    for number, generation in enumerate(sample_generations()):
        for position, content_id in enumerate(generation.content_ids):
            content = generated(generation, content_id, sample_piece(number, position), media)
            content.revision = 1
            content.created_at = content.updated_at = generation.updated_at + timedelta(milliseconds=position)
            content.move(STATUSES[(number + position) % len(STATUSES)])
            if content.status is ContentStatus.REJECTED:
                content.feedback = "Quality too low: the colours are flat."
            yield content


@cache
def sample_piece(number: int, position: int) -> Piece:
    order = ORDERS[number]
    return make_piece(sample_generation(number, order), persona_of(SKETCHES[order.sketch]), position)


def persona_of(sketch: Sketch) -> Persona:
    return Persona(
        id=sketch.id,
        owner_id=sketch.owner_id,
        name=sketch.name,
        bio=sketch.bio,
        location=sketch.location,
        interests=list(sketch.interests),
        personality=personality_of(sketch),
    )


def ordered_at(number: int) -> datetime:
    return moment(days=40 + 3 * number)

"""The studio: makes the pieces of a generation, in pictures, clips or words."""

from dataclasses import dataclass
from typing import Final

from backends.copywriting import Copy
from backends.generations import GeneratedType, Generation
from backends.personas import Persona
from backends.rendering import Picture, Scene, render_clip, render_image
from backends.voice import write_caption, write_post

BEST_STEPS: Final = 40
BEST_WORDS: Final = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """One result: what is written and, unless it is text alone, what is drawn."""

    copy: Copy
    picture: Picture | None
    quality_score: float


def make_piece(generation: Generation, persona: Persona, number: int) -> Piece:
    """The piece of that number; the same for the same prompt, settings, seed and character."""
    seed, quality = generation.seed_of(number), quality_of(generation)
    if generation.content_type is GeneratedType.TEXT:
        return Piece(write_post(persona, generation.prompt, seed), None, quality)
    copy, settings = write_caption(persona, generation.prompt, seed), generation.settings
    scene = Scene(
        generation.prompt, generation.negative_prompt or "", seed, detail=3 + min(settings.steps, BEST_STEPS) // 10
    )
    render = render_clip if generation.content_type is GeneratedType.VIDEO else render_image
    return Piece(copy, render(scene, settings.width, settings.height), quality)


def quality_of(generation: Generation) -> float:
    """From 0.5 to 1: more steps and more to go by make a better piece."""
    steps = min(generation.settings.steps, BEST_STEPS) / BEST_STEPS
    words = min(len(generation.prompt.split()), BEST_WORDS) / BEST_WORDS
    return round(0.5 + 0.3 * steps + 0.2 * words, 2)

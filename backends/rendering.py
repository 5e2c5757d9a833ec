"""Pictures, clips and portraits, drawn from words: the same words and seed give the same file."""

import hashlib
import io
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import Image, ImageColor, ImageDraw

CANVAS: Final = 512
CLIP_SIZE: Final = 288
CLIP_FRAMES: Final = 12
FRAME_MILLISECONDS: Final = 110
THUMBNAIL_SIZE: Final = 160
PORTRAIT_SIZE: Final = 192

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Light:
    """The colours of a time of day: the sky from top to horizon, the sun, the land from far to near."""

    sky: tuple[str, str]
    sun: str
    land: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A file and what is to be known of it."""

    content: bytes
    suffix: str
    width: int
    height: int
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn. `detail` is the number of layers."""

    prompt: str
    avoid: str = ""
    seed: int = 0
    detail: int = 5

    @property
    def words(self) -> set[str]:
        avoided = set(self.avoid.lower().replace(",", " ").split())
        return {word.strip(".,;:!?") for word in self.prompt.lower().split()} - avoided

    def among(self, choices: dict[str, str], default: Sequence[str]) -> str:
        """The choice that the first fitting word of the prompt makes, or one by the seed."""
        chosen = [choices[word] for word in sorted(self.words) if word in choices]
        return chosen[0] if chosen else default[self.number % len(default)]

    @property
    def number(self) -> int:
        """What all chance of this scene comes from."""
        return int.from_bytes(hashlib.blake2s(f"{self.prompt}\n{self.avoid}\n{self.seed}".encode()).digest()[:6])


LIGHTS: Final = {
    "sunset": Light(("#43305f", "#f4a261"), "#ffd6a5", ("#8d5b7a", "#2b1d3a")),
    "day": Light(("#4aa3df", "#d8f0fb"), "#fff3b0", ("#9ccc9c", "#2f6b4f")),
    "night": Light(("#0b1033", "#31406f"), "#f1f3ff", ("#27335c", "#070a1a")),
    "dawn": Light(("#7ea6d9", "#fde2e4"), "#fff1e6", ("#b5a7c9", "#4c4a73")),
    "warm": Light(("#e9c46a", "#fff4dc"), "#f4a261", ("#d8a07a", "#6b4226")),
}
LIGHT_WORDS: Final = {
    **dict.fromkeys(("sunset", "dusk", "evening", "golden"), "sunset"),
    **dict.fromkeys(("day", "noon", "summer", "sunny", "garden", "park"), "day"),
    **dict.fromkeys(("night", "moon", "stars", "neon", "midnight"), "night"),
    **dict.fromkeys(("dawn", "sunrise", "morning", "mist", "foggy"), "dawn"),
    **dict.fromkeys(("autumn", "desert", "kitchen", "coffee", "bread", "warm"), "warm"),
}
LAND_WORDS: Final = {
    **dict.fromkeys(("beach", "sea", "ocean", "lake", "harbor", "waves", "surf"), "sea"),
    **dict.fromkeys(("city", "street", "skyline", "downtown", "rooftop", "office", "studio"), "city"),
    **dict.fromkeys(("forest", "woods", "trees", "garden", "park", "trail"), "forest"),
    **dict.fromkeys(("mountain", "mountains", "hills", "desert", "peak", "valley"), "hills"),
}
HAIR: Final = {"black": "#1d1a1f", "brown": "#5a3825", "blonde": "#e3c16f", "red": "#a8442a", "grey": "#9a9a9a"}
EYES: Final = {"blue": "#3b82c4", "green": "#4f9d69", "brown": "#5b3a29", "hazel": "#8e7618", "grey": "#74808c"}
SKIN: Final = ("#f2d3bc", "#e0ac85", "#c68a5f", "#a56b46", "#7d4f35")
BACKDROPS: Final = ("#b8d8d8", "#f6d6ad", "#d5c6e0", "#c3d9b3", "#f4c7c3", "#bcd0ee")


def render_image(scene: Scene, width: int, height: int) -> Picture:
    """A PNG of that size; it is drawn small and scaled up."""
    image = draw(scene, *within(width, height, CANVAS)).resize((width, height), Image.Resampling.BICUBIC)
    return Picture(encoded(image), "png", width, height, thumbnail_of(image))


def render_clip(scene: Scene, width: int, height: int) -> Picture:
    """An animated GIF of that shape, which plays forever; the water and the light move."""
    size = within(width, height, CLIP_SIZE)
    frames = [draw(scene, *size, phase=number / CLIP_FRAMES) for number in range(CLIP_FRAMES)]
    palette = frames[0].quantize(64)
    reduced = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    file = io.BytesIO()
    reduced[0].save(
        file, "GIF", save_all=True, append_images=reduced[1:], duration=FRAME_MILLISECONDS, loop=0, optimize=False
    )
    return Picture(file.getvalue(), "gif", *size, thumbnail_of(frames[0]))


@cache
def render_portrait(name: str, hair_color: str | None, eye_color: str | None) -> bytes:
    """A PNG of somebody with that hair and those eyes; the rest is theirs by name."""
    chance, size = random.Random(Scene(name).number), PORTRAIT_SIZE  # noqa: S311 -- a drawing is no secret
    image = Image.new("RGB", (size, size), chance.choice(BACKDROPS))
    pen, skin = ImageDraw.Draw(image), chance.choice(SKIN)
    hair = HAIR.get((hair_color or "").lower(), "#3d2b1f")
    eyes = EYES.get((eye_color or "").lower(), "#3b2f2f")

    def oval(x: float, y: float, across: float, down: float, colour: str) -> None:
        pen.ellipse([(x - across) * size, (y - down) * size, (x + across) * size, (y + down) * size], fill=colour)

    long = chance.random() * 0.16
    oval(0.5, 0.46 + long, 0.27, 0.28 + long, hair)
    oval(0.5, 1.06, 0.36, 0.30, chance.choice(("#33658a", "#f26419", "#55828b", "#6d597a", "#2a9d8f")))
    pen.rectangle([0.43 * size, 0.62 * size, 0.57 * size, 0.82 * size], fill=skin)
    oval(0.5, 0.49, 0.19, 0.23, skin)
    pen.pieslice([0.3 * size, 0.2 * size, 0.7 * size, 0.62 * size], 190, 350, fill=hair)
    for x in (0.42, 0.58):
        oval(x, 0.48, 0.034, 0.022, "#ffffff")
        oval(x, 0.48, 0.017, 0.019, eyes)
    pen.arc([0.42 * size, 0.52 * size, 0.58 * size, 0.64 * size], 20, 160, fill="#8c3b3b", width=3)
    return encoded(image.quantize(32))


def draw(scene: Scene, width: int, height: int, phase: float = 0.0) -> Image.Image:
    """The scene at a moment of its movement, which `phase` counts from 0 to 1."""
    chance = random.Random(scene.number)  # noqa: S311 -- a drawing is no secret
    light = LIGHTS[scene.among(LIGHT_WORDS, list(LIGHTS))]
    image = gradient(width, height, *light.sky)
    pen = ImageDraw.Draw(image)
    place_sun(pen, chance, light, width, height, phase)
    land = LANDS[scene.among(LAND_WORDS, list(LANDS))]
    for layer in range(scene.detail):
        nearness = (layer + 1) / scene.detail
        land(pen, chance, Layer(width, height, nearness, blend(*light.land, nearness), phase))
    return image


def place_sun(
    pen: ImageDraw.ImageDraw, chance: random.Random, light: Light, width: int, height: int, phase: float
) -> None:
    radius = min(width, height) * (0.07 + 0.05 * chance.random())
    x, y = width * (0.2 + 0.6 * chance.random()), height * (0.16 + 0.2 * chance.random() + 0.06 * phase)
    if light is LIGHTS["night"]:
        for _ in range(60):
            star_x, star_y = int(width * chance.random()), int(height * 0.6 * chance.random())
            pen.point((star_x, star_y), fill="#e8ecff")
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=light.sun)


@dataclass(frozen=True, slots=True)
class Layer:
    """One strip of land: `nearness` is 1 for the one in front."""

    width: int
    height: int
    nearness: float
    colour: Colour
    phase: float

    @property
    def horizon(self) -> float:
        return self.height * (0.5 + 0.42 * self.nearness)


def draw_hills(pen: ImageDraw.ImageDraw, chance: random.Random, layer: Layer) -> None:
    roughness, shift = 1.5 + 2 * chance.random(), 6.3 * chance.random()
    fill_below(pen, layer, lambda x: math.sin(roughness * 3 * x + shift) + 0.5 * math.sin(7 * x + 2 * shift), 0.07)


def draw_sea(pen: ImageDraw.ImageDraw, chance: random.Random, layer: Layer) -> None:
    shift = 6.3 * (chance.random() + layer.phase)
    fill_below(pen, layer, lambda x: math.sin(22 * x * (1.4 - layer.nearness) + shift), 0.012)


def draw_forest(pen: ImageDraw.ImageDraw, chance: random.Random, layer: Layer) -> None:
    fill_below(pen, layer, lambda x: math.sin(4 * x + 6 * layer.nearness), 0.02)
    for _ in range(14):
        x, tall = layer.width * chance.random(), layer.height * (0.08 + 0.12 * layer.nearness * chance.random())
        foot = layer.horizon + 0.03 * layer.height
        pen.polygon([(x - tall / 4, foot), (x, foot - tall), (x + tall / 4, foot)], fill=layer.colour)


def draw_city(pen: ImageDraw.ImageDraw, chance: random.Random, layer: Layer) -> None:
    x = 0.0
    while x < layer.width:
        wide = layer.width * (0.05 + 0.07 * chance.random())
        top = layer.horizon - layer.height * 0.3 * chance.random()
        pen.rectangle([x, top, x + wide, layer.height], fill=layer.colour)
        for row in range(int((layer.horizon - top) / 12)):
            if chance.random() < 0.5:
                left, above = x + wide * 0.25, top + 6 + 12 * row
                pen.rectangle([left, above, left + wide * 0.2, above + 4], fill="#ffe8a3")
        x += wide + 1


Land = Callable[[ImageDraw.ImageDraw, random.Random, Layer], None]

LANDS: Final[dict[str, Land]] = {"hills": draw_hills, "sea": draw_sea, "forest": draw_forest, "city": draw_city}


def fill_below(pen: ImageDraw.ImageDraw, layer: Layer, outline: Callable[[float], float], height: float) -> None:
    edge = [(x, layer.horizon - layer.height * height * outline(x / layer.width)) for x in range(0, layer.width + 8, 8)]
    pen.polygon([(0, layer.height), *edge, (layer.width + 8, layer.height)], fill=layer.colour)


def gradient(width: int, height: int, top: str, bottom: str) -> Image.Image:
    share = Image.linear_gradient("L").resize((width, height), Image.Resampling.BILINEAR)
    size = (width, height)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), share)


def blend(first: str, second: str, share: float) -> Colour:
    """So much of the second colour in the first."""
    start, end = ImageColor.getrgb(first), ImageColor.getrgb(second)
    red, green, blue = (round(start[part] + (end[part] - start[part]) * share) for part in range(3))
    return red, green, blue


def within(width: int, height: int, limit: int) -> tuple[int, int]:
    """The same shape with no side longer than the limit."""
    share = min(1.0, limit / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def thumbnail_of(image: Image.Image) -> bytes:
    return encoded(image.resize(within(*image.size, THUMBNAIL_SIZE), Image.Resampling.BILINEAR))


def encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()

"""The voice of a character: posts and captions written from its personality."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backends.copywriting import Copy
from backends.personas import Persona

TITLE_LENGTH: Final = 80
OUTGOING: Final = 0.65
INVENTIVE: Final = 0.65
MAX_HASHTAGS: Final = 6


@dataclass(frozen=True, slots=True)
class Voice:
    """How somebody begins, what they say in between, and how they end. `{prompt}` and `{topic}` are filled in."""

    openings: tuple[str, ...]
    middles: tuple[str, ...]
    endings: tuple[str, ...]


VOICES: Final = {
    "casual": Voice(
        ("So: {prompt}.", "Okay: {prompt}.", "On my mind: {prompt}."),
        ("Nothing fancy, just {topic} and a bit of time.", "If you know me you know it comes back to {topic}."),
        ("More soon.", "That is it, that is the post.", "See you out there."),
    ),
    "formal": Voice(
        ("My subject today: {prompt}.", "A short note: {prompt}.", "As promised: {prompt}."),
        (
            "In my experience, patience decides, in {topic} most of all.",
            "The principle is the same in {topic}: begin with the facts.",
        ),
        ("I welcome your questions.", "Thank you for reading.", "I will return to this next week."),
    ),
    "witty": Voice(
        ("They said it could not be done: {prompt}.", "Exhibit A: {prompt}.", "Breaking news: {prompt}."),
        ("My therapist says I talk about {topic} too much. Anyway.", "Everything I know about {topic} I broke first."),
        ("No further questions.", "Results may vary.", "Send snacks."),
    ),
    "playful": Voice(
        ("Guess what? {prompt}!", "Plot twist: {prompt}.", "Tonight's menu: {prompt}."),
        ("Ten out of ten for {topic}, would do it again.", "There is always room for {topic}."),
        ("Catch me if you can.", "Who is next?", "Stay curious."),
    ),
    "inspiring": Voice(
        ("It begins here: {prompt}.", "Picture this: {prompt}.", "A reminder: {prompt}."),
        ("Every day with {topic} teaches me to begin again.", "Nobody is too late for {topic}."),
        ("Take the first step today.", "You have got this.", "Begin where you are."),
    ),
    "warm": Voice(
        (
            "Come in and sit down: {prompt}.",
            "It smells like home here: {prompt}.",
            "My favourite kind of day: {prompt}.",
        ),
        ("There is nothing that a little {topic} does not make better.", "Around here we take {topic} slowly."),
        ("Be good to each other.", "The door is open.", "With love, as always."),
    ),
}
QUESTIONS: Final = ("What would you do?", "Who is with me?", "Tell me yours below.")
IMAGES: Final = (
    "It felt like the first page of something.",
    "For a minute the whole place held its breath.",
    "If it were a song, it would be in a major key.",
)


def write_post(persona: Persona, prompt: str, seed: int) -> Copy:
    """A whole post: outgoing characters ask something, inventive ones see something in it."""
    voice, personality = voice_of(persona), persona.personality
    topics = [*personality.preferred_topics, *persona.interests] or ["this"]
    sentences = [
        chosen(voice.openings, seed).format(prompt=subject(prompt)),
        chosen(voice.middles, seed // 3).format(topic=chosen(topics, seed)),
    ]
    if personality.creativity > INVENTIVE:
        sentences.append(chosen(IMAGES, seed))
    if personality.extroversion > OUTGOING:
        sentences.append(chosen(QUESTIONS, seed // 2))
    sentences.append(chosen(voice.endings, seed // 5))
    return Copy(title=title(prompt), text=" ".join(sentences), hashtags=hashtags(persona))


def write_caption(persona: Persona, prompt: str, seed: int) -> Copy:
    """The line or two beneath a picture."""
    voice = voice_of(persona)
    text = f"{chosen(voice.openings, seed).format(prompt=subject(prompt))} {chosen(voice.endings, seed // 5)}"
    return Copy(title=title(prompt), text=text, hashtags=hashtags(persona))


def voice_of(persona: Persona) -> Voice:
    return VOICES.get(persona.personality.communication_style.lower(), VOICES["casual"])


def chosen(options: Sequence[str], seed: int) -> str:
    return options[seed % len(options)]


def subject(prompt: str) -> str:
    """The prompt as the object of a sentence."""
    text = " ".join(prompt.split()).rstrip(".!?")
    begins_plainly = text[1:2].islower() and text[:1] != "I"
    return text[:1].lower() + text[1:] if begins_plainly or text[:2] in ("A ", "I ") else text


def title(prompt: str) -> str:
    text = " ".join(prompt.split())
    text = text[:1].upper() + text[1:]
    return text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 1].rstrip()}…"


def hashtags(persona: Persona) -> list[str]:
    words = [*persona.interests, *persona.personality.preferred_topics]
    tags = ("".join(letter for letter in word.title() if letter.isalnum()) for word in words)
    return list(dict.fromkeys(tag for tag in tags if tag))[:MAX_HASHTAGS]

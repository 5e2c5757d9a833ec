"""The sandbox that stands for the social platforms: it publishes, counts reactions, and refuses on request."""

import hashlib
import math
from datetime import timedelta
from typing import Final

from pydantic import BaseModel

from backends.social import Platform

CAPTION_LIMITS: Final = {
    Platform.FACEBOOK: 63_206,
    Platform.INSTAGRAM: 2200,
    Platform.TWITTER: 280,
    Platform.LINKEDIN: 3000,
    Platform.TIKTOK: 2200,
}
REFUSED_CAPTION: Final = "fail-publish"
"""A caption with this in it is refused, so that failures can be tried out."""
REFUSED_TARGET: Final = "missing"
"""A target whose id begins like this is not there."""
HOURS_TO_TWO_THIRDS: Final = 40.0


class PlatformError(Exception):
    """The platform has refused; the message is for the user."""


class Reactions(BaseModel):
    likes_count: int = 0
    comments_count: int = 0
    shares_count: int = 0
    views_count: int = 0


def publish(platform: Platform, post_id: str, caption: str, post_type: str) -> tuple[str, str]:
    """The id and the address that the platform gives a post; the same ones when the post is published again."""
    if REFUSED_CAPTION in caption:
        raise PlatformError(f"{platform.capitalize()} has refused the post: its caption breaks the rules.")
    number = str(_number(f"{platform} {post_id}", 10**15))
    return number, f"https://{platform}.example.com/{post_type}s/{number}"


def engage(platform: Platform, target_type: str, target_id: str) -> None:
    """Likes, comments or follows; raises PlatformError when the target is not there."""
    if target_id.startswith(REFUSED_TARGET):
        raise PlatformError(f"{platform.capitalize()} knows no {target_type} {target_id}.")


def reactions(post_id: str, age: timedelta) -> Reactions:
    """What a post of that age has earned: quickly at first, then ever more slowly; always the same for its id."""
    reach = 400 + _number(f"reach {post_id}", 9000)
    share = 1.0 - math.exp(-max(0.0, age.total_seconds()) / 3600 / HOURS_TO_TWO_THIRDS)
    views = int(reach * share)
    return Reactions(
        views_count=views,
        likes_count=views * (30 + _number(f"likes {post_id}", 60)) // 1000,
        comments_count=views * (3 + _number(f"comments {post_id}", 9)) // 1000,
        shares_count=views * (1 + _number(f"shares {post_id}", 6)) // 1000,
    )


def _number(text: str, limit: int) -> int:
    return int(hashlib.blake2s(text.encode()).hexdigest()[:15], 16) % limit

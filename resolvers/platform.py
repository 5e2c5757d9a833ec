"""Social platforms: the vocabulary that characters, accounts and posts share."""

from enum import Enum

import strawberry

from app.graph import value


@strawberry.enum(description="A social platform.")
class Platform(Enum):
    FACEBOOK = value("facebook", "Facebook.")
    INSTAGRAM = value("instagram", "Instagram.")
    TWITTER = value("twitter", "Twitter, now X.")
    LINKEDIN = value("linkedin", "LinkedIn.")
    TIKTOK = value("tiktok", "TikTok.")

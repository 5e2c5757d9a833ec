"""Publishing: posts, scheduled posts, automation rules and engagement, on the social platforms."""

from backends.publishing.service import PublishingService

__all__ = ["PublishingService"]

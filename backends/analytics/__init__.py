"""Analytics: figures of posts and characters, totals, and the settings of the platform."""

from backends.analytics.service import AnalyticsService

__all__ = ["AnalyticsService"]

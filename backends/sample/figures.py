"""Sixty days of figures of the sample's posts and accounts: what each had earned by the end of every day."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from backends.analytics.figures import FollowerDay, PostDay
from backends.publishing.platforms import reactions
from backends.sample.publishing import DAYS, all_accounts, sample_posts
from backends.sample.seed import NEWEST, Seed


def sample_post_days() -> Iterator[PostDay]:
    """On the newest day the figures are those that the post itself shows."""
    for post in sample_posts():
        published_at = post.published_at or NEWEST
        for number in range((NEWEST.date() - published_at.date()).days + 1):
            day = published_at.date() + timedelta(days=number)
            evening = min(NEWEST, datetime.combine(day, time.max, NEWEST.tzinfo))
            earned = reactions(post.id, evening - published_at)
            yield PostDay(
                post_id=post.id,
                day=day,
                owner_id=post.owner_id,
                character_id=post.character_id,
                platform=post.platform,
                published_on=published_at.date(),
                likes=earned.likes_count,
                comments=earned.comments_count,
                shares=earned.shares_count,
                views=earned.views_count,
            )


def sample_follower_days() -> Iterator[FollowerDay]:
    """Up to the last look at each account, when there were as many as the account shows."""
    for account in all_accounts():
        followers, newest = account.follower_count, account.last_synced_at or NEWEST
        for number in range(DAYS):
            day = newest.date() - timedelta(days=number)
            yield FollowerDay(
                account_id=account.id,
                day=day,
                owner_id=account.owner_id,
                character_id=account.character_id,
                platform=account.platform,
                followers=followers,
            )
            followers -= Seed(account.id, day.toordinal()).below(1 + followers // 180, "came")

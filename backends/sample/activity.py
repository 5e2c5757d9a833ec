"""The notifications and the social accounts of the sample data."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from backends.agents import outcome
from backends.approval import ContentStatus
from backends.document import Document
from backends.library import decision
from backends.listings import ListingStatus, shown
from backends.notices import Notice
from backends.notifications import Notification
from backends.sample.contents import sample_contents, sample_tasks
from backends.sample.listings import sample_listings
from backends.sample.people import PEOPLE, Person
from backends.sample.seed import Seed, moment, sample_id
from backends.social import ConnectionStatus, Platform, SocialAccount

DECIDED: Final = (ContentStatus.POSTED, ContentStatus.MARKETING_RESPONDED)
ACCOUNTS_EACH: Final = 3


def sample_notifications() -> Iterator[Notification]:
    """What the services would have told: of active listings, finished tasks, and posted content."""
    for number, listing in enumerate(sample_listings()):
        if listing.status is ListingStatus.ACTIVE:
            yield told(shown(listing), listing, is_read=number % 4 != 0)
    for number, task in enumerate(sample_tasks()):
        if number % 3 == 0:
            yield told(outcome(task), task, is_read=number % 2 == 0)
    for number, content in enumerate(sample_contents()):
        if content.status in DECIDED:
            yield told(decision(content), content, is_read=number % 5 != 0)


def told(notice: Notice, about: Document, *, is_read: bool) -> Notification:
    read_at = about.updated_at + timedelta(hours=5) if is_read else None
    return Notification(
        id=sample_id("ntf", about.id),
        **notice.model_dump(),
        is_read=is_read,
        read_at=read_at,
        created_at=about.updated_at,
        updated_at=read_at or about.updated_at,
    )


def sample_accounts() -> Iterator[SocialAccount]:
    for person in PEOPLE:
        if person.agent_id is not None:
            for number, platform in enumerate(list(Platform)[:ACCOUNTS_EACH]):
                yield sample_account(person, platform, number)


def sample_account(person: Person, platform: Platform, number: int) -> SocialAccount:
    seed = Seed(person.email, number)
    username = f"{person.name.lower().replace(' ', '.')}.homes"
    is_active = number < ACCOUNTS_EACH - 1
    return SocialAccount(
        id=sample_id("soc", f"{person.email} {platform}"),
        owner_id=person.user_id,
        agent_id=person.agent_id,
        platform=platform,
        platform_account_id=str(10_000_000 + seed.below(89_999_999, "account")),
        account_username=username,
        account_url=f"https://{platform}.example.com/{username}",
        is_active=is_active,
        connection_status=ConnectionStatus.CONNECTED if is_active else ConnectionStatus.EXPIRED,
        follower_count=300 + seed.below(9000, "followers"),
        connected_at=moment(days=200 - number),
        last_synced_at=moment(days=number),
        created_at=moment(days=200 - number),
        updated_at=moment(days=number),
    )

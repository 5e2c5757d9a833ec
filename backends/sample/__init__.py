"""Sample data for a first start: the same every time, believable, and written by the same copywriting."""

from functools import singledispatch
from itertools import chain

from backends.accounts import AccountService
from backends.agents import AgentService
from backends.analytics import AnalyticsService
from backends.characters import CharacterService
from backends.content import ContentService
from backends.files import FileService
from backends.listings import ListingService
from backends.notifications import NotificationService
from backends.publishing import PublishingService
from backends.sample.activity import sample_accounts, sample_notifications
from backends.sample.ai_agents import sample_ai_agents, sample_customers, sample_teams
from backends.sample.assignments import sample_assignments
from backends.sample.characters import sample_character_accounts, sample_characters
from backends.sample.contents import sample_contents, sample_tasks
from backends.sample.figures import sample_follower_days, sample_post_days
from backends.sample.generations import sample_generated_contents, sample_generations
from backends.sample.listings import sample_listings
from backends.sample.people import PASSWORD, PEOPLE, sample_agents, sample_users
from backends.sample.publishing import sample_engagement, sample_posts, sample_rules, sample_scheduled_posts
from backends.sample.workspace import sample_files, sample_messages, sample_sessions
from backends.service import Service
from backends.sessions import SessionService
from backends.social import SocialService


def load_sample(service: Service) -> None:
    """Gives a service that has no data yet its part of the sample."""
    with service.database.transaction():
        load_part(service)


@singledispatch
def load_part(service: Service) -> None:
    """A service without a function of its own below has no part."""


@load_part.register
def load_accounts(service: AccountService) -> None:
    if service.users.is_empty:
        hashed = service.passwords.hash_now(PASSWORD)
        service.users.load(sample_users())
        service.agents.load(sample_agents())
        service.customers.table.load(sample_customers())
        for person in PEOPLE:
            service.passwords.store(person.user_id, hashed)


@load_part.register
def load_agents(service: AgentService) -> None:
    if service.tasks.is_empty:
        service.tasks.load(chain(sample_tasks(), sample_assignments()))
        service.ai_agents.table.load(sample_ai_agents())
        service.teams.table.load(sample_teams())
        service.chat.messages.load(sample_messages())


@load_part.register
def load_analytics(service: AnalyticsService) -> None:
    if service.figures.is_empty:
        service.figures.store(sample_post_days(), sample_follower_days())


@load_part.register
def load_characters(service: CharacterService) -> None:
    if service.characters.is_empty:
        service.characters.load(sample_characters(service.media))


@load_part.register
def load_content(service: ContentService) -> None:
    if service.contents.is_empty:
        service.contents.load(chain(sample_contents(), sample_generated_contents(service.media)))
        service.generations.load(sample_generations())


@load_part.register
def load_files(service: FileService) -> None:
    if service.files.is_empty:
        service.files.load(sample_files(service.directory))


@load_part.register
def load_listings(service: ListingService) -> None:
    if service.listings.is_empty:
        service.listings.load(sample_listings())


@load_part.register
def load_notifications(service: NotificationService) -> None:
    if service.notifications.is_empty:
        service.notifications.load(sample_notifications())


@load_part.register
def load_publishing(service: PublishingService) -> None:
    if service.posts.table.is_empty:
        service.posts.table.load(sample_posts())
        service.scheduled.table.load(sample_scheduled_posts())
        service.rules.table.load(sample_rules())
        service.engagement.table.load(sample_engagement())


@load_part.register
def load_sessions(service: SessionService) -> None:
    if service.sessions.is_empty:
        service.sessions.load(sample_sessions())


@load_part.register
def load_social(service: SocialService) -> None:
    if service.accounts.is_empty:
        service.accounts.load(chain(sample_accounts(), sample_character_accounts()))

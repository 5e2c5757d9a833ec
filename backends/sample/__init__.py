"""Sample data for a first start: the same every time, believable, and written by the same copywriting."""

from itertools import chain

from backends.accounts import AccountService
from backends.agents import AgentService
from backends.characters import CharacterService
from backends.content import ContentService
from backends.listings import ListingService
from backends.notifications import NotificationService
from backends.sample.activity import sample_accounts, sample_notifications
from backends.sample.characters import sample_character_accounts, sample_characters
from backends.sample.contents import sample_contents, sample_tasks
from backends.sample.listings import sample_listings
from backends.sample.people import PASSWORD, PEOPLE, sample_agents, sample_users
from backends.service import Service
from backends.social import SocialService


def load_sample(service: Service) -> None:
    """Gives a service that has no data yet its part of the sample."""
    with service.database.transaction():
        match service:
            case AccountService() if service.users.is_empty:
                load_accounts(service)
            case AgentService() if service.tasks.is_empty:
                service.tasks.load(sample_tasks())
            case CharacterService() if service.characters.is_empty:
                service.characters.load(sample_characters(service.media))
            case ContentService() if service.contents.is_empty:
                service.contents.load(sample_contents())
            case ListingService() if service.listings.is_empty:
                service.listings.load(sample_listings())
            case NotificationService() if service.notifications.is_empty:
                service.notifications.load(sample_notifications())
            case SocialService() if service.accounts.is_empty:
                service.accounts.load(chain(sample_accounts(), sample_character_accounts()))


def load_accounts(service: AccountService) -> None:
    hashed = service.passwords.hash_now(PASSWORD)
    service.users.load(sample_users())
    service.agents.load(sample_agents())
    for person in PEOPLE:
        service.passwords.store(person.user_id, hashed)

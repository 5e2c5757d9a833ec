"""The schema: every domain, listed once."""

from pathlib import Path

import resolvers
from app.graph import ComposedSchema
from resolvers.account import account
from resolvers.admin import administration
from resolvers.ai_agent import ai_agent
from resolvers.analytics import analytics
from resolvers.automation import automation
from resolvers.character import character
from resolvers.chat import chat
from resolvers.content import content
from resolvers.customer import customer
from resolvers.engagement import engagement
from resolvers.file import file
from resolvers.generation import generation
from resolvers.listing import listing
from resolvers.notification import notification
from resolvers.post import post
from resolvers.scheduled_post import scheduled_post
from resolvers.session import session
from resolvers.social_account import social_account
from resolvers.system import system
from resolvers.task import task
from resolvers.team import team
from resolvers.update import update

EXAMPLES = tuple(path.read_text() for path in sorted((Path(resolvers.__file__).parent / "examples").glob("*.graphql")))
"""Documents to begin with, shown as tabs of GraphiQL."""

SUBGRAPHS = (
    account,
    listing,
    ai_agent,
    team,
    customer,
    task,
    administration,
    character,
    content,
    generation,
    notification,
    social_account,
    post,
    scheduled_post,
    automation,
    engagement,
    analytics,
    system,
    update,
    session,
    file,
    chat,
)


def create_schema() -> ComposedSchema:
    """The federated schema of every domain."""
    return ComposedSchema(SUBGRAPHS)

"""The schema: every domain, listed once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import resolvers
from app.graph import ComposedSchema, Subgraph
from app.rest import Client
from clients import CLIENTS
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


@dataclass(frozen=True, slots=True)
class Graph:
    """What a gateway serves: its domains, the clients that they read with, and documents to begin with."""

    subgraphs: Sequence[Subgraph]
    clients: Sequence[type[Client]]
    examples: Sequence[str] = ()

    def create_schema(self) -> ComposedSchema:
        """The federated schema of every domain."""
        return ComposedSchema(self.subgraphs)


PLATFORM = Graph(SUBGRAPHS, CLIENTS, EXAMPLES)


def create_schema() -> ComposedSchema:
    """The schema of the platform."""
    return PLATFORM.create_schema()

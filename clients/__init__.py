"""The backends: one module each, saying what it owns and what it answers."""

from app.rest import Client
from clients.account import AccountClient, AgentClient, CustomerClient
from clients.ai_agent import AIAgentClient, TaskClient, TeamClient
from clients.analytics import AnalyticsClient, SystemClient
from clients.character import CharacterClient
from clients.chat import ChatClient
from clients.content import ContentClient, GenerationClient
from clients.file import FileClient
from clients.listing import ListingClient
from clients.notification import NotificationClient
from clients.platform_stats import PlatformStatsClient
from clients.publishing import AutomationRuleClient, EngagementClient, PostClient, ScheduledPostClient
from clients.session import SessionClient
from clients.social_account import SocialAccountClient

CLIENTS: tuple[type[Client], ...] = (
    AIAgentClient,
    AccountClient,
    AgentClient,
    AnalyticsClient,
    AutomationRuleClient,
    CharacterClient,
    ChatClient,
    ContentClient,
    CustomerClient,
    EngagementClient,
    FileClient,
    GenerationClient,
    ListingClient,
    NotificationClient,
    PlatformStatsClient,
    PostClient,
    ScheduledPostClient,
    SessionClient,
    SocialAccountClient,
    SystemClient,
    TaskClient,
    TeamClient,
)

"""Customers: the tenants of the platform, whose AI agents work for them."""

from datetime import datetime
from enum import Enum

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    BackendCall,
    ById,
    EmailAddress,
    Found,
    Info,
    Key,
    Loader,
    Node,
    PagesBy,
    Parent,
    Subgraph,
    described,
    value,
)
from app.graph.principal import Principal
from clients.account import CustomerClient, CustomerRecord, UserRecord
from clients.ai_agent import AIAgentClient, AIAgentRecord, TeamClient, TeamRecord
from resolvers.account import User, UserById, Viewer
from resolvers.ai_agent import AIAgent, AIAgentFilterArgument, AIAgentOrder, ai_agents_key
from resolvers.team import Team, TeamFilterArgument, teams_key

customer = Subgraph("customer", user_error_codes={"CUSTOMER_EXISTS": "The caller has a customer account already."})


class CustomerById(ById[CustomerRecord]):
    collection = CustomerClient


class CustomerByUser(Loader[str, CustomerRecord | None]):
    async def fetch(self, keys: list[str]) -> Found[str, CustomerRecord]:
        records = await self.client(CustomerClient).for_users(keys)
        return {record.user_id: record for record in records}

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall("accounts", "GET /customers?user_id=", cls.max_batch)


class AIAgentsByCustomer(PagesBy[AIAgentRecord]):
    collection = AIAgentClient
    parent = "customer_id"


class TeamsByCustomer(PagesBy[TeamRecord]):
    collection = TeamClient
    parent = "customer_id"


@strawberry.enum(description="What a customer pays for.")
class CustomerPlan(Enum):
    FREE = value("free", "Nothing, to try it.")
    STARTER = value("starter", "For one person.")
    BUSINESS = value("business", "For an office.")
    ENTERPRISE = value("enterprise", "For a brokerage.")


@strawberry.enum(description="Where a customer stands.")
class CustomerStatus(Enum):
    ACTIVE = value("active", "In good standing.")
    SUSPENDED = value("suspended", "Held back by the platform.")
    DELETED = value("deleted", "Closed; only `deleteCustomer` shows it so.")


@customer.type(CustomerRecord, by_id=CustomerById)
class Customer(Node):
    """A tenant of the platform."""

    company_name: str = described("What the company is called.")
    contact_name: str = described("Who speaks for it.")
    email: EmailAddress = described("The address to write to.")
    phone: str | None = described("The number to call.")
    plan: CustomerPlan = described("What it pays for.")
    status: CustomerStatus = described("Where it stands.")
    created_at: datetime = described("When it became one.")
    updated_at: datetime = described("When it was last changed.")


@customer.edge(Viewer, CustomerByUser, returns=Customer, name="customer")
def customer_of_viewer(viewer: Parent[Principal]) -> str:
    """The caller's customer account; null when they have none."""
    return viewer.subject


@customer.edge(User, CustomerByUser, returns=Customer, name="customer")
def customer_of_user(user: Parent[UserRecord]) -> str:
    """Their customer account; null when they have none."""
    return user.id


@customer.edge(Customer, UserById, returns=User, name="user")
def user_of_customer(customer: Parent[CustomerRecord]) -> str:
    """The user whose customer account it is."""
    return customer.user_id


@customer.edge(AIAgent, CustomerById, returns=Customer, name="customer")
def customer_of_ai_agent(ai_agent: Parent[AIAgentRecord]) -> str | None:
    """The customer it works for; null when its owner is none."""
    return ai_agent.customer_id


@customer.edge(Team, CustomerById, returns=Customer, name="customer")
def customer_of_team(team: Parent[TeamRecord]) -> str | None:
    """The customer it works for; null when its owner is none."""
    return team.customer_id


@customer.connection(Customer, AIAgentsByCustomer, returns=AIAgent, name="ai_agents")
def ai_agents_of_customer(
    customer: Parent[CustomerRecord], filter: AIAgentFilterArgument = None, order_by: AIAgentOrder = None
) -> Key[str]:
    """The AI agents that work for it."""
    return ai_agents_key(customer.id, filter, order_by)


@customer.connection(Customer, TeamsByCustomer, returns=Team, name="teams")
def teams_of_customer(customer: Parent[CustomerRecord], filter: TeamFilterArgument = None) -> Key[str]:
    """The teams that work for it, newest first."""
    return teams_key(customer.id, filter)


@strawberry.pydantic.input(description="Who wants to be a customer.")
class CreateCustomerInput(BaseModel):
    company_name: str = Field(min_length=1, max_length=200, description="What the company is called.")
    contact_name: str = Field(min_length=1, max_length=200, description="Who speaks for it.")
    email: EmailAddress = Field(description="The address to write to.")
    phone: str | None = Field(None, min_length=3, max_length=40, description="The number to call.")
    plan: CustomerPlan = Field(CustomerPlan.FREE, description="What it pays for.")


@strawberry.pydantic.input(description="What to change of the caller's customer account; what is left out stays.")
class UpdateCustomerInput(BaseModel):
    company_name: str | None = Field(None, min_length=1, max_length=200, description="What the company is called.")
    contact_name: str | None = Field(None, min_length=1, max_length=200, description="Who speaks for it.")
    email: EmailAddress | None = Field(None, description="The address to write to.")
    phone: str | None = Field(None, min_length=3, max_length=40, description="The number to call; null removes it.")
    plan: CustomerPlan | None = Field(None, description="What it pays for.")


@customer.mutation(Customer)
async def create_customer(info: Info, input: CreateCustomerInput) -> CustomerRecord:
    """Become a customer. The caller's AI agents and teams work for it from then on."""
    return await info.context.client(CustomerClient).create(input.model_dump(mode="json", exclude_none=True))


@customer.mutation(Customer)
async def update_customer(info: Info, input: UpdateCustomerInput) -> CustomerRecord:
    """Change the caller's customer account."""
    return await info.context.client(CustomerClient).update_me(input.model_dump(mode="json", exclude_unset=True))


@customer.mutation(Customer)
async def delete_customer(info: Info) -> CustomerRecord:
    """Close the caller's customer account. Its AI agents are stopped."""
    return await info.context.client(CustomerClient).delete_me()

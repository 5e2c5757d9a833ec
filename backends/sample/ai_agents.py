"""The customers of the sample data, their AI agents and their teams."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backends.ai_agents import DEFAULT_MODEL, AIAgent, AIAgentKind, AIAgentStatus
from backends.customers import Customer, Plan
from backends.sample.seed import Seed, moment, sample_id
from backends.teams import Team

K = AIAgentKind
S = AIAgentStatus

CHRIS: Final = "chris@example.com"
MARIA: Final = "maria@example.com"


@dataclass(frozen=True, slots=True)
class Worker:
    """An AI agent, and whose it is."""

    email: str
    name: str
    kind: AIAgentKind
    status: AIAgentStatus
    description: str
    instructions: str
    capabilities: tuple[str, ...]

    @property
    def id(self) -> str:
        return sample_id("aia", f"{self.email} {self.name}")


WORKERS: Final = (
    Worker(
        CHRIS,
        "Ada",
        K.RESEARCHER,
        S.RUNNING,
        "Finds out what buyers of a neighbourhood ask for.",
        "Look for schools, commutes, parks and prices. Name the street, never the family.",
        ("market research", "comparable sales"),
    ),
    Worker(
        CHRIS,
        "Bo",
        K.CONTENT_WRITER,
        S.RUNNING,
        "Writes the first draft of whatever Austin buyers read.",
        "Plain words, short sentences, one fact in each. The garden first.",
        ("drafts", "headlines", "outlines"),
    ),
    Worker(
        CHRIS,
        "Cleo",
        K.REVIEWER,
        S.RUNNING,
        "Reads everything once more before a client does.",
        "Be strict with length and repetition.",
        ("proofreading", "fair housing check"),
    ),
    Worker(
        CHRIS,
        "Dev",
        K.ASSISTANT,
        S.STOPPED,
        "Sums up long threads with buyers and lenders.",
        "At most three sentences.",
        ("summaries",),
    ),
    Worker(
        CHRIS,
        "Echo",
        K.CONTENT_WRITER,
        S.ERROR,
        "Wrote for the spring campaign until its model was retired.",
        "Warm and seasonal.",
        ("campaigns",),
    ),
    Worker(
        CHRIS,
        "Finn",
        K.RESEARCHER,
        S.STOPPED,
        "Watches the permits of Travis County.",
        "Only what was filed this week.",
        ("public records",),
    ),
    Worker(
        MARIA,
        "Gala",
        K.CONTENT_WRITER,
        S.RUNNING,
        "Writes about homes near the water.",
        "The view, the light, the walk to the beach.",
        ("drafts", "spanish"),
    ),
    Worker(
        MARIA,
        "Hugo",
        K.REVIEWER,
        S.RUNNING,
        "Checks the facts of every description.",
        "Square feet, bedrooms and price must be those of the listing.",
        ("fact checking",),
    ),
    Worker(
        MARIA,
        "Iris",
        K.ASSISTANT,
        S.STOPPED,
        "Answers first questions of tenants.",
        "Friendly, and never a promise.",
        ("summaries", "replies"),
    ),
    Worker(
        MARIA,
        "Jonas",
        K.RESEARCHER,
        S.STOPPED,
        "Compares rents along the coast.",
        "By month and by bedroom.",
        ("rents",),
    ),
)

TEAMS: Final = (
    (CHRIS, "Listing launch", "From the facts of a house to a reviewed draft.", ("Ada", "Bo", "Cleo"), "Cleo"),
    (CHRIS, "Spring campaign", "Seasonal copy for the open houses.", ("Bo", "Echo"), "Bo"),
    (MARIA, "Coast desk", "Everything about homes near the water.", ("Gala", "Hugo", "Jonas"), None),
)


CUSTOMERS: Final = (
    (CHRIS, "Bennett Homes", "Chris Bennett", "office@bennett-homes.example.com", "+1 512 555 0134", Plan.BUSINESS),
    (MARIA, "Alvarez Coastal Realty", "Maria Alvarez", "hello@alvarez-coastal.example.com", None, Plan.STARTER),
)


def sample_customers() -> Iterator[Customer]:
    for number, (user, company, contact, email, phone, plan) in enumerate(CUSTOMERS):
        yield Customer(
            id=sample_id("cus", user),
            owner_id=sample_id("usr", user),
            user_id=sample_id("usr", user),
            company_name=company,
            contact_name=contact,
            email=email,
            phone=phone,
            plan=plan,
            created_at=moment(days=120 - number),
            updated_at=moment(days=12 + number),
        )


def workers_of(email: str, names: tuple[str, ...]) -> list[Worker]:
    return [worker for worker in WORKERS if worker.email == email and worker.name in names]


def team_id(email: str, name: str) -> str:
    return sample_id("tea", f"{email} {name}")


def sample_ai_agents() -> Iterator[AIAgent]:
    for number, worker in enumerate(WORKERS):
        yield AIAgent(
            id=worker.id,
            owner_id=sample_id("usr", worker.email),
            customer_id=sample_id("cus", worker.email),
            name=worker.name,
            description=worker.description,
            kind=worker.kind,
            model=DEFAULT_MODEL,
            instructions=worker.instructions,
            status=worker.status,
            capabilities=list(worker.capabilities),
            team_ids=[
                team_id(email, team)
                for email, team, _, names, _ in TEAMS
                if email == worker.email and worker.name in names
            ],
            tasks_completed=3 + Seed(worker.name, number).below(90, "tasks"),
            last_active_at=moment(days=number % 4, minutes=7 * number),
            revision=2 + number,
            created_at=moment(days=90 - number),
            updated_at=moment(days=number % 4, minutes=7 * number),
        )


def sample_teams() -> Iterator[Team]:
    for number, (email, name, description, names, lead) in enumerate(TEAMS):
        members = workers_of(email, names)
        yield Team(
            id=team_id(email, name),
            owner_id=sample_id("usr", email),
            customer_id=sample_id("cus", email),
            name=name,
            description=description,
            ai_agent_ids=[worker.id for worker in members],
            lead_ai_agent_id=next((worker.id for worker in members if worker.name == lead), None),
            created_at=moment(days=60 - number),
            updated_at=moment(days=30 - number),
        )

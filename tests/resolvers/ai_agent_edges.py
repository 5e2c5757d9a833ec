"""The edges of AI agents, teams, their tasks and customers, with the calls they take."""

from collections.abc import Callable
from itertools import chain
from typing import Any, TypeAlias

from tests.resolvers.edges import ids

Case: TypeAlias = tuple[str, Callable[[Any], list[str]]]

PAGE = "limit={}&offset=0&order=-created_at"
AGENTS = f"GET /agents/ai-agents?{PAGE}"
TEAMS = f"GET /agents/teams?{PAGE}"
TASKS = f"GET /agents/tasks?{PAGE}"
CHRIS = "usr_3a2ffe40b2ca540abe82"
CUSTOMER = "cus_81b709eea272aaf8b688"
CUSTOMER_OF_CHRIS = f"GET /accounts/customers?user_id={CHRIS}&limit=100"


CASES: dict[str, Case] = {
    "Query.aiAgents": (
        """{ aiAgents(first: 3, filter: {status: [RUNNING, ERROR], kind: CONTENT_WRITER, search: "draft"},
                     orderBy: {field: NAME, direction: ASC}) { nodes { id } } }""",
        lambda data: [
            "GET /agents/ai-agents?limit=3&offset=0&order=name&status=running,error&kind=content_writer&search=draft"
        ],
    ),
    "Query.aiAgent": (
        '{ a: aiAgent(id: "aia_1") { name } b: aiAgent(id: "aia_2") { name } }',
        lambda data: ["GET /agents/ai-agents?ids=aia_1,aia_2"],
    ),
    "Viewer.aiAgents": (
        "{ viewer { aiAgents(first: 2) { nodes { name } } } }",
        lambda data: [AGENTS.format(2)],
    ),
    "Query.teams": (
        '{ teams(first: 2, filter: {search: "launch"}) { nodes { id } } }',
        lambda data: [f"{TEAMS.format(2)}&search=launch"],
    ),
    "Query.team": (
        '{ a: team(id: "tea_1") { name } b: team(id: "tea_2") { name } }',
        lambda data: ["GET /agents/teams?ids=tea_1,tea_2"],
    ),
    "Viewer.teams": (
        "{ viewer { teams(first: 2) { nodes { name } } } }",
        lambda data: [TEAMS.format(2)],
    ),
    "Team.members": (
        "{ teams(first: 5) { nodes { members { databaseId } } } }",
        lambda data: [
            TEAMS.format(5),
            f"GET /agents/ai-agents?ids={ids(chain(*[team['members'] for team in data['teams']['nodes']]))}",
        ],
    ),
    "Team.lead": (
        "{ teams(first: 5) { nodes { lead { databaseId } } } }",
        lambda data: [TEAMS.format(5), f"GET /agents/ai-agents?ids={ids(data['teams']['nodes'], 'lead')}"],
    ),
    "AIAgent.teams": (
        "{ aiAgents(first: 6) { nodes { teams { databaseId } } } }",
        lambda data: [
            AGENTS.format(6),
            f"GET /agents/teams?ids={ids(chain(*[agent['teams'] for agent in data['aiAgents']['nodes']]))}",
        ],
    ),
    "Viewer.tasks": (
        "{ viewer { tasks(first: 2, filter: {priority: [HIGH]}) { nodes { id } } } }",
        lambda data: [f"{TASKS.format(2)}&priority=high"],
    ),
    "Task.aiAgent": (
        "{ tasks(first: 4, filter: {kind: RUN_AGENT}) { nodes { aiAgent { databaseId } } } }",
        lambda data: [
            f"{TASKS.format(4)}&kind=run_agent",
            f"GET /agents/ai-agents?ids={ids(data['tasks']['nodes'], 'aiAgent')}",
        ],
    ),
    "Task.team": (
        "{ tasks(first: 4, filter: {kind: RUN_TEAM}) { nodes { team { databaseId } } } }",
        lambda data: [
            f"{TASKS.format(4)}&kind=run_team",
            f"GET /agents/teams?ids={ids(data['tasks']['nodes'], 'team')}",
        ],
    ),
    "AIAgent.tasks": (
        "{ aiAgents(first: 6) { nodes { databaseId tasks(first: 1, filter: {status: COMPLETED}) { totalCount } } } }",
        lambda data: [
            AGENTS.format(6),
            f"GET /agents/tasks?group_by=ai_agent_id&ai_agent_id={ids(data['aiAgents']['nodes'])}"
            f"&{PAGE.format(1)}&status=completed",
        ],
    ),
    "Team.tasks": (
        "{ teams(first: 6) { nodes { databaseId tasks(first: 2) { nodes { title } } } } }",
        lambda data: [
            f"GET /agents/tasks?group_by=team_id&team_id={ids(data['teams']['nodes'])}&{PAGE.format(2)}",
            TEAMS.format(6),
        ],
    ),
    "Viewer.customer": (
        "{ viewer { customer { companyName } } }",
        lambda data: [CUSTOMER_OF_CHRIS],
    ),
    "User.customer": (
        "{ viewer { user { customer { companyName } } } }",
        lambda data: [CUSTOMER_OF_CHRIS, f"GET /accounts/users?ids={CHRIS}"],
    ),
    "Customer.user": (
        "{ viewer { customer { user { email } } } }",
        lambda data: [CUSTOMER_OF_CHRIS, f"GET /accounts/users?ids={CHRIS}"],
    ),
    "AIAgent.customer": (
        "{ aiAgents(first: 6) { nodes { customer { databaseId } } } }",
        lambda data: [AGENTS.format(6), f"GET /accounts/customers?ids={CUSTOMER}"],
    ),
    "Team.customer": (
        "{ teams(first: 6) { nodes { customer { databaseId } } } }",
        lambda data: [TEAMS.format(6), f"GET /accounts/customers?ids={CUSTOMER}"],
    ),
    "Customer.aiAgents": (
        "{ viewer { customer { databaseId aiAgents(first: 3, filter: {status: [RUNNING]}) { totalCount } } } }",
        lambda data: [
            CUSTOMER_OF_CHRIS,
            f"GET /agents/ai-agents?group_by=customer_id&customer_id={CUSTOMER}&{PAGE.format(3)}&status=running",
        ],
    ),
    "Customer.teams": (
        "{ viewer { customer { databaseId teams(first: 3) { nodes { name } } } } }",
        lambda data: [
            CUSTOMER_OF_CHRIS,
            f"GET /agents/teams?group_by=customer_id&customer_id={CUSTOMER}&{PAGE.format(3)}",
        ],
    ),
}

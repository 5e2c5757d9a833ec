"""Every edge, with exactly the calls it takes: one for all objects of a level."""

import uuid
from collections.abc import Callable
from itertools import chain
from typing import Any, TypeAlias

import httpx
import pytest
from graphql import GraphQLObjectType

from app.schema import create_schema
from tests.end_to_end.sockets import subscribed
from tests.gateway import SERVICE_KEY, Gateway
from tests.resolvers import ai_agent_edges, character_edges, publishing_edges, workspace_edges
from tests.resolvers.edges import ids

Case: TypeAlias = tuple[str, Callable[[Any], list[str]]]

PAGE = "limit={}&offset=0&order=-created_at"
LISTINGS = f"GET /listings/listings?{PAGE}"
CONTENTS = f"GET /content/content?{PAGE}"
TASKS = f"GET /agents/tasks?{PAGE}"
ACCOUNTS = f"GET /social/accounts?{PAGE}"
NOTIFICATIONS = f"GET /notifications/notifications?{PAGE}"
CHRIS_AGENT = "agt_be440e385064c8ddc854"
CHRIS_USER = "usr_3a2ffe40b2ca540abe82"


ROUTES = {
    "Listing": "/listings/listings",
    "Content": "/content/content",
    "Task": "/agents/tasks",
    "SocialAccount": "/social/accounts",
}


FAILING = {
    "post": "posts",
    "scheduled_post": "scheduledPosts",
    "automation_rule": "automationRules",
    "engagement_action": "engagementActions",
}
"""What a failure can be of, and the list to find one of them in."""

ROUTES_OF_FAILING = {
    "post": "posts",
    "scheduled_post": "scheduled-posts",
    "automation_rule": "automation-rules",
    "engagement_action": "engagement",
}


CASES: dict[str, Case] = {
    "Query.agent": (
        f'{{ agent(id: "{CHRIS_AGENT}") {{ name }} }}',
        lambda data: [f"GET /accounts/agents?ids={CHRIS_AGENT}"],
    ),
    "Viewer.agent": (
        "{ viewer { agent { name } } }",
        lambda data: [f"GET /accounts/agents?ids={CHRIS_AGENT}"],
    ),
    "Viewer.user": (
        "{ viewer { user { email } } }",
        lambda data: [f"GET /accounts/users?ids={CHRIS_USER}"],
    ),
    "User.agent": (
        "{ viewer { user { agent { name } } } }",
        lambda data: [f"GET /accounts/agents?ids={CHRIS_AGENT}", f"GET /accounts/users?ids={CHRIS_USER}"],
    ),
    "Agent.user": (
        "{ viewer { agent { user { email } } } }",
        lambda data: [f"GET /accounts/agents?ids={CHRIS_AGENT}", f"GET /accounts/users?ids={CHRIS_USER}"],
    ),
    "Query.listings": (
        "{ listings(first: 3) { nodes { databaseId } } }",
        lambda data: [LISTINGS.format(3)],
    ),
    "Query.listing": (
        '{ a: listing(id: "lst_905ba0f2eb8a80d7e863") { id } b: listing(id: "lst_58bec9725dbfd416923f") { id } }',
        lambda data: ["GET /listings/listings?ids=lst_905ba0f2eb8a80d7e863,lst_58bec9725dbfd416923f"],
    ),
    "Listing.agent": (
        "{ listings(first: 5) { nodes { agent { databaseId } } } }",
        lambda data: [
            f"GET /accounts/agents?ids={ids(data['listings']['nodes'], 'agent')}",
            LISTINGS.format(5),
        ],
    ),
    "Agent.listings": (
        "{ viewer { agent { listings(first: 2, filter: {status: [ACTIVE, SOLD]}) { nodes { id } } } } }",
        lambda data: [
            f"GET /accounts/agents?ids={CHRIS_AGENT}",
            f"GET /listings/listings?group_by=agent_id&agent_id={CHRIS_AGENT}&{PAGE.format(2)}&status=active,sold",
        ],
    ),
    "Listing.tasks": (
        "{ listings(first: 4) { nodes { databaseId tasks(first: 2) { nodes { id } } } } }",
        lambda data: [
            f"GET /agents/tasks?group_by=listing_id&listing_id={ids(data['listings']['nodes'])}&{PAGE.format(2)}",
            LISTINGS.format(4),
        ],
    ),
    "Listing.contents": (
        "{ listings(first: 4) { nodes { databaseId contents(first: 2) { nodes { id } } } } }",
        lambda data: [
            f"GET /content/content?group_by=listing_id&listing_id={ids(data['listings']['nodes'])}&{PAGE.format(2)}",
            LISTINGS.format(4),
        ],
    ),
    "Query.tasks": (
        "{ tasks(first: 3, filter: {status: COMPLETED}) { nodes { id } } }",
        lambda data: [f"{TASKS.format(3)}&status=completed"],
    ),
    "Query.task": (
        '{ task(id: "tsk_35dac51ff67a27596988") { kind } }',
        lambda data: ["GET /agents/tasks?ids=tsk_35dac51ff67a27596988"],
    ),
    "Task.listing": (
        "{ tasks(first: 6) { nodes { listing { databaseId } } } }",
        lambda data: [TASKS.format(6), f"GET /listings/listings?ids={ids(data['tasks']['nodes'], 'listing')}"],
    ),
    "Task.contents": (
        "{ tasks(first: 6) { nodes { contents { databaseId } } } }",
        lambda data: [
            TASKS.format(6),
            f"GET /content/content?ids={ids(chain(*[task['contents'] for task in data['tasks']['nodes']]))}",
        ],
    ),
    "Query.contentLibrary": (
        "{ contentLibrary(first: 2, orderBy: {field: UPDATED_AT, direction: ASC}) { nodes { id } } }",
        lambda data: ["GET /content/content?limit=2&offset=0&order=updated_at"],
    ),
    "Query.pendingApprovals": (
        "{ pendingApprovals(first: 2) { nodes { id } } }",
        lambda data: [f"{CONTENTS.format(2)}&status=pending_approval_agent"],
    ),
    "Query.content": (
        '{ content(id: "cnt_fd5a6224162409f66167") { title } }',
        lambda data: ["GET /content/content?ids=cnt_fd5a6224162409f66167"],
    ),
    "Content.listing": (
        "{ contentLibrary(first: 9) { nodes { listing { databaseId } } } }",
        lambda data: [
            CONTENTS.format(9),
            f"GET /listings/listings?ids={ids(data['contentLibrary']['nodes'], 'listing')}",
        ],
    ),
    "Content.agent": (
        "{ contentLibrary(first: 9) { nodes { agent { databaseId } } } }",
        lambda data: [f"GET /accounts/agents?ids={CHRIS_AGENT}", CONTENTS.format(9)],
    ),
    "Content.task": (
        "{ contentLibrary(first: 9) { nodes { task { databaseId } } } }",
        lambda data: [f"GET /agents/tasks?ids={ids(data['contentLibrary']['nodes'], 'task')}", CONTENTS.format(9)],
    ),
    "Query.socialAccounts": (
        "{ socialAccounts(first: 5, filter: {isActive: true}) { nodes { id } } }",
        lambda data: [f"{ACCOUNTS.format(5)}&is_active=true"],
    ),
    "Query.socialAccount": (
        "{ viewer { agent { socialAccounts(first: 1) { nodes { databaseId agent { name } } } } } }",
        lambda data: [
            f"GET /accounts/agents?ids={CHRIS_AGENT}",
            f"GET /social/accounts?group_by=agent_id&agent_id={CHRIS_AGENT}&{PAGE.format(1)}",
        ],
    ),
    "Query.notifications": (
        '{ notifications(first: 5, filter: {isRead: false, type: ["content_ready"]}) { nodes { id } } }',
        lambda data: [f"{NOTIFICATIONS.format(5)}&is_read=false&type=content_ready"],
    ),
    "Query.notification": (
        '{ notification(id: "ntf_none") { id } }',
        lambda data: ["GET /notifications/notifications?ids=ntf_none"],
    ),
    "Viewer.notifications": (
        "{ viewer { notifications(first: 2) { totalCount } } }",
        lambda data: [NOTIFICATIONS.format(2)],
    ),
    "Viewer.unreadNotificationCount": (
        "{ viewer { unreadNotificationCount } }",
        lambda data: ["GET /notifications/notifications?is_read=false&limit=0"],
    ),
    "Query.node": (
        '{ node(id: "TGlzdGluZzpsc3RfOTA1YmEwZjJlYjhhODBkN2U4NjM") { ... on Listing { address } } }',
        lambda data: ["GET /listings/listings?ids=lst_905ba0f2eb8a80d7e863"],
    ),
}
CASES["Agent.socialAccounts"] = CASES["SocialAccount.agent"] = CASES.pop("Query.socialAccount")
CASES |= ai_agent_edges.CASES | character_edges.CASES | publishing_edges.CASES | workspace_edges.CASES


@pytest.mark.parametrize("edge", CASES)
async def test_an_edge_takes_exactly_these_calls(gateway: Gateway, edge: str) -> None:
    document, expected = CASES[edge]

    answer = await gateway.query(document, explained=True)

    assert answer.calls == sorted(expected(answer.body["data"]))
    assert len(answer.calls) <= answer.most_calls


async def test_a_social_account_is_read_by_its_id(gateway: Gateway) -> None:
    some = await gateway.query("{ socialAccounts(first: 1) { nodes { id databaseId } } }")
    (account,) = some.data["socialAccounts"]["nodes"]

    answer = await gateway.query("query ($id: ID!) { socialAccount(id: $id) { databaseId } }", {"id": account["id"]})

    assert answer.data == {"socialAccount": {"databaseId": account["databaseId"]}}
    assert answer.calls == [f"GET /social/accounts?ids={account['databaseId']}"]


async def test_what_notifications_are_about_takes_one_call_per_type(gateway: Gateway) -> None:
    answer = await gateway.query(
        """
        { notifications(first: 100) { nodes { subject {
            __typename
            ... on Listing { databaseId } ... on Content { databaseId }
            ... on Task { databaseId } ... on SocialAccount { databaseId }
        } } } }
    """,
        email="admin@example.com",
    )

    subjects = [notification["subject"] for notification in answer.data["notifications"]["nodes"]]
    kinds = {subject["__typename"] for subject in subjects if subject}
    assert kinds >= {"Listing", "Content", "Task"}
    found = {kind: [subject for subject in subjects if subject and subject["__typename"] == kind] for kind in kinds}
    expected = [f"GET {ROUTES[kind]}?ids={ids(found[kind])}" for kind in kinds]
    assert answer.calls == sorted([*expected, NOTIFICATIONS.format(100)])


async def test_nodes_of_many_types_take_one_call_per_type_and_keep_their_places(gateway: Gateway) -> None:
    wanted = await gateway.query("{ listings(first: 2) { nodes { id } } tasks(first: 1) { nodes { id } } }")
    first, second = (listing["id"] for listing in wanted.data["listings"]["nodes"])
    (task,) = (task["id"] for task in wanted.data["tasks"]["nodes"])

    answer = await gateway.query(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": [first, "nonsense", task, second, first]}
    )

    listing = {"__typename": "Listing"}
    assert answer.data["nodes"] == [
        {**listing, "id": first},
        None,
        {"__typename": "Task", "id": task},
        {**listing, "id": second},
        {**listing, "id": first},
    ]
    assert [call.partition("?")[0] for call in answer.calls] == ["GET /agents/tasks", "GET /listings/listings"]


async def test_entities_of_a_router_take_one_call_per_type(gateway: Gateway) -> None:
    wanted = await gateway.query("{ listings(first: 3) { nodes { id databaseId } } viewer { agent { id } } }")
    listings = wanted.data["listings"]["nodes"]
    representations = [{"__typename": "Listing", "id": listing["id"]} for listing in listings]
    representations.append({"__typename": "Agent", "id": wanted.data["viewer"]["agent"]["id"]})

    answer = await gateway.query(
        """query ($representations: [_Any!]!) {
            _entities(representations: $representations) {
                ... on Listing { databaseId } ... on Agent { databaseId }
            }
        }""",
        {"representations": representations},
    )

    found = answer.data["_entities"]
    assert found == [{"databaseId": listing["databaseId"]} for listing in listings] + [{"databaseId": CHRIS_AGENT}]
    assert answer.calls == [f"GET /accounts/agents?ids={CHRIS_AGENT}", f"GET /listings/listings?ids={ids(listings)}"]


async def test_three_levels_take_one_call_each(gateway: Gateway) -> None:
    answer = await gateway.query("""
        { listings(first: 3, orderBy: {field: PRICE, direction: ASC}) {
            nodes { databaseId contents(first: 2) { nodes { databaseId task { databaseId } } } }
        } }
    """)

    listings = answer.data["listings"]["nodes"]
    contents = [content for listing in listings for content in listing["contents"]["nodes"]]
    assert answer.calls == [
        f"GET /agents/tasks?ids={ids(contents, 'task')}",
        f"GET /content/content?group_by=listing_id&listing_id={ids(listings)}&{PAGE.format(2)}",
        "GET /listings/listings?limit=3&offset=0&order=price",
    ]


async def test_more_keys_than_a_backend_takes_are_split(gateway: Gateway) -> None:
    answer = await gateway.query(
        """{ listings(first: 100) { nodes { databaseId } }
             more: listings(first: 100, after: "cG9zaXRpb246OTk") { nodes { databaseId contents { totalCount } } }
             first: listings(first: 100) { nodes { contents { totalCount } } } }""",
        email="admin@example.com",
    )

    assert answer.data
    grouped = [call for call in answer.calls if "group_by" in call]
    sizes = sorted(len(call.partition("listing_id=")[2].partition("&")[0].split(",")) for call in grouped)
    assert sum(sizes) == await _listing_count(gateway)
    assert max(sizes) == 100


async def _listing_count(gateway: Gateway) -> int:
    answer = await gateway.query("{ listings(first: 1) { totalCount } }", email="admin@example.com")
    return int(answer.data["listings"]["totalCount"])


FAILURES = """subscription { updates(types: [ERROR_OCCURRED]) {
    ... on ErrorOccurred { error { subject {
        __typename
        ... on Post { databaseId } ... on ScheduledPost { databaseId }
        ... on AutomationRule { databaseId } ... on EngagementAction { databaseId }
    } } }
} }"""


async def test_what_has_failed_is_one_call_for_an_event(gateway: Gateway) -> None:
    lists = {field: f"{field}(first: 1) {{ nodes {{ __typename databaseId }} }}" for field in FAILING.values()}
    found = (await gateway.query(f"{{ {' '.join(lists.values())} }}")).data
    failed = {source: found[field]["nodes"][0] for source, field in FAILING.items()}
    before = set(gateway.recorder.by_request)
    async with subscribed(gateway, gateway.token(), FAILURES) as stream:
        await stream.begun()
        await told(gateway, [(source, failed[source]["databaseId"]) for source in FAILING] + [("unheard_of", "1")])
        shown = [(await stream.event())["error"]["subject"] for _ in range(len(FAILING) + 1)]

    assert shown == [*failed.values(), None]
    (calls,) = [gateway.recorder.by_request.pop(id) for id in set(gateway.recorder.by_request) - before]
    assert calls == [
        f"GET /publishing/{ROUTES_OF_FAILING[source]}?ids={failed[source]['databaseId']}" for source in FAILING
    ]


async def told(gateway: Gateway, failures: list[tuple[str, str]]) -> None:
    """Post that things have failed, as the publishing service does."""
    events = []
    for source, id in failures:
        error = {"id": f"flr_{uuid.uuid4().hex}", "owner_id": CHRIS_USER, "source": source, "source_id": id}
        error |= {"code": "PLATFORM_ERROR", "message": "It has failed."}
        head = {"specversion": "1.0", "id": error["id"], "source": "/publishing", "type": "error.occurred"}
        events.append({**head, "owner": CHRIS_USER, "data": {"error": error}})
    headers = {"x-service-key": SERVICE_KEY, "content-type": "application/cloudevents-batch+json"}
    async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 -- there is no TLS, and its setup is slow
        (await client.post(f"{gateway.url}/events", json=events, headers=headers)).raise_for_status()


def test_every_edge_has_a_case() -> None:
    schema = create_schema().graphql_schema
    edges = {
        f"{named.name}.{name}"
        for named in schema.type_map.values()
        if isinstance(named, GraphQLObjectType)
        for name, field in named.fields.items()
        if "edge" in field.extensions
    }
    tested_apart = {"Admin.aiAgents", "Admin.platformStats"}
    tested_apart |= {"Query.nodes", "Query.socialAccount", "Notification.subject", "Failure.subject"}
    assert edges == CASES.keys() | tested_apart

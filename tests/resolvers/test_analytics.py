"""Analytics, the system and updates through the gateway: what works, who is refused and what cannot be used."""

import pytest

from tests.end_to_end.sockets import subscribed
from tests.gateway import Gateway
from tests.resolvers.publishing import Somebody, code_for_nobody

OVERVIEW = """
    firstDay lastDay totalPosts totalEngagement totalFollowers engagementRate followerGrowth
    topPosts { databaseId } platformBreakdown { platform posts engagement } trends { day engagement followerGrowth }
"""


# C39 to C41


async def test_an_overview_adds_up(gateway: Gateway) -> None:
    whole = (await gateway.query(f"{{ analyticsOverview {{ {OVERVIEW} }} }}")).data["analyticsOverview"]
    assert len(whole["trends"]) == 60
    assert (whole["trends"][0]["day"], whole["trends"][-1]["day"]) == (whole["firstDay"], whole["lastDay"])
    assert sum(point["engagement"] for point in whole["trends"]) == whole["totalEngagement"] > 0
    assert sum(point["followerGrowth"] for point in whole["trends"]) == whole["followerGrowth"] > 0
    assert sum(platform["posts"] for platform in whole["platformBreakdown"]) == whole["totalPosts"] > 0
    assert len(whole["topPosts"]) == 5
    document = f"""query ($platform: Platform, $from: DateTime, $to: DateTime) {{
        analyticsOverview(platform: $platform, from: $from, to: $to) {{ {OVERVIEW} }}
    }}"""
    for platform in whole["platformBreakdown"]:
        given = {"platform": platform["platform"]}
        part = (await gateway.query(document, given)).data["analyticsOverview"]
        assert part["platformBreakdown"] == [platform]
    week = {"from": "2025-11-01T00:00:00Z", "to": "2025-11-07T12:00:00Z"}
    found = (await gateway.query(document, week)).data["analyticsOverview"]
    assert found["trends"] == [point for point in whole["trends"] if "2025-11-01" <= point["day"] <= "2025-11-07"]


async def test_figures_are_the_callers_and_need_a_token(gateway: Gateway) -> None:
    found = await Somebody(gateway).ask("{ analyticsOverview { totalPosts totalEngagement topPosts { id } } }")
    assert found.data["analyticsOverview"] == {"totalPosts": 0, "totalEngagement": 0, "topPosts": []}
    assert (await gateway.query("{ analyticsOverview { totalPosts } }", email=None)).code == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "arguments",
    [
        'from: "2025-11-07T00:00:00Z", to: "2025-11-01T00:00:00Z"',
        'from: "2020-11-07T00:00:00Z", to: "2025-11-01T00:00:00Z"',
        'from: "yesterday"',
        "platform: MYSPACE",
        'characterId: "TGlzdGluZzpsc3RfMQ"',
    ],
)
async def test_what_is_no_period_platform_or_character_is_refused(gateway: Gateway, arguments: str) -> None:
    answer = await gateway.query(f"{{ analyticsOverview({arguments}) {{ totalPosts }} }}")
    assert answer.code in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")


async def test_the_figures_of_characters_are_parts_of_the_whole(gateway: Gateway) -> None:
    answer = await gateway.query(
        """{ characters { nodes { databaseId analytics { totalPosts totalEngagement character { databaseId } } } } }"""
    )
    for character in answer.data["characters"]["nodes"]:
        document = f'{{ analyticsOverview(characterId: "{character["databaseId"]}") {{ totalPosts totalEngagement }} }}'
        whole = (await gateway.query(document)).data["analyticsOverview"]
        assert character["analytics"] == whole | {"character": {"databaseId": character["databaseId"]}}
        assert whole["totalPosts"] > 0


async def test_the_figures_of_posts_are_those_that_they_show(gateway: Gateway) -> None:
    answer = await gateway.query("""
        { posts(first: 20) { nodes {
            likesCount commentsCount sharesCount viewsCount
            analytics { likes comments shares views engagement engagementRate trends { day engagement views } }
        } } }
    """)
    nodes = answer.data["posts"]["nodes"]
    assert len(nodes) == 20
    for post in nodes:
        analytics = post.pop("analytics")
        assert [analytics[name] for name in ("likes", "comments", "shares", "views")] == list(post.values())
        assert analytics["engagement"] == sum(list(post.values())[:3])
        assert sum(point["engagement"] for point in analytics["trends"]) == analytics["engagement"]
        assert sum(point["views"] for point in analytics["trends"]) == analytics["views"]


async def test_a_draft_has_no_figures(gateway: Gateway) -> None:
    me = Somebody(gateway)
    given = {"socialAccountId": (await me.account())["id"], "caption": "Hi", "publishImmediately": False}
    assert await me.done("createPost", given, "post { analytics { views } }") == {"analytics": None}


# C42


async def test_the_gateway_says_how_it_is(gateway: Gateway) -> None:
    document = "{ systemHealth { status version uptimeSeconds services { name status latencyMs error } } }"
    health = (await gateway.query(document)).data["systemHealth"]
    assert health["status"] == "HEALTHY"
    assert health["uptimeSeconds"] > 0
    assert {service["name"] for service in health["services"]} == gateway.service_urls.keys()
    assert {(service["status"], service["error"]) for service in health["services"]} == {("UP", None)}
    assert all(service["latencyMs"] >= 0 for service in health["services"])
    assert (await gateway.query(document, email=None)).code == "UNAUTHENTICATED"


# C43


async def test_statistics_are_the_callers(gateway: Gateway) -> None:
    document = """{
        systemStats { totalCharacters activeCharacters totalContent totalPosts storageUsedGb storageAvailableGb }
    }"""
    me = Somebody(gateway)
    await me.character()
    found = (await me.ask(document)).data["systemStats"]
    assert found.pop("storageUsedGb") > 0
    assert found.pop("storageAvailableGb") > 0
    assert found == {"totalCharacters": 1, "activeCharacters": 1, "totalContent": 0, "totalPosts": 0}
    all_of_them = (await gateway.query(document, email="admin@example.com")).data["systemStats"]
    assert all_of_them["totalPosts"] >= 354
    assert (await gateway.query(document, email=None)).code == "UNAUTHENTICATED"


# C44 and C45

SETTINGS = "settings { stableDiffusion { baseUrl defaultModel } ollama { baseUrl defaultModel } storage { type path } }"


async def test_settings_are_read_by_all_and_changed_by_admins(gateway: Gateway) -> None:
    me, admin = Somebody(gateway), Somebody(gateway, ("admin",))
    before = (await me.ask(f"{{ {SETTINGS} }}")).data["settings"]
    change = {"ollama": {"defaultModel": "llama3:70b"}, "storage": {"type": "S3", "path": "atrium/media"}}

    assert (await me.mutate("updateSettings", change, SETTINGS)).code == "FORBIDDEN"
    assert (await gateway.query(f"{{ {SETTINGS} }}", email=None)).code == "UNAUTHENTICATED"
    assert await code_for_nobody(gateway, "updateSettings", change, SETTINGS) == "UNAUTHENTICATED"
    for wrong, expected in (
        ({"storage": {"path": ""}}, ("storage.path", "BAD_USER_INPUT")),
        ({"ollama": {"defaultModel": "x" * 121}}, ("ollama.defaultModel", "BAD_USER_INPUT")),
    ):
        assert await admin.refused("updateSettings", wrong, SETTINGS) == [expected]
    after = await admin.done("updateSettings", change, SETTINGS)
    assert after == before | {
        "ollama": {"baseUrl": before["ollama"]["baseUrl"], "defaultModel": "llama3:70b"},
        "storage": {"type": "S3", "path": "atrium/media"},
    }
    assert (await me.ask(f"{{ {SETTINGS} }}")).data["settings"] == after


# C46

UPDATES = """subscription ($types: [UpdateType!], $after: String) {
    updates(types: $types, after: $after) {
        __typename
        ... on PostPublished { cursor time post { caption socialAccount { databaseId } } }
        ... on ContentGenerated { cursor content { prompt } }
        ... on GenerationCompleted { generation { prompt status } }
        ... on GenerationFailed { generation { prompt status } }
        ... on EngagementActionCompleted { action { targetId } }
        ... on AccountConnected { account { databaseId } }
        ... on AccountDisconnected { account { databaseId connectionStatus } }
        ... on ErrorOccurred { error { code message subject { __typename ... on Post { caption } } } }
    }
}"""


async def test_updates_are_all_eight_types_of_the_callers_alone(gateway: Gateway) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    async with subscribed(gateway, me.token, UPDATES) as stream:
        await stream.begun()
        await other.account()
        character = await me.character()
        account = await me.account(character_id=character["id"])
        seen = {"databaseId": account["databaseId"]}
        assert await stream.event() == {"__typename": "AccountConnected", "account": seen}

        given = {"socialAccountId": account["id"], "caption": "Hi"}
        await me.done("createPost", given, "post { id }")
        published = await stream.event()
        cursor = published.pop("cursor")
        assert published.pop("time").endswith("Z")
        assert published == {"__typename": "PostPublished", "post": {"caption": "Hi", "socialAccount": seen}}

        await me.done("createPost", given | {"caption": "fail-publish"}, "post { id }")
        assert await stream.event() == {
            "__typename": "ErrorOccurred",
            "error": {
                "code": "PLATFORM_ERROR",
                "message": "Instagram has refused the post: its caption breaks the rules.",
                "subject": {"__typename": "Post", "caption": "fail-publish"},
            },
        }
        await me.done("likePost", {"socialAccountId": account["id"], "targetId": "9"}, "engagementAction { id }")
        assert await stream.event() == {"__typename": "EngagementActionCompleted", "action": {"targetId": "9"}}

        order = {"characterId": character["id"], "contentType": "TEXT", "prompt": "A walk"}
        await me.done("generateContent", order, "contentGeneration { id }")
        made = [await stream.event()]
        while made[-1]["__typename"] == "ContentGenerated":
            assert made[-1]["content"] == {"prompt": "A walk"}
            made.append(await stream.event())
        assert len(made) > 1
        assert made[-1] == {
            "__typename": "GenerationCompleted",
            "generation": {"prompt": "A walk", "status": "COMPLETED"},
        }
        await me.done("generateContent", order | {"prompt": "fail-generation"}, "contentGeneration { id }")
        failed = {"prompt": "fail-generation", "status": "FAILED"}
        assert await stream.event() == {"__typename": "GenerationFailed", "generation": failed}

        await me.done("disconnectSocialAccount", {"id": account["id"]}, "socialAccount { id }")
        gone = {"account": seen | {"connectionStatus": "DISCONNECTED"}}
        assert await stream.event() == {"__typename": "AccountDisconnected", **gone}

    given_types = {"types": ["ACCOUNT_DISCONNECTED", "ERROR_OCCURRED"], "after": cursor}
    async with subscribed(gateway, me.token, UPDATES, given_types) as stream:
        assert [(await stream.event())["__typename"] for _ in range(2)] == ["ErrorOccurred", "AccountDisconnected"]


async def test_updates_need_a_token_and_known_types(gateway: Gateway) -> None:
    async with subscribed(gateway, None, "subscription { updates { __typename } }") as stream:
        assert await stream.refusal_code() == "UNAUTHENTICATED"
    async with subscribed(gateway, gateway.token(), "subscription { updates(types: [ODD]) { __typename } }") as stream:
        assert await stream.refusal_code() == "GRAPHQL_VALIDATION_FAILED"

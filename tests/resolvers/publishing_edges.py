"""The edges of posts, scheduled posts, rules, engagement and analytics, with the calls they take."""

from collections.abc import Callable
from itertools import chain
from typing import Any, TypeAlias

from tests.resolvers.edges import ids

Case: TypeAlias = tuple[str, Callable[[Any], list[str]]]

PAGE = "limit={}&offset=0&order=-created_at"
POSTS = f"GET /publishing/posts?{PAGE}"
SCHEDULED = f"GET /publishing/scheduled-posts?{PAGE}"
RULES = f"GET /publishing/automation-rules?{PAGE}"
ACTIONS = f"GET /publishing/engagement?{PAGE}"
CHARACTERS = f"GET /characters/characters?{PAGE}"
ACCOUNTS = f"GET /social/accounts?{PAGE}"
CONTENTS = f"GET /content/content?{PAGE}"


def one(field: str, type_: str, path: str) -> Case:
    """Two things by their ids are one call."""
    return (
        f'{{ a: {field}(id: "{type_}_1") {{ id }} b: {field}(id: "{type_}_2") {{ id }} }}',
        lambda data: [f"GET /publishing/{path}?ids={type_}_1,{type_}_2"],
    )


def of_viewer(field: str, page: str) -> Case:
    return f"{{ viewer {{ {field}(first: 2) {{ nodes {{ id }} }} }} }}", lambda data: [page.format(2)]


def below(parents: str, page: str, field: str, path: str, parent: str) -> Case:
    """The lists of three things are one call, grouped by them."""
    return (
        f"{{ {parents}(first: 3) {{ nodes {{ databaseId {field}(first: 2) {{ totalCount }} }} }} }}",
        lambda data: [
            page.format(3),
            f"GET /publishing/{path}?group_by={parent}&{parent}={ids(data[parents]['nodes'])}&{PAGE.format(2)}",
        ],
    )


def above(children: str, page: str, field: str, path: str) -> Case:
    """What fifty things belong to is one call."""
    return (
        f"{{ {children}(first: 50) {{ nodes {{ {field} {{ databaseId }} }} }} }}",
        lambda data: [page.format(50), f"GET {path}?ids={ids(data[children]['nodes'], field)}"],
    )


CASES: dict[str, Case] = {
    "Query.posts": (
        """{ posts(
            filter: {characterId: ["chr_1", "chr_2"], platform: [TWITTER], status: [PUBLISHED],
                     publishedFrom: "2025-01-01T00:00:00Z", publishedTo: "2025-02-01T00:00:00+01:00"},
            orderBy: {field: PUBLISHED_AT, direction: ASC}
        ) { totalCount } }""",
        lambda data: [
            "GET /publishing/posts?limit=20&offset=0&order=published_at&character_id=chr_1,chr_2&platform=twitter"
            "&status=published&from=2025-01-01T00:00:00Z&to=2025-01-31T23:00:00Z"
        ],
    ),
    "Query.post": one("post", "pst", "posts"),
    "Viewer.posts": of_viewer("posts", POSTS),
    "Post.character": above("posts", POSTS, "character", "/characters/characters"),
    "Post.socialAccount": above("posts", POSTS, "socialAccount", "/social/accounts"),
    "Post.content": above("posts", POSTS, "content", "/content/content"),
    "Post.additionalContents": (
        "{ posts(first: 50) { nodes { additionalContents { databaseId } } } }",
        lambda data: [
            POSTS.format(50),
            f"GET /content/content?ids={ids(chain(*[post['additionalContents'] for post in data['posts']['nodes']]))}",
        ],
    ),
    "Post.automationRule": above("posts", POSTS, "automationRule", "/publishing/automation-rules"),
    "Post.analytics": (
        "{ posts(first: 3) { nodes { databaseId analytics { engagement } } } }",
        lambda data: [POSTS.format(3), f"GET /analytics/posts?ids={ids(data['posts']['nodes'])}"],
    ),
    "Character.posts": below("characters", CHARACTERS, "posts", "posts", "character_id"),
    "SocialAccount.posts": below("socialAccounts", ACCOUNTS, "posts", "posts", "social_account_id"),
    "Content.posts": below("contentLibrary", CONTENTS, "posts", "posts", "content_id"),
    "Query.scheduledPosts": (
        """{ scheduledPosts(
            filter: {socialAccountId: "soc_1", status: [SCHEDULED], scheduledFrom: "2025-01-01T00:00:00Z"},
            orderBy: {field: SCHEDULED_AT}
        ) { totalCount } }""",
        lambda data: [
            "GET /publishing/scheduled-posts?limit=20&offset=0&order=-scheduled_at&social_account_id=soc_1"
            "&status=scheduled&from=2025-01-01T00:00:00Z"
        ],
    ),
    "Query.scheduledPost": one("scheduledPost", "sch", "scheduled-posts"),
    "Viewer.scheduledPosts": of_viewer("scheduledPosts", SCHEDULED),
    "ScheduledPost.character": above("scheduledPosts", SCHEDULED, "character", "/characters/characters"),
    "ScheduledPost.socialAccount": above("scheduledPosts", SCHEDULED, "socialAccount", "/social/accounts"),
    "ScheduledPost.content": above("scheduledPosts", SCHEDULED, "content", "/content/content"),
    "ScheduledPost.additionalContents": (
        "{ scheduledPosts(first: 30) { nodes { additionalContents { databaseId } } } }",
        lambda data: [
            SCHEDULED.format(30),
            "GET /content/content?ids="
            + ids(chain(*[post["additionalContents"] for post in data["scheduledPosts"]["nodes"]])),
        ],
    ),
    "ScheduledPost.post": (
        "{ scheduledPosts(first: 2, filter: {status: PUBLISHED}) { nodes { post { databaseId } } } }",
        lambda data: [
            f"{SCHEDULED.format(2)}&status=published",
            f"GET /publishing/posts?ids={ids(data['scheduledPosts']['nodes'], 'post')}",
        ],
    ),
    "Character.scheduledPosts": below("characters", CHARACTERS, "scheduledPosts", "scheduled-posts", "character_id"),
    "SocialAccount.scheduledPosts": below(
        "socialAccounts", ACCOUNTS, "scheduledPosts", "scheduled-posts", "social_account_id"
    ),
    "Content.scheduledPosts": below("contentLibrary", CONTENTS, "scheduledPosts", "scheduled-posts", "content_id"),
    "Query.automationRules": (
        "{ automationRules(filter: {isEnabled: true}) { totalCount } }",
        lambda data: [f"{RULES.format(20)}&is_enabled=true"],
    ),
    "Query.automationRule": one("automationRule", "rul", "automation-rules"),
    "Viewer.automationRules": of_viewer("automationRules", RULES),
    "AutomationRule.character": above("automationRules", RULES, "character", "/characters/characters"),
    "AutomationRule.posts": below("automationRules", RULES, "posts", "posts", "automation_rule_id"),
    "Character.automationRules": below("characters", CHARACTERS, "automationRules", "automation-rules", "character_id"),
    "Query.engagementActions": (
        "{ engagementActions(filter: {actionType: [LIKE, FOLLOW], platform: INSTAGRAM}) { totalCount } }",
        lambda data: [f"{ACTIONS.format(20)}&platform=instagram&action_type=like,follow"],
    ),
    "Viewer.engagementActions": of_viewer("engagementActions", ACTIONS),
    "EngagementAction.character": above("engagementActions", ACTIONS, "character", "/characters/characters"),
    "EngagementAction.socialAccount": above("engagementActions", ACTIONS, "socialAccount", "/social/accounts"),
    "Character.engagementActions": below("characters", CHARACTERS, "engagementActions", "engagement", "character_id"),
    "SocialAccount.engagementActions": below(
        "socialAccounts", ACCOUNTS, "engagementActions", "engagement", "social_account_id"
    ),
    "Query.analyticsOverview": (
        """{ analyticsOverview(
            characterId: "chr_1", platform: TIKTOK, from: "2025-11-01T00:00:00Z", to: "2025-11-07T00:00:00Z"
        ) { totalPosts } }""",
        lambda data: [
            "GET /analytics/overview?character_id=chr_1&platform=tiktok"
            "&from=2025-11-01T00:00:00Z&to=2025-11-07T00:00:00Z"
        ],
    ),
    "Character.analytics": (
        "{ characters(first: 3) { nodes { databaseId analytics(platform: INSTAGRAM) { totalPosts } } } }",
        lambda data: [
            CHARACTERS.format(3),
            f"GET /analytics/characters?ids={ids(data['characters']['nodes'])}&platform=instagram",
        ],
    ),
    "AnalyticsOverview.topPosts": (
        "{ analyticsOverview { topPosts { databaseId } } }",
        lambda data: [
            "GET /analytics/overview",
            f"GET /publishing/posts?ids={ids(data['analyticsOverview']['topPosts'])}",
        ],
    ),
    "AnalyticsOverview.character": (
        "{ characters(first: 3) { nodes { databaseId analytics { character { databaseId } } } } }",
        lambda data: [
            CHARACTERS.format(3),
            f"GET /analytics/characters?ids={ids(data['characters']['nodes'])}",
            f"GET /characters/characters?ids={ids(data['characters']['nodes'])}",
        ],
    ),
}

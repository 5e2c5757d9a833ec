"""The posts, scheduled posts, automation rules and engagement of the sample data."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from typing import Final

from backends.approval import ContentStatus
from backends.document import now
from backends.publishing.engagement import ActionStatus, ActionType, EngagementAction, TargetType
from backends.publishing.platforms import publish, reactions
from backends.publishing.posts import Material, Post, PostStatus, PostType
from backends.publishing.rules import AutomationRule, GeneratedType, HashtagStrategy, TriggerType
from backends.publishing.scheduled import ScheduledPost, ScheduleStatus
from backends.sample.activity import sample_accounts
from backends.sample.characters import SKETCHES, Sketch, sample_character_accounts
from backends.sample.generations import STATUSES, sample_generations
from backends.sample.seed import NEWEST, Seed, moment, sample_id
from backends.social import Platform, SocialAccount

SKETCH_BY_ID: Final = {sketch.id: sketch for sketch in SKETCHES}
DAYS: Final = 60
DAYS_BETWEEN: Final = {True: 4, False: 9}
"""Characters post more often than agents."""

POSTS_PER_RUN: Final = 3
"""Every third post of a character is its rule's."""

OPENINGS: Final = (
    "A morning with {topic}.",
    "What nobody tells you about {topic}:",
    "{topic}, one small step at a time.",
    "Three things I have learned about {topic}.",
    "Asked about {topic} all week, so here it is.",
    "Some days are made for {topic}.",
)
CLOSINGS: Final = (
    "Tell me what you would do.",
    "Save it for later.",
    "More of it on Sunday.",
    "Who is in?",
    "It was worth the wait.",
)
AGENT_TOPICS: Final = ("open houses", "first-time buying", "staging", "the local market")
RULE_NAMES: Final = ("Weekly highlight", "Monday thoughts", "Daily story")
CRONS: Final = ("0 9 * * 6", "30 7 * * mon", "0 14 * * *")


def all_accounts() -> list[SocialAccount]:
    return list(chain(sample_character_accounts(), sample_accounts()))


@cache
def approved_contents() -> dict[str, list[str]]:
    """The ids of what may be posted for each character."""
    found: dict[str, list[str]] = {}
    for number, generation in enumerate(sample_generations()):
        for position, content_id in enumerate(generation.content_ids):
            if STATUSES[(number + position) % len(STATUSES)] is ContentStatus.APPROVED:
                found.setdefault(generation.character_id, []).append(content_id)
    return found


def sample_posts() -> Iterator[Post]:
    for account in all_accounts():
        step = DAYS_BETWEEN[account.character_id is not None]
        for number, day in enumerate(range(DAYS - 1, 0, -step)):
            yield sample_post(account, number, day)


def sample_post(account: SocialAccount, number: int, day: int) -> Post:
    seed, post_id = Seed(account.id, number), sample_id("pst", f"{account.id} {number}")
    published_at = moment(days=day, minutes=seed.below(700, "minute"))
    topic = seed.choose(topics_of(account), "topic")
    contents = approved_contents().get(account.character_id or "", [])
    kind = PostType.REEL if account.platform is Platform.TIKTOK else seed.choose(list(PostType), "kind")
    platform_post_id, url = publish(account.platform, post_id, topic, kind)
    return Post(
        id=post_id,
        owner_id=account.owner_id,
        character_id=account.character_id,
        social_account_id=account.id,
        platform=account.platform,
        post_type=kind,
        automation_rule_id=rule_id(account) if number % POSTS_PER_RUN == 0 else None,
        content_id=contents[number % len(contents)] if contents else None,
        additional_content_ids=contents[1:] if number % POSTS_PER_RUN == 1 and len(contents) > 1 else [],
        caption=caption_about(topic, seed),
        hashtags=["".join(topic.split()).lower(), account.platform.value],
        mentions=[],
        status=PostStatus.PUBLISHED,
        platform_post_id=platform_post_id,
        platform_post_url=url,
        published_at=published_at,
        last_synced_at=NEWEST,
        created_at=published_at,
        updated_at=NEWEST,
        **reactions(post_id, NEWEST - published_at).model_dump(),
    )


def rule_id(account: SocialAccount) -> str | None:
    return None if account.character_id is None else sample_id("rul", account.character_id)


def topics_of(account: SocialAccount) -> tuple[str, ...]:
    sketch = SKETCH_BY_ID.get(account.character_id or "")
    return sketch.topics + sketch.interests if sketch else AGENT_TOPICS


def caption_about(topic: str, seed: Seed) -> str:
    opening = seed.choose(OPENINGS, "opening").format(topic=topic)
    return f"{opening[0].upper()}{opening[1:]} {seed.choose(CLOSINGS, 'closing')}"


def sample_scheduled_posts() -> Iterator[ScheduledPost]:
    """What is scheduled is to come, so it depends on the day on which the sample is loaded."""
    today = now().replace(hour=15, minute=0, second=0, microsecond=0)
    for number, account in enumerate(all_accounts()):
        sketch = SKETCH_BY_ID.get(account.character_id or "")
        if sketch is not None:
            yield published_as_planned(account, sketch)
        if sketch is not None and account.is_active:
            for day in (3 + number, 10 + number):
                yield scheduled_post(account, sketch, today + timedelta(days=day))


def published_as_planned(account: SocialAccount, sketch: Sketch) -> ScheduledPost:
    """The plan of the account's second post."""
    post = sample_post(account, 1, DAYS - 1 - DAYS_BETWEEN[True])
    material = post.model_dump(include=set(Material.model_fields) - {"id"})
    return ScheduledPost(
        id=sample_id("sch", post.id),
        **material,
        scheduled_at=post.published_at or NEWEST,
        timezone=sketch.timezone,
        status=ScheduleStatus.PUBLISHED,
        post_id=post.id,
    )


def scheduled_post(account: SocialAccount, sketch: Sketch, at: datetime) -> ScheduledPost:
    seed = Seed(account.id, at.toordinal())
    topic = seed.choose(sketch.topics, "topic")
    return ScheduledPost(
        id=sample_id("sch", f"{account.id} {at:%Y-%m-%d}"),
        owner_id=account.owner_id,
        character_id=account.character_id,
        social_account_id=account.id,
        platform=account.platform,
        post_type=PostType.POST,
        content_id=next(iter(approved_contents().get(sketch.id, [])), None),
        additional_content_ids=[],
        caption=caption_about(topic, seed),
        hashtags=["".join(topic.split()).lower()],
        mentions=[],
        scheduled_at=at,
        timezone=sketch.timezone,
        status=ScheduleStatus.SCHEDULED,
        created_at=moment(days=1),
        updated_at=moment(days=1),
    )


def sample_rules() -> Iterator[AutomationRule]:
    """One for each character; those that are on run once a week."""
    for number, sketch in enumerate(SKETCHES):
        kind = number % len(CRONS)
        rule = AutomationRule(
            id=sample_id("rul", sketch.id),
            owner_id=sketch.owner_id,
            character_id=sketch.id,
            name=RULE_NAMES[kind],
            description=f"{sketch.name} posts without being asked.",
            is_enabled=kind != 2,
            trigger_type=TriggerType.SCHEDULE,
            cron=CRONS[kind],
            timezone=sketch.timezone,
            platforms=list(sketch.platforms),
            content_type=(GeneratedType.IMAGE, GeneratedType.TEXT, GeneratedType.VIDEO)[kind],
            content_category=PostType.STORY if kind == 2 else PostType.POST,
            prompt_template="A bright picture of {topic}, as {name} would take it",
            caption_template="" if kind == 1 else "Today it is {topic}. What is it for you?",
            hashtag_strategy=HashtagStrategy.AUTO,
            max_posts_per_day=2,
            cooldown_minutes=60,
            created_at=moment(days=90 - number),
            updated_at=moment(days=40 - number),
        )
        runs = [post.created_at for post in sample_posts() if post.automation_rule_id == rule.id]
        rule.runs_count, rule.last_run_at = len(runs), max(runs)
        rule.plan(now())
        yield rule


def sample_engagement() -> Iterator[EngagementAction]:
    for account in all_accounts():
        if account.character_id is not None:
            for number, kind in enumerate(list(ActionType) * 2):
                yield sample_action(account, kind, number)


def sample_action(account: SocialAccount, kind: ActionType, number: int) -> EngagementAction:
    seed, at = Seed(account.id, number), moment(days=2 * number, minutes=37 * number)
    target = TargetType.USER if kind is ActionType.FOLLOW else TargetType.POST
    target_id = str(10**9 + seed.below(9 * 10**9, "target"))
    has_failed = seed.below(9, "failed") == 0
    return EngagementAction(
        id=sample_id("eng", f"{account.id} {number}"),
        owner_id=account.owner_id,
        character_id=account.character_id,
        social_account_id=account.id,
        platform=account.platform,
        action_type=kind,
        target_type=target,
        target_id=target_id,
        target_url=f"https://{account.platform}.example.com/{target}s/{target_id}",
        comment_text=seed.choose(CLOSINGS, "comment") if kind is ActionType.COMMENT else None,
        status=ActionStatus.FAILED if has_failed else ActionStatus.COMPLETED,
        error=f"{account.platform.capitalize()} knows no {target} {target_id}." if has_failed else None,
        performed_at=None if has_failed else at.astimezone(UTC),
        created_at=at,
        updated_at=at,
    )

"""Automation: what happens when a rule is due. Content is generated for its character, and posted."""

import asyncio
import hashlib
import re
from datetime import datetime, timedelta
from typing import Final

from backends.document import now, rfc3339
from backends.jobs import Payload
from backends.peers import PeerUnavailableError
from backends.problem import ProblemError
from backends.publishing.failures import FailureSource, tell_failure
from backends.publishing.platforms import CAPTION_LIMITS
from backends.publishing.posts import Post, Posts, caption_with_hashtags
from backends.publishing.rules import AutomationRule, AutomationRules, HashtagStrategy, filled
from backends.publishing.scheduler import Clock
from backends.publishing.sources import PLATFORM_CONNECTION_FAILED, Account, ActivePersona, Directory, GenerationRequest
from backends.service import Service

MAX_HASHTAGS: Final = 5
GENERATION_PATIENCE: Final = timedelta(minutes=10)
SHORTEST_POLL_SECONDS: Final = 0.02
HASHTAG: Final = re.compile(r"#(\w+)")


class Automation:
    """Runs the rules. `start_due` begins those that are due, within their bounds; each runs as a job."""

    def __init__(
        self, service: Service, directory: Directory, rules: AutomationRules, posts: Posts, clock: Clock
    ) -> None:
        self._service = service
        self._directory = directory
        self._rules = rules
        self._posts = posts
        self._clock = clock
        service.jobs.register("run_rule", self.run)

    def next_due(self) -> datetime | None:
        sql = "SELECT min(next_run_at) FROM automation_rules WHERE is_enabled"
        text = self._service.database.execute(sql).fetchone()[0]
        return datetime.fromisoformat(text) if text else None

    def start_due(self, moment: datetime) -> None:
        """However many runs were missed, one makes up for them."""
        for rule in self._rules.table.where("is_enabled AND next_run_at <= ?", (rfc3339(moment),)):
            rule.plan(moment)
            starts = self._has_cooled_down(rule, moment) and self._room(rule, moment) > 0
            if starts:
                rule.last_run_at = moment
            with self._service.database.transaction():
                self._rules.table.put(rule)
                if starts:
                    self._service.jobs.add("run_rule", {"rule_id": rule.id})

    def _has_cooled_down(self, rule: AutomationRule, moment: datetime) -> bool:
        return rule.last_run_at is None or moment - rule.last_run_at >= timedelta(minutes=rule.cooldown_minutes)

    def _room(self, rule: AutomationRule, moment: datetime) -> int:
        """How many posts the rule may still make on the day of that moment."""
        midnight = moment.astimezone(rule.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        sql = "SELECT count(*) FROM posts WHERE automation_rule_id = ? AND published_at >= ?"
        made: int = self._service.database.execute(sql, (rule.id, rfc3339(midnight))).fetchone()[0]
        return rule.max_posts_per_day - made

    async def run(self, job: str, payload: Payload) -> None:
        rule = self._rules.table.find(payload["rule_id"])
        if rule is None or not rule.is_enabled:
            return
        try:
            await self._run(rule, job)
        except PeerUnavailableError:
            raise
        except ProblemError as error:
            with self._service.database.transaction():
                source = FailureSource.AUTOMATION_RULE
                tell_failure(self._service, source, rule, rule.character_id, f"{rule.name}: {error.detail}", error.code)

    async def _run(self, rule: AutomationRule, job: str) -> None:
        persona = await self._directory.active_persona(rule.character_id, rule.owner_id)
        if not persona.is_active:
            return
        accounts = await self._accounts(rule)
        topic = topic_of(persona, rule)
        values = {"topic": topic, "name": persona.name, "date": f"{self._clock.now().astimezone(rule.zone):%-d %B %Y}"}
        content_id = await self._generate(rule, filled(rule.prompt_template, values), job)
        values["text"] = await self._directory.text_of(content_id, rule.owner_id)
        caption = filled(rule.caption_template or "{text}", values)
        for account in accounts[: self._room(rule, self._clock.now())]:
            self._post(rule, account, content_id, caption, hashtags_for(persona, topic, rule), job)
        self._count(rule.id)

    async def _accounts(self, rule: AutomationRule) -> list[Account]:
        found = await self._directory.accounts_of(rule.character_id, rule.owner_id)
        accounts = [account for account in found if account.platform in rule.platforms]
        if not accounts:
            detail = f"The character has no connected account on {' or '.join(rule.platforms)}."
            raise ProblemError(409, detail, code=PLATFORM_CONNECTION_FAILED)
        return accounts

    async def _generate(self, rule: AutomationRule, prompt: str, job: str) -> str:
        """The id of new content, once it is there; the owner has approved it by making the rule."""
        request = GenerationRequest(
            character_id=rule.character_id,
            content_type=rule.content_type,
            prompt=prompt,
            category=rule.content_category,
        )
        generation = await self._directory.generate(request, rule.owner_id, job)
        given_up_at = now() + GENERATION_PATIENCE
        while generation.is_under_way and now() < given_up_at:
            await asyncio.sleep(max(self._service.settings.step_seconds, SHORTEST_POLL_SECONDS))
            generation = await self._directory.generation(generation.id, rule.owner_id)
        if not generation.content_ids:
            detail = generation.error or "The content was not generated in time."
            raise ProblemError(409, detail, code="CONTENT_GENERATION_FAILED")
        await self._directory.approve(generation.content_ids[0], rule.owner_id, f"{job}:approve")
        return generation.content_ids[0]

    def _post(
        self, rule: AutomationRule, account: Account, content_id: str, caption: str, hashtags: list[str], job: str
    ) -> None:
        """Posts once, however often the job is run."""
        post_id = f"pst_{hashlib.blake2s(f'{job} {account.id}'.encode(), digest_size=10).hexdigest()}"
        if self._posts.table.find(post_id) is not None:
            return
        limit = CAPTION_LIMITS[account.platform]
        while hashtags and len(caption_with_hashtags(caption, hashtags)) > limit:
            hashtags = hashtags[:-1]
        post = Post(
            id=post_id,
            owner_id=rule.owner_id,
            character_id=rule.character_id,
            social_account_id=account.id,
            platform=account.platform,
            post_type=rule.content_category,
            content_id=content_id,
            additional_content_ids=[],
            caption=caption if len(caption) <= limit else f"{caption[: limit - 1]}…",
            hashtags=hashtags,
            mentions=[],
            automation_rule_id=rule.id,
        )
        self._posts.publish(post)

    def _count(self, rule_id: str) -> None:
        rule = self._rules.table.find(rule_id)
        if rule is not None:
            rule.runs_count += 1
            with self._service.database.transaction():
                self._rules.table.put(rule)


def topic_of(persona: ActivePersona, rule: AutomationRule) -> str:
    """One of what the character cares about, another one at each run."""
    topics = persona.personality.preferred_topics + persona.interests or ["everyday life"]
    return topics[rule.runs_count % len(topics)]


def hashtags_for(persona: ActivePersona, topic: str, rule: AutomationRule) -> list[str]:
    """Those that the character would choose, those that stand in the rule's caption, or none."""
    match rule.hashtag_strategy:
        case HashtagStrategy.AUTO:
            words = ("".join(word.split()).lower() for word in (topic, *persona.interests))
            return list(dict.fromkeys(words))[:MAX_HASHTAGS]
        case HashtagStrategy.FIXED:
            return list(dict.fromkeys(HASHTAG.findall(rule.caption_template)))
        case HashtagStrategy.NONE:
            return []

"""Automation rules: when a character has content made and posted by itself, and within which bounds."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from backends.authentication import Caller
from backends.document import Body, Document, Timestamp, new_id
from backends.problem import bad_input, not_found
from backends.publishing.cron import Cron
from backends.publishing.moments import TimeZone
from backends.publishing.posts import Id, PostType
from backends.publishing.scheduler import Clock
from backends.publishing.sources import Directory
from backends.selection import Reads, among, flag
from backends.service import Service
from backends.social import Platform
from backends.storage import Table

PLACEHOLDER: Final = re.compile(r"\{(\w*)\}")
PLACEHOLDERS: Final = ("topic", "name", "date", "text")
WITHOUT_CONTENT: Final = PLACEHOLDERS[:-1]


class TriggerType(StrEnum):
    SCHEDULE = "schedule"


class GeneratedType(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    TEXT = "text"


class HashtagStrategy(StrEnum):
    AUTO = "auto"
    NONE = "none"
    FIXED = "fixed"


def known_cron(text: str) -> str:
    Cron.parse(text)
    return " ".join(text.split())


def known_placeholders(template: str, known: tuple[str, ...] = PLACEHOLDERS) -> str:
    for name in PLACEHOLDER.findall(template):
        if name not in known:
            raise ValueError(f"There is no {{{name}}}; there are {', '.join(f'{{{name}}}' for name in known)}.")
    return template


def known_before_content(template: str) -> str:
    return known_placeholders(template, WITHOUT_CONTENT)


Name = Annotated[str, Field(min_length=1, max_length=120)]
CronText = Annotated[str, Field(max_length=120), AfterValidator(known_cron)]
Platforms = Annotated[list[Platform], Field(min_length=1, max_length=len(Platform))]
PromptTemplate = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(known_before_content)]
CaptionTemplate = Annotated[str, Field(max_length=2000), AfterValidator(known_placeholders)]
PostsPerDay = Annotated[int, Field(ge=1, le=50)]
Minutes = Annotated[int, Field(ge=0, le=7 * 24 * 60)]


class RuleChange(Body):
    """What is left out stays as it is."""

    name: Name = ""
    description: Annotated[str, Field(max_length=2000)] | None = None
    trigger_type: TriggerType = TriggerType.SCHEDULE
    cron: CronText = ""
    timezone: TimeZone = "UTC"
    platforms: Platforms = Field(default_factory=list)
    content_type: GeneratedType = GeneratedType.IMAGE
    content_category: PostType = PostType.POST
    prompt_template: PromptTemplate = ""
    caption_template: CaptionTemplate = ""
    hashtag_strategy: HashtagStrategy = HashtagStrategy.AUTO
    max_posts_per_day: PostsPerDay = 1
    cooldown_minutes: Minutes = 60


class RuleRequest(RuleChange):
    character_id: Id
    name: Name
    cron: CronText
    platforms: Platforms
    prompt_template: PromptTemplate
    is_enabled: bool = True


class AutomationRule(Document):
    character_id: str
    name: str
    description: str | None
    is_enabled: bool
    trigger_type: TriggerType
    cron: str
    timezone: str
    platforms: list[Platform]
    content_type: GeneratedType
    content_category: PostType
    prompt_template: str
    caption_template: str
    hashtag_strategy: HashtagStrategy
    max_posts_per_day: int
    cooldown_minutes: int
    last_run_at: Timestamp | None = None
    next_run_at: Timestamp | None = None
    runs_count: int = 0

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def plan(self, moment: datetime) -> None:
        """Sets when it runs next, seen from a moment; a rule that is off runs never."""
        self.next_run_at = Cron.parse(self.cron).after(moment, self.zone) if self.is_enabled else None


def filled(template: str, values: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values[found[1]], template)


class AutomationRules:
    """The rules of the service: what is asked of them. How they run is in `automation`."""

    def __init__(self, service: Service, directory: Directory, clock: Clock) -> None:
        self._service = service
        self._directory = directory
        self._clock = clock
        columns = {
            "character_id": "TEXT $.character_id",
            "is_enabled": "INTEGER $.is_enabled",
            "next_run_at": "TEXT $.next_run_at",
        }
        self.table = Table(service.database, "automation_rules", AutomationRule, columns, indexed=["character_id"])
        reads = Reads(
            self.table,
            noun="automation rule",
            filters={"character_id": among("character_id"), "is_enabled": flag("is_enabled")},
            orders=["created_at", "updated_at", "next_run_at"],
            groups=["character_id"],
        )
        service.expose("/automation-rules", reads)

    async def create(self, request: RuleRequest, caller: Caller) -> AutomationRule:
        persona = await self._directory.persona(request.character_id, caller.sees_only)
        rule = AutomationRule(id=new_id("rul"), owner_id=persona.owner_id, **request.model_dump())
        return self._stored(rule)

    def change(self, rule: AutomationRule, change: RuleChange) -> AutomationRule:
        given: dict[str, Any] = change.model_dump(exclude_unset=True)
        return self._stored(rule.model_copy(update=given))

    def switch(self, rule: AutomationRule, is_enabled: bool) -> AutomationRule:
        """Turns a rule on or off; one that is so already stays as it is."""
        if rule.is_enabled == is_enabled:
            return rule
        rule.is_enabled = is_enabled
        return self._stored(rule)

    def delete(self, rule: AutomationRule) -> AutomationRule:
        rule.is_enabled, rule.next_run_at = False, None
        self.table.remove(rule.id)
        return rule

    def visible(self, rule_id: str, caller: Caller) -> AutomationRule:
        rule = self.table.find(rule_id)
        if rule is None or not caller.may_see(rule.owner_id):
            raise not_found("automation rule", rule_id)
        return rule

    def _stored(self, rule: AutomationRule) -> AutomationRule:
        try:
            rule.plan(self._clock.now())
        except OverflowError:
            raise bad_input(["cron"], "The next run is out of reach.") from None
        with self._service.database.transaction():
            self.table.put(rule)
        return rule

"""Automation: rules by which characters post by themselves."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    ALL,
    ID,
    AnyId,
    ById,
    Info,
    Key,
    Node,
    Pages,
    PagesBy,
    Parent,
    Query,
    Subgraph,
    database_id,
    described,
    value,
)
from clients.character import CharacterRecord
from clients.publishing import AutomationRuleClient, AutomationRuleRecord, PostClient, PostRecord
from resolvers.account import Viewer
from resolvers.character import Character, CharacterById
from resolvers.content import ContentCategory
from resolvers.generation import GeneratedContentType
from resolvers.platform import Platform
from resolvers.post import Post, PostFilterArgument
from resolvers.publication import query_of, with_own_ids

automation = Subgraph("automation")


class AutomationRuleById(ById[AutomationRuleRecord]):
    collection = AutomationRuleClient


class AutomationRules(Pages[AutomationRuleRecord]):
    collection = AutomationRuleClient


class AutomationRulesByCharacter(PagesBy[AutomationRuleRecord]):
    collection = AutomationRuleClient
    parent = "character_id"


class PostsByAutomationRule(PagesBy[PostRecord]):
    collection = PostClient
    parent = "automation_rule_id"


@strawberry.enum(description="What makes a rule run.")
class AutomationTrigger(Enum):
    SCHEDULE = value("schedule", "The time: see `cron`.")


@strawberry.enum(description="Where the hashtags of a rule's posts come from.")
class HashtagStrategy(Enum):
    AUTO = value("auto", "From the topic, and what the character cares about.")
    NONE = value("none", "There are none.")
    FIXED = value("fixed", "From the caption's template.")


@automation.type(AutomationRuleRecord, by_id=AutomationRuleById)
class AutomationRule(Node):
    """When a character has content made and posted by itself, and within which bounds."""

    name: str = described("What it is called.")
    description: str | None = described("What it is for.")
    is_enabled: bool = described("Whether it runs.")
    trigger_type: AutomationTrigger = described("What makes it run.")
    cron: str = described("When it runs: minute, hour, day of the month, month and day of the week, as cron has them.")
    timezone: str = described("The time zone of `cron`, by its name in the IANA database.")
    platforms: list[Platform] = described("Where it posts: on the character's connected accounts there.")
    content_type: GeneratedContentType = described("What kind of content it has made.")
    content_category: ContentCategory = described("In which form it posts.")
    prompt_template: str = described("What the content is made from; `{topic}`, `{name}` and `{date}` are filled in.")
    caption_template: str = described("What the posts say; `{text}` is the text of the content.")
    hashtag_strategy: HashtagStrategy = described("Where the hashtags come from.")
    max_posts_per_day: int = described("How many posts it makes on one day at most.")
    cooldown_minutes: int = described("How many minutes it rests after a run.")
    last_run_at: datetime | None = described("When it ran last.")
    next_run_at: datetime | None = described("When it runs next; null while it is off.")
    runs_count: int = described("How often it has posted.")
    created_at: datetime = described("When it was made.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which rules; conditions add up.")
class AutomationRuleFilter(BaseModel):
    character_id: list[ID] | None = Field(
        None, max_length=100, description="Of one of these characters, by ids of either kind."
    )
    is_enabled: bool | None = Field(None, description="Only those that run, or only those that do not.")


FilterArgument = Annotated[AutomationRuleFilter | None, strawberry.argument(description="Which rules.")]


@automation.edge(Query, AutomationRuleById, returns=AutomationRule, must_exist=True, name="automation_rule")
def automation_rule_by_id(id: AnyId) -> str:
    """One of the caller's rules."""
    return database_id(id, AutomationRule)


@automation.connection(Query, AutomationRules, returns=AutomationRule)
def automation_rules(filter: FilterArgument = None) -> Key[str]:
    """The caller's rules; everybody's for an admin."""
    return Key(ALL, {"filter": query_of(filter)})


@automation.connection(Viewer, AutomationRules, returns=AutomationRule, name="automation_rules")
def automation_rules_of_viewer(filter: FilterArgument = None) -> Key[str]:
    """The caller's rules; everybody's for an admin."""
    return Key(ALL, {"filter": query_of(filter)})


@automation.edge(AutomationRule, CharacterById, returns=Character)
def character(automation_rule: Parent[AutomationRuleRecord]) -> str:
    """The character who posts by it."""
    return automation_rule.character_id


@automation.connection(Character, AutomationRulesByCharacter, returns=AutomationRule, name="automation_rules")
def automation_rules_of_character(character: Parent[CharacterRecord], filter: FilterArgument = None) -> Key[str]:
    """The rules by which the character posts."""
    return Key(character.id, {"filter": query_of(filter, "character_id")})


@automation.connection(AutomationRule, PostsByAutomationRule, returns=Post, name="posts")
def posts_of_automation_rule(
    automation_rule: Parent[AutomationRuleRecord], filter: PostFilterArgument = None
) -> Key[str]:
    """What was posted by it."""
    return Key(automation_rule.id, {"filter": query_of(filter)})


@automation.edge(Post, AutomationRuleById, returns=AutomationRule, name="automation_rule")
def automation_rule_of_post(post: Parent[PostRecord]) -> str | None:
    """The rule that made it, if one did."""
    return post.automation_rule_id


@strawberry.pydantic.input(description="A rule to make.")
class CreateAutomationRuleInput(BaseModel):
    character_id: ID = Field(description="The character who is to post by it, by an id of either kind.")
    name: str = Field(min_length=1, max_length=120, description="What to call it.")
    description: str | None = Field(None, max_length=2000, description="What it is for.")
    is_enabled: bool = Field(True, description="Whether it runs at once.")
    trigger_type: AutomationTrigger = Field(AutomationTrigger.SCHEDULE, description="What makes it run.")
    cron: str = Field(max_length=120, description="When it runs: `0 14 * * *` is every day at two.")
    timezone: str = Field("UTC", max_length=64, description="The time zone of `cron`: `America/New_York`.")
    platforms: list[Platform] = Field(min_length=1, max_length=5, description="Where to post.")
    content_type: GeneratedContentType = Field(GeneratedContentType.IMAGE, description="What to have made.")
    content_category: ContentCategory = Field(ContentCategory.POST, description="In which form to post.")
    prompt_template: str = Field(
        min_length=1, max_length=2000, description="What to make it from, with `{topic}`, `{name}` and `{date}`."
    )
    caption_template: str = Field(
        "", max_length=2000, description="What to say; `{text}`, the text of the content, unless said."
    )
    hashtag_strategy: HashtagStrategy = Field(HashtagStrategy.AUTO, description="Where the hashtags come from.")
    max_posts_per_day: int = Field(1, ge=1, le=50, description="How many posts to make on one day at most.")
    cooldown_minutes: int = Field(60, ge=0, le=10_080, description="How many minutes to rest after a run.")


@strawberry.pydantic.input(description="What to change of a rule; what is left out stays.")
class UpdateAutomationRuleInput(BaseModel):
    id: ID = Field(description="The rule's id, of either kind.")
    name: str | None = Field(None, min_length=1, max_length=120, description="What to call it.")
    description: str | None = Field(None, max_length=2000, description="What it is for; null removes it.")
    cron: str | None = Field(None, max_length=120, description="When it runs.")
    timezone: str | None = Field(None, max_length=64, description="The time zone of `cron`.")
    platforms: list[Platform] | None = Field(None, min_length=1, max_length=5, description="Where to post.")
    content_type: GeneratedContentType | None = Field(None, description="What to have made.")
    content_category: ContentCategory | None = Field(None, description="In which form to post.")
    prompt_template: str | None = Field(None, min_length=1, max_length=2000, description="What to make it from.")
    caption_template: str | None = Field(None, max_length=2000, description="What to say.")
    hashtag_strategy: HashtagStrategy | None = Field(None, description="Where the hashtags come from.")
    max_posts_per_day: int | None = Field(None, ge=1, le=50, description="How many posts to make on one day.")
    cooldown_minutes: int | None = Field(None, ge=0, le=10_080, description="How many minutes to rest after a run.")


@strawberry.pydantic.input(description="The rule to delete.")
class DeleteAutomationRuleInput(BaseModel):
    id: ID = Field(description="The rule's id, of either kind.")


@strawberry.pydantic.input(description="The rule to turn on.")
class EnableAutomationRuleInput(BaseModel):
    id: ID = Field(description="The rule's id, of either kind.")


@strawberry.pydantic.input(description="The rule to turn off.")
class DisableAutomationRuleInput(BaseModel):
    id: ID = Field(description="The rule's id, of either kind.")


@automation.mutation(AutomationRule)
async def create_automation_rule(info: Info, input: CreateAutomationRuleInput) -> AutomationRuleRecord:
    """Have a character post by itself."""
    rule = with_own_ids(input).model_dump(mode="json", exclude_none=True)
    return await info.context.client(AutomationRuleClient).create(rule)


@automation.mutation(AutomationRule)
async def update_automation_rule(info: Info, input: UpdateAutomationRuleInput) -> AutomationRuleRecord:
    """Change a rule; when it runs next is counted from now."""
    change = input.model_dump(mode="json", exclude_unset=True, exclude={"id"})
    return await info.context.client(AutomationRuleClient).update(database_id(input.id, AutomationRule), change)


@automation.mutation(AutomationRule)
async def delete_automation_rule(info: Info, input: DeleteAutomationRuleInput) -> AutomationRuleRecord:
    """Delete a rule. What was posted by it stays."""
    return await info.context.client(AutomationRuleClient).delete(database_id(input.id, AutomationRule))


@automation.mutation(AutomationRule)
async def enable_automation_rule(info: Info, input: EnableAutomationRuleInput) -> AutomationRuleRecord:
    """Turn a rule on; one that is on stays as it is."""
    return await info.context.client(AutomationRuleClient).enable(database_id(input.id, AutomationRule))


@automation.mutation(AutomationRule)
async def disable_automation_rule(info: Info, input: DisableAutomationRuleInput) -> AutomationRuleRecord:
    """Turn a rule off; one that is off stays as it is."""
    return await info.context.client(AutomationRuleClient).disable(database_id(input.id, AutomationRule))

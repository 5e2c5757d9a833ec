"""Resolution: the resolver that each declaration stands for.

Beside `resolve`, which every field has, `extensions` of the built field say what a compiling executor may do
instead: `attribute` (read it), `view` (call it with the source), `level` (ask once for all sources of a level),
`ignores_info` (call it without making one), `is_immediate` (do not expect to wait for it).
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any, TypeAlias

from graphql import GraphQLField
from strawberry.types.field import StrawberryField

from app.errors import GatewayError
from app.graph.access import Access
from app.graph.arguments import Arguments, ResolveInfo
from app.graph.declaration import (
    Attribute,
    EdgeDeclaration,
    MutationDeclaration,
    SubscriptionDeclaration,
)
from app.graph.edge import EdgeResolver
from app.graph.payload import user_errors

Resolver: TypeAlias = Callable[..., Any]


def read_attribute(built: GraphQLField, name: str) -> None:
    """Make a field an attribute of its record."""

    def resolve(source: object, _info: object) -> object:
        return getattr(source, name)

    built.resolve = resolve
    built.extensions["attribute"] = name


def read_view(built: GraphQLField, view: Callable[[Any], Any]) -> None:
    """Make a field a function of its record."""

    def resolve(source: object, _info: object) -> object:
        return view(source)

    built.resolve = resolve
    built.extensions["view"] = view


def read_declared(built: GraphQLField, declared: StrawberryField, arguments: Arguments, codes: frozenset[str]) -> None:
    """Make a field what it was declared to be. `codes` are the schema's user error codes."""
    access: Access = declared.metadata["access"]
    built.extensions["is_open"] = access.is_open
    match declared.metadata["declaration"]:
        case Attribute() if access.is_open and (view := arguments.of_parent_alone):
            read_view(built, view)
        case EdgeDeclaration() as edge:
            _read_edge(built, EdgeResolver(edge, arguments), access)
        case MutationDeclaration() as mutation:
            built.resolve = _guarded(_mutation(mutation, arguments, codes), access)
        case SubscriptionDeclaration() as subscription:
            built.subscribe = _guarded(_stream(subscription, arguments), access)
        case _:
            built.resolve = _guarded(_plain(arguments), access)
            built.extensions["ignores_info"] = ignores_info = access.is_open and not arguments.wants_info
            built.extensions["is_immediate"] = ignores_info and not arguments.are_awaited


def _read_edge(built: GraphQLField, edge: EdgeResolver, access: Access) -> None:
    built.resolve = _guarded(edge.resolve, access)
    built.extensions["edge"] = edge.edge
    if access.is_open:
        built.extensions["level"] = edge.resolve_level
        return

    async def resolve_level(sources: Sequence[object], info: ResolveInfo, given: Mapping[str, Any]) -> list[Any]:
        access.check(info.context.principal)
        return await edge.resolve_level(sources, info, given)

    built.extensions["level"] = resolve_level


def _guarded(resolve: Resolver, access: Access) -> Resolver:
    if access.is_open:
        return resolve

    def guarded(source: object, info: ResolveInfo, **given: Any) -> Any:
        access.check(info.context.principal)
        return resolve(source, info, **given)

    return guarded


def _plain(arguments: Arguments) -> Resolver:
    def resolve(source: object, info: ResolveInfo, **given: Any) -> Any:
        return arguments.bound(info, given)(source)

    return resolve


def _mutation(mutation: MutationDeclaration, arguments: Arguments, codes: frozenset[str]) -> Resolver:
    async def resolve(source: object, info: ResolveInfo, **given: Any) -> Any:
        if (limit := mutation.rate_limit) is not None:
            await info.context.use(limit, given)
        try:
            changed = await arguments.bound(info, given)(source)
        except GatewayError as error:
            if (mendable := user_errors(error, codes, mutation.renamed)) is None:
                raise
            if mutation.attribute is None:
                return mutation.payload(user_errors=mendable)
            return SimpleNamespace(user_errors=mendable, **{mutation.attribute: None})
        info.context.forget()
        if mutation.attribute is None:
            return changed
        return SimpleNamespace(user_errors=[], **{mutation.attribute: changed})

    return resolve


def _stream(subscription: SubscriptionDeclaration, arguments: Arguments) -> Resolver:
    can_resume = arguments.takes("after")

    async def subscribe(source: object, info: ResolveInfo, **given: Any) -> AsyncGenerator[Any, None]:
        if can_resume and info.context.resume_after is not None:
            given["after"] = info.context.resume_after
        stream: AsyncGenerator[Any, None] = arguments.bound(info, given)(source)
        async with aclosing(stream):
            async for event in stream:
                yield event if subscription.attribute is None else event.view(subscription.attribute)

    return subscribe

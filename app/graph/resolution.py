"""Resolution: the resolver that each declaration stands for."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any, TypeAlias, cast

from graphql import GraphQLField, GraphQLResolveInfo
from strawberry.pydantic.error import InputValidationError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from app.errors import GatewayError, NotFoundError
from app.graph.access import Access
from app.graph.change import Change
from app.graph.context import Context
from app.graph.declaration import (
    EdgeDeclaration,
    MutationDeclaration,
    SubscriptionDeclaration,
)
from app.graph.loader import Key
from app.graph.payload import user_errors
from app.graph.window import Slice, Window

Resolver: TypeAlias = Callable[..., Any]
ResolveInfo: TypeAlias = GraphQLResolveInfo[Context]
WINDOW_ARGUMENTS = ("first", "after", "last", "before")


class Arguments:
    """Calls the function of a field with the arguments it declares."""

    def __init__(self, declared: StrawberryField, config: StrawberryConfig, scalars: Mapping[Any, Any]) -> None:
        resolver = declared.base_resolver
        assert resolver is not None, "every declared field has a function"
        self._function = cast(Callable[..., Any], resolver.wrapped_func)
        self._info_class = config.info_class
        self._declared = declared
        self._config = config
        self._scalars = scalars
        self._parent = resolver.parent_parameter.name if resolver.parent_parameter else None
        self._info = resolver.info_parameter.name if resolver.info_parameter else None
        self._own = [argument for argument in declared.arguments if argument.python_name not in WINDOW_ARGUMENTS]

    def call(self, source: object, info: ResolveInfo, given: Mapping[str, Any]) -> Any:
        """The function's answer; raises what the function and the conversion of inputs raise."""
        arguments: dict[str, Any] = {}
        if self._own and given:
            arguments = convert_arguments(dict(given), self._own, self._scalars, self._config)
        if self._parent is not None:
            arguments[self._parent] = source
        if self._info is not None:
            arguments[self._info] = self._info_class(_raw_info=info, _field=self._declared)
        return self._function(**arguments)


def attribute_resolver(name: str) -> Resolver:
    """A field that is an attribute of its record."""

    def resolve(source: object, _info: ResolveInfo) -> object:
        return getattr(source, name)

    return resolve


def resolver_of(built: GraphQLField, declared: StrawberryField, arguments: Arguments, codes: frozenset[str]) -> None:
    """Give a built field the resolver that its declaration stands for. `codes` are the schema's user error codes."""
    access: Access = declared.metadata["access"]
    match declared.metadata["declaration"]:
        case EdgeDeclaration() as edge:
            built.resolve = _edge(edge, arguments)
        case MutationDeclaration() as mutation:
            built.resolve = _mutation(mutation, arguments, codes)
        case SubscriptionDeclaration() as subscription:
            built.subscribe = _guarded(_stream(subscription, arguments), access)
            return
        case _:
            built.resolve = _plain(arguments)
    if not access.is_open:
        built.resolve = _guarded(built.resolve, access)


def _guarded(resolve: Resolver, access: Access) -> Resolver:
    def guarded(source: object, info: ResolveInfo, **given: Any) -> Any:
        access.check(info.context.principal)
        return resolve(source, info, **given)

    return guarded


def _plain(arguments: Arguments) -> Resolver:
    def resolve(source: object, info: ResolveInfo, **given: Any) -> Any:
        return arguments.call(source, info, given)

    return resolve


def _edge(edge: EdgeDeclaration, arguments: Arguments) -> Resolver:
    loader = edge.loaders[0] if len(edge.loaders) == 1 else None

    def load_one(source: object, info: ResolveInfo, **given: Any) -> Awaitable[Any] | None:
        key = _key(arguments.call(source, info, given))
        if key is None:
            return None
        found = info.context.load_key(key, loader)
        return _existing(found, key) if edge.must_exist else found

    async def load_many(source: object, info: ResolveInfo, **given: Any) -> list[Any]:
        context = info.context
        keys = [_key(answer) for answer in arguments.call(source, info, given)]
        found = iter(await asyncio.gather(*[context.load_key(key, loader) for key in keys if key is not None]))
        values = [None if key is None else next(found) for key in keys]
        return values if edge.keeps_missing else [value for value in values if value is not None]

    async def load_slice(source: object, info: ResolveInfo, **given: Any) -> Slice[Any] | None:
        window = Window.of(*[given.pop(name, None) for name in WINDOW_ARGUMENTS])
        key = _key(arguments.call(source, info, given))
        if key is None:
            return None
        return window.slice(await info.context.load_key(key.with_parameters(window=window), loader))

    if edge.is_connection:
        return load_slice
    return load_many if edge.many else load_one


def _key(answer: Any) -> Key[Any] | None:
    return answer if answer is None or isinstance(answer, Key) else Key(answer)


async def _existing(found: Awaitable[Any], key: Key[Any]) -> Any:
    value = await found
    if value is None:
        raise NotFoundError(f"There is nothing with the id '{key.value}'.")
    return value


def _mutation(mutation: MutationDeclaration, arguments: Arguments, codes: frozenset[str]) -> Resolver:
    async def resolve(source: object, info: ResolveInfo, **given: Any) -> Any:
        try:
            changed = await arguments.call(source, info, given)
        except (GatewayError, InputValidationError) as error:
            if (mendable := user_errors(error, codes)) is None:
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
    async def subscribe(source: object, info: ResolveInfo, **given: Any) -> AsyncGenerator[Any, None]:
        stream: AsyncGenerator[Change[Any], None] = arguments.call(source, info, given)
        async with aclosing(stream):
            async for change in stream:
                yield change.view(subscription.attribute)

    return subscribe

"""Subgraphs: one domain's types and fields, and what it adds to the types of others.

    listing = Subgraph("listing")

    @listing.type(ListingRecord, by_id=ListingById)              a type that is a view of a record
    class Listing(Node): ...

    @listing.field(Listing)                                      a field computed from the record alone
    def full_address(listing: Parent[ListingRecord]) -> str: ...

    @listing.edge(Listing, AgentById, returns=Agent)             one object elsewhere: the function gives its key
    def agent(listing: Parent[ListingRecord]) -> str: ...

    @listing.connection(Agent, ListingsByAgent, returns=Listing) a growing list elsewhere
    def listings(agent: Parent[AgentRecord]) -> str: ...

    @listing.resolver(Query)                                     anything else
    async def viewer(info: Info) -> Viewer: ...

    @listing.mutation(Listing)                                   input in, payload out
    async def create_listing(info: Info, input: CreateListingInput) -> ListingRecord: ...

    @listing.subscription(Listing)                               yields `Change`s
    async def listing_changed(info: Info, after: str | None = None) -> AsyncGenerator[...]: ...

A function's docstring is the description of its field.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, get_args

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from app.graph.access import AUTHENTICATED, OPEN, Access
from app.graph.change import change_type
from app.graph.connection import Connection, window_arguments
from app.graph.declaration import (
    Attribute,
    Declaration,
    EdgeDeclaration,
    MutationDeclaration,
    ResolverDeclaration,
    SubscriptionDeclaration,
)
from app.graph.loader import Loader, PageLoader
from app.graph.node import type_name_of
from app.graph.payload import payload_type
from app.graph.rate_limit import RateLimit
from app.graph.roots import Mutation, Query, Subscription

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T", bound=type[Any])
Class: TypeAlias = type[Any]
LoaderClass: TypeAlias = type[Loader[Any, Any]]
PageLoaderClass: TypeAlias = type[PageLoader[Any, Any]]

ROOTS = (Query, Mutation, Subscription)


@dataclass(slots=True)
class Subgraph:
    """One domain: what it owns and what it adds elsewhere. Collected here, composed by `ComposedSchema`."""

    name: str
    user_error_codes: Mapping[str, str] = field(default_factory=dict)
    types: list[Class] = field(default_factory=list)
    fields: list[tuple[str, StrawberryField]] = field(default_factory=list)
    records: dict[Class, Class] = field(default_factory=dict)
    loaders_by_type: dict[str, LoaderClass] = field(default_factory=dict)

    def type(self, record: Class | None = None, *, by_id: LoaderClass | None = None) -> Callable[[T], T]:
        """Own a type. `record` is what it is a view of; `by_id` makes it a federation entity keyed by `id`."""

        def declare(cls: T) -> T:
            keys = ["id"] if by_id else []
            owned = strawberry.federation.type(cls, description=inspect.getdoc(cls), keys=keys)
            self.types.append(owned)
            if record is not None:
                self.records[owned] = record
            if by_id is not None:
                self.loaders_by_type[type_name_of(owned)] = by_id
            return owned

        return declare

    def field(self, owner: Class, *, name: str | None = None, scopes: tuple[str, ...] = ()) -> Callable[[F], F]:
        """Add a field that is computed from the parent's record alone."""
        return self._declare(owner, Attribute(), name=name, scopes=scopes)

    def edge(
        self,
        owner: Class,
        loader: LoaderClass | tuple[LoaderClass, ...],
        *,
        returns: Any,
        many: bool = False,
        must_exist: bool = False,
        name: str | None = None,
        scopes: tuple[str, ...] = (),
    ) -> Callable[[F], F]:
        """Add what a loader reads: the function gives the key, or None for nothing.

        With several loaders, or with none, the function gives a `Key` that names its own. With `many` it gives a
        list of keys; those that stand for nothing are left out, or null when `returns` admits None. With
        `must_exist`, as for a lookup by id, a key that stands for nothing is the error NOT_FOUND.
        """
        loaders = loader if isinstance(loader, tuple) else (loader,)
        keeps_missing = many and type(None) in get_args(returns)
        declaration = EdgeDeclaration(loaders, many=many, keeps_missing=keeps_missing, must_exist=must_exist)
        return self._declare(
            owner, declaration, returns=(list[returns] if many else returns) | None, name=name, scopes=scopes
        )

    def connection(
        self,
        owner: Class,
        loader: PageLoaderClass,
        *,
        returns: Class,
        name: str | None = None,
        scopes: tuple[str, ...] = (),
    ) -> Callable[[F], F]:
        """Add a list that can grow: the function gives the key, the window comes from the four arguments."""
        declaration = EdgeDeclaration((loader,), is_connection=True)
        return self._declare(owner, declaration, returns=Connection[returns] | None, name=name, scopes=scopes)  # type: ignore[valid-type]  # made at run time

    def resolver(
        self, owner: Class, *, returns: Any = None, calls: int = 0, public: bool = False, scopes: tuple[str, ...] = ()
    ) -> Callable[[F], F]:
        """Add a field that does something else: an ordinary resolver, called once per object.

        `calls` is how many calls of backends it makes at most, each time.
        """
        return self._declare(owner, ResolverDeclaration(calls), returns=returns, public=public, scopes=scopes)

    def mutation(
        self,
        returns: Class,
        *,
        renamed: Mapping[str, str] | None = None,
        calls: int = 1,
        rate_limit: RateLimit | None = None,
        public: bool = False,
        scopes: tuple[str, ...] = (),
    ) -> Callable[[F], F]:
        """Add a mutation. The payload has the changed object, or is `returns` when that is a payload itself.

        `renamed` says where in `input` the user finds what the backend complains of by another path:
        `{"feedback": "note"}`, `{"auth.code": "credentials.oauth.code"}`. `calls` is how many calls of backends the
        function makes at most.
        """

        def declare(function: F) -> F:
            payload, attribute = payload_type(function.__name__, returns)
            if payload not in self.types:
                self.types.append(payload)
            declaration = MutationDeclaration(payload, attribute, renamed or {}, calls, rate_limit)
            return self._add(function, Mutation, declaration, returns=payload, public=public, scopes=scopes)

        return declare

    def subscription(self, returns: Any, *, is_event: bool = False, scopes: tuple[str, ...] = ()) -> Callable[[F], F]:
        """Add a subscription whose events carry the changed object beside `cursor` and `time`.

        With `is_event` the function yields what `returns` is a view of, and nothing is put around it.
        """

        def declare(function: F) -> F:
            if is_event:
                return self._add(function, Subscription, SubscriptionDeclaration(None), returns=returns, scopes=scopes)
            event, attribute = change_type(function.__name__, returns)
            self.types.append(event)
            return self._add(function, Subscription, SubscriptionDeclaration(attribute), returns=event, scopes=scopes)

        return declare

    def _declare(
        self,
        owner: Class,
        declaration: Declaration,
        *,
        returns: Any = None,
        name: str | None = None,
        public: bool = False,
        scopes: tuple[str, ...] = (),
    ) -> Callable[[F], F]:
        def declare(function: F) -> F:
            return self._add(function, owner, declaration, returns=returns, name=name, public=public, scopes=scopes)

        return declare

    def _add(
        self,
        function: F,
        owner: Class,
        declaration: Declaration,
        *,
        returns: Any = None,
        name: str | None = None,
        public: bool = False,
        scopes: tuple[str, ...] = (),
    ) -> F:
        access = Access(authenticated=True, scopes=scopes) if scopes else AUTHENTICATED
        if public or (owner not in ROOTS and not scopes):
            access = OPEN
        declared = StrawberryField(
            python_name=name or function.__name__,
            type_annotation=StrawberryAnnotation(returns) if returns is not None else None,
            base_resolver=StrawberryResolver(function),
            description=inspect.getdoc(function),
            directives=[*access.directives(), *_limit_directives(declaration)],
            is_subscription=isinstance(declaration, SubscriptionDeclaration),
            metadata={"subgraph": self.name, "declaration": declaration, "access": access},
        )
        for argument in declared.arguments:
            if argument.python_name == "input" and argument.description is None:
                argument.description = "What the mutation is given."
        if isinstance(declaration, EdgeDeclaration) and declaration.is_connection:
            declared.arguments = [*declared.arguments, *window_arguments()]
        self.fields.append((type_name_of(owner), declared))
        return function


def _limit_directives(declaration: Declaration) -> list[object]:
    if isinstance(declaration, MutationDeclaration) and declaration.rate_limit is not None:
        return [declaration.rate_limit.directive()]
    return []

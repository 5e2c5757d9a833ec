"""Edges: fields that a loader reads, for all objects of a level at once."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from app.errors import GatewayError, NotFoundError
from app.graph.arguments import Arguments, ResolveInfo
from app.graph.context import Context
from app.graph.declaration import EdgeDeclaration
from app.graph.loader import Key, Loader
from app.graph.window import Window

MAX_KEYS = 100
"""How many keys an edge of `many` may have for one object: so that a document alone bounds the calls it makes."""

WINDOW_ARGUMENTS = ("first", "after", "last", "before")

AnyLoader: TypeAlias = Loader[Any, Any]
Place: TypeAlias = tuple[int, int]
"""Which object of the level, and which of its keys."""


@dataclass(slots=True)
class _Ask:
    """What is asked of one loader: the keys, and the place that each key's value goes to."""

    loader: AnyLoader
    keys: list[Hashable] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)


class EdgeResolver:
    """Resolves an edge. `resolve_level` is for the objects of a level, `resolve` for one."""

    def __init__(self, edge: EdgeDeclaration, arguments: Arguments) -> None:
        self.edge = edge
        self._arguments = arguments
        self._loader = edge.loaders[0] if len(edge.loaders) == 1 else None
        self._is_plain = self._loader is not None and not (edge.many or edge.is_connection or edge.must_exist)

    async def resolve(self, source: object, info: ResolveInfo, **given: Any) -> Any:
        """The value for one object; raises what went wrong."""
        value = (await self.resolve_level([source], info, given))[0]
        if isinstance(value, Exception):
            raise value
        return value

    async def resolve_level(self, sources: Sequence[object], info: ResolveInfo, given: Mapping[str, Any]) -> list[Any]:
        """The value for each object, in their order; what went wrong with one is in its place, as an exception."""
        if self._is_plain and (keys := self._plain_keys(sources, info, given)) is not None:
            return await self._load_plain(info.context, keys)
        window = None
        if self.edge.is_connection:
            window = Window.of(*[given.get(name) for name in WINDOW_ARGUMENTS])
            given = {name: value for name, value in given.items() if name not in WINDOW_ARGUMENTS}
        answers = self._answers(sources, info, given)
        found = await self._load(info.context, answers, window)
        return [self._value(answer, values, window) for answer, values in zip(answers, found, strict=True)]

    def _plain_keys(self, sources: Sequence[object], info: ResolveInfo, given: Mapping[str, Any]) -> list[Any] | None:
        """A bare key, or None, for each object: what most edges give. None when one gives more, or fails."""
        call = self._arguments.bound(info, given)
        try:
            keys = [call(source) for source in sources]
        except Exception:  # whose fault it is, is found out with care
            return None
        return None if Key in {*map(type, keys)} else keys

    async def _load_plain(self, context: Context, keys: list[Any]) -> list[Any]:
        """The values of bare keys, with as little as possible for each of them."""
        assert self._loader is not None, "a plain edge has one loader"
        loader = context.loader(self._loader, {})
        if None not in keys:
            return await loader.load_level(keys)
        found = iter(await loader.load_level([key for key in keys if key is not None]))
        return [None if key is None else next(found) for key in keys]

    def _answers(self, sources: Sequence[object], info: ResolveInfo, given: Mapping[str, Any]) -> list[Any]:
        """What the edge's function says of each object: a list of keys, or the exception it raised."""
        call = self._arguments.bound(info, given)
        as_keys: Callable[[Any], Iterable[Any]] = list if self.edge.many else _just
        answers: list[Any] = []
        for source in sources:
            try:
                keys = [_key(answer) for answer in as_keys(call(source))]
                answers.append(keys if len(keys) <= MAX_KEYS else _too_many(len(keys)))
            except Exception as error:  # the fault of one object is the fault of its field alone
                answers.append(error)
        return answers

    async def _load(self, context: Context, answers: list[Any], window: Window | None) -> list[list[Any]]:
        """The values of the keys of each object."""
        found: list[list[Any]] = [[] if isinstance(keys, Exception) else [None] * len(keys) for keys in answers]
        asks: dict[AnyLoader, _Ask] = {}
        for index, keys in enumerate(answers):
            if isinstance(keys, Exception):
                continue
            for position, key in enumerate(keys):
                if key is None:
                    continue
                loader = self._loader_of(context, key, window)
                ask = asks.get(loader) or asks.setdefault(loader, _Ask(loader))
                ask.keys.append(key.value)
                ask.places.append((index, position))
        for ask, values in zip(asks.values(), await self._loaded(list(asks.values())), strict=True):
            for (index, position), value in zip(ask.places, values, strict=True):
                found[index][position] = value
        return found

    @staticmethod
    async def _loaded(asks: list[_Ask]) -> list[list[Any]]:
        if len(asks) == 1:
            return [await asks[0].loader.load_level(asks[0].keys)]
        return await asyncio.gather(*[ask.loader.load_level(ask.keys) for ask in asks])

    def _loader_of(self, context: Context, key: Key[Any], window: Window | None) -> AnyLoader:
        chosen = key.loader or self._loader
        assert chosen is not None, "an edge without a loader of its own gives keys that name theirs"
        parameters = key.parameters if window is None else {**key.parameters, "window": window}
        return context.loader(chosen, parameters)

    def _value(self, answer: Any, values: list[Any], window: Window | None) -> Any:
        if isinstance(answer, Exception):
            return answer
        if failed := next((value for value in values if isinstance(value, Exception)), None):
            return failed
        if self.edge.many:
            return values if self.edge.keeps_missing else [value for value in values if value is not None]
        (value,) = values
        if value is None:
            return _missing(answer[0]) if self.edge.must_exist and answer[0] is not None else None
        return value if window is None else window.slice(value)


def _too_many(count: int) -> GatewayError:
    return GatewayError(f"{count} objects belong here, and at most {MAX_KEYS} can be shown.")


def _just(answer: Any) -> tuple[Any]:
    return (answer,)


def _key(answer: Any) -> Key[Any] | None:
    return answer if answer is None or isinstance(answer, Key) else Key(answer)


def _missing(key: Key[Any]) -> NotFoundError:
    return NotFoundError(f"There is nothing with the id '{key.value}'.")

"""Loaders: many single reads of one level become one call of a backend."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic, TypeAlias, TypeVar, cast

from aiodataloader import DataLoader

from app.graph.window import Window
from app.rest import Client, Page, Query

if TYPE_CHECKING:
    from app.graph.context import Context

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
R = TypeVar("R")
C = TypeVar("C", bound=Client)

Found: TypeAlias = Mapping[K, V | Exception]
"""What a fetch found: a value, or what went wrong, for each key that has one."""


class Loader(DataLoader[K, V], Generic[K, V]):
    """Reads values by key, all keys of a level in one `fetch`.

    Made by the context on first use, and gone with it: nothing is remembered from one request, or one event of a
    subscription, to the next. A subclass says how to fetch; annotated attributes with a default are its parameters,
    and each distinct set of parameters has a loader of its own.
    """

    max_batch: ClassVar[int] = 100

    def __init__(self, context: "Context", parameters: Mapping[str, object]) -> None:
        super().__init__(max_batch_size=self.max_batch)
        self._context = context
        for name, value in parameters.items():
            setattr(self, name, value)

    async def fetch(self, keys: list[K]) -> Found[K, V]:
        """What each of the keys stands for, in any order; a key without an answer is left out.

        An exception as a value fails that key alone; a raised one fails them all. `keys` are distinct and at most
        `max_batch`.
        """
        raise NotImplementedError

    def missing(self, key: K) -> V:
        """What a key stands for that `fetch` left out: nothing, so `V` must admit None."""
        return cast(V, None)

    def client(self, client: type[C]) -> C:
        """The client of a backend, speaking for whoever asks."""
        return self._context.client(client)

    async def batch_load_fn(self, keys: list[K]) -> list[V]:
        found = await self.fetch(keys)
        # An exception in the list fails its own key: that is aiodataloader's contract, though not its type.
        return [cast(V, found[key]) if key in found else self.missing(key) for key in keys]


class PageLoader(Loader[K, Page[R]], Generic[K, R]):
    """Reads one page of a list for each key: the same window, filter and order for all of them."""

    window: Window = Window()
    filter: Query = ()
    order: str = "-created_at"

    @property
    def query(self) -> Query:
        """Window, order and filter as query parameters."""
        return self.window.query(self.order) + self.filter

    def missing(self, key: K) -> Page[R]:
        return Page(items=[], total=0)


@dataclass(frozen=True, slots=True)
class Key(Generic[K]):
    """What an edge asks a loader for: the key, and the parameters of the loader."""

    value: K
    parameters: Mapping[str, Hashable] = field(default_factory=dict)
    loader: type[Loader[K, object]] | None = None

    def with_parameters(self, **parameters: Hashable) -> "Key[K]":
        """The same key with more parameters."""
        return Key(self.value, {**self.parameters, **parameters}, self.loader)


def by_id(records: Sequence[R]) -> Found[str, R]:
    """The records of an answer by their id, as `Loader.fetch` returns them."""
    return {cast(str, record.id): record for record in records}  # type: ignore[attr-defined]  # every record has an id

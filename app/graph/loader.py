"""Loaders: many single reads of one level become one call of a backend."""

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic, TypeAlias, TypeVar, cast

from aiodataloader import DataLoader

from app.graph.window import Window
from app.rest import Client, Page, Query

if TYPE_CHECKING:
    from app.graph.context import Clients

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
R = TypeVar("R")
C = TypeVar("C", bound=Client)

Found: TypeAlias = Mapping[K, V | Exception]
"""What a fetch found: a value, or what went wrong, for each key that has one."""


@dataclass(frozen=True, slots=True)
class BackendCall:
    """The call that a loader makes: of which service, which request, and for how many keys at most (None: any)."""

    service: str
    request: str
    batch: int | None


class Loader(DataLoader[K, V], Generic[K, V]):
    """Reads values by key, all keys that are asked for in one turn of the event loop in one `fetch`.

    Made by the context on first use, and gone with it: nothing is remembered from one request, or one event of a
    subscription, to the next. A subclass says how to fetch; annotated attributes with a default are its parameters,
    and each distinct set of parameters has a loader of its own.

    `load` gives a future for one key; `load_level` is the way for many, without a future for each.
    """

    max_batch: ClassVar[int] = 100

    def __init__(self, clients: "Clients", parameters: Mapping[str, object]) -> None:
        super().__init__()
        self._clients = clients
        self._values: dict[K, V | Exception] = {}
        self._batch: _Batch[K] | None = None
        self._batch_by_key: dict[K, _Batch[K]] = {}
        for name, value in parameters.items():
            setattr(self, name, value)

    async def fetch(self, keys: list[K]) -> Found[K, V]:
        """What each of the keys stands for, in any order; a key without an answer is left out.

        An exception as a value fails that key alone; a raised one fails them all. `keys` are distinct and at most
        `max_batch`.
        """
        raise NotImplementedError

    @classmethod
    def backend_call(cls) -> BackendCall:
        """The call that `fetch` makes, known before anything runs: for explaining and for limits."""
        return BackendCall("any", f"by {cls.__name__}", cls.max_batch)

    def missing(self) -> V:
        """What a key stands for that `fetch` left out: nothing, so `V` must admit None."""
        return cast(V, None)

    def client(self, client: type[C]) -> C:
        """The client of a backend, speaking for whoever asks."""
        return self._clients(client)

    async def load_level(self, keys: Sequence[K]) -> list[V | Exception]:
        """What each key stands for, in the order of the keys, which may repeat; a failed key has its exception."""
        values = self._values
        if waiting := self._batches([key for key in dict.fromkeys(keys) if key not in values]):
            for batch in waiting:
                await asyncio.shield(batch.done)
        return [values[key] for key in keys]

    async def batch_load_fn(self, keys: list[K]) -> list[V]:
        return cast(list[V], await self.load_level(keys))  # aiodataloader fails the key of an exception in the list

    def _batches(self, wanted: list[K]) -> "list[_Batch[K]]":
        """The batches that will have the wanted keys; those that no batch has yet join the next one."""
        if not wanted:
            return []
        loop = asyncio.get_running_loop()
        for key in wanted:
            if key not in self._batch_by_key:
                if self._batch is None:
                    self._batch = _Batch([], loop.create_future())
                    loop.call_soon(self._dispatch, self._batch)
                self._batch.keys.append(key)
                self._batch_by_key[key] = self._batch
        return list({id(batch): batch for batch in map(self._batch_by_key.__getitem__, wanted)}.values())

    def _dispatch(self, batch: "_Batch[K]") -> None:
        self._batch = None
        batch.work = batch.done.get_loop().create_task(self._run(batch))

    async def _run(self, batch: "_Batch[K]") -> None:
        size = self.max_batch
        chunks = [batch.keys[start : start + size] for start in range(0, len(batch.keys), size)]
        try:
            await (
                self._fetch_chunk(batch.keys) if len(chunks) == 1 else asyncio.gather(*map(self._fetch_chunk, chunks))
            )
        finally:
            for key in batch.keys:
                del self._batch_by_key[key]
            if not batch.done.done():
                batch.done.set_result(None)

    async def _fetch_chunk(self, keys: list[K]) -> None:
        try:
            found = await self.fetch(keys)
        except Exception as error:  # whatever it is, it belongs to the fields that asked for these keys
            self._values.update(dict.fromkeys(keys, error))
            return
        for key in keys:
            self._values[key] = found[key] if key in found else self.missing()


@dataclass(slots=True)
class _Batch(Generic[K]):
    """Keys that are fetched together, and the future of their being there."""

    keys: list[K]
    done: "asyncio.Future[None]"
    work: "asyncio.Future[None] | None" = None


class PageLoader(Loader[K, Page[R]], Generic[K, R]):
    """Reads one page of a list for each key: the same window, filter and order for all of them."""

    window: Window = Window()
    filter: Query = ()
    order: str = "-created_at"

    @property
    def query(self) -> Query:
        """Window, order and filter as query parameters."""
        return self.window.query(self.order) + self.filter

    def missing(self) -> Page[R]:
        return Page(items=[], total=0)


@dataclass(frozen=True, slots=True)
class Key(Generic[K]):
    """What an edge asks a loader for: the key, and the parameters of the loader."""

    value: K
    parameters: Mapping[str, Hashable] = field(default_factory=dict)
    loader: type[Loader[K, object]] | None = None

"""The loaders of a collection: the three ways in which things of a backend are read.

class ListingById(ById[ListingRecord]):
    collection = ListingClient

class Listings(Pages[ListingRecord]):
    collection = ListingClient

class ListingsByAgent(PagesBy[ListingRecord]):
    collection = ListingClient
    parent = "agent_id"
"""

from typing import Any, ClassVar, Generic, TypeVar, cast

from app.graph.loader import BackendCall, Found, Loader, PageLoader
from app.rest import CollectionClient, Page

R = TypeVar("R")

ALL = ""
"""The key of a list that hangs from nothing: all that the caller may see."""


class ById(Loader[str, R | None], Generic[R]):
    """Things by their ids."""

    collection: ClassVar[type[CollectionClient[Any]]]

    async def fetch(self, keys: list[str]) -> Found[str, R]:
        records = await self.client(self.collection).by_ids(keys)
        return {record.id: cast(R, record) for record in records}

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall(cls.collection.service.name, f"GET {cls.collection.route}?ids=", cls.max_batch)


class Pages(PageLoader[str, R], Generic[R]):
    """A page of all that the caller may see; the key is `ALL`."""

    collection: ClassVar[type[CollectionClient[Any]]]

    async def fetch(self, keys: list[str]) -> Found[str, Page[R]]:
        page = await self.client(self.collection).page(self.query)
        return dict.fromkeys(keys, cast(Page[R], page))

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall(cls.collection.service.name, f"GET {cls.collection.route}?limit=&offset=", None)


class PagesBy(PageLoader[str, R], Generic[R]):
    """A page of what belongs to each parent; `parent` is the backend's name for the parent's id."""

    collection: ClassVar[type[CollectionClient[Any]]]
    parent: ClassVar[str]

    async def fetch(self, keys: list[str]) -> Found[str, Page[R]]:
        return await self.client(self.collection).grouped(self.parent, keys, self.query)

    @classmethod
    def backend_call(cls) -> BackendCall:
        request = f"GET {cls.collection.route}?group_by={cls.parent}&{cls.parent}="
        return BackendCall(cls.collection.service.name, request, cls.max_batch)

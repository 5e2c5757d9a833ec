"""Collections: how things of a backend are read, many at once, by page, or grouped under their parents."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar, cast

from app.rest.client import Client
from app.rest.page import Groups, Page
from app.rest.route import NO_PARAMS, Params, Query

T = TypeVar("T")
R = TypeVar("R")


class CollectionClient(Client, Generic[R]):
    """The client of one collection: `GET route?ids=`, `GET route?limit=&offset=` and `GET route?group_by=`.

    A subclass names the route and the record its things are decoded into.
    """

    route: ClassVar[str]
    record: ClassVar[type[Any]]

    async def by_ids(self, ids: Iterable[str]) -> list[R]:
        """The things with these ids, at most `service.max_batch`, in any order; unknown ones are left out."""
        listed = _listed(ids)
        if not listed:
            return []
        page = cast(Page[R], await self.get(self.route, Page[self.record], (("ids", listed),)))  # type: ignore[name-defined]
        self.caller.usage.rows += len(page.items)
        return page.items

    async def page(self, query: Query = ()) -> Page[R]:
        """One page of the caller's things."""
        page = cast(Page[R], await self.get(self.route, Page[self.record], query))  # type: ignore[name-defined]
        self.caller.usage.rows += len(page.items)
        return page

    async def grouped(self, parent: str, keys: Iterable[str], query: Query = ()) -> Mapping[str, Page[R]]:
        """One page for each parent id, in one call. `parent` is the field that holds the parent's id."""
        grouping = (("group_by", parent), (parent, _listed(keys)))
        groups = cast(Groups[R], await self.get(self.route, Groups[self.record], grouping + query))  # type: ignore[name-defined]
        self.caller.usage.rows += sum([len(page.items) for page in groups.groups.values()])
        return groups.groups

    async def write(
        self, method: str, path: str, decode: type[T], *, body: object = None, params: Params = NO_PARAMS
    ) -> T:
        """Change something; safe to be sent again, as every write has an idempotency key of its own."""
        key = self.caller.write_key(method, path, dict(params), body)
        return await self.send(method, path, decode, body=body, params=params, idempotency_key=key)


def _listed(ids: Iterable[str]) -> str:
    """The ids as one query value; an id with a comma is no id, and must not become two."""
    return ",".join(id for id in ids if id and "," not in id)

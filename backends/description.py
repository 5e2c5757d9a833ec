"""What a service says of its reads at `GET /openapi.json`. Those that a query selects are described by hand."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from fastapi.routing import APIRoute
from pydantic import BaseModel, create_model

from backends.selection import RESERVED, Reads

M = TypeVar("M")


class Page(BaseModel, Generic[M]):
    items: list[M]
    total: int


class Groups(BaseModel, Generic[M]):
    groups: dict[str, Page[M]]


class ReadRoute(APIRoute):
    """A route whose function takes the request alone, and checks itself who asks."""

    def get_route_handler(self) -> Callable[..., Any]:
        return self.endpoint


def models_of(reads: Reads) -> tuple[Any, Any]:
    """The models of a read of many and of one. What is private is null for others."""
    one: Any = reads.table.model
    if reads.private:
        hidden: dict[str, Any] = {name: (one.model_fields[name].annotation | None, ...) for name in reads.private}
        one = create_model(f"{one.__name__}Shown", __base__=one, **hidden)
    return Page[one] | Groups[one], one


def names_of(reads: Reads) -> set[str]:
    """The parameters that a query of a collection may have."""
    return RESERVED | set(reads.filters) | set(reads.groups)


def parameters(query: Iterable[str] = (), *, path: Iterable[str] = ()) -> dict[str, Any]:
    """Parameters as OpenAPI has them, for functions that take the request alone; their values are text."""
    in_query = [{"name": name, "in": "query", "required": False} for name in sorted(query)]
    in_path = [{"name": name, "in": "path", "required": True} for name in path]
    return {"parameters": [parameter | {"schema": {"type": "string"}} for parameter in in_path + in_query]}

"""What a client asks of its backend, found by asking it for everything once, with nobody to answer."""

import inspect
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, NoReturn, Union, cast, get_args, get_origin, get_type_hints

from app.rest.caller import Caller, Deadline
from app.rest.client import Client, RestClient
from app.rest.route import Query

SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Operation:
    """One call that a client makes: `kind` is what the answer is decoded as, None for a stream of bytes."""

    service: str
    method: str
    route: str
    kind: Any
    query: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


class _AskedError(Exception):
    """Ends a method as soon as it is known what it asks."""

    def __init__(self, method: str, route: str, kind: Any, query: Query = ()) -> None:
        super().__init__(route)
        self.call = (method, route, kind, frozenset(name for name, _ in query if name != SAMPLE))


class _Listener:
    """Stands where a `RestClient` stands, and answers nothing."""

    def get(self, _caller: Caller, path: str, decode: Any, query: Query = (), **_more: object) -> NoReturn:
        raise _AskedError("GET", path, decode, query)

    def send(self, _caller: Caller, method: str, path: str, decode: Any, **_more: object) -> NoReturn:
        raise _AskedError(method, path, decode)

    def upload(self, _caller: Caller, path: str, decode: Any, _content: object, **_more: object) -> NoReturn:
        raise _AskedError("POST", path, decode)

    def stream(self, _caller: Caller, method: str, path: str, query: Query = (), **_more: object) -> NoReturn:
        raise _AskedError(method, path, None, query)


def operations_of(clients: Iterable[type[Client]]) -> list[Operation]:
    """Every call that the methods of these clients make, reads first; each method makes one.

    Raises `TypeError` for a method that makes none.
    """
    found = {operation: None for client in clients for operation in _operations(client)}
    return sorted(found, key=lambda one: (one.service, one.method != "GET", one.route, one.method))


def _operations(client: type[Client]) -> Iterator[Operation]:
    caller = Caller(None, "", Deadline.after(0))
    listening = client(cast(RestClient, _Listener()), caller)
    for name, method in inspect.getmembers(client, inspect.isfunction):
        parameters = inspect.signature(method).parameters
        if not name.startswith("_") and "decode" not in parameters:  # those that take it are the means of the others
            try:
                _begin(method, [listening, *_samples(method)])
            except _AskedError as asked:
                yield Operation(client.service.name, *asked.call)
            else:
                raise TypeError(f"{client.__name__}.{name} asks nothing of its backend.")


def _begin(method: Callable[..., Any], arguments: list[object]) -> None:
    """Run a method up to its first call."""
    begun = method(*arguments)
    step = anext(begun) if inspect.isasyncgen(begun) else begun
    with suppress(StopIteration, StopAsyncIteration), closing(step):
        step.send(None)


def _samples(method: Callable[..., Any]) -> list[object]:
    """A value for each parameter, by its type."""
    hints = get_type_hints(method)
    parameters = list(inspect.signature(method).parameters)[1:]
    return [_sample(hints[name]) for name in parameters]


def _sample(hint: Any) -> object:
    origin = get_origin(hint)
    if hint == Query:
        return ()
    if origin in (Union, types.UnionType):
        return _sample(get_args(hint)[0])
    if origin is not None and issubclass(origin, Mapping):
        return {}
    if origin is not None and issubclass(origin, Iterable):
        return [_sample(get_args(hint)[0])]
    return SAMPLE if hint is str else None

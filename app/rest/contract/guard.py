"""The guard itself: one report for each backend."""

import asyncio
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from app.errors import GatewayError
from app.rest.caller import Caller, Deadline
from app.rest.client import RestClient
from app.rest.contract.fit import Fit, KnownValues, Misfit
from app.rest.contract.openapi import OpenAPI
from app.rest.contract.operation import Operation

SPECIFICATION: Final = "/openapi.json"
MALFORMED: Final = (TypeError, ValueError, KeyError, AttributeError, RecursionError)
"""What comes of a document of any shape; the last of schemas that are made of themselves."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out about one backend; `unchecked` says why nothing was."""

    service: str
    operations: int
    drift: tuple[str, ...] = ()
    unchecked: str | None = None

    @property
    def lines(self) -> list[str]:
        """For a person to read."""
        if self.unchecked is not None:
            return [f"{self.service}: not checked: {self.unchecked}"]
        return [f"{self.service} {line}" for line in self.drift] or [f"{self.service}: {self.operations} calls fit"]


async def check(
    backends: Mapping[str, RestClient], operations: Collection[Operation], known_values: KnownValues
) -> list[Report]:
    """Ask each backend for its OpenAPI and compare it with what is asked of the backend."""
    by_service = groupby(sorted(operations, key=lambda one: one.service), key=lambda one: one.service)
    checks = [_checked(backends[service], list(asked), known_values) for service, asked in by_service]
    return list(await asyncio.gather(*checks))


async def _checked(backend: RestClient, operations: list[Operation], known_values: KnownValues) -> Report:
    service = backend.service.name
    try:
        document = await backend.get(Caller(None, "", Deadline.after(math.inf)), SPECIFICATION, dict[str, Any])
    except GatewayError as error:
        return Report(service, len(operations), unchecked=error.message)
    openapi = OpenAPI(document)
    if openapi.is_empty:
        return Report(service, len(operations), unchecked=f"{SPECIFICATION} has no paths.")
    try:
        drift = tuple(_lines(openapi, operations, known_values))
    except MALFORMED as error:
        return Report(service, len(operations), unchecked=f"{SPECIFICATION} cannot be understood: {error}.")
    return Report(service, len(operations), drift)


def _lines(openapi: OpenAPI, operations: Collection[Operation], known_values: KnownValues) -> Iterator[str]:
    """What has drifted, each once: a field of a record is named in the first answer that has it."""
    found: dict[object, list[tuple[Operation, Misfit]]] = {}
    for operation in operations:
        for misfit in _drift(openapi, operation, known_values):
            key = (misfit.field, misfit.text) if misfit.field else (str(operation), misfit.text)
            found.setdefault(key, []).append((operation, misfit))
    for alike in found.values():
        operation, misfit = alike[0]
        others = {str(other) for other, _ in alike} - {str(operation)}
        also = f" (and in {len(others)} more)" if others else ""
        yield f"{' '.join(filter(None, (str(operation), misfit.place)))}: {misfit.text}{also}"


def _drift(openapi: OpenAPI, operation: Operation, known_values: KnownValues) -> Iterator[Misfit]:
    said = openapi.operation(operation.method, operation.route)
    if said is None:
        yield Misfit("", "there is no such route")
        return
    for name in sorted(operation.query - openapi.query_names(operation.route, said)):
        yield Misfit("", f"there is no parameter {name}")
    if operation.kind in (None, type(None)):
        return
    schemas = list(openapi.answers(said))
    if not schemas:
        yield Misfit("", "the answer is not described")
    for schema in schemas:
        yield from Fit(openapi, known_values).misfits("", schema, operation.kind)

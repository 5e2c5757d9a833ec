"""The parts of an OpenAPI document that the guard reads (OpenAPI 3.1, section 4)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

_parameter = re.compile(r"\{[^}]*\}")


class OpenAPI:
    """One document. What is missing or of another shape in it is taken to say nothing."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._paths: dict[str, list[Mapping[str, Any]]] = {}
        for path, item in _mapping(document.get("paths")).items():
            self._paths.setdefault(_bare(path), []).append(_mapping(item))

    @property
    def is_empty(self) -> bool:
        return not self._paths

    def operation(self, method: str, route: str) -> Mapping[str, Any] | None:
        """What is said of a route, whatever the names of its parameters; None when it is not there."""
        operations = (item.get(method.lower()) for item in self._paths.get(_bare(route), ()))
        return next((operation for operation in operations if isinstance(operation, Mapping)), None)

    def query_names(self, route: str, operation: Mapping[str, Any]) -> set[str]:
        """The query parameters of an operation and of its path."""
        lists = [said.get("parameters", []) for said in (operation, *self._paths[_bare(route)])]
        parameters = [self.resolved(parameter) for given in lists for parameter in given]
        return {str(parameter.get("name")) for parameter in parameters if parameter.get("in") == "query"}

    def answers(self, operation: Mapping[str, Any]) -> Iterator[Schema]:
        """The schemas of its successful answers in JSON."""
        for status, answer in _mapping(operation.get("responses")).items():
            if str(status).startswith("2"):
                for media_type, content in _mapping(self.resolved(answer).get("content")).items():
                    if "json" in media_type and isinstance(schema := _mapping(content).get("schema"), Mapping):
                        yield schema

    def resolved(self, schema: Any) -> Schema:
        """The schema that a chain of references ends in."""
        seen = set()
        while isinstance(reference := _mapping(schema).get("$ref"), str) and reference not in seen:
            seen.add(reference)
            schema = self._document
            for step in reference.removeprefix("#/").split("/"):
                schema = _mapping(schema).get(step.replace("~1", "/").replace("~0", "~"))
        return _mapping(schema)

    def alternatives(self, schema: Any) -> list[Schema]:
        """The schemas of which one holds: one, unless it is `anyOf`, `oneOf` or a list of types."""
        schema = self.resolved(schema)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(choices, list):
            return [found for choice in choices for found in self.alternatives(choice)]
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return [{**schema, "type": kind} for kind in kinds]
        if schema.get("nullable") is True:  # as OpenAPI 3.0 says it
            return [schema, {"type": "null"}]
        return [schema]

    def fields(self, schema: Schema) -> tuple[Mapping[str, Any], set[str]]:
        """The properties of an object and which of them are always there, those that `allOf` adds included."""
        properties, required = dict(_mapping(schema.get("properties"))), set(schema.get("required", []))
        for part in schema.get("allOf", []):
            more, also = self.fields(self.resolved(part))
            properties |= more
            required |= also
        return properties, required


def _bare(route: str) -> str:
    return _parameter.sub("{}", route).rstrip("/")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

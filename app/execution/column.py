"""Columns: fields executed for all objects of a level at once, one class for each kind of field."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from operator import attrgetter
from typing import Any

from graphql import GraphQLError, ListValueNode, ObjectValueNode, VariableNode
from graphql.execution.values import get_argument_values

from app.execution.plan import Field, Kind
from app.execution.run import Pending, Run, Values
from app.execution.trail import FieldTrail, Trail


class Column(ABC):
    """A field of a selection, for all objects of a level."""

    __slots__ = ("_position", "field")

    def __init__(self, field: Field) -> None:
        self.field = field
        self._position = field.position

    @abstractmethod
    def values(self, objects: Values, trail: FieldTrail, run: Run) -> Pending:
        """The value for each object; exceptions, and awaitables of single values, may be among them."""

    def complete(self, objects: Values, above: Trail, run: Run) -> Pending:
        """What the response has for each object."""
        trail = FieldTrail(above, self.field)
        try:
            values = self.values(objects, trail, run)
            if isinstance(values, list):
                return self._position.complete(values, trail, run)
        except Exception as error:  # such as what is nested too deeply for the interpreter
            return run.fail_all(trail, len(objects), error)
        return run.then(values, partial(self._complete_later, trail, run))

    def _complete_later(self, trail: FieldTrail, run: Run, values: Values) -> Pending:
        try:
            return self._position.complete(values, trail, run)
        except Exception as error:  # as above
            return run.fail_all(trail, len(values), error)


class EachColumn(Column):
    """A value of each object by a function of the object alone."""

    __slots__ = ("_read",)

    def __init__(self, field: Field, read: Callable[[Any], Any]) -> None:
        super().__init__(field)
        self._read = read

    def values(self, objects: Values, _trail: FieldTrail, _run: Run) -> Values:
        try:
            return list(map(self._read, objects))
        except Exception:  # the fault of one object is the fault of its field alone: once more, one by one
            return [_value_or_error(self._read, source) for source in objects]


def _value_or_error(read: Callable[[Any], Any], source: object) -> Any:
    try:
        return read(source)
    except Exception as error:  # becomes the error of the field
        return error


class ArgumentColumn(Column):
    """A field that may have arguments: coerced once for the level, or once for good when they cannot differ."""

    __slots__ = ("_constant",)

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        node = field.nodes[0]
        self._constant: Mapping[str, Any] | None = None if field.definition.args or node.arguments else {}

    def arguments(self, run: Run) -> Mapping[str, Any]:
        """The coerced arguments; raises what is wrong with them."""
        if self._constant is not None:
            return self._constant
        details, executor = self.field.details[0], run.executor
        given = get_argument_values(
            self.field.definition,
            details.node,
            executor.variable_values,
            details.fragment_variable_values,
            executor.hide_suggestions,
        )
        if _is_constant(self.field) and all(isinstance(value, _IMMUTABLE) for value in given.values()):
            self._constant = given
        return given


_IMMUTABLE = (str, int, float, bool, Enum, type(None))


def _is_constant(field: Field) -> bool:
    nodes = (VariableNode, ListValueNode, ObjectValueNode)
    return not any(isinstance(argument.value, nodes) for argument in field.nodes[0].arguments or ())


class LevelColumn(ArgumentColumn):
    """All values by one call."""

    __slots__ = ("_resolve",)

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._resolve = field.definition.extensions["level"]

    def values(self, objects: Values, trail: FieldTrail, run: Run) -> Pending:
        try:
            info = trail.info(0, run)
            values = self._resolve(objects, info, self.arguments(run))
            if type(values) is list or not run.is_awaitable(values):
                return self._checked(values, objects)
        except Exception as error:  # whatever a resolver raises is the error of its field
            return [error] * len(objects)
        return self._awaited(values, objects, run)

    async def _awaited(self, values: Any, objects: Values, run: Run) -> Values:
        try:
            return self._checked(await run.guarded(values), objects)
        except Exception as error:  # as above
            return [error] * len(objects)

    def _checked(self, values: Any, objects: Values) -> Values:
        there: Values = values if type(values) is list else list(values)
        if len(there) != len(objects):
            raise GraphQLError(f"Expected {len(objects)} values for {self.field.coordinate} but got {len(there)}.")
        return there


class ResolverColumn(ArgumentColumn):
    """Each value by a call of the field's resolver; `None` is the executor's default resolver."""

    __slots__ = ("_ignores_info", "_resolve")

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._resolve = field.definition.resolve
        self._ignores_info = field.definition.extensions.get("ignores_info", False)

    def values(self, objects: Values, trail: FieldTrail, run: Run) -> Values:
        try:
            arguments = self.arguments(run)
        except Exception as error:  # arguments that are not what the field asks for: for every object alike
            return [error] * len(objects)
        resolve = self._resolve or run.executor.field_resolver
        if run.executor.middleware_manager is not None:
            resolve = run.executor.middleware_manager.get_field_resolver(resolve)
        ignores_info = self._ignores_info and run.executor.middleware_manager is None
        values: Values = []
        for index, source in enumerate(objects):
            try:
                values.append(resolve(source, None if ignores_info else trail.info(index, run), **arguments))
            except Exception as error:  # whatever a resolver raises is the error of its field
                values.append(error)
        return values


def column_of(field: Field) -> Column:
    """The field as a column of its level."""
    extensions = field.definition.extensions
    match field.kind:
        case Kind.TYPENAME:
            type_name = field.parent_type.name
            return EachColumn(field, lambda _source: type_name)
        case Kind.ATTRIBUTE:
            name: str = extensions["attribute"]
            return EachColumn(field, attrgetter(name) if name.isidentifier() else lambda source: getattr(source, name))
        case Kind.VIEW:
            return EachColumn(field, extensions["view"])
        case Kind.LEVEL:
            return LevelColumn(field)
        case _:
            return ResolverColumn(field)

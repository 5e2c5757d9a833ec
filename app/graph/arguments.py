"""Arguments: from what a document gives a field to the call of its function."""

from collections.abc import Callable, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any, TypeAlias, cast

from graphql import GraphQLResolveInfo
from strawberry.pydantic.error import InputValidationError, ValidationErrorDetail
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from app.errors import BadUserInputError
from app.graph.context import Context

MAX_TOLD = 5

ResolveInfo: TypeAlias = GraphQLResolveInfo[Context]


class InvalidInputError(BadUserInputError):
    """Inputs that break the rules of their types: each place and what is wrong there."""

    def __init__(self, problems: Sequence[ValidationErrorDetail]) -> None:
        said = "; ".join(f"`{'.'.join(problem.location)}`: {problem.message}" for problem in problems[:MAX_TOLD])
        super().__init__(f"{said}.", field=problems[0].location)
        self.problems = tuple(problems)


class Arguments:
    """Calls the function of a field with the arguments it declares."""

    def __init__(self, declared: StrawberryField, config: StrawberryConfig, scalars: Mapping[Any, Any]) -> None:
        resolver = declared.base_resolver
        assert resolver is not None, "every declared field has a function"
        self._function = cast(Callable[..., Any], resolver.wrapped_func)
        self._declared = declared
        self._config = config
        self._scalars = scalars
        self._parent = resolver.parent_parameter.name if resolver.parent_parameter else None
        self._info = resolver.info_parameter.name if resolver.info_parameter else None
        self._own = list(resolver.arguments)

    @property
    def of_parent_alone(self) -> Callable[[Any], Any] | None:
        """The function itself, if its parent is all it takes."""
        return self._function if self._parent and not self._own and not self._info else None

    @property
    def wants_info(self) -> bool:
        """Whether the function asks who wants to know."""
        return self._info is not None

    @property
    def are_awaited(self) -> bool:
        """Whether what the function returns has to be awaited."""
        return iscoroutinefunction(self._function)

    def takes(self, name: str) -> bool:
        """Whether a document may give it an argument of that name."""
        return any(argument.python_name == name for argument in self._own)

    def bound(self, info: ResolveInfo, given: Mapping[str, Any]) -> Callable[[object], Any]:
        """The function with everything but the parent in place; raises `InvalidInputError`."""
        if self.of_parent_alone is not None:
            return self.of_parent_alone
        function, parent = self._function, self._parent
        arguments: dict[str, Any] = {}
        if self._own and given:
            arguments = self._converted(given)
        if self._info is not None:
            arguments[self._info] = self._config.info_class(_raw_info=info, _field=self._declared)
        if parent is None:
            return lambda _source: function(**arguments)
        return lambda source: function(**{parent: source}, **arguments)

    def _converted(self, given: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return convert_arguments(dict(given), self._own, self._scalars, self._config)
        except InputValidationError as error:
            raise InvalidInputError(error.errors) from error

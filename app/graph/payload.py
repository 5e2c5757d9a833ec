"""Payloads: what a mutation answers, the changed object beside what the user can mend."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import strawberry
from strawberry.utils.str_converters import to_camel_case, to_snake_case

from app.errors import BadUserInputError, NotFoundError, ProblemError
from app.graph.arguments import InvalidInputError
from app.graph.node import type_name_of

GENERAL_CODES: Mapping[str, str] = {
    "BAD_USER_INPUT": "A field's value cannot be used.",
    "NOT_FOUND": "There is no such thing, or it is not the caller's.",
    "CONFLICT": "Something with these properties is already there.",
    "INVALID_TRANSITION": "The thing's present state does not allow the action; nothing was changed.",
    "PAYLOAD_TOO_LARGE": "What was sent is larger than the service takes.",
}
"""The codes any subgraph may use; a subgraph adds its own by `Subgraph(user_error_codes=…)`."""

NOTHING: Mapping[str, str] = MappingProxyType({})

NOT_THE_USERS_TO_MEND = frozenset({"UNAUTHENTICATED", "FORBIDDEN", "RATE_LIMITED"})


@strawberry.type(description="Something the user can mend.")
class UserError:
    field: list[str] = strawberry.field(description="The path to the value inside `input`; empty when it is none.")
    message: str = strawberry.field(description="What is wrong, to be shown to the user.")


@strawberry.type
class Payload:
    """What the payload types of mutations have in common; a payload with fields of its own inherits it."""

    user_errors: list[UserError] = strawberry.field(
        description="What the user can mend. When it is not empty, nothing was changed.", default_factory=list
    )


@dataclass(frozen=True, slots=True)
class UserErrorRecord:
    """What `UserError` is a view of; the code is one of the composed enum `UserErrorCode`."""

    field: list[str]
    message: str
    code: str


def user_errors(
    error: Exception, codes: frozenset[str], renamed: Mapping[str, str] = NOTHING
) -> list[UserErrorRecord] | None:
    """What the user can mend of an error, or None when it is not theirs to mend.

    `codes` are those of the schema; `renamed` gives the path inside `input` of what a backend knows by another.
    """
    match error:
        case InvalidInputError():
            return [UserErrorRecord(problem.location[1:], problem.message, error.code) for problem in error.problems]
        case ProblemError() if error.code not in NOT_THE_USERS_TO_MEND:
            return _of_problem(error, codes, renamed)
        case BadUserInputError():
            return [UserErrorRecord(list(error.field), error.message, error.code)]
        case NotFoundError():
            return [UserErrorRecord([], error.message, error.code)]
    return None


def user_errors_of(payload: object) -> list[UserErrorRecord]:
    """The `userErrors` of a payload: a record that a mutation answers with has none."""
    return getattr(payload, "user_errors", [])


def _of_problem(error: ProblemError, codes: frozenset[str], renamed: Mapping[str, str]) -> list[UserErrorRecord]:
    general = ProblemError.codes_by_status.get(error.status or 400, "BAD_USER_INPUT")
    fallback = general if general in codes else "BAD_USER_INPUT"

    def known(code: str) -> str:
        return code if code in codes else fallback

    if not error.problem.fields:
        return [UserErrorRecord([], error.message, known(error.code))]
    return [
        UserErrorRecord(
            _path_in_input(".".join(problem.path), renamed),
            problem.message,
            known(error.code if problem.code == "BAD_USER_INPUT" else problem.code),
        )
        for problem in error.problem.fields
    ]


def _path_in_input(path: str, renamed: Mapping[str, str]) -> list[str]:
    return [to_camel_case(part) for part in renamed.get(path, path).split(".") if part]


def user_error_code_enum(codes: Mapping[str, str]) -> type[Enum]:
    """The enum `UserErrorCode` of a schema, from each code and its description."""
    members = {code: strawberry.enum_value(code, description=description) for code, description in codes.items()}
    composed = Enum("UserErrorCode", members)  # type: ignore[misc]  # its members come from the subgraphs
    return strawberry.enum(composed, description="What kind of thing is to be mended.")


def payload_type(mutation: str, returns: type) -> tuple[type, str | None]:
    """The payload type of a mutation and the attribute of the changed object.

    When `returns` inherits `Payload` it is the payload itself, and there is no such attribute.
    """
    if issubclass(returns, Payload):
        return returns, None
    attribute = to_snake_case(type_name_of(returns))
    changed = strawberry.field(description="The changed object; null when it was not changed.", default=None)
    name = f"{pascal_case(mutation)}Payload"
    body = {"__annotations__": {attribute: returns | None}, attribute: changed, "__module__": __name__}
    made = strawberry.type(type(name, (Payload,), body), description=f"What `{to_camel_case(mutation)}` answers.")
    return made, attribute


def pascal_case(name: str) -> str:
    """`approve_content` as `ApproveContent`."""
    camel = to_camel_case(name)
    return camel[0].upper() + camel[1:]

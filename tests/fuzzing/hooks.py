"""What schemathesis has to know of this graph: its scalars, who asks, and what an answer must not be."""

import zlib
from collections.abc import Mapping
from typing import Any, Final

import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.graphql import nodes, scalar
from schemathesis.hooks import HookContext

from app.errors import DeadlineExceededError, GatewayError
from app.server.authentication import issue_token
from app.settings import Settings
from backends.sample.people import PEOPLE

FAULTS: Final = (GatewayError.code, DeadlineExceededError.code)
OF_BACKENDS: Final = "BACKEND_"

scalar("CurrencyCode", st.sampled_from(["USD", "EUR", "XXX"]).map(nodes.String))
scalar("Decimal", st.decimals(allow_nan=False, allow_infinity=False).map(str).map(nodes.String))
scalar("EmailAddress", st.emails().map(nodes.String))
scalar("JSON", st.text().map(nodes.String))
scalar("URL", st.from_regex(r"https?://[a-z0-9.-]{1,40}(/[^\s]{0,40})?", fullmatch=True).map(nodes.String))
scalar("Upload", st.text().map(nodes.String))
scalar("_Any", st.text().map(nodes.String))


@schemathesis.hook
def before_call(_context: HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, Any]) -> None:
    """Ask as one of the sample people, the same one for the same document, with a token that nothing has revoked."""
    person = PEOPLE[zlib.crc32(repr(case.body).encode()) % len(PEOPLE)]
    token = issue_token(Settings(), subject=person.user_id, roles=[person.role], agent_id=person.agent_id)
    case.headers["authorization"] = f"Bearer {token}"


@schemathesis.check
def is_no_fault(_context: CheckContext, response: Response, _case: schemathesis.Case[Any]) -> None:
    """Hold answers to having no error that is the gateway's or a backend's: all that is wrong is what was asked."""
    assert response.status_code < 500, f"The status is {response.status_code}."
    found = faults(response.json())
    assert not found, found


def faults(answer: Mapping[str, Any]) -> list[Any]:
    """The errors of an answer that are a fault, or tell more than a client is to know."""
    return [error for error in answer.get("errors", ()) if _is_fault(error["extensions"])]


def _is_fault(extensions: Mapping[str, Any]) -> bool:
    code = extensions["code"]
    return code in FAULTS or code.startswith(OF_BACKENDS) or "debug" in extensions

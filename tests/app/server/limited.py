"""The small graph behind an endpoint with limits, as the settings of a test have them."""

from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from app.execution import Executor
from app.graph.principal import Revocations
from app.server.addresses import ClientAddresses
from app.server.authentication import Authenticator
from app.server.endpoint import GraphQLEndpoint
from app.server.idempotency import Idempotency
from app.server.limits.admission import Admission
from app.server.limits.documents import DocumentLimits
from app.server.limits.gate import Gate
from app.server.middleware import middleware
from app.server.persisted import PersistedOperations
from app.server.reporting import Reporter
from app.settings import Settings
from tests.app.server.small_graph import MAX_BODY, SETTINGS, Contexts, Work, a_schema


def a_limited_app(
    gate: Gate | None = None,
    work: Work | None = None,
    persisted: PersistedOperations | None = None,
    idempotency: Idempotency | None = None,
    **settings: Any,
) -> Starlette:
    """The app with the limits of the settings; the gate that the settings ask for, or the one that is given."""
    limited = Settings().model_copy(update=settings)
    gate = gate or Gate(limited.limits_warn_only)
    executor = Executor(a_schema(work or Work()), parse=DocumentLimits(limited, gate).parse)
    endpoint = GraphQLEndpoint(
        executor,
        Contexts(),
        Authenticator(SETTINGS, Revocations()),
        Reporter(debug=False),
        timeout=10,
        max_body_bytes=MAX_BODY * 1000,
        admission=Admission.of(limited, executor, gate, ClientAddresses()),
        persisted=persisted,
        idempotency=idempotency,
        max_batch=limited.max_batch,
    )
    return Starlette(routes=[Route("/graphql", endpoint)], middleware=middleware(SETTINGS))

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
from app.server.limits.bodies import BodyLimits
from app.server.limits.documents import DocumentLimits
from app.server.limits.gate import Gate
from app.server.middleware import middleware
from app.server.persisted import PersistedOperations
from app.server.reporting import Reporter
from app.server.time_limit import OperationTime
from app.settings import Settings
from tests.app.server.small_graph import SETTINGS, Contexts, Work, a_schema


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
        time=OperationTime(limited.request_timeout, gate),
        bodies=BodyLimits(gate, limited.max_body_bytes, limited.max_batch),
        admission=Admission.of(limited, executor, gate, ClientAddresses()),
        persisted=persisted,
        idempotency=idempotency,
    )
    return Starlette(routes=[Route("/graphql", endpoint)], middleware=middleware(SETTINGS))

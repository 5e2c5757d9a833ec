"""What streams work with."""

from dataclasses import dataclass, field

from app.execution import Executor, Prepared, Request
from app.graph.principal import Revocations
from app.server.authentication import Authenticator
from app.server.contexts import ContextSource
from app.server.limits.admission import Admission
from app.server.persisted import PersistedOperations
from app.server.reporting import Reporter
from app.server.time_limit import OperationTime


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the gateway that all streams share."""

    executor: Executor
    contexts: ContextSource
    authenticator: Authenticator
    revocations: Revocations
    reporter: Reporter
    admission: Admission | None = None
    time: OperationTime = field(default_factory=lambda: OperationTime(15.0))
    """Which a query or a mutation may take."""
    persisted: PersistedOperations = field(default_factory=lambda: PersistedOperations(automatic=False))

    async def prepare(self, request: Request) -> Prepared:
        """The operation of a request; raises `InvalidDocumentError` and `RequestError`."""
        return await self.persisted.prepare(request, self.executor.read)

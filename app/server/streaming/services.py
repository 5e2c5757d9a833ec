"""What streams work with."""

from dataclasses import dataclass

from app.execution import Executor
from app.graph.principal import Revocations
from app.server.authentication import Authenticator
from app.server.contexts import ContextSource
from app.server.reporting import Reporter


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the gateway that all streams share."""

    executor: Executor
    contexts: ContextSource
    authenticator: Authenticator
    revocations: Revocations
    reporter: Reporter

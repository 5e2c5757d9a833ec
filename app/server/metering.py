"""What the gateway counts, for Prometheus."""

from collections.abc import Mapping
from functools import partial

from app.execution import Executor
from app.rest import ResponseCache, RestClient
from app.server.endpoint import GraphQLEndpoint
from app.server.limits.gate import Gate
from app.telemetry import Metrics

BACKEND_COUNTERS = {
    "calls": "Calls that were asked for.",
    "shared": "Reads that were answered by an identical one in flight, at no cost to the backend.",
    "sent": "Calls that went out, repeated ones included.",
    "retried": "Calls that were sent again after a failure that may pass.",
    "failures": "Calls that came to no good answer.",
    "retries_refused": "Calls that were not sent again because the budget of retries was used up.",
    "circuit_refused": "Calls that were not sent because the operation mostly failed of late.",
    "queue_refused": "Calls that were not sent because too many waited for their turn.",
    "hits": "Reads that were answered by a kept answer, at no cost to the backend.",
    "misses": "Reads of which nothing usable was kept.",
    "revalidated": "Reads that were answered by a kept answer, as the backend said that it still holds.",
    "stale": "Reads that were answered by an old answer, as the backend allows.",
}


def create_metrics(
    executor: Executor,
    endpoint: GraphQLEndpoint,
    backends: Mapping[str, RestClient],
    cache: ResponseCache | None,
    gate: Gate,
) -> Metrics:
    """What the gateway counts: how operations were executed, what backends were asked, and what is kept."""
    metrics = Metrics()
    metrics.count(
        "atrium_operations_executed",
        "Operations executed, by a compiled plan or by graphql-core.",
        ("executor",),
        lambda: [(("plan",), executor.stats.planned), (("graphql-core",), executor.stats.unplanned)],
    )
    metrics.count(
        "atrium_operations_shared",
        "Queries over HTTP that were answered by the execution of an identical one in flight.",
        (),
        lambda: [((), endpoint.sharing.shared)],
    )
    metrics.count(
        "atrium_limits_exceeded",
        "Times that something exceeded a limit, which refused it or only warned.",
        ("code", "outcome"),
        gate.counts,
    )
    for name, documentation in BACKEND_COUNTERS.items():
        metrics.count(
            f"atrium_backend_{name}",
            documentation,
            ("service",),
            partial(_backend_counts, backends, name),
        )
    metrics.gauge(
        "atrium_backend_circuit",
        "The breaker of each operation that was called: 0 closed, 1 half open, 2 open.",
        ("service", "operation"),
        lambda: [
            ((service, operation), state)
            for service, backend in backends.items()
            for operation, state in backend.attempts.states()
        ],
    )
    metrics.gauge(
        "atrium_backend_waiting",
        "Calls that wait for their turn.",
        ("service",),
        lambda: [((service,), backend.attempts.waiting) for service, backend in backends.items()],
    )
    if cache is not None:
        metrics.gauge("atrium_cache_bytes", "Memory that kept answers take.", (), lambda: [((), cache.size)])
    return metrics


def _backend_counts(backends: Mapping[str, RestClient], name: str) -> list[tuple[tuple[str], int]]:
    return [((service,), getattr(backend.stats, name)) for service, backend in backends.items()]

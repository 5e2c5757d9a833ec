"""Metrics: counters that parts of the gateway keep anyway, read when Prometheus asks."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Reading = tuple[tuple[str, ...], float]
"""The values of a counter's labels, and how far it has counted."""


class _Counter(Collector):
    def __init__(
        self, name: str, documentation: str, labels: tuple[str, ...], read: Callable[[], Iterable[Reading]]
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._labels = labels
        self._read = read

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(self._name, self._documentation, labels=self._labels)
        for values, count in self._read():
            family.add_metric(values, count)
        yield family


class Metrics:
    """The counters of one gateway, and the route that shows them in Prometheus' text format."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()

    def count(
        self, name: str, documentation: str, labels: tuple[str, ...], read: Callable[[], Iterable[Reading]]
    ) -> None:
        """Show a counter; `read` gives each set of label values with its count, whenever somebody asks."""
        self._registry.register(_Counter(name, documentation, labels, read))

    def route(self) -> Route:
        return Route("/metrics", self._show)

    async def _show(self, _request: Request) -> Response:
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

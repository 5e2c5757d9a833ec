"""Metrics: figures that parts of the gateway keep anyway, read when Prometheus asks."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Reading = tuple[tuple[str, ...], float]
"""The values of the labels, and the figure for them."""


Family: TypeAlias = type[CounterMetricFamily] | type[GaugeMetricFamily]


class _Figure(Collector):
    def __init__(
        self,
        family: Family,
        name: str,
        documentation: str,
        labels: tuple[str, ...],
        read: Callable[[], Iterable[Reading]],
    ) -> None:
        self._family = family
        self._name = name
        self._documentation = documentation
        self._labels = labels
        self._read = read

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        family = self._family(self._name, self._documentation, labels=self._labels)
        for values, figure in self._read():
            family.add_metric(values, figure)
        yield family


class Metrics:
    """The figures of one gateway, and the route that shows them in Prometheus' text format."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()

    def count(
        self, name: str, documentation: str, labels: tuple[str, ...], read: Callable[[], Iterable[Reading]]
    ) -> None:
        """Show a counter; `read` gives each set of label values with its count, whenever somebody asks."""
        self._registry.register(_Figure(CounterMetricFamily, name, documentation, labels, read))

    def gauge(
        self, name: str, documentation: str, labels: tuple[str, ...], read: Callable[[], Iterable[Reading]]
    ) -> None:
        """Show how something stands, which may rise and fall; `read` is as for `count`."""
        self._registry.register(_Figure(GaugeMetricFamily, name, documentation, labels, read))

    def route(self) -> Route:
        return Route("/metrics", self._show)

    async def _show(self, _request: Request) -> Response:
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

"""The figures of a gateway as Prometheus reads them."""

import httpx
from starlette.applications import Starlette

from app.telemetry import Metrics


async def test_counters_and_gauges_are_read_when_they_are_asked_for() -> None:
    figures = {"a": 1.0, "b": 2.0}
    metrics = Metrics()
    metrics.count("things", "Things there were.", ("kind",), lambda: [((kind,), n) for kind, n in figures.items()])
    metrics.gauge("depth", "How deep it is.", (), lambda: [((), figures["b"])])
    app = Starlette(routes=[metrics.route()])
    figures["b"] = 3.0

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        shown = (await client.get("/metrics")).text

    assert shown.splitlines() == [
        "# HELP things_total Things there were.",
        "# TYPE things_total counter",
        'things_total{kind="a"} 1.0',
        'things_total{kind="b"} 3.0',
        "# HELP depth How deep it is.",
        "# TYPE depth gauge",
        "depth 3.0",
    ]

"""Atrium in a process of its own, as `gateway serve` starts it."""

from app.main import create_app
from app.server.collector import calm_collector
from app.telemetry import configure_logging
from benchmarks.gateway.settings import gateway_settings, service_urls
from benchmarks.serving import serve

if __name__ == "__main__":
    configure_logging(gateway_settings())
    app = create_app(gateway_settings(), service_urls())
    calm_collector()
    serve(app, app.http_protocol)

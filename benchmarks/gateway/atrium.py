"""Atrium in a process of its own, as `gateway serve` starts it."""

from app.main import create_app
from app.telemetry import configure_logging
from benchmarks.gateway.settings import gateway_settings, service_urls
from benchmarks.serving import serve_gateway

if __name__ == "__main__":
    configure_logging(gateway_settings())
    serve_gateway(create_app(gateway_settings(), service_urls()))

"""`python -m backends listings --port 8004 --sample` serves one service; without a name, all of them."""

import argparse
import logging

import uvicorn

from backends.app import SERVICES, create_backends, create_service
from backends.settings import PORTS, BackendSettings


def main() -> None:
    parser = argparse.ArgumentParser(prog="backends", description="Serves the reference services.")
    parser.add_argument("service", nargs="?", choices=sorted(SERVICES), help="one alone; otherwise all of them")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, help="the port to listen on (default: the service's own, or 8000)")
    parser.add_argument("--sample", action="store_true", help="load sample data where there is none")
    options = parser.parse_args()
    port = options.port or PORTS.get(options.service, 8000)
    settings = BackendSettings()
    if options.service is None:
        app = create_backends(settings.located_at(f"http://127.0.0.1:{port}"), sample=options.sample)
    else:
        app = create_service(options.service, settings, sample=options.sample)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    uvicorn.run(app, host=options.host, port=port, ws="none", log_config=None, access_log=False)


if __name__ == "__main__":
    main()

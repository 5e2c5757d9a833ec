"""The `gateway` command."""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from graphql import GraphQLError
from pydantic import ValidationError

from app.embedded import SAMPLE_LOGINS, SAMPLE_PASSWORD, reference_backends, sample_person
from app.errors import RequestError
from app.execution import InvalidDocumentError, Request
from app.main import GRAPHQL_PATH, check_contract, connect_backends, create_app, create_executor
from app.rest.contract.guard import Report
from app.schema import PLATFORM, create_schema
from app.server.authentication import issue_token
from app.server.explanation import explain
from app.serving import listen, run_to_end, serve
from app.settings import Environment, Settings, UnsafeSettingsError
from app.telemetry import configure_logging


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 2 for settings that cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (UnsafeSettingsError, ValidationError, ValueError, OSError) as error:
        print(f"gateway: {error}", file=sys.stderr)  # noqa: T201 -- a command's own words
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway", description="One federated graph over many REST backends.")
    commands = parser.add_subparsers(required=True, metavar="command")
    dev = commands.add_parser("dev", help="serve with the reference backends and sample data beside it")
    dev.set_defaults(run=_dev)
    serve = commands.add_parser("serve", help="serve in production; refuses unsafe settings")
    serve.set_defaults(run=_serve)
    schema = commands.add_parser("schema", help="print the schema as SDL")
    schema.set_defaults(run=_schema)
    explain = commands.add_parser("explain", help="say which backend calls the operation of a file can make")
    explain.add_argument("file", type=Path, help="a file with a GraphQL document")
    explain.add_argument("--operation", help="which operation, where the document has several")
    explain.add_argument("--variables", default="{}", help="the variables, as JSON")
    explain.add_argument("--source", action="store_true", help="print the generated code as well")
    explain.set_defaults(run=_explain)
    check = commands.add_parser("check", help="hold what is asked of each backend against its OpenAPI")
    check.set_defaults(run=_check)
    token = commands.add_parser("token", help="print a token for development")
    token.add_argument("--role", choices=["agent", "admin"], default="agent", help="what the token allows")
    token.add_argument("--subject", help="the user's id; unset: a user of that role of the sample data")
    token.add_argument("--hours", type=float, help="how long it lives; unset: JWT_EXPIRATION_MINUTES")
    token.set_defaults(run=_token)
    return parser


def _dev(_options: argparse.Namespace) -> int:
    run_to_end(_serve_embedded(Settings()))
    return 0


async def _serve_embedded(settings: Settings) -> None:
    configure_logging(settings)
    with listen(settings.host, settings.port) as listener:
        port = listener.getsockname()[1]
        events_url = settings.events_url or f"http://127.0.0.1:{port}/events"
        async with reference_backends(settings, events_url) as service_urls:
            issue = partial(_development_token, settings, "agent")
            app = create_app(settings, service_urls, issue_token=issue)
            _print(_welcome(settings, port, issue()))
            await serve(app, listener)


def _welcome(settings: Settings, port: int, token: str) -> str:
    url = f"http://{settings.host}:{port}"
    return "\n".join(
        [
            "",
            f"  GraphiQL and GraphQL   {url}{GRAPHQL_PATH}",
            f"  Health                 {url}/health/ready",
            f"  Sample logins          {', '.join(SAMPLE_LOGINS)}",
            f"  Password               {SAMPLE_PASSWORD}",
            "",
            f"  A token of {SAMPLE_LOGINS[0]}, for the header Authorization:",
            "",
            f"Bearer {token}",
            "",
        ]
    )


def _serve(_options: argparse.Namespace) -> int:
    settings = Settings()
    if "environment" not in settings.model_fields_set:
        settings = settings.model_copy(update={"environment": Environment.PRODUCTION})
    settings.check_safe()
    configure_logging(settings)
    with listen(settings.host, settings.port) as listener:
        run_to_end(serve(create_app(settings), listener))
    return 0


def _schema(_options: argparse.Namespace) -> int:
    _print(create_schema().as_str())
    return 0


def _explain(options: argparse.Namespace) -> int:
    executor = create_executor(Settings(), create_schema())
    variables = json.loads(options.variables)
    try:
        prepared = executor.prepare(Request(options.file.read_text(), variables, options.operation))
        plan = executor.plan(prepared)
        explanation = explain(plan, variables)
    except RequestError as error:
        raise ValueError(error.message) from error
    except InvalidDocumentError as error:
        raise ValueError("\n".join(str(problem) for problem in error.errors)) from error
    except GraphQLError as error:
        raise ValueError(str(error)) from error
    _print(explanation.as_text())
    if options.source:
        _print(f"\n{plan.source}")
    return 0


def _check(_options: argparse.Namespace) -> int:
    settings = Settings()
    reports = asyncio.run(_checked(settings))
    _print("\n".join(line for report in reports for line in report.lines))
    return 1 if any(report.drift for report in reports) else 0


async def _checked(settings: Settings) -> list[Report]:
    """The reports on the backends that the environment places; in development, on reference ones for the rest."""
    async with AsyncExitStack() as stack:
        service_urls: Mapping[str, str] = {}
        if not settings.is_production:
            data_dir = Path(stack.enter_context(TemporaryDirectory()))
            apart = settings.model_copy(update={"data_dir": data_dir})
            service_urls = await stack.enter_async_context(reference_backends(apart, None))
        backends = connect_backends(PLATFORM, service_urls, observers=())
        for backend in backends.values():
            stack.push_async_callback(backend.aclose)
        return await check_contract(PLATFORM, backends, create_schema())


def _token(options: argparse.Namespace) -> int:
    settings = Settings()
    if settings.is_production:
        raise UnsafeSettingsError("Development tokens are not made in production.")
    _print(_development_token(settings, options.role, options.subject, options.hours))
    return 0


def _development_token(settings: Settings, role: str, subject: str | None = None, hours: float | None = None) -> str:
    """A token of a user, or of the first sample login with the role."""
    user_id, agent_id = sample_person(role)
    return issue_token(
        settings,
        subject=subject or user_id,
        roles=[role],
        agent_id=None if subject else agent_id,
        lifetime=None if hours is None else hours * 3600,
    )


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201 -- a command's own words

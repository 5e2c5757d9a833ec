"""GraphiQL, served from files of this package: nothing is loaded from anywhere else."""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import msgspec
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

STATIC = Path(__file__).parent / "static"

# Editors put styles into the page as they go and fonts into their styles; scripts and workers are files of ours.
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{assets}/{style}">
<style>html, body, #graphiql {{ height: 100%; margin: 0; }}</style>
</head>
<body>
<div id="graphiql">Loading …</div>
<script type="application/json" id="config">{config}</script>
<script type="module" src="{assets}/{script}"></script>
</body>
</html>
"""


class _Config(msgspec.Struct, frozen=True):
    """What the page is told, see `graphiql_source/main.jsx`."""

    endpoint: str
    title: str
    tabs: Sequence[str]
    headers: dict[str, str]


class _Manifest(msgspec.Struct, frozen=True):
    """What the build calls its files: names change with their content."""

    script: str
    style: str


class GraphiQL:
    """An ASGI app that is the page, and the route of its assets. `tabs` are the documents that it opens with.

    With `issue_token`, every page comes with a fresh token in its headers editor: for development only.
    """

    def __init__(
        self,
        *,
        endpoint: str = "/graphql",
        assets: str = "/graphiql",
        title: str = "Atrium",
        tabs: Sequence[str] = (),
        issue_token: Callable[[], str] | None = None,
    ) -> None:
        """`endpoint` and `assets` are paths of this origin, the latter without a slash at its end."""
        self._endpoint = endpoint
        self._assets = assets
        self._title = title
        self._tabs = tabs
        self._issue_token = issue_token
        self._manifest = msgspec.json.decode((STATIC / "manifest.json").read_bytes(), type=_Manifest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            "content-security-policy": _CONTENT_SECURITY_POLICY,
            "cache-control": "no-store",
            "vary": "accept",
        }
        await HTMLResponse(self._page(), headers=headers)(scope, receive, send)

    def route(self) -> Mount:
        """The files that the page loads."""
        return Mount(self._assets, _HashedFiles(directory=STATIC))

    def _page(self) -> str:
        token = self._issue_token() if self._issue_token else None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        config = msgspec.json.encode(_Config(self._endpoint, self._title, self._tabs, headers)).decode()
        return _PAGE.format(
            title=escape(self._title),
            assets=escape(self._assets),
            style=self._manifest.style,
            script=self._manifest.script,
            config=config.replace("<", "\\u003c"),  # so that no query can end the element
        )


class _HashedFiles(StaticFiles):
    """Files whose names change with their content: a browser may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response

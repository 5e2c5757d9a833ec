"""GraphiQL: the page, its configuration, and files that come from nowhere else."""

import json
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.server.graphiql import STATIC, GraphiQL


async def get(graphiql: GraphiQL, path: str, **headers: str) -> httpx.Response:
    app = Starlette(routes=[Route("/graphql", graphiql), graphiql.route()])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        return await client.get(path, headers=headers)


def config_in(page: str) -> object:
    (text,) = re.findall(r'<script type="application/json" id="config">(.*?)</script>', page)
    return json.loads(text)


async def test_the_page_is_told_what_to_show() -> None:
    page = await get(GraphiQL(tabs=["{ greet }"], issue_token=lambda: "abc"), "/graphql")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert config_in(page.text) == {
        "endpoint": "/graphql",
        "title": "Atrium",
        "tabs": ["{ greet }"],
        "headers": {"Authorization": "Bearer abc"},
    }


async def test_every_page_has_a_fresh_token_and_none_unless_asked() -> None:
    tokens = iter(["one", "two"])
    graphiql = GraphiQL(issue_token=lambda: next(tokens))
    assert "Bearer one" in (await get(graphiql, "/graphql")).text
    assert "Bearer two" in (await get(graphiql, "/graphql")).text
    assert '"headers":{}' in (await get(GraphiQL(), "/graphql")).text


async def test_no_document_can_break_out_of_the_configuration() -> None:
    document = '{ greet(name: "</script><script>alert(1)</script><!--") }'
    page = await get(GraphiQL(tabs=[document], title="<b>&"), "/graphql")
    assert config_in(page.text) == {"endpoint": "/graphql", "title": "<b>&", "tabs": [document], "headers": {}}
    assert "<title>&lt;b&gt;&amp;</title>" in page.text
    assert "alert(1)</script>" not in page.text


async def test_the_page_may_load_nothing_from_elsewhere() -> None:
    page = await get(GraphiQL(), "/graphql")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert re.findall(r'(?:src|href)="(?!/graphiql/|data:,)', page.text) == []


async def test_what_the_page_names_is_there_and_may_be_kept() -> None:
    graphiql = GraphiQL()
    page = await get(graphiql, "/graphql")
    assets = re.findall(r'(?:src|href)="(/graphiql/[^"]+)"', page.text)
    assert len(assets) == 2
    for path in assets:
        asset = await get(graphiql, path)
        assert asset.status_code == 200
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert (await get(graphiql, path, **{"If-None-Match": asset.headers["etag"]})).status_code == 304


@pytest.mark.parametrize("path", ["/graphiql/nothing.js", "/graphiql/../graphiql.py", "/graphiql/"])
async def test_nothing_else_is_served(path: str) -> None:
    assert (await get(GraphiQL(), path)).status_code == 404


def test_every_file_that_another_names_was_built() -> None:
    scripts = {path.name: path.read_text() for path in STATIC.glob("*.js")}
    named = {name for text in scripts.values() for name in re.findall(r'"(?:\./)?([a-z]+-[0-9A-Z]{8}\.js)"', text)}
    assert {name.split("-")[0] for name in named} == {"chunk", "editor", "graphql", "json"}
    assert named <= set(scripts)


def test_the_licences_of_what_is_bundled_are_beside_it() -> None:
    licences = (STATIC / "LICENSES.txt").read_text()
    for package in ("graphiql", "graphql", "graphql-ws", "monaco-editor", "react", "react-dom"):
        assert re.search(rf"^{package} \d+\.\d+\.\d+ \(", licences, re.MULTILINE), package

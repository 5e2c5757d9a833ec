"""GraphiQL in a real browser, against the whole gateway."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.gateway import Gateway

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium, or CHROMIUM=/path/to/it"),
]


@pytest.fixture
async def page(gateway: Gateway) -> AsyncIterator[Page]:
    """GraphiQL as it opens; whatever it asks of another origin, or complains of, fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--no-sandbox"])
        page = await browser.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.on("request", lambda sent: complaints.append(sent.url) if not is_ours(sent.url, gateway) else None)
        await page.goto(f"{gateway.url}/graphql")
        editor = page.locator(".graphiql-editor .view-lines").first
        await expect(editor).to_contain_text("PendingApprovals", timeout=60_000)
        yield page
        await browser.close()
    assert complaints == []


def is_ours(url: str, gateway: Gateway) -> bool:
    return url.startswith((gateway.url, gateway.url.replace("http", "ws"), "data:", "blob:"))


async def test_the_first_tab_runs_and_shows_its_answer(page: Page) -> None:
    await page.locator(".graphiql-execute-button").click()

    await expect(page.locator(".result-window")).to_contain_text("Chris Bennett", timeout=20_000)


async def test_a_subscription_streams_what_a_mutation_changes(page: Page, gateway: Gateway) -> None:
    await page.get_by_role("tab", name="ContentChanged").click()
    await page.locator(".graphiql-execute-button").click()
    await expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=20_000)

    await gateway.query(
        """mutation { createContentForListing(
            input: {listingId: "lst_905ba0f2eb8a80d7e863", contentTypes: [EMAIL]}
        ) { task { id } } }"""
    )

    await expect(page.locator(".result-window")).to_contain_text("PENDING_APPROVAL_AGENT", timeout=20_000)

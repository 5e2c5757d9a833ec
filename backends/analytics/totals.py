"""Totals: how many things there are, as the services that own them count."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from pydantic import BaseModel

from backends.document import Answered
from backends.peers import Peers

GIGABYTE: Final = 10**9


class Counted(BaseModel):
    """What is read of a page: how long the whole list is."""

    total: int


async def count(peers: Peers, service: str, path: str, on_behalf_of: str | None, **filters: str) -> int:
    """How many things of a kind a user has; all users together where nobody is named."""
    query = urlencode({"limit": 0, **filters})
    return (await peers.get(service, f"{path}?{query}", Counted, on_behalf_of=on_behalf_of)).total


class SystemStats(Answered):
    total_characters: int
    active_characters: int
    total_content: int
    total_posts: int
    storage_used_gb: float
    storage_available_gb: float


async def system_stats(peers: Peers, data_dir: Path, on_behalf_of: str | None) -> SystemStats:
    characters, active, content, posts = await asyncio.gather(
        count(peers, "characters", "/characters", on_behalf_of),
        count(peers, "characters", "/characters", on_behalf_of, status="active"),
        count(peers, "content", "/content", on_behalf_of),
        count(peers, "publishing", "/posts", on_behalf_of),
    )
    return SystemStats(
        total_characters=characters,
        active_characters=active,
        total_content=content,
        total_posts=posts,
        **storage(data_dir),
    )


def storage(directory: Path) -> Mapping[str, float]:
    """What the services have stored, and what there is room for."""
    used = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    available = shutil.disk_usage(directory).free
    return {
        "storage_used_gb": round(used / GIGABYTE, 6),
        "storage_available_gb": round(available / GIGABYTE, 3),
    }

"""The servers of the job: what each is started with, and where those that are not ours are installed."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.contest import Contestant
from benchmarks.machine import Cores, Process, free_port, python
from benchmarks.show import note

OURS: Final = "Atrium"
OTHER: Final = "Atrium, the other checkout"
SHIPPED: Final = "as shipped"
UNSHARED: Final = "nothing shared"
_RECIPE: Final = Path(__file__).with_name("node")


def installed_in() -> Path:
    """A directory outside the repository, for packages and our programs that use them."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "atrium-benchmarks"


def install() -> None:
    """Have npm install the peers, unless they are there."""
    place = installed_in()
    if shutil.which("npm") is None:
        note("npm is not installed: no peers on Node.")
        return
    recipe = _RECIPE / "package.json"
    kept = place / "package.json"
    if kept.exists() and kept.read_bytes() == recipe.read_bytes() and (place / "node_modules").exists():
        return
    note(f"Installing the peers in {place}.")
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(recipe, kept)
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    subprocess.run(command, cwd=place, check=True, timeout=600)  # noqa: S603


@dataclass(frozen=True, slots=True)
class Server:
    """One server. `needs` are packages; `{file}` in command or environment is a file made from `template`."""

    name: str
    command: Sequence[str]
    needs: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    template: str | None = None
    modes: Sequence[str] = (UNSHARED, SHIPPED)
    folder: Path | None = None
    """Where it is started, if that is not here."""

    @property
    def is_installed(self) -> bool:
        return all((installed_in() / "node_modules" / package).exists() for package in self.needs)

    def start(self, cores: Cores, upstream: str, directory: Path) -> Contestant:
        """Start it on these cores."""
        port = free_port()
        if self.needs:
            for program in _RECIPE.glob("*.js"):
                shutil.copy(program, installed_in())
        made = directory / (self.template or "none")
        if self.template is not None:
            text = (_RECIPE / self.template).read_text().replace("{port}", str(port)).replace("{upstream}", upstream)
            made.write_text(text)
        command = [part.replace("{file}", str(made)) for part in self.command]
        environment = {"PORT": str(port), "UPSTREAM": upstream, "NODE_ENV": "production"}
        environment |= {name: value.replace("{file}", str(made)) for name, value in self.environment.items()}
        log = directory / f"{self.name} {'-'.join(self.modes)}.log"
        process = Process(command, cores, log, environment, installed_in() if self.needs else self.folder)
        return Contestant(self.name, process, f"http://127.0.0.1:{port}/graphql")


def _node(name: str, program: str, *needs: str, **environment: str) -> Server:
    return Server(name, ["node", f"{program}.js"], ("graphql", "dataloader", "undici", *needs), environment)


def _hive() -> Server:
    command = ["node_modules/.bin/hive-gateway", "supergraph", "-c", "hive.config.js"]
    return Server("Hive Gateway", command, ("@graphql-hive/gateway",), {"SUPERGRAPH": "{file}"}, "hive.graphql")


def _tailcall(name: str, mode: str, template: str) -> Server:
    package = "@tailcallhq/core-linux-x64-gnu"
    command = [str(installed_in() / "node_modules" / package / "bin" / "tailcall"), "start", "{file}"]
    quiet = {"TAILCALL_LOG_LEVEL": "error", "TC_LOG_LEVEL": "error", "TC_TRACKER": "false", "TAILCALL_TRACKER": "false"}
    return Server(name, command, (package,), quiet, template, (mode,))


def _atrium(mode: str, name: str = OURS, folder: Path | None = None) -> Server:
    command = python("benchmarks.peers.atrium_posts")
    return Server(name, command, environment={"SHARE": "1" if mode == SHIPPED else "0"}, modes=(mode,), folder=folder)


def servers(named: str = "", beside: Path | None = None) -> list[Server]:
    """Those whose name has what is asked for, a regular expression, in it; `beside` is another checkout of this.

    Servers with one configuration for both modes stand once.
    """
    all_servers = [
        _atrium(UNSHARED),
        _atrium(SHIPPED),
        *([_atrium(UNSHARED, OTHER, beside), _atrium(SHIPPED, OTHER, beside)] if beside else []),
        Server("Strawberry", python("benchmarks.peers.strawberry_posts")),
        _node("Apollo Server", "apollo", "@apollo/server"),
        _node("Mercurius, JIT", "mercurius", "mercurius", "fastify"),
        _node("Yoga", "yoga", "graphql-yoga"),
        _node("Yoga, JIT", "yoga", "graphql-yoga", "@envelop/graphql-jit", JIT="1"),
        _hive(),
        _tailcall("Tailcall", UNSHARED, "tailcall_unshared.graphql"),
        _tailcall("Tailcall", SHIPPED, "tailcall.graphql"),
    ]
    return [server for server in all_servers if server.name in (OURS, OTHER) or re.search(named, server.name)]

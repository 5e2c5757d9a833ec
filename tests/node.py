"""npm packages for tests against other people's tools, kept outside the repository, and programs that run with them."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

_INSTALL: Final = ("install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error")


def installed(recipe: Path) -> Path:
    """The `node_modules` for a `package.json` as it is now; npm installs it where that has not been done."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "atrium-tests"
    place = cache / sha256(recipe.read_bytes()).hexdigest()[:12]
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as directory:
            made = Path(directory, "made")
            made.mkdir()
            shutil.copy(recipe, made)
            run(made, "npm", *_INSTALL, seconds=600)
            try:
                made.rename(place)  # in one step: what is there is whole
            except OSError:
                if not place.exists():  # another run was first
                    raise
    return place / "node_modules"


def workshop(programs: Path, directory: Path) -> Path:
    """A copy of our programs in `directory`, where they find the packages; skips the test where Node is not there."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs Node 20 or newer and npm: apt-get install nodejs npm, or https://nodejs.org")
    place = directory / "workshop"
    shutil.copytree(programs, place)
    (place / "node_modules").symlink_to(installed(programs / "package.json"), target_is_directory=True)
    return place


def run(place: Path, *command: str, seconds: float = 120, environment: Mapping[str, str] | None = None) -> str:
    """What a command in `place` prints; fails with all it said when it fails."""
    done = subprocess.run(  # noqa: S603 -- our own commands
        command,
        cwd=place,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout

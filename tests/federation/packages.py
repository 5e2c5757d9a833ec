"""The npm packages of these tests, kept outside the repository, and programs that run with them."""

import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final

RECIPE: Final = Path(__file__).with_name("node")
_INSTALL: Final = ("install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error")


def installed() -> Path:
    """The `node_modules` for the recipe as it is now; npm installs it where that has not been done."""
    recipe = RECIPE / "package.json"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "atrium-federation"
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


def workshop(directory: Path) -> Path:
    """A copy of our programs in `directory`, where they find the packages."""
    place = directory / "workshop"
    shutil.copytree(RECIPE, place)
    (place / "node_modules").symlink_to(installed(), target_is_directory=True)
    return place


def run(place: Path, *command: str, seconds: float = 120) -> str:
    """What a command in `place` prints; fails with all it said when it fails."""
    done = subprocess.run(  # noqa: S603 -- our own commands
        command, cwd=place, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout

"""`python -m app` is the `gateway` command."""

import gc


def main() -> int:
    """Run the command, without looking for garbage until there is a server: a start makes much and drops little."""
    gc.disable()
    from app.cli import main as run

    return run()


if __name__ == "__main__":
    raise SystemExit(main())

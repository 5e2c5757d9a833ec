"""A parser that takes its time."""

import threading

from graphql import DocumentNode, parse


class SlowParser:
    """Waits until it is let go, and tells in which threads it has been."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()
        self.threads: list[str] = []

    def parse(self, text: str) -> DocumentNode:
        self.threads.append(threading.current_thread().name)
        self.begun.set()
        assert self.go.wait(10)
        return parse(text)

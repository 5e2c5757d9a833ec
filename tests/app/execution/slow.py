"""A parser that takes its time."""

import threading

from graphql import DocumentNode, parse


class SlowParser:
    """Waits until it is let go, and tells what it has read in which threads."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()
        self.threads: list[str] = []
        self.texts: list[str] = []

    def parse(self, text: str) -> DocumentNode:
        self.threads.append(threading.current_thread().name)
        self.texts.append(text)
        self.begun.set()
        assert self.go.wait(10)
        return parse(text)

"""The operations of a connection that carries several."""

import asyncio

from app.server.streaming.operation import Operation, Sink


class Operations:
    """Operations by the ids that the client gave them, at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_id: dict[str, Operation] = {}
        self._running: set[asyncio.Task[None]] = set()  # with those that the client stopped and that still clean up
        self._tasks: asyncio.TaskGroup | None = None

    def __contains__(self, id_: str) -> bool:
        return id_ in self._by_id

    @property
    def is_full(self) -> bool:
        return max(len(self._running), len(self._by_id)) >= self._limit

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """Run in these tasks what was added, and what will be."""
        self._tasks = tasks
        for operation in self._by_id.values():
            self._start(operation, tasks)

    def add(self, id_: str, operation: Operation) -> None:
        self._by_id[id_] = operation
        if self._tasks is not None:
            self._start(operation, self._tasks)

    def stop(self, id_: str) -> None:
        """The client wants no more of an operation."""
        if (operation := self._by_id.pop(id_, None)) is not None:
            operation.stop()

    def forget(self, id_: str, sink: Sink) -> None:
        """The operation of a sink has come to its end: its id may be used again."""
        operation = self._by_id.get(id_)
        if operation is not None and operation.sink is sink:
            del self._by_id[id_]

    def renew(self) -> None:
        """The session was prolonged."""
        for operation in self._by_id.values():
            operation.renew()

    def _start(self, operation: Operation, tasks: asyncio.TaskGroup) -> None:
        task = operation.start(tasks)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

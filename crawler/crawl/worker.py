"""A worker process: reads article pages for the process that stores them.

Started by `crawl.worker_process` with one end of a pair of sockets: a fork, or `python -m crawler.crawl.worker FD`. A
message is its length (8 bytes, big-endian) and a pickle. The pickles come from the process that started this one, and
from no file.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import signal
import socket
import struct
import sys
import threading
import traceback
from dataclasses import dataclass
from logging.handlers import BufferingHandler
from queue import SimpleQueue
from typing import Any

LENGTH = struct.Struct(">Q")
# Ctrl-C and a stop of the service reach all processes of the group. The storing process decides what still counts.
IGNORED_SIGNALS = (signal.SIGINT, signal.SIGTERM)

# Log records of a page, as level, name of the logger, and message.
Logged = list[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What a worker needs to read the pages of a source. Sent as a pickle within the message, for a late import."""

    key: int  # of the source, in the messages of its pages
    pickled: bytes  # spider class, arguments as typed, settings, and name of the source in the corpus


@dataclass(frozen=True, slots=True)
class Task:
    """A page to read. A `Page` with its `link`, pickled."""

    number: int
    key: int
    page: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a task: an `Article`, a Request or a `PageError`. *failure* is the traceback of another error."""

    number: int
    result: Any = None
    failure: str = ""
    logged: Logged | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """Sent before a task: if the worker dies now, its page may be the cause."""

    number: int


READY = Answer(-1)  # the first message of a worker: its imports are done


def main(descriptor: int) -> None:
    """Answer the tasks that arrive, until the other end is closed."""
    for number in IGNORED_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    connection = socket.socket(fileno=descriptor)
    received: SimpleQueue[bytes] = SimpleQueue()
    sys.path[:] = pickle.loads(_receive(connection))  # noqa: S301 (from our parent) - the sources of a project
    threading.Thread(target=_receive_all, args=(connection, received), daemon=True).start()

    from crawler.crawl.worker_sources import Reader  # here: it imports Scrapy, which takes most of the start

    log = BufferingHandler(capacity=sys.maxsize)
    logging.getLogger().handlers = [log]  # the storing process logs for all
    gc.freeze()  # a fork shares the memory of its parent until the collector touches it
    reader = Reader()
    _send(connection, READY)
    while True:
        message = pickle.loads(received.get())  # noqa: S301
        if isinstance(message, SourceFile):
            reader.add(message)
            continue
        _send(connection, Begun(message.number))
        try:
            answer = Answer(message.number, reader.read(message), logged=_taken(log))
            _send(connection, answer)
        except Exception:  # of this process and not of the page, such as a result that cannot be pickled
            _send(connection, Answer(message.number, failure=traceback.format_exc()))


def _taken(log: BufferingHandler) -> Logged | None:
    records = [(record.levelno, record.name, record.getMessage()) for record in log.buffer]
    log.buffer.clear()
    return records or None


def _receive_all(connection: socket.socket, received: SimpleQueue[bytes]) -> None:
    """Put all messages into *received*. Ends the process with its parent, also in the middle of a page.

    A thread, because the parent must never wait for a worker that is busy: both could wait for each other.
    """
    try:
        while True:
            received.put(_receive(connection))
    finally:
        os._exit(0)


def _receive(connection: socket.socket) -> bytes:
    """Return the next message. Raises EOFError after the last one."""
    return bytes(_exactly(connection, LENGTH.unpack(_exactly(connection, LENGTH.size))[0]))


def _exactly(connection: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view, filled = memoryview(data), 0
    while filled < size:
        count = connection.recv_into(view[filled:])
        if not count:
            raise EOFError
        filled += count
    return data


def _send(connection: socket.socket, answer: Answer | Begun) -> None:
    data = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    connection.sendall(LENGTH.pack(len(data)))
    connection.sendall(data)


if __name__ == "__main__":
    # Under its own name: the pickles of both ends name the classes of the module, and not those of `__main__`.
    from crawler.crawl import worker

    worker.main(int(sys.argv[1]))

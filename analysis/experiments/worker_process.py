"""A worker process: takes calls from standard input, answers on standard output, until it closes.

Started by ``analysis.experiments.worker_pool``. A call is a pickled function with its arguments, an
answer a pair (fine, value); both are preceded by their length. The environment makes Numba
and BLAS use one thread. Whatever a call prints goes to standard error.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import struct
import sys
import threading
import time
import traceback
from typing import Any, BinaryIO

LENGTH = struct.Struct("<Q")
LOOK = 0.5  # seconds between looks whether the parent is still there


def send(stream: BinaryIO, content: bytes) -> None:
    """Write a message, its length first."""
    stream.write(LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: BinaryIO) -> bytes:
    """Read a message; raises ``EOFError`` where the stream ends before it does."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError("the stream has ended")
    (length,) = LENGTH.unpack(head)
    content = stream.read(length)
    if len(content) < length:
        raise EOFError("the stream ended inside a message")
    return content


def answer(content: bytes) -> bytes:
    """Carry out one call and return its answer; every exception is one."""
    try:
        function, arguments = pickle.loads(content)
        return pickle.dumps((True, function(*arguments)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        text = traceback.format_exc()
        try:
            found = pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
            pickle.loads(found)  # some exceptions can be written, but not read
        except Exception:
            why = f"{type(error).__name__}: {error}"
            found = pickle.dumps((False, RuntimeError(why)), pickle.HIGHEST_PROTOCOL)
        if not isinstance(error, ValueError):
            print(text, file=sys.stderr)
        return found


def watch(parent: int) -> None:
    """End this process when its parent was killed, instead of letting it go on for nobody."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def main() -> None:
    """Answer calls until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    if os.name == "posix":
        watch(int(sys.argv[1]))
    calls: Any = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            content = receive(calls)
        except EOFError:
            return
        try:
            send(answers, answer(content))
        except BrokenPipeError:
            return
        gc.collect()  # a world is few objects and many bytes, in circles: it would wait for long


if __name__ == "__main__":
    main()

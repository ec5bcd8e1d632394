# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""Worker processes over a list of files: a crash or a hang costs the one file that caused it."""

import collections
import dataclasses
import json
import os
import pathlib
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from . import headers

TOOLS = pathlib.Path(__file__).resolve().parent.parent
START_SECONDS = 120  # imports on a busy machine


class StartFailure(RuntimeError):
    """The module under test cannot be imported or its Decoder cannot be made."""


@dataclasses.dataclass
class Task:
    path: str
    skip: list[str] = dataclasses.field(default_factory=list)


class Worker:
    def __init__(self, module: str, memory_bytes: int, errors: str):
        read_end, write_end = os.pipe()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "conformancelib.worker",
                module,
                str(write_end),
                str(memory_bytes),
                errors,
            ],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(write_end,),
            cwd=TOOLS,
            text=True,
        )
        os.close(write_end)
        self.channel = os.fdopen(read_end, "rb", buffering=0)
        self.pending = b""
        self.phase, self.phase_since = "start", time.monotonic()
        self.task: Task | None = None

    def give(self, task: Task) -> None:
        self.task, self.phase, self.phase_since = task, "given", time.monotonic()
        try:
            self.process.stdin.write(json.dumps(dataclasses.asdict(task)) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it died idle: the end of its channel tells

    def messages(self) -> list[dict] | None:
        """What the worker has written; None at its end."""
        piece = self.channel.read(1 << 16)
        if not piece:
            return None
        *lines, self.pending = (self.pending + piece).split(b"\n")
        return [json.loads(line) for line in lines]

    def end(self) -> str:
        """Ends the process; says how it had ended by itself, if it had."""
        try:
            code = self.process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.channel.close()
        self.process.stdin.close()
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"


class Supervisor:
    def __init__(
        self, module: str, job_count: int, timeout_s: float, memory_bytes: int, errors: str
    ):
        self.module, self.job_count = module, job_count
        self.timeout_s, self.memory_bytes, self.errors = timeout_s, memory_bytes, errors
        self.queue: collections.deque[Task] = collections.deque()
        self.results: list[dict] = []
        self.on_result: Callable[[dict], None] = lambda result: None

    def run(self, paths: list[str], on_result: Callable[[dict], None]) -> list[dict]:
        self.queue.extend(Task(path) for path in paths)
        self.on_result = on_result
        self.selector = selectors.DefaultSelector()
        for _ in range(min(self.job_count, len(paths))):
            self.start_worker()
        while self.selector.get_map():
            for key, _ in self.selector.select(timeout=0.5):
                self.listen(key.data)
            for key in list(self.selector.get_map().values()):
                self.check_time(key.data)
        return self.results

    def start_worker(self) -> None:
        worker = Worker(self.module, self.memory_bytes, self.errors)
        self.selector.register(worker.channel, selectors.EVENT_READ, worker)

    def listen(self, worker: Worker) -> None:
        messages = worker.messages()
        if messages is None:
            self.bury(worker, "crash")
            return
        for message in messages:
            if "result" in message:
                self.finish(message["result"])
                worker.task = None
                self.next_task(worker)
            else:
                worker.phase, worker.phase_since = message["phase"], time.monotonic()
                if worker.phase == "ready":
                    self.next_task(worker)

    def next_task(self, worker: Worker) -> None:
        if self.queue:
            worker.give(self.queue.popleft())
        else:
            self.selector.unregister(worker.channel)
            worker.process.stdin.close()
            worker.end()

    def check_time(self, worker: Worker) -> None:
        limit_s = START_SECONDS if worker.phase == "start" else self.timeout_s
        if time.monotonic() - worker.phase_since > limit_s:
            worker.process.kill()
            self.bury(worker, "hang")

    def bury(self, worker: Worker, outcome: str) -> None:
        self.selector.unregister(worker.channel)
        how = worker.end()
        task = worker.task
        if worker.phase == "start" or task is None:
            raise StartFailure(
                f"the worker ended ({how}) before its first file:\n{worker.process.stderr.read()}"
            )
        if worker.phase in ("subject", "given"):
            words = f"after {self.timeout_s:g} s" if outcome == "hang" else how
            with open(task.path, "rb") as file:
                format_name = headers.detect(file.read(64))
            self.finish(
                {"path": task.path, "format": format_name, "outcome": outcome, "detail": words}
            )
        else:  # a reference did it: once more without that reference
            self.queue.appendleft(Task(task.path, [*task.skip, worker.phase]))
        if self.queue:
            self.start_worker()

    def finish(self, result: dict) -> None:
        self.results.append(result)
        self.on_result(result)

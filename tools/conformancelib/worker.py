# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""A worker process: decodes files one by one and reports each phase, so that a crash names its culprit.

Started as `python -m conformancelib.worker MODULE FD MEMORY_BYTES ERRORS`. Reads one JSON object a line from stdin
({"path": ..., "skip": [readers that crashed on it]}), writes one a line to file descriptor FD:
{"phase": name} before each step, {"result": {...}} at the end of each file.
"""

import functools
import importlib
import json
import logging
import os
import resource
import sys
import tempfile
import time

import numpy as np

from . import compare, headers, references, tiff

DEVICE_CPU_ONLY = -99999  # the compatible API's number for "no GPU"


class LastWords(logging.Handler):
    """Keeps what the module logged about the file in hand."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Subject:
    """The module under test, CPU only, with interpolated chroma as the references have it."""

    def __init__(self, module_name: str, errors: str):
        module = importlib.import_module(module_name)
        backends = [module.Backend(module.BackendKind.CPU_ONLY)]
        self.decoder = module.Decoder(
            device_id=DEVICE_CPU_ONLY,
            max_num_cpu_threads=1,
            backends=backends,
            options=":fancy_upsampling=1",
        )
        self.module = module
        extension = (
            {} if errors == "strict" else {"errors": errors}
        )  # no field of the compatible API
        self.unchanged = module.DecodeParams(
            apply_exif_orientation=False,
            color_spec=module.ColorSpec.UNCHANGED,
            allow_any_depth=True,
            **extension,
        )
        self.default = module.DecodeParams(**extension)
        self.words = LastWords()
        logger = logging.getLogger(module_name)
        logger.addHandler(self.words)
        self.stderr = tempfile.TemporaryFile()
        os.dup2(self.stderr.fileno(), 2)

    def decode(
        self, data: bytes, params: object, part: tiff.Part | None = None
    ) -> np.ndarray | None:
        source = data
        if part and (part.index or part.offset is not None):
            try:
                source = self.module.CodeStream(data).get_sub_code_stream(**part.view())
            except (RuntimeError, ValueError) as error:  # a stream that cannot be made is refused
                self.words.lines.append(str(error))
                return None
        image = self.decoder.decode(source, params=params)
        return None if image is None else np.array(np.asarray(image.cpu()))

    def forget(self) -> None:
        self.words.lines.clear()
        self.stderr.seek(0)
        self.stderr.truncate()

    def reason(self) -> str:
        """The module's own record, else the first line that it wrote to stderr."""
        if self.words.lines:
            return self.words.lines[0][:300]
        self.stderr.seek(0)
        lines = self.stderr.read(20000).decode(errors="replace").splitlines()
        return next((line.strip()[:300] for line in lines if line.strip()), "no reason given")


def read_references(readers: dict, skip: list[str], tell) -> tuple[dict, dict]:
    found: dict[str, references.Reference] = {}
    refusals: dict[str, str] = {}
    for name, reader in readers.items():
        if name in skip:
            refusals[name] = "crashes or hangs"
            continue
        tell({"phase": name})
        try:
            found[name] = reader()
        except NotImplementedError:
            continue
        except Exception as error:
            refusals[name] = f"{type(error).__name__}: {error}"[:200]
    return found, refusals


def examine(subject: Subject, path: str, skip: list[str], tell) -> dict:
    with open(path, "rb") as file:
        data = file.read()
    format_name = headers.detect(data)
    result: dict = {"path": path, "format": format_name, "bytes": len(data)}
    if format_name != "tiff":
        readers = references.readers_for(format_name, data)
        readers = {name: functools.partial(reader, data) for name, reader in readers.items()}
        orientation = references.orientation(data, format_name)
        return result | examine_image(
            subject, data, None, format_name, readers, orientation, skip, tell
        )
    tell({"phase": "pages"})
    of_parts = []
    for part in [tiff.Part()] if "pages" in skip else tiff.parts(data):
        readers = tiff.readers_for(data, part)
        one = examine_image(subject, data, part, format_name, readers, part.orientation, skip, tell)
        if one["detail"] and part.name != "page 0":
            one["detail"] = f"{part.name}: {one['detail']}"
        of_parts.append(one)
    worst = max(of_parts, key=compare.gravity)
    return result | worst | {"parts": len(of_parts), "ms": round(sum(p["ms"] for p in of_parts), 2)}


def examine_image(subject, data, part, format_name, readers, orientation, skip, tell) -> dict:
    result: dict = {}
    subject.forget()
    tell({"phase": "subject"})
    start = time.perf_counter()
    try:
        raw = subject.decode(data, subject.unchanged, part)
        rgb = None if raw is None else subject.decode(data, subject.default, part)
        raised = None
    except Exception as error:
        raw = rgb = None
        raised = f"raised {type(error).__name__}: {error}"[:300]
    result["ms"] = round((time.perf_counter() - start) * 1e3, 2)
    reason = raised or (subject.reason() if raw is None or rgb is None else "")
    found, refusals = read_references(readers, skip, tell)
    result["references"] = sorted(found)
    result["refusals"] = refusals
    result["disputed"] = compare.disputed(found, refusals)
    if raised:
        result.update(outcome="raised", detail=raised)
    elif raw is None or rgb is None:
        result.update(
            outcome="refused", detail=("" if raw is None else "default request: ") + reason
        )
    elif not found:
        result.update(outcome="alone", detail="no reference decodes it")
    else:
        verdict = compare.judge(raw, rgb, found, format_name, orientation)
        result.update(outcome=verdict.outcome, detail=verdict.detail)
    return result


def main() -> None:
    module_name, channel, memory_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = os.fdopen(channel, "w", buffering=1)

    def tell(message: dict) -> None:
        out.write(json.dumps(message) + "\n")

    tell({"phase": "start"})
    subject = Subject(module_name, sys.argv[4])
    tell({"phase": "ready"})
    for line in sys.stdin:
        task = json.loads(line)
        tell({"result": examine(subject, task["path"], task["skip"], tell)})


if __name__ == "__main__":
    main()

"""Computes metrics in a process of its own, so that long or strange texts can neither stall nor fill this one.

`python -m bot.metrics_worker` reads one JSON object from standard input, `{"files": [{"name", "base64"}]}`, and
writes one: `{"cases", "metrics"}`, or `{"problem"}`. Of two files the second holds the references.
"""

from __future__ import annotations

import base64
import json
import resource
import sys
from dataclasses import asdict
from typing import Any

from bot.failures import OperationError
from bot.prediction_files import read_pairs

_MEMORY_BYTES = 2 * 2**30


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return the metrics of the files, or what is wrong with them."""
    files = [(base64.b64decode(file["base64"]), str(file["name"])) for file in request["files"]]
    try:
        pairs = read_pairs(*files[0], *(files[1] if len(files) > 1 else ()))
    except OperationError as error:
        return {"problem": str(error)}
    from bot.computed_metrics import compute  # a second of loading, which a wrong file need not wait for

    return {"cases": len(pairs), "metrics": [asdict(metric) for metric in compute(pairs)]}


def main() -> int:
    """Answer the one request on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    sys.stdout.write(json.dumps(answer(json.load(sys.stdin))))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Reads PDFs in a process of their own, so that a broken or huge one can neither stall nor fill this one.

`python -m bot.pdf_reader FILE` writes one JSON object: `{"text"}`, or `{"message", "cure"}`.
"""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
from pathlib import Path

from knowledge.pdf import PdfError, markdown_of_pdf

SECONDS = 120.0
_MEMORY_BYTES = 2 * 2**30


def read_pdf(file: Path, seconds: float = SECONDS) -> str:
    """Return a PDF's words as Markdown. Raises PdfError, also for one that takes too long."""
    command = [sys.executable, "-m", "bot.pdf_reader", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=True)
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise PdfError(f"The PDF could not be read within {seconds:.0f} s.", "Split it.") from error
    except (subprocess.CalledProcessError, ValueError) as error:
        raise PdfError("The PDF could not be read.", "Save it anew as a PDF, or as text.") from error
    if "text" not in answer:
        raise PdfError(answer["message"], answer["cure"])
    return str(answer["text"])


def main() -> int:
    """Read the PDF that the command line names."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    logging.disable(logging.CRITICAL)  # pypdf remarks on every oddity
    try:
        answer = {"text": markdown_of_pdf(Path(sys.argv[1]).read_bytes())}
    except PdfError as problem:
        answer = {"message": str(problem), "cure": problem.cure}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())

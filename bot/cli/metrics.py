"""`cairn metrics`: scores from a file of predictions and references."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.shared import Json, fail, show
from bot.computed_metrics import compute
from bot.failures import OperationError
from bot.prediction_files import read_pairs


def metrics(
    file: Annotated[Path, typer.Argument(help="CSV, JSONL or text with predictions (and references).")],
    references: Annotated[
        Path | None, typer.Option("--references", help="References, where they stand in a file of their own.")
    ] = None,
    json: Json = False,
) -> None:
    """Compute exact match, F1, ROUGE-L and BLEU, each with a 95 % interval."""
    try:
        pairs = read_pairs(
            _read(file),
            file.name,
            _read(references) if references else None,
            references.name if references else "",
        )
    except OperationError as error:
        fail(str(error))
    found = compute(pairs)
    if json:
        show({
            "cases": len(pairs),
            "metrics": [
                {"name": m.name, "value": m.value, "low": m.low, "high": m.high, "how": m.how} for m in found
            ],
        })  # fmt: skip
        return
    for metric in found:
        print(f"{metric.name}: {_percent(metric.value)} ({_percent(metric.low)}–{_percent(metric.high)})")
    print(f"  {len(pairs):,} cases · 95 % intervals")
    scores = " ".join(f"{metric.name}={metric.value:.3f}" for metric in found)
    print(f"  To record it: /cairn evaluate {scores} on {len(pairs):,} cases")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.", 2)


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("metrics")(metrics)

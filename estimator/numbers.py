"""Numbers as they stand in a formula: few digits, thousands separated, units said."""

from __future__ import annotations

from math import floor, log10

GIB = 2**30
GB = 1e9
_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def number(value: float, digits: int = 3) -> str:
    """Return a number with about `digits` significant digits: 8.59, 16.1, 8,192, 3.8e+25."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e9 or size < 1e-3:
        return f"{value:.{digits - 1}e}"
    if size >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    decimals = max(0, digits - 1 - floor(log10(size)))
    return f"{value:,.{decimals}f}"


def count(value: float) -> str:
    """Return a count in words of the field: 8.03B, 42M, 12,000."""
    for scale, letter in _SCALES[:3]:
        if value >= scale:
            return f"{number(value / scale)}{letter}"
    return f"{value:,.0f}"


def gb_and_gib(value_bytes: float) -> str:
    """Return bytes in both units: "8.59 GB = 8.00 GiB"."""
    return f"{fixed(value_bytes / GB)} GB = {fixed(value_bytes / GIB)} GiB"


def fixed(value: float) -> str:
    """Return a size with two decimals below 100 and one above; tiny values keep three digits."""
    if 0 < abs(value) < 0.1:
        return number(value)
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.1f}"


def plural(amount: float, noun: str) -> str:
    """Return an amount with its noun: "1 GPU", "8 GPUs"."""
    return f"{amount:,.0f} {noun}{'' if amount == 1 else 's'}"

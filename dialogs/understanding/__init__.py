"""Free text to scope: rules first, every value with the words it was read from."""

from dialogs.understanding.confirmation import confirmation, field_text
from dialogs.understanding.dates import deadline_date
from dialogs.understanding.hardware import hardware_gpu
from dialogs.understanding.reader import read_message, read_scope
from dialogs.understanding.reading import Correction, Found, Reading, Wish

__all__ = [
    "Correction",
    "Found",
    "Reading",
    "Wish",
    "confirmation",
    "deadline_date",
    "field_text",
    "hardware_gpu",
    "read_message",
    "read_scope",
]

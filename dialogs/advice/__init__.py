"""Advice: which technique first, which model, and why, for one team."""

from dialogs.advice.advise import Glance, advise, glance
from dialogs.advice.overrules import Overrule
from dialogs.advice.result import Advice, ModelAdvice, TechniqueAdvice, WhyNot, size_class

__all__ = [
    "Advice",
    "Glance",
    "ModelAdvice",
    "Overrule",
    "TechniqueAdvice",
    "WhyNot",
    "advise",
    "glance",
    "size_class",
]

"""Errors of the edge. Each message is one sentence: what happened and what to do."""


class ConfigurationError(Exception):
    """A setting is missing or malformed; ends the start with exit code 2."""


class OperationError(Exception):
    """Something that was asked for could not be done; ends a command with exit code 1."""


class ModelError(OperationError):
    """A model file or a model process did not do what was asked."""

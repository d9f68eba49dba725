"""What can go wrong for a user: one sentence with the file, the expectation and what to try."""


class SpikecamError(Exception):
    """Base of every error that a user can cause and correct."""


class FileError(SpikecamError):
    """A file cannot be read: missing, empty, damaged, or not what it was taken for."""


class GeometryError(SpikecamError):
    """The height and width of a recording or picture are unknown, or do not fit."""


class RangeError(SpikecamError):
    """A frame, window or exposure lies outside the recording."""


class OptionError(SpikecamError):
    """An option or method that does not exist, or a value that it cannot take."""


class OutputError(SpikecamError):
    """A result cannot be written where it was asked for."""


class ResourceError(SpikecamError):
    """More memory was asked for than there is."""

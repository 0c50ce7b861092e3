from hypothesis import settings

from tests.commandline import command

__all__ = ["command"]  # a fixture of every test

# A machine that is busy with something else is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

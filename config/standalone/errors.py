"""What can go wrong while an instance is set up."""


class StandaloneError(Exception):
    """One sentence for the person at the terminal: what is wrong and what to do. Never shown as a traceback."""

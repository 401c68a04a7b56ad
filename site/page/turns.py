"""Long work in turns, so that typing and scrolling come between.

`asyncio.sleep(0)` is not enough: it lets Python's other tasks in, but not the browser.
"""

import asyncio

from pyscript import window

LONG = 30  # milliseconds of a turn after which a further piece of work is left to the next one


class Turn:
    """The piece of work under way, between two chances for the browser."""

    def __init__(self):
        """Begins at the page's own beginning."""
        self.began = 0  # milliseconds


_turn = Turn()


def begin():
    """Notes that the browser has just given us a turn."""
    _turn.began = window.performance.now()


async def pause():
    """Gives the browser a turn, if this one has been long."""
    if window.performance.now() - _turn.began > LONG:
        await asyncio.sleep(0.001)
        begin()

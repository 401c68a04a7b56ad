"""Imports what the page is made of, module by module in turns; then begins."""

import asyncio
import gc

from page import turns

gc.threshold(8_000_000)  # bytes: MicroPython would collect after every event, which takes milliseconds each time

MODULES = ("form", "address", "dom", "charts", "views", "handles", "cursor", "guest", "conversation", "actions")


async def start():
    """Each module that is imported here finds those that it imports already there."""
    for name in MODULES:
        __import__("page." + name)
        await turns.pause()
    main = __import__("page.main").main
    await main.begin()


asyncio.create_task(start())

"""Imports what the page is made of, one module a task, so that typing and scrolling come between; then begins."""

import asyncio
import gc

gc.threshold(8_000_000)  # bytes: MicroPython would collect after every event, which takes milliseconds each time

MODULES = ("form", "address", "dom", "charts", "views", "handles", "cursor", "guest", "conversation", "actions")


async def start():
    """Each module that is imported here finds those that it imports already there."""
    for name in MODULES:
        __import__("page." + name)
        await asyncio.sleep(0)
    main = __import__("page.main").main
    await main.begin()


asyncio.create_task(start())

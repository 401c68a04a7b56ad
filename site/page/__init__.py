"""The page: reads the form, asks the worker, shows the answer. Runs on MicroPython on the main thread."""

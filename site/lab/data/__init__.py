"""Where the numbers come from when they are not typed: generators, a picture, files, and presets.

- :mod:`.generate` makes the same numbers from the same seed everywhere, out of :mod:`.randomness` and :mod:`.exact`.
- :mod:`.picture` draws the bundled picture.
- :mod:`.store` keeps the files that were dropped, as long as the worker lives; :mod:`.files` says what is in them,
  with one module a format.
- :mod:`.presets` names requests worth looking at.

Imports `data.files`, `models`, `models.reading`, `models.conventions`, `parsing` and quantcore.
"""

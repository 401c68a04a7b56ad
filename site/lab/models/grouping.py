"""Which of several files belong together: the shards of each model, with what lies beside it."""

import re
from collections.abc import Iterable, Mapping

from .containers.safetensors import read_index
from .opening import INDEX
from .reading.fault import ModelFileError
from .reading.source import Source

SHARD = re.compile(r"(.*)-\d+-of-(\d+\.\w+)")


def grouped(models: Iterable[str], files: Mapping[str, Source]) -> list[dict[str, Source]]:
    """The files of each model, by the name of its first.

    Shards are told by their numbers, or by an index that names them. Of other files, those that begin with a model's
    name are its own, and those in a folder with models are theirs; the rest, such as config.json, may be any model's.

    Args:
        models: The names of those that hold tensors.
        files: All of them, by name.
    """
    together: dict[str, list[str]] = {}
    indexes = {name: _named_by(name, source) for name, source in files.items() if name.lower().endswith(INDEX)}
    for name in sorted(models):
        index = next((index for index, named in indexes.items() if name in named), "")
        together.setdefault(index or SHARD.sub(r"\1 \2", name), []).append(name)
    if len(together) == 1:
        return [dict(files)]
    held = {name for names in together.values() for name in names}
    stems = {name: _stem(name) for name in held}
    groups = []
    for key, names in together.items():
        own = {name: files[name] for name in names}
        for name, source in files.items():
            if name in held or (name in indexes and name != key):
                continue
            owners = {one for one, stem in stems.items() if name.startswith((one, f"{stem}."))}
            if not owners and (folder := _folder(name)):
                owners = {one for one in held if _folder(one) == folder}
            if not owners or owners & own.keys():
                own[name] = source
        groups.append(own)
    return groups


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def _folder(name: str) -> str:
    """With the slash; empty where the name has none."""
    return "".join(name.rpartition("/")[:2])


def _named_by(name: str, index: Source) -> set[str]:
    """The files that an index names; none where it cannot be read, which is said when its model is opened."""
    try:
        return {_folder(name) + place for place in read_index(index).values()}
    except ModelFileError:
        return set()

"""What the folders of an unknown tree may name: a guess from the names alone, for ``gaitcore new`` to propose.

The names of a level are divided at hyphens or underscores where all of them divide into equally many parts. The number
of parts of each level chooses the rule in ``_RULES``; keys that no level names become constants.
"""

import re
from collections import Counter
from collections.abc import Sequence

from gaitcore.keys import KEY_COLUMNS
from gaitcore.settings.data import Tree

CONSTANTS = {"condition": "nm", "sequence": "01", "view": "000"}
_PARTS_OF_A_SET = {"train", "test", "gallery", "probe", "val", "validation", "query", "distractor"}
_RULES: dict[tuple[int, ...], str] = {  # parts of each level -> its keys; a slash between levels
    (1, 1, 1): "subject/walk/view",
    (1, 2, 1): "subject/condition sequence/view",
    (1, 1, 1, 1): "subject/condition/sequence/view",
    (1, 1): "subject/walk",
    (1, 2): "subject/condition sequence",
    (1, 3): "subject/condition sequence view",
    (1, 4): "*/subject condition sequence view",
    (2,): "subject walk",
    (3,): "subject condition sequence",
    (4,): "subject condition sequence view",
}
_LEVELS = 4
_SEPARATORS = ("-", "_")


def guess_tree(names: Sequence[tuple[str, ...]]) -> Tree | None:
    """A description of the folders that sequences lie in; None where the names fit no rule.

    Args:
        names: of each sequence, the names of the folders below the root, the last one its own folder or its file
            without ending. Names of another depth than most have are not looked at.
    """
    if not names:
        return None
    depth = Counter(map(len, names)).most_common(1)[0][0]
    levels = [sorted(set(level)) for level in zip(*(one for one in names if len(one) == depth), strict=True)]
    skipped = 0  # levels above the subject
    while levels and (set(map(str.lower, levels[0])) <= _PARTS_OF_A_SET or len(levels) > _LEVELS):
        levels.pop(0)
        skipped += 1
    divided = [_divided(level) for level in levels]
    rule = _RULES.get(tuple(len(parts) for _, parts in divided))
    if rule is None:
        return None
    described = [
        _level(keys.split(), separator, parts)
        for keys, (separator, parts) in zip(rule.split("/"), divided, strict=True)
    ]
    folders = "/".join(["*"] * skipped + described)
    named = re.findall("[a-z]+", folders)
    return Tree(folders=folders, constant={key: CONSTANTS[key] for key in KEY_COLUMNS if key not in named})


def _divided(names: Sequence[str]) -> tuple[str, list[set[str]]]:
    """The separator of a level's names, and the texts at each place between separators."""
    for separator in _SEPARATORS:
        parts = [name.split(separator) for name in names]
        if len({len(one) for one in parts}) == 1 and len(parts[0]) > 1 and all(all(one) for one in parts):
            return separator, [set(texts) for texts in zip(*parts, strict=True)]
    return "", [set(names)]


def _level(keys: list[str], separator: str, parts: list[set[str]]) -> str:
    """The keys of a level as the setting ``tree.folders`` has them; a walk is a sequence if its names are numbered."""
    if keys[-1] == "walk":
        keys = [*keys[:-1], "sequence" if _are_numbered(parts[-1]) else "condition"]
    if keys[:2] == ["condition", "sequence"] and len(keys) == 2 and _are_numbers(parts[0]):
        keys = ["sequence", "condition"]
    return separator.join(keys)


def _are_numbers(texts: set[str]) -> bool:
    return all(text.isdecimal() for text in texts)


def _are_numbered(texts: set[str]) -> bool:
    """Whether the names are numbers, or one word with a number behind it: walk1, walk2."""
    return len({text.rstrip("0123456789") for text in texts}) == 1 and all(text[-1:].isdecimal() for text in texts)

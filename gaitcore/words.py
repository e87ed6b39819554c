"""Numbers and lists in sentences."""


def counted(number: int, one: str, several: str = "") -> str:
    """``1 seed``, ``2 seeds``; ``several`` is the plural where it is irregular: ``2 people``."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def listed(texts: list[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))

"""Names that become parts of paths are whitelisted, and what is found is shown in bounded time."""

import pytest

from gaitcore.errors import shown
from gaitcore.names import KEY, checked_name, is_name
from gaitcore.suggest import nearest

UNSAFE = [
    *("", ".", "..", ".hidden", "../../evil", "/etc", "a/b", "a\\b", "a b", "a\nb", "a\0b", "a{b}", "$(id)", "a;b"),
    *("-rf", "a*", "~", "%", "#", "<b>", "a:b", "\ud800", "é" * 65, "漢" * 67, "x" * 100_000),
]


@pytest.mark.parametrize("text", ["demo", "2023", "007", "casia-b_v1.2", "Müller", "步态", "_mine", "a+b", "x" * 64])
def test_letters_digits_and_a_few_signs_are_a_name(text):
    assert checked_name(text) == text


@pytest.mark.parametrize("text", UNSAFE, ids=lambda text: ascii(text[:9]))
def test_what_a_path_or_a_shell_would_read_is_no_name_and_no_key(text):
    assert not is_name(text)
    assert not is_name(text, KEY)


@pytest.mark.parametrize(
    ("value", "found"),
    [("a/b", "'a/b'"), (["a"], "['a']"), (None, "null"), (True, "true"), (1.5, "1.5"), (-1, "-1")],
)
def test_another_value_is_refused_in_one_sentence(value, found):
    with pytest.raises(ValueError, match="cannot be a name") as refused:
        checked_name(value)
    assert str(refused.value) == (
        f'{found} cannot be a name; expected letters, digits, "_", "-", "+" and ".", 64 at most and a letter, digit or '
        '"_" first'
    )


def test_a_whole_number_is_the_name_of_its_digits():
    assert checked_name(2023) == "2023"


def test_what_is_found_is_shown_in_60_characters():
    assert shown("x" * 10_000_000) == "'" + "x" * 27 + "..." + "x" * 28 + "'"
    assert shown(10**100_000) == "a whole number of about 100001 digits"
    assert shown([[[[[1]]]]]) == "[[[[...]]]]"
    assert shown(list(range(100))) == "[0, 1, 2, 3, 4, 5, ...]"


def test_a_name_is_not_compared_with_names_of_endless_length():
    assert nearest("x" * 100_000, ["y" * 100_000, "short"]) == "; expected one of: short."
    assert nearest("epohcs", [f"n{n}" for n in range(60)]).endswith("n53 and 10 more.")

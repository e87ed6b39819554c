"""A message for users is one line of bounded length, whatever a file holds."""

from gaitcore.errors import DataError


def test_a_message_keeps_its_words():
    assert str(DataError("poses.csv, line 3: “é”, expected a number.")) == "poses.csv, line 3: “é”, expected a number."


def test_line_ends_and_control_characters_of_a_file_are_escaped():
    assert str(DataError("poses.csv: 'a\nb\t\x00\u202e', rename it.")) == r"poses.csv: 'a\nb\t\x00\u202e', rename it."


def test_of_a_very_long_message_the_beginning_and_the_way_out_are_kept():
    message = str(DataError(f"poses.csv, line 3: {'x' * 100_000}, expected a number; correct it."))
    assert len(message) == 390
    assert message.startswith("poses.csv, line 3: xxx")
    assert message.endswith("xxx, expected a number; correct it.")


def test_a_long_message_of_control_characters_is_bounded_too():
    message = str(DataError("\0" * 10_000))
    assert len(message) <= 390
    assert message.isprintable()

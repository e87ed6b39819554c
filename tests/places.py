"""Where tests find things: the repository, golden values, and the real data beside the checkout."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
GOLDEN = REPOSITORY / "tests" / "golden"
REAL_DATA = REPOSITORY / ".." / "shared" / "data"  # absent from a user's checkout; tests on it then skip

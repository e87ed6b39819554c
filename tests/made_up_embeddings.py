"""Embeddings of a gallery and of probes, for tests of distances."""

import numpy as np
import pandas as pd


def made_up(seed, parts=None, subjects=6, views=3):
    """Embeddings (N, 4) or (N, parts, 4) of a gallery and probes of two conditions, and their keys."""
    draws = np.random.default_rng(seed)
    walks = [("gallery", "nm"), ("gallery", "nm"), ("probe", "nm"), ("probe", "cl")]
    keys = pd.DataFrame(
        [
            (f"{subject:03d}", condition, f"{number:02d}", f"{view:03d}", role)
            for subject in range(subjects)
            for number, (role, condition) in enumerate(walks)
            for view in range(0, 18 * views, 18)
        ],
        columns=["subject", "condition", "sequence", "view", "role"],
    )
    shape = (len(keys), 4) if parts is None else (len(keys), parts, 4)
    centres = draws.normal(size=(subjects, *shape[1:]))[keys["subject"].astype(int)]
    embeddings = (centres + draws.normal(size=shape)).astype(np.float32)
    return embeddings, keys

"""The files under ``results/``: one module, one ``read`` and one ``write`` each, and a schema checked on reading."""

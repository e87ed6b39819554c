"""Kinds of protocol: who trains and who is compared with whom; one file each, named in ``protocol.kind``."""

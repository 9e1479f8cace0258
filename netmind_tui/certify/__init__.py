"""Proving it to others: the node's key, certificates, their verification, and requirements.

May import ``bench`` and what is below it. What verifies (``canonical``, ``envelope``, ``statement``, ``trust``,
``check``, ``verify``) stands on the standard library, numpy, cryptography, msgspec and the libraries for DSSE and
RFC 8785 alone, so that it runs where nothing can be measured.
"""

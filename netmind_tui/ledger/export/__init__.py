"""The ledger as files for other programs: a table of lines, JSON that anybody can verify, and beancount.

Each row names its node, so that the books of several can be laid together. All are written while they are read, a page
of entries at a time.
"""

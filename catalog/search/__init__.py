"""
Finding books by words: how texts become words, how the index follows the books, how a question is answered.

PostgreSQL keeps and matches the words, but they are cut and folded here, once, for the index and for the question
alike, so that the two cannot disagree.
"""

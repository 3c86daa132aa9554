"""Audio-Cogito in the open: recordings in, a model that reasons about sound out.

Read `types.py` for the nouns and `pipeline.py` for the road they travel.
"""

__version__ = "0.1.0"

"""The pool of seed questions (Audio-Cogito, section 2.1.1): examples whose depth the annotator imitates.

    pool        what a seed is, and reading files of them      draw      which seeds a clip is shown
    skills      the vocabulary of skills, by layer and domain
    lint        what is wrong with a pool: rules (of one seed), likeness (of two), benchmarks, spelling
    coverage    what a pool covers, as a table and a picture   propose   a model drafts candidates for thin cells

One TOML file a domain (`sound`, `speech`, `music`, `mixed`), `[[seed]]` by `[[seed]]`; a folder of a recipe's own adds
files, and one of the same name stands in. A run copies the pool it began with.
"""

from audio_cogito.seeds.draw import Draw, Settings
from audio_cogito.seeds.pool import Seed, dumps, load, loads

__all__ = ["Draw", "Seed", "Settings", "dumps", "load", "loads"]

"""Training: from a run's rows to a model, by ms-swift as a process of its own (docs/decisions/032).

recipe.py     what is trained and how: ms-swift's options word for word, and ours beside them
rows.py       the rows: exported, read again, chosen; what is left out, and why
lengths.py    how many tokens a row takes
encoding.py   rows encoded by the engine before anything is trained, and what must hold of them
tensors.py    which tensors a saved file holds, read from its header
progress.py   what the trainer says on the way, and how long it will take
plot.py       the loss as a picture
training.py   all of it in order; resumes
merging.py    what was learnt put into the weights: a checkpoint to serve
engine/       what the engine's own Python runs: nothing here imports it, or torch, or ms-swift
"""

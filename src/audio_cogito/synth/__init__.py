"""The composer: scenes whose truth is known exactly, and questions that code writes from it.

Audio-Reasoner made its Complex Audio by arranging clips in sequence and by blending long tracks (arXiv 2503.02318,
appendix B.1), and then asked a model what is there. Here the score is kept, so that nothing has to be asked.

    scenes.py      Scene: which sound, when, how long, how loud, how high; settings.py says how they are drawn
    composing.py   compose(settings, random_seed, index) -> Scene
    render.py      render(scene) -> float32 samples at 16 kHz; stems(scene) for each sound by itself
    questions.py   questions(scene) -> every question that the score answers; chosen(...) takes some, keys balanced;
                   asking.py writes one, sequence.py, measures.py and presence.py know the skills
    pairs.py       questions about which of two recordings
    chains.py      chain(scene, asked) -> the gold chain: a timeline of what sounds, then the conclusion
    facts.py       facts(scene) -> types.Facts, each of origin "composed"
    dataset.py     many scenes in a folder that sources/complex_audio reads; card.py and pictures.py show it
    library.py     the kinds of sound by name; voices.py and beds.py make their samples of
                   waves.py, material.py brings recordings

Scene i of a random seed is the same whatever else is made, by whichever process.
"""

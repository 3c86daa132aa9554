"""People as one more check: what they decide about samples and seed questions, and the page on which they do.

    decisions   what a person said of a sample or a seed: the nouns
    journal     RUN/reviews.jsonl: appended, on disk before it is acknowledged, never rewritten
    opinions    decisions as verdicts: a build's and an export's traces with what people said of them
    accepted    seeds as people let them pass, as files of a plug-in folder
    exchange    samples, seeds and decisions to other tools and back: label_studio, argilla; sheets are what they show
    index       a run's samples, found without reading the run
    desk        who is dealt which item: leases, double review, versions
    figures     how people agree with each other, and the checks with people
    samples     the job of reviewing a run's samples;  seeding  that of seed questions, and of writing more
    server      the page's server (starlette);  doors  who may come in;  page/  what the browser is sent

Nothing here but `server` and `doors` needs the extra `audio-cogito[review]`.
"""

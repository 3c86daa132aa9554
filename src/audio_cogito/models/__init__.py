"""Things that answer: OpenAI-compatible servers (`openai`), models in this process (`local`), remembered replies
(`cache`), tests' scripts (`scripted`).

All are callables of `messages.Model`'s shape. `request` writes the words of a request once, for the wire and for the
reply store's key alike.
"""

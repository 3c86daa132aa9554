"""Words to models, one file a prompt.

A prompt file is Jinja. Its first line is a comment that says which variables come in and who reads what comes out;
then `# system` and `# user` head the messages (a prompt may have `# user` alone). Audio opens the user message: it is
put there by `Prompt.messages`, never by the file, so that a server encodes a sound once for all that follows.
An unknown variable is an error, never an empty string. The digest of the file goes with everything that is made of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import jinja2
from jinja2.meta import find_undeclared_variables

from audio_cogito import plugins
from audio_cogito.errors import SetupError
from audio_cogito.messages import Audio, Message, Text
from audio_cogito.types import Clip, PromptRef

ENVIRONMENT = jinja2.Environment(
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=False,
    autoescape=False,
)
HEADING = re.compile(r"^# (system|user)\n", re.MULTILINE)


class Prompt:
    """A prompt file, compiled. Render it with `messages` (for a model) or `text` (the user's words alone)."""

    def __init__(self, name: str, source: str) -> None:
        self.ref = PromptRef(name=name, digest=blake2b(source.encode(), digest_size=16).hexdigest())
        comment, *pieces = HEADING.split(source)
        if not (comment.startswith("{#") and comment.rstrip().endswith("#}")):
            raise SetupError(f"prompt {name!r} must begin with a comment {{# variables · reader #}}, then '# user'")
        self._templates: dict[str, jinja2.Template] = {}
        self._fixed: dict[str, str] = {}
        # Parts without a variable, rendered once: fixed instructions are long, and a rerun renders every request.
        for role, body in zip(pieces[::2], pieces[1::2], strict=True):
            self._templates[role] = self._compile(body)
            if not find_undeclared_variables(ENVIRONMENT.parse(body)):
                self._fixed[role] = self.text(role)
        if "user" not in self._templates:
            raise SetupError(f"prompt {name!r} has no '# user' part")

    def _compile(self, body: str) -> jinja2.Template:
        try:
            return ENVIRONMENT.from_string(body.strip("\n"))
        except jinja2.TemplateSyntaxError as error:
            raise SetupError(f"prompt {self.ref.name!r}: {error}") from error

    def text(self, role: str = "user", /, **variables: object) -> str:
        """One part's words; raises SetupError when a variable that the file uses is not given."""
        if role in self._fixed:
            return self._fixed[role]
        try:
            return self._templates[role].render(variables).strip("\n")
        except jinja2.UndefinedError as error:
            raise SetupError(f"prompt {self.ref.name!r}: {error}") from error

    def messages(self, clips: tuple[Clip, ...], /, **variables: object) -> tuple[Message, ...]:
        """The messages to send: system where the file has one, then the sounds, then the user's words."""
        audio = tuple(Audio(clip=clip.id) for clip in clips)
        user = Message(role="user", parts=(*audio, Text(text=self.text("user", **variables))))
        return (*self.opening(**variables), user)

    def opening(self, /, **variables: object) -> tuple[Message, ...]:
        """The system message, where the file has one."""
        if "system" not in self._templates:
            return ()
        return (Message(role="system", parts=(Text(text=self.text("system", **variables)),)),)


def load(name: str, folders: tuple[Path, ...] = ()) -> Prompt:
    """The prompt of this name. Raises SetupError."""
    return _compiled(name, plugins.find("prompts", name, ".md", folders).read_text("utf-8"))


@lru_cache(maxsize=64)
def _compiled(name: str, source: str) -> Prompt:
    return Prompt(name, source)

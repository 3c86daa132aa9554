"""Pages that hold everything they show: one file each, readable on paper, a desk and a phone, in light and in dark.

    frame.html   what every page is: its head, its colours, its type
    plots.html   drawings: how long chains are
    lengths.py   chains counted by their words

Whatever a model or a dataset wrote is escaped, and nothing is fetched from anywhere. `--own` is the colour of what a
page is about, `--other` of what it stands beside.
"""

from __future__ import annotations

from pathlib import Path

import jinja2


def page(template: Path, **shown: object) -> str:
    """A page from a template that extends `frame.html`; a variable that is not given is an error, never empty."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, Path(__file__).parent]),
        autoescape=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    ).get_template(template.name).render(shown)  # fmt: skip

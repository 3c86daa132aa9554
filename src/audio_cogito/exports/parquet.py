"""Hugging Face parquet: `datasets.load_dataset(FOLDER)` gives an `audio` column and all that `soundless` holds.

`audio` is `{bytes, path}`, which `datasets.Audio` decodes. `once` (the default) puts the FLAC's bytes into the row, for
`datasets` finds no file relative to a parquet; `reference` names the store's file; `none` leaves the column out.
A question about several sounds has no place here and is left out, counted. Needs pyarrow: `audio-cogito[parquet]`.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any

import msgspec

from audio_cogito.audio import RATE, SoundLost
from audio_cogito.errors import SetupError
from audio_cogito.exports import Carried, FormatInfo, Sample
from audio_cogito.exports.soundless import SoundlessRow, faults_of
from audio_cogito.exports.soundless import row as soundless
from audio_cogito.types import Clip, Record

INFO = FormatInfo(
    summary="Hugging Face parquet with an audio column",
    suffix=".parquet",
    audio=("once", "reference", "none"),
    most_sounds=1,
)
ROWS_IN_GROUP = 100
"""Rows kept in memory and written together: as many as Hugging Face puts into a row group of sounds."""
FEATURES = {"info": {"features": {"audio": {"sampling_rate": RATE, "_type": "Audio"}}}}
"""What tells `datasets` that the struct is a sound (`Features.from_arrow_schema`); it reads the other columns' types
off the file, so that no version's words for them are needed."""


@contextmanager
def writer(path: Path, carried: Carried) -> Iterator[Callable[[Sample], None]]:
    pa, pq = _arrow()
    shape, rows = schema(pa, carried), list[dict[str, Any]]()
    with pq.ParquetWriter(path, shape) as file:

        def flush() -> None:
            if rows:
                file.write_table(pa.Table.from_pylist(rows, schema=shape))
                rows.clear()

        def write(sample: Sample) -> None:
            rows.append(columns(sample, carried))
            if len(rows) >= ROWS_IN_GROUP:
                flush()

        yield write
        flush()


def faults(path: Path, carried: Carried) -> Iterator[list[str]]:
    pa, pq = _arrow()
    with pq.ParquetFile(path) as file:
        if file.schema_arrow.names != schema(pa, carried).names:
            raise SetupError(f"{path} does not have the columns that were written")
        for batch in file.iter_batches(batch_size=ROWS_IN_GROUP):
            for found in batch.to_pylist():
                sound = found.pop("audio", None)
                row = msgspec.convert(found, SoundlessRow)
                yield [*faults_of(row), *_sound_faults(sound, carried)]


def beside(splits: tuple[str, ...]) -> dict[str, bytes]:
    return {}


def columns(sample: Sample, carried: Carried) -> dict[str, Any]:
    """A row by column. Raises SetupError where its sound is gone."""
    row = msgspec.json.decode(msgspec.json.encode(soundless(sample)))
    if carried.how == "none":
        return dict(row)
    return {"audio": _sound(sample.trace.question.clips[0], carried), **row}


def _sound(clip: Clip, carried: Carried) -> dict[str, Any]:
    if carried.how == "reference":
        return {"bytes": None, "path": carried.carry(clip.id)}
    try:
        return {"bytes": carried.sounds.flac(clip.id), "path": f"{clip.id}.flac"}
    except SoundLost as error:
        raise SetupError(error.detail) from error


def _sound_faults(sound: dict[str, Any] | None, carried: Carried) -> list[str]:
    if carried.how == "none":
        return []
    if sound is None:
        return ["no sound"]
    if carried.how == "reference":
        return [] if Path(sound["path"]).is_file() else [f"{sound['path']} is not there"]
    return [] if (sound["bytes"] or b"").startswith(b"fLaC") else ["the sound is no FLAC"]


def schema(pa: ModuleType, carried: Carried) -> Any:
    """The file's columns, with the mark that makes one of them a sound."""
    fields = [pa.field(name, _type(pa, hint)) for name, hint in _hints(SoundlessRow)]
    if carried.how == "none":
        return pa.schema(fields)
    audio = pa.field("audio", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    return pa.schema([audio, *fields], metadata={"huggingface": json.dumps(FEATURES)})


def _hints(record: type[Record]) -> list[tuple[str, Any]]:
    return [(field.name, field.type) for field in msgspec.structs.fields(record)]


def _type(pa: ModuleType, hint: Any) -> Any:
    """Arrow's type for a field's: texts, numbers, tuples and records, each of which may be null."""
    if isinstance(hint, UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
    if typing.get_origin(hint) is tuple:
        return pa.list_(_type(pa, typing.get_args(hint)[0]))
    if isinstance(hint, type) and issubclass(hint, Record):
        return pa.struct([(name, _type(pa, inner)) for name, inner in _hints(hint)])
    return {str: pa.string(), float: pa.float64()}[hint]


def _arrow() -> tuple[ModuleType, ModuleType]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise SetupError("parquet needs pyarrow: pip install 'audio-cogito[parquet]'") from error
    return pyarrow, pyarrow.parquet

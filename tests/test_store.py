"""The stores: what `put` returned is there for good, and places where SQLite loses data are refused."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito import store
from audio_cogito.errors import SetupError
from audio_cogito.messages import Reply, Sampling
from audio_cogito.store import Heard, Hearings, Replies, filesystem_of, write_whole
from audio_cogito.types import Measurements


def reply(text: str = "hello", revision: str = "1") -> Reply:
    return Reply(
        model="m",
        revision=revision,
        choice=msgspec.Raw(msgspec.json.encode({"message": {"content": text}, "own field": [1, 2]})),
        usage=msgspec.Raw(b'{"prompt_tokens": 3,   "completion_tokens": 4}'),
        sampling=Sampling(max_tokens=5, temperature=0.5),
    )


async def test_reply_comes_back_verbatim(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    await replies.put(b"k" * 16, reply())
    found = replies.get(b"k" * 16)
    assert found is not None
    assert bytes(found.choice) == bytes(reply().choice)
    assert bytes(found.usage) == b'{"prompt_tokens": 3,   "completion_tokens": 4}'
    assert found.sampling == reply().sampling
    assert replies.get(b"x" * 16) is None
    replies.close()


async def test_reply_is_committed_when_put_returns(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    await replies.put(b"k" * 16, reply())
    with sqlite3.connect(tmp_path / "replies.sqlite") as other:
        assert other.execute("SELECT count(*) FROM replies").fetchone() == (1,)
    other.close()
    replies.close()


async def test_put_that_is_cancelled_leaves_the_store_working(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    puts = [asyncio.create_task(replies.put(i.to_bytes(16, "big"), reply())) for i in range(200)]
    await asyncio.sleep(0)
    for put in puts[::2]:
        put.cancel()
    await asyncio.gather(*puts, return_exceptions=True)
    async with asyncio.timeout(5):
        await replies.put(b"k" * 16, reply())
    assert replies.get(b"k" * 16) == reply()
    replies.close()


async def test_many_puts_at_once_are_all_there_after_reopening(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    await asyncio.gather(*(replies.put(i.to_bytes(16, "big"), reply(str(i))) for i in range(1000)))
    replies.close()
    again = Replies(tmp_path)
    assert len(again.keys()) == 1000
    again.close()


async def test_two_processes_worth_of_stores_share_replies(tmp_path: Path) -> None:
    first, second = Replies(tmp_path), Replies(tmp_path)
    await asyncio.gather(*(s.put(bytes([i, n]) * 8, reply()) for i in range(50) for n, s in enumerate((first, second))))
    assert first.keys() == second.keys()
    assert len(first.keys()) == 100
    first.close()
    second.close()


async def test_disk_that_refuses_a_reply_ends_the_run_with_its_reason(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    with sqlite3.connect(tmp_path / "replies.sqlite") as other:
        other.execute("DROP TABLE replies")
    other.close()
    with pytest.raises(SetupError, match=r"replies\.sqlite cannot be written"):
        await replies.put(b"k" * 16, reply())
    replies.close()


def test_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "replies.sqlite").write_bytes(b"not a database at all, but long enough to look at" * 10)
    with pytest.raises(SetupError, match=r"replies\.sqlite cannot be opened"):
        Replies(tmp_path)


@pytest.mark.parametrize("kind", [Replies, Hearings])
def test_disk_that_is_full_at_any_step_of_opening_a_store_is_named_and_nobody_waits(
    tmp_path: Path, kind: type[Replies], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, room = sqlite3.connect, 0

    class Filling(sqlite3.Connection):
        def execute(self, *statement: Any) -> sqlite3.Cursor:
            nonlocal room
            room -= 1
            if room < 0:
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(*statement)

    monkeypatch.setattr(store.sqlite3, "connect", partial(real, factory=Filling))
    for steps in range(5):
        room = steps
        with pytest.raises(SetupError, match=r"\.sqlite cannot be opened: database or disk is full"):
            kind(tmp_path)
    room = 100
    kind(tmp_path).close()


async def test_damaged_reply_is_said_not_paid_for_again(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    await asyncio.gather(*(replies.put(i.to_bytes(16, "big"), reply(str(i) * 500)) for i in range(500)))
    replies.close()
    path = tmp_path / "replies.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + random.Random(0).randbytes(len(whole) - 4096))
    again = Replies(tmp_path)
    with pytest.raises(SetupError, match=r"replies\.sqlite is damaged .*move it away"):
        again.get((1).to_bytes(16, "big"))
    again.close()


async def test_reply_that_cannot_be_decoded_is_said(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    await replies.put(b"k" * 16, reply())
    with sqlite3.connect(tmp_path / "replies.sqlite") as other:
        other.execute("UPDATE replies SET reply = x'00112233'")
    other.close()
    with pytest.raises(SetupError, match=r"replies\.sqlite is damaged"):
        replies.get(b"k" * 16)
    replies.close()


def test_damaged_hearing_is_said(tmp_path: Path) -> None:
    hearings = Hearings(tmp_path)
    with sqlite3.connect(tmp_path / "hearings.sqlite") as other:
        other.execute("DROP TABLE hearings")
    other.close()
    with pytest.raises(SetupError, match=r"hearings\.sqlite is damaged"):
        hearings.get("a")
    hearings._db.close()


MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/x /data nfs4 rw 0 0
/dev/sdb1 /data/fast xfs rw 0 0
/dev/sdc /my\\040disk cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/a", "ext4"),
        ("/data/runs", "nfs4"),
        ("/data/fast/runs", "xfs"),
        ("/database", "ext4"),
        ("/my disk/x", "cifs"),
    ],
)
def test_filesystem_is_that_of_the_longest_mount_point(path: str, kind: str) -> None:
    assert filesystem_of(Path(path), MOUNTS) == kind


def test_network_disk_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "filesystem_of", lambda path, mounts: "nfs4")
    with pytest.raises(SetupError, match=r"network disk .nfs4.*set store = a local folder"):
        Replies(tmp_path)


HEARD = Heard(
    decoder="made",
    id="a" * 32,
    measurements=Measurements(
        seconds=1.0, sample_rate=16000, channels=1, peak_db=-1.0, rms_db=-20.0, silent=0.0, clipped=0.0
    ),
)


def test_hearing_is_found_before_and_after_it_is_flushed(tmp_path: Path) -> None:
    hearings = Hearings(tmp_path)
    for i in range(store.WRITE_BATCH + 3):
        hearings.put(str(i), HEARD)
    assert hearings.get("0") == HEARD
    assert hearings.get(str(store.WRITE_BATCH + 2)) == HEARD
    hearings.close()
    again = Hearings(tmp_path)
    assert again.get(str(store.WRITE_BATCH + 2)) == HEARD
    assert again.get("another") is None
    again.close()


def test_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder" / "file"
    write_whole(path, b"first")

    def fail(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", fail)
    with pytest.raises(SetupError, match="No space left on device"):
        write_whole(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(path.parent.iterdir()) == [path]


def test_disk_that_refuses_a_hearing_ends_the_run_with_its_reason(tmp_path: Path) -> None:
    hearings = Hearings(tmp_path)
    with sqlite3.connect(tmp_path / "hearings.sqlite") as other:
        other.execute("DROP TABLE hearings")
    other.close()
    hearings.put("a", HEARD)
    with pytest.raises(SetupError, match=r"hearings\.sqlite cannot be written"):
        hearings.close()
    hearings._pending.clear()
    hearings.close()

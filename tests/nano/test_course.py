"""A course is the same whenever it is taken, and goes on where it was stopped."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

torch = pytest.importorskip("torch", reason="pip install 'audio-cogito[nano]'")

from audio_cogito.errors import SetupError  # noqa: E402
from audio_cogito.nano import checkpoint, course  # noqa: E402
from audio_cogito.nano.lessons import scene_of  # noqa: E402
from audio_cogito.nano.network import Thinker  # noqa: E402
from audio_cogito.nano.optimiser import Muon, orthogonal  # noqa: E402
from audio_cogito.nano.recordings import Recordings, chunks_of, frames_of  # noqa: E402
from audio_cogito.nano.schedule import Settings  # noqa: E402
from audio_cogito.nano.shape import Shape  # noqa: E402
from audio_cogito.nano.teaching import KINDS, frame_targets  # noqa: E402

SHORT = Settings(random_seed=3, scenes=12, sounds=8, lessons=16, batch=4)
TINY = Shape(
    vocabulary=0, hidden=24, layers=1, heads=2, key_heads=1, head=12, expert=8, audio_channels=4, audio_hidden=16,
    audio_layers=1, audio_heads=2, audio_feedforward=16,
)  # fmt: skip


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a course may begin."""
    folder = tmp_path_factory.mktemp("course")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "TEXTS", 100)
        course.prepare(folder, SHORT, workers=1)
    return folder


def copied(folder: Path, to: Path) -> Path:
    for file in (file for file in folder.rglob("*") if file.is_file()):
        target = to / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    return to


def begun(folder: Path) -> course.Course:
    one = course.Course(folder, SHORT, 0, 1)
    one.resume()
    return one


def test_a_stopped_course_goes_on_as_if_it_had_not_been(ready: Path, tmp_path: Path) -> None:
    whole, parted = begun(copied(ready, tmp_path / "a")), begun(copied(ready, tmp_path / "b"))
    for _ in range(SHORT.steps):
        whole.advance()
    for _ in range(SHORT.hearing_steps + 1):
        parted.advance()
    parted.save()
    parted = begun(tmp_path / "b")
    assert parted.step == SHORT.hearing_steps + 1
    while parted.step < SHORT.steps:
        mark = parted.advance()
    assert mark.writing is not None
    for name, weight in whole.thinker.state_dict().items():
        assert torch.equal(weight, parted.thinker.state_dict()[name]), name


def test_a_processor_without_bf16_is_said_and_the_course_goes_on(
    ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(course, "has_bf16", lambda: False)
    monkeypatch.setattr(course, "train", lambda one, every: one.advance())
    course.work(0, 1, copied(ready, tmp_path), SHORT, every=1.0)
    assert capsys.readouterr().out.count("this processor has no bf16: float32 is used, about half as fast") == 1


def test_the_tower_learns_alone_first(ready: Path, tmp_path: Path) -> None:
    one = begun(copied(ready, tmp_path))
    before = one.thinker.lm_head.weight.clone()
    for _ in range(SHORT.hearing_steps):
        assert one.advance().writing is None
    assert torch.equal(one.thinker.lm_head.weight, before)
    one.advance()
    assert not torch.equal(one.thinker.lm_head.weight, before)


def test_recordings_cut_short_are_made_whole(ready: Path, tmp_path: Path) -> None:
    path = copied(ready, tmp_path) / "scenes.f16"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 + 1])
    Recordings(path, SHORT.random_seed, SHORT.scenes).make(1)
    assert path.read_bytes() == whole


def test_another_courses_folder_is_refused(ready: Path) -> None:
    other = msgspec.structs.replace(SHORT, rate=1e-3)
    with pytest.raises(SetupError, match="holds a course with other settings"):
        course.prepare(ready, other, 1)


def test_frames_say_when_each_kind_sounds() -> None:
    scene = next(scene for scene in (scene_of(5, i) for i in range(50)) if len(scene.events) == 3)
    sounding = frame_targets(scene)[:, : len(KINDS)]
    assert len(sounding) == 13 * chunks_of(scene)
    assert frames_of(scene) <= 100 * chunks_of(scene)
    for event in scene.events:
        there = sounding[:, KINDS.index(event.kind)]
        assert there[int(13 * (event.start + event.seconds / 2))] == 1
    assert sounding.sum() <= sum(13 * event.seconds + 2 for event in scene.events)


def test_a_matrix_is_made_orthogonal() -> None:
    torch.manual_seed(0)
    for shape in ((16, 40), (40, 16), (3, 16, 40)):
        sizes = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert float(sizes.min()) > 0.5
        assert float(sizes.max()) < 1.3


def test_only_maps_are_stepped_by_muon() -> None:
    thinker = Thinker(msgspec.structs.replace(TINY, vocabulary=64))
    checkpoint.fresh(thinker)
    names = {id(p): name for name, p in thinker.named_parameters()}
    stepped = {names[id(p)] for p in Muon(list(thinker.named_parameters())).matrices}
    assert "model.layers.0.mlp.experts.gate_up_proj" in stepped
    assert "audio_tower.layers.0.fc1.weight" in stepped
    assert not any(
        "embed" in name or "lm_head" in name or "gate.weight" in name or "conv2d" in name for name in stepped
    )

"""The checkpoint is what transformers' own classes read, and what we compute is what they compute."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audio_cogito.audio import Sounds
from local_models import noise

torch = pytest.importorskip("torch", reason="pip install 'audio-cogito[nano]'")
transformers = pytest.importorskip("transformers", reason="pip install transformers==5.19.0")

from audio_cogito import nano  # noqa: E402
from audio_cogito.nano import checkpoint, hearing, speaking, vocabulary  # noqa: E402
from audio_cogito.nano.network import causal  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def theirs(fresh: Path) -> Any:
    whole, info = transformers.Qwen3OmniMoeForConditionalGeneration.from_pretrained(
        fresh, dtype=torch.float32, output_loading_info=True
    )
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    return whole.eval()


def samples_of(sounds: Sounds, seconds: float) -> np.ndarray[Any, np.dtype[np.int16]]:
    return sounds.samples(noise(sounds, seconds))


def test_the_shape_is_small(fresh: Path) -> None:
    thinker, _ = checkpoint.load(fresh)
    assert sum(p.numel() for p in thinker.parameters()) < 8_000_000
    assert (fresh / nano.WEIGHTS).stat().st_size < 16 * 2**20


def test_a_saved_checkpoint_loads_as_it_was(fresh: Path, tmp_path: Path) -> None:
    for file in fresh.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    thinker, _ = checkpoint.load(tmp_path)
    checkpoint.save(tmp_path, thinker)
    assert (tmp_path / nano.WEIGHTS).read_bytes() == (fresh / nano.WEIGHTS).read_bytes()


@pytest.mark.parametrize("seconds", [1.0, 2.37, 5.0, 9.99])
def test_features_are_whispers(fresh: Path, sounds: Sounds, seconds: float) -> None:
    samples = samples_of(sounds, seconds)
    extractor = transformers.WhisperFeatureExtractor.from_pretrained(fresh)
    theirs = extractor(
        [samples.astype(np.float32) / 32768],
        sampling_rate=16000,
        padding=True,
        truncation=False,
        return_attention_mask=True,
        return_tensors="pt",
    )
    ours = hearing.log_mel(samples)
    assert int(theirs["attention_mask"].sum()) - ours.shape[1] in (0, 1)
    assert torch.allclose(theirs["input_features"][0, :, : ours.shape[1]], ours, atol=1e-4)


@pytest.mark.parametrize("seconds", [1.0, 2.37, 5.0, 9.99])
def test_the_network_computes_what_transformers_does(theirs: Any, fresh: Path, sounds: Sounds, seconds: float) -> None:
    thinker, tokenizer = checkpoint.load(fresh)
    mel = hearing.log_mel(samples_of(sounds, seconds))
    ids = vocabulary.ids_of(tokenizer)
    audio = ids["<|audio_pad|>"]
    row = [ids["<|audio_start|>"], *[audio] * hearing.tokens(mel.shape[1]), ids["<|audio_end|>"], *range(40)]
    batch = torch.tensor([row])
    with torch.no_grad():
        expected = theirs.thinker(
            input_ids=batch,
            input_features=mel[None],
            feature_attention_mask=torch.ones(1, mel.shape[1], dtype=torch.long),
            attention_mask=torch.ones_like(batch),
        ).logits
        words = thinker.embed(batch, speaking.heard(thinker, [mel]), audio)
        hidden, _ = thinker.model(words, torch.arange(len(row))[None], causal(len(row)))
    assert torch.allclose(thinker.lm_head(hidden), expected, atol=1e-4)


def test_what_it_speaks_is_what_transformers_generates(theirs: Any, fresh: Path, sounds: Sounds) -> None:
    thinker, tokenizer = checkpoint.load(fresh)
    mel = hearing.log_mel(samples_of(sounds, 3))
    ids = vocabulary.ids_of(tokenizer)
    audio = ids["<|audio_pad|>"]
    row = (ids["<|audio_start|>"], *[audio] * hearing.tokens(mel.shape[1]), ids["<|audio_end|>"], *range(30))
    prompt = speaking.Prompt(row, (mel,), speaking.Sampling(max_tokens=20, temperature=0))
    (said,) = speaking.speak(thinker, [prompt], audio=audio, ends=frozenset())
    batch = torch.tensor([row])
    expected = theirs.thinker.generate(
        input_ids=batch,
        attention_mask=torch.ones_like(batch),
        input_features=mel[None],
        feature_attention_mask=torch.ones(1, mel.shape[1], dtype=torch.long),
        max_new_tokens=20,
        do_sample=False,
        eos_token_id=-1,
    )[0, len(row) :].tolist()
    assert list(said.ids) == expected


def test_transformers_tokenizer_reads_as_ours(fresh: Path) -> None:
    own = vocabulary.Tokenizer.from_file(str(fresh / nano.TOKENIZER))
    theirs = transformers.AutoTokenizer.from_pretrained(fresh)
    text = "<|im_start|>user\n<|audio_start|><|audio_pad|><|audio_end|>Which bell? Café 12.5 s<|im_end|>\n<think>\nx"
    assert theirs(text, add_special_tokens=False)["input_ids"] == own.encode(text, add_special_tokens=False).ids
    assert theirs.audio_token == "<|audio_pad|>"
    assert (
        theirs.decode(theirs("a <think>b</think> c")["input_ids"], skip_special_tokens=True) == "a <think>b</think> c"
    )


def test_the_template_is_read_by_transformers(fresh: Path) -> None:
    theirs = transformers.AutoTokenizer.from_pretrained(fresh)
    messages = [{"role": "user", "content": [{"type": "audio", "audio": "x"}, {"type": "text", "text": "Which?"}]}]
    text = theirs.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == (
        "<|im_start|>user\n<|audio_start|><|audio_pad|><|audio_end|>Which?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_the_configuration_says_what_vllm_and_ms_swift_ask_for(fresh: Path) -> None:
    config = json.loads((fresh / nano.CONFIG).read_text())
    vision, text = config["thinker_config"]["vision_config"], config["thinker_config"]["text_config"]
    assert config["architectures"] == ["Qwen3OmniMoeForConditionalGeneration"]
    assert config["enable_audio_output"] is False
    assert vision["num_position_embeddings"] == (vision["image_size"] // vision["patch_size"]) ** 2
    assert vision["out_hidden_size"] == text["hidden_size"] == config["thinker_config"]["audio_config"]["output_dim"]
    assert 2 * sum(text["rope_parameters"]["mrope_section"]) == text["head_dim"]

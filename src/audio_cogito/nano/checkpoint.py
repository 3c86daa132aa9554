"""The model's folder: configuration, tokenizer, processor and weights, in the layout of the published checkpoints.

What transformers, vLLM and ms-swift read is written here without them. In memory an expert is a slice of one tensor; in
the file it stands by itself, and every name begins with `thinker.`. Weights are bf16 in the file, float32 in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer
from torch import Tensor

from audio_cogito.errors import SetupError
from audio_cogito.nano import CONFIG, CONTEXT, TEMPLATE, TOKENIZER, WEIGHTS, vocabulary
from audio_cogito.nano.hearing import FFT, HOP, MEL_BINS, RATE
from audio_cogito.nano.network import Thinker
from audio_cogito.nano.shape import Shape, configuration, shape_of
from audio_cogito.store import write_whole

PREFIX, BLIND = "thinker.", "thinker.visual."
EXPERT = re.compile(r"(.*\.mlp\.experts)\.(\d+)\.(gate|up|down)_proj\.weight")
SPREAD = 0.03
"""Standard deviation of fresh weights."""
ROUND_TO = 64
"""The vocabulary is padded to a multiple of this."""

Weights = dict[str, Tensor]


def create(folder: Path, texts: Iterable[str], *, vocabulary_size: int, random_seed: int) -> None:
    """A checkpoint with fresh weights, and a tokenizer that knows the words of `texts`."""
    tokenizer = vocabulary.learn(texts, vocabulary_size)
    ids = vocabulary.ids_of(tokenizer)
    shape = Shape(vocabulary=-(-tokenizer.get_vocab_size() // ROUND_TO) * ROUND_TO)
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / CONFIG, configuration(shape, ids))
    _write_tokenizer(folder, tokenizer, ids)
    for name, content in _companions(ids).items():
        _write_json(folder / name, content)
    template = Path(__file__).with_name(TEMPLATE).read_text("utf-8")
    write_whole(folder / TEMPLATE, template.encode())
    torch.manual_seed(random_seed)
    thinker = Thinker(shape)
    fresh(thinker)
    _save(folder / WEIGHTS, _apart(thinker) | _blind(shape))


@torch.no_grad()
def fresh(thinker: Thinker) -> None:
    """Matrices from a normal distribution, biases zero; convolutions stay as torch makes them, norms one."""
    for name, weight in thinker.named_parameters():
        if name.endswith("bias"):
            weight.zero_()
        elif weight.ndim in (2, 3):
            weight.normal_(std=SPREAD)


def load(folder: Path) -> tuple[Thinker, Tokenizer]:
    """Raises SetupError where the folder holds no checkpoint of this layout."""
    try:
        shape = shape_of(json.loads((folder / CONFIG).read_text("utf-8")))
        weights = safetensors.torch.load_file(folder / WEIGHTS)
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        vocabulary.ids_of(tokenizer)
        thinker = Thinker(shape)
        thinker.load_state_dict(_together(weights))
    except FileNotFoundError as error:
        raise SetupError(f"the model {folder} has no {Path(error.filename or TOKENIZER).name}") from error
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise SetupError(f"the model {folder} is no small Qwen3-Omni checkpoint: {_first_line(error)}") from error
    except Exception as error:  # tokenizers raises nothing narrower
        raise SetupError(f"the model {folder} cannot be read: {_first_line(error)}") from error
    return thinker.requires_grad_(False).eval(), tokenizer


def save(folder: Path, thinker: Thinker) -> None:
    """Put trained weights into a folder that `create` made, or a copy of one; its vision tower stays."""
    kept = safetensors.torch.load_file(folder / WEIGHTS)
    _save(folder / WEIGHTS, _apart(thinker) | {name: kept[name] for name in kept if name.startswith(BLIND)})


def _apart(thinker: Thinker) -> Weights:
    weights: Weights = {}
    for name, tensor in thinker.state_dict().items():
        place, _, kind = name.rpartition(".")
        if kind == "gate_up_proj":
            for number, expert in enumerate(tensor):
                gate, up = expert.chunk(2)
                weights |= {
                    f"{PREFIX}{place}.{number}.{part}_proj.weight": w for part, w in (("gate", gate), ("up", up))
                }
        elif kind == "down_proj":
            weights |= {f"{PREFIX}{place}.{number}.down_proj.weight": expert for number, expert in enumerate(tensor)}
        else:
            weights[PREFIX + name] = tensor
    return weights


def _together(weights: Weights) -> Weights:
    """The parameters by the names that `Thinker` has, float32."""
    state: Weights = {}
    experts: dict[str, dict[tuple[str, int], Tensor]] = {}
    for name, tensor in weights.items():
        if found := EXPERT.fullmatch(name):
            experts.setdefault(found[1].removeprefix(PREFIX), {})[found[3], int(found[2])] = tensor.float()
        elif not name.startswith(BLIND):
            state[name.removeprefix(PREFIX)] = tensor.float()
    for place, parts in experts.items():
        count = len(parts) // 3
        both = [torch.cat((parts["gate", i], parts["up", i])) for i in range(count)]
        state[f"{place}.gate_up_proj"] = torch.stack(both)
        state[f"{place}.down_proj"] = torch.stack([parts["down", i] for i in range(count)])
    return state


def _save(path: Path, weights: Weights) -> None:
    small = {name: weights[name].to(torch.bfloat16).contiguous() for name in sorted(weights)}
    write_whole(path, safetensors.torch.save(small, metadata={"format": "pt"}))


def _blind(shape: Shape) -> Weights:
    """A vision tower: one layer of 32 channels, and its two mergers."""

    def normal(*size: int) -> Tensor:
        return torch.randn(size) * SPREAD

    def linear(name: str, out: int, size: int) -> Weights:
        return {f"{name}.weight": normal(out, size), f"{name}.bias": torch.zeros(out)}

    def norm(name: str, size: int) -> Weights:
        return {f"{name}.weight": torch.ones(size), f"{name}.bias": torch.zeros(size)}

    def merger(name: str, size: int) -> Weights:
        return (
            norm(f"{name}.ln_q", size) | linear(f"{name}.mlp.0", 128, 128) | linear(f"{name}.mlp.2", shape.hidden, 128)
        )

    weights = {
        "patch_embed.proj.weight": normal(32, 3, 2, 16, 16),
        "patch_embed.proj.bias": torch.zeros(32),
        "pos_embed.weight": normal(16, 32),
        **norm("blocks.0.norm1", 32),
        **norm("blocks.0.norm2", 32),
        **linear("blocks.0.attn.qkv", 96, 32),
        **linear("blocks.0.attn.proj", 32, 32),
        **linear("blocks.0.mlp.linear_fc1", 32, 32),
        **linear("blocks.0.mlp.linear_fc2", 32, 32),
        **merger("merger", 32),
        **merger("merger_list.0", 128),
    }
    return {BLIND + name: tensor for name, tensor in weights.items()}


def _write_tokenizer(folder: Path, tokenizer: Tokenizer, ids: dict[str, int]) -> None:
    whole = json.loads(tokenizer.to_str())
    write_whole(folder / TOKENIZER, json.dumps(whole, ensure_ascii=False).encode())
    _write_json(folder / "vocab.json", whole["model"]["vocab"])
    merges = "\n".join(" ".join(pair) for pair in whole["model"]["merges"])
    write_whole(folder / "merges.txt", f"#version: 0.2\n{merges}\n".encode())
    named = {
        "image_token": "<|image_pad|>",
        "audio_token": "<|audio_pad|>",
        "video_token": "<|video_pad|>",
        "vision_bos_token": "<|vision_start|>",
        "vision_eos_token": "<|vision_end|>",
        "audio_bos_token": "<|audio_start|>",
        "audio_eos_token": "<|audio_end|>",
    }
    plain = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False}
    added = {
        str(ids[token]): {"content": token, "special": token not in vocabulary.READABLE, **plain}
        for token in vocabulary.SPECIAL
    }
    config = {
        "tokenizer_class": "Qwen2Tokenizer",
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": added,
        "additional_special_tokens": [t for t in vocabulary.SPECIAL[1:] if t not in vocabulary.READABLE],
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": None,
        "errors": "replace",
        "model_max_length": CONTEXT,
        "split_special_tokens": False,
        "extra_special_tokens": named,
        **named,
    }
    _write_json(folder / "tokenizer_config.json", config)


def _companions(ids: dict[str, int]) -> dict[str, object]:
    """What the engines read beside: how a sound becomes features, and when a reply ends."""
    hearing = {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": MEL_BINS,
        "sampling_rate": RATE,
        "hop_length": HOP,
        "n_fft": FFT,
        "chunk_length": 300,
        "n_samples": 300 * RATE,
        "nb_max_frames": 300 * RATE // HOP,
        "padding_side": "right",
        "padding_value": 0.0,
        "dither": 0.0,
        "return_attention_mask": True,
    }
    seeing = {
        "patch_size": 16,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
        "size": {"shortest_edge": 3136, "longest_edge": 12845056},
    }
    image = seeing | {"image_processor_type": "Qwen2VLImageProcessor"}
    video = seeing | {"video_processor_type": "Qwen2VLVideoProcessor"}
    together = {"feature_extractor": hearing, "image_processor": image, "video_processor": video}
    return {
        "processor_config.json": {"processor_class": "Qwen3OmniMoeProcessor", **together},
        "preprocessor_config.json": image | hearing | {"processor_class": "Qwen3OmniMoeProcessor"},
        "video_preprocessor_config.json": video | {"processor_class": "Qwen3OmniMoeProcessor"},
        "generation_config.json": {
            "eos_token_id": [ids["<|im_end|>"], ids["<|endoftext|>"]],
            "pad_token_id": ids["<|endoftext|>"],
            "do_sample": True,
            "temperature": 0.7,
            "top_p": 1.0,
            "top_k": 0,
        },
    }


def _write_json(path: Path, content: object) -> None:
    write_whole(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__

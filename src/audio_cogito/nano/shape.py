"""The built-in model's shape: Qwen3-Omni-MoE's thinker at nano size, and the configuration file that says so.

Sizes as measured in the experiment the model comes from (docs/decisions/015): 2.4 M parameters, of which 0.8 M hear.
The whole of Qwen3OmniMoeForConditionalGeneration's layout is kept, with audio output off, since vLLM and ms-swift
know no thinker alone; its vision tower is as small as they take it, never trained and never used.
"""

from __future__ import annotations

from typing import Any

from audio_cogito.nano.hearing import MEL_BINS
from audio_cogito.types import Record

Config = dict[str, Any]


class Shape(Record, omit_defaults=False):
    """Sizes of the parts that this package computes itself."""

    vocabulary: int
    hidden: int = 192
    layers: int = 4
    heads: int = 6
    key_heads: int = 2
    head: int = 32
    experts: int = 4
    experts_a_token: int = 2
    expert: int = 96
    rope_theta: float = 10_000.0
    norm_epsilon: float = 1e-6
    mel_bins: int = MEL_BINS
    audio_channels: int = 32
    audio_hidden: int = 160
    audio_layers: int = 3
    audio_heads: int = 4
    audio_feedforward: int = 384
    audio_window: int = 3000
    """Frames within which the audio tower attends: 30 s, so that no clip the model knows is cut in two."""


def configuration(shape: Shape, ids: dict[str, int]) -> Config:
    """`config.json`. `ids`: the token ids of special tokens, and of the words user, system and assistant."""
    sounds = {
        "audio_token_id": ids["<|audio_pad|>"],
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
    }
    thinker = {
        "model_type": "qwen3_omni_moe_thinker",
        "architectures": ["Qwen3OmniMoeThinkerForConditionalGeneration"],
        "audio_config": _audio(shape),
        "vision_config": _vision(shape),
        "text_config": _text(shape, ids),
        "position_id_per_seconds": 13,
        "seconds_per_chunk": 2,
        "audio_start_token_id": ids["<|audio_start|>"],
        "audio_end_token_id": ids["<|audio_end|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "user_token_id": ids["user"],
        "initializer_range": 0.03,
        "dtype": "bfloat16",
        **sounds,
    }
    return {
        "model_type": "qwen3_omni_moe",
        "architectures": ["Qwen3OmniMoeForConditionalGeneration"],
        "dtype": "bfloat16",
        "enable_audio_output": False,
        "im_start_token_id": ids["<|im_start|>"],
        "im_end_token_id": ids["<|im_end|>"],
        "system_token_id": ids["system"],
        "user_token_id": ids["user"],
        "assistant_token_id": ids["assistant"],
        "tts_bos_token_id": ids["<tts_text_bos>"],
        "tts_eos_token_id": ids["<tts_text_eod>"],
        "tts_pad_token_id": ids["<tts_pad>"],
        "thinker_config": thinker,
    }


def shape_of(config: Config) -> Shape:
    """The shape that a `config.json` states. Raises KeyError or TypeError where it is no Qwen3-Omni's."""
    text, audio = config["thinker_config"]["text_config"], config["thinker_config"]["audio_config"]
    rope = text.get("rope_parameters") or text
    return Shape(
        vocabulary=text["vocab_size"],
        hidden=text["hidden_size"],
        layers=text["num_hidden_layers"],
        heads=text["num_attention_heads"],
        key_heads=text["num_key_value_heads"],
        head=text["head_dim"],
        experts=text["num_experts"],
        experts_a_token=text["num_experts_per_tok"],
        expert=text["moe_intermediate_size"],
        rope_theta=rope["rope_theta"],
        norm_epsilon=text.get("rms_norm_eps", 1e-6),
        mel_bins=audio["num_mel_bins"],
        audio_channels=audio["downsample_hidden_size"],
        audio_hidden=audio["d_model"],
        audio_layers=audio["encoder_layers"],
        audio_heads=audio["encoder_attention_heads"],
        audio_feedforward=audio["encoder_ffn_dim"],
        audio_window=audio["n_window_infer"],
    )


def _text(shape: Shape, ids: dict[str, int]) -> Config:
    third = shape.head // 6
    rope = {
        "rope_type": "default",
        "rope_theta": shape.rope_theta,
        "mrope_section": [shape.head // 2 - 2 * third, third, third],
        "interleaved": True,
        "mrope_interleaved": True,
    }
    return {
        "model_type": "qwen3_omni_moe_text",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": 2 * shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.key_heads,
        "head_dim": shape.head,
        "num_experts": shape.experts,
        "num_experts_per_tok": shape.experts_a_token,
        "moe_intermediate_size": shape.expert,
        "norm_topk_prob": True,
        "decoder_sparse_step": 1,
        "mlp_only_layers": [],
        "max_position_embeddings": 4096,
        "rms_norm_eps": shape.norm_epsilon,
        "rope_parameters": rope,
        "attention_bias": False,
        "tie_word_embeddings": False,
        "router_aux_loss_coef": 0.001,
        "use_cache": True,
        "use_qk_norm": True,
        "pad_token_id": ids["<|endoftext|>"],
        "eos_token_id": ids["<|im_end|>"],
        "initializer_range": 0.03,
        "dtype": "bfloat16",
    }


def _audio(shape: Shape) -> Config:
    return {
        "model_type": "qwen3_omni_moe_audio_encoder",
        "num_mel_bins": shape.mel_bins,
        "encoder_layers": shape.audio_layers,
        "encoder_attention_heads": shape.audio_heads,
        "encoder_ffn_dim": shape.audio_feedforward,
        "d_model": shape.audio_hidden,
        "max_source_positions": 1500,
        "n_window": 50,
        "n_window_infer": shape.audio_window,
        "conv_chunksize": 5000,
        "downsample_hidden_size": shape.audio_channels,
        "output_dim": shape.hidden,
        "initializer_range": 0.03,
        "dtype": "bfloat16",
    }


def _vision(shape: Shape) -> Config:
    """`image_size` and as many position embeddings as it has patches are asked for by vLLM."""
    return {
        "model_type": "qwen3_omni_moe_vision_encoder",
        "depth": 1,
        "image_size": 64,
        "apply_vit_abs_pos_embed": True,
        "in_channels": 3,
        "in_chans": 3,
        "tokens_per_second": 2,
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_heads": 1,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": shape.hidden,
        "num_position_embeddings": 16,
        "deepstack_visual_indexes": [0],
        "dtype": "bfloat16",
    }

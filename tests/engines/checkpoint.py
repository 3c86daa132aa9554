"""A tiny Qwen3-Omni in the layout of the published Thinking repository: `python checkpoint.py FOLDER`, in the engine's
environment.

The architecture, processor, token names and file layout are the real ones; sizes are not (about 3 million parameters),
and the weights are drawn at random. Random weights write nonsense that no annotation survives, so that most of the road
would never be walked; therefore a few habits are written into the embeddings and the output layer (`give_habits`):
strings are one word long, a turn begins with `<think>`, and reasoning ends. Nothing is learnt and nothing is heard
rightly; sounds go through the audio encoder and change what comes out, no more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from tokenizers import AddedToken
from transformers import (
    GenerationConfig,
    Qwen2Tokenizer,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
    Qwen3OmniMoeConfig,
    Qwen3OmniMoeForConditionalGeneration,
    Qwen3OmniMoeProcessor,
    WhisperFeatureExtractor,
)

HERE = Path(__file__).parent
TEXTS = HERE.parents[1] / "src" / "audio_cogito"
"""What the vocabulary is learnt from: our own prompts and code, so that prompts are short in tokens."""
VOCABULARY, LEARNT = 2048, 1980
HIDDEN, HEAD = 256, 64
HEARD = ("rain", "bells", "speech", "engine", "birds", "music", "wind", "dog", "steps", "water")
"""The words that annotations and answers are made of. Ten: about a fifth of the questions then have distinct choices
with the key among them."""
PONDERED = (" listening", " again", " closely", " softly")
SPECIAL = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>"),
    *("<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"),
    *("<|image_pad|>", "<|video_pad|>", "<|audio_start|>", "<|audio_end|>", "<|audio_pad|>"),
    *("<tts_pad>", "<tts_text_bos>", "<tts_text_eod>", "<tts_text_bos_single>"),
)
PLAIN = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>")
"""Tokens of their own that stay in the text: a server that leaves out special tokens must not leave out the tags."""
NAMED = {
    "image_token": "<|image_pad|>",
    "audio_token": "<|audio_pad|>",
    "video_token": "<|video_pad|>",
    "vision_bos_token": "<|vision_start|>",
    "vision_eos_token": "<|vision_end|>",
    "audio_bos_token": "<|audio_start|>",
    "audio_eos_token": "<|audio_end|>",
}


def main(folder: Path) -> None:
    tokenizer = learn_tokenizer()
    torch.manual_seed(0)
    model = Qwen3OmniMoeForConditionalGeneration(config_of(tokenizer))
    give_habits(model, tokenizer)
    end, pad = (tokenizer.convert_tokens_to_ids(token) for token in ("<|im_end|>", "<|endoftext|>"))
    model.generation_config = GenerationConfig(
        eos_token_id=[end, pad], pad_token_id=pad, do_sample=True, temperature=0.6, top_p=0.95, top_k=20
    )
    model.to(torch.bfloat16).save_pretrained(folder)
    processor_of(tokenizer).save_pretrained(folder)
    print(f"{sum(weight.numel() for weight in model.parameters()):,} parameters in {folder}")


def learn_tokenizer() -> Qwen2Tokenizer:
    """Qwen's tokenizer with a vocabulary of our own, in which each word of our habits is one token."""
    texts = [path.read_text("utf-8") for path in sorted(TEXTS.rglob("*")) if path.suffix in (".md", ".py", ".toml")]
    words = ["\n".join(HEARD), "".join(PONDERED)] * 2000
    tokenizer = Qwen2Tokenizer().train_new_from_iterator([*texts, *words], vocab_size=LEARNT, show_progress=False)
    tokenizer.add_special_tokens({"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"})
    tokenizer.add_special_tokens({"extra_special_tokens": list(SPECIAL)})
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in PLAIN])
    with TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        return Qwen2Tokenizer.from_pretrained(folder, extra_special_tokens=NAMED)


def processor_of(tokenizer: Qwen2Tokenizer) -> Qwen3OmniMoeProcessor:
    """Sounds as published: 128 mel bands at 16 kHz, a frame every 10 ms, up to 300 s."""
    patches: dict[str, Any] = {"patch_size": 16, "temporal_patch_size": 2, "merge_size": 2}
    return Qwen3OmniMoeProcessor(
        image_processor=Qwen2VLImageProcessor(**patches),
        video_processor=Qwen2VLVideoProcessor(**patches),
        feature_extractor=WhisperFeatureExtractor(
            feature_size=128, sampling_rate=16000, hop_length=160, n_fft=400, chunk_length=300,
            return_attention_mask=True, padding_side="right", dither=0.0,
        ),
        tokenizer=tokenizer,
        chat_template=(HERE / "chat_template.jinja").read_text("utf-8"),
    )  # fmt: skip


def config_of(tokenizer: Qwen2Tokenizer) -> Qwen3OmniMoeConfig:
    """The real keys with small numbers; token ids stand where the published configuration has them.

    `n_window = 50` is the published one: the processor's count of tokens assumes chunks of 100 frames.
    """
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in (*SPECIAL, *PLAIN, "user", "system", "assistant")}
    media = {f"{kind}_token_id": ids[f"<|{kind}_pad|>"] for kind in ("audio", "image", "video")}
    marks = {
        f"{kind}_{at}_token_id": ids[f"<|{kind}_{at}|>"] for kind in ("audio", "vision") for at in ("start", "end")
    }
    thinker = {
        "text_config": text_config(VOCABULARY, HIDDEN, experts=4),
        "audio_config": {
            "num_mel_bins": 128, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 256,
            "d_model": 128, "max_source_positions": 1500, "n_window": 50, "n_window_infer": 800,
            "conv_chunksize": 500, "downsample_hidden_size": 64, "output_dim": HIDDEN,
        },
        "vision_config": {
            "depth": 2, "hidden_size": 64, "intermediate_size": 128, "num_heads": 2, "patch_size": 16,
            "spatial_merge_size": 2, "temporal_patch_size": 2, "out_hidden_size": HIDDEN, "image_size": 128,
            "num_position_embeddings": (128 // 16) ** 2, "deepstack_visual_indexes": [0, 1],
            "apply_vit_abs_pos_embed": True,
        },
        "position_id_per_seconds": 13, "user_token_id": ids["user"], **media, **marks,
    }  # fmt: skip
    return Qwen3OmniMoeConfig(
        thinker_config=thinker,
        talker_config=unused_talker(ids, media),
        code2wav_config={"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2,
                         "intermediate_size": 128, "codebook_size": 64, "num_quantizers": 4, "decoder_dim": 64},
        enable_audio_output=False,
        **{f"im_{at}_token_id": ids[f"<|im_{at}|>"] for at in ("start", "end")},
        **{f"{role}_token_id": ids[role] for role in ("system", "user", "assistant")},
        tts_pad_token_id=ids["<tts_pad>"], tts_bos_token_id=ids["<tts_text_bos>"],
        tts_eos_token_id=ids["<tts_text_eod>"],
    )  # fmt: skip


def text_config(vocabulary: int, hidden: int, experts: int) -> dict[str, Any]:
    """A mixture of experts with rotary positions in three parts, which together are half a head."""
    rotary = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [12, 10, 10], "interleaved": True}
    return {
        "vocab_size": vocabulary, "hidden_size": hidden, "intermediate_size": 2 * hidden, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": HEAD, "moe_intermediate_size": hidden // 2,
        "num_experts": experts, "num_experts_per_tok": 2, "norm_topk_prob": True, "decoder_sparse_step": 1,
        "mlp_only_layers": [], "max_position_embeddings": 8192, "tie_word_embeddings": False,
        "rope_parameters": {**rotary, "mrope_interleaved": True},
    }  # fmt: skip


def unused_talker(ids: dict[str, int], media: dict[str, int]) -> dict[str, Any]:
    """What the configuration of a model that speaks must hold, though this one never does."""
    small = text_config(256, 128, experts=4)
    return {
        "thinker_hidden_size": HIDDEN, "spatial_merge_size": 2, "num_code_groups": 4, "accept_hidden_layer": 1,
        "text_config": {**small, "shared_expert_intermediate_size": 64},
        "code_predictor_config": {**small, "vocab_size": 64, "num_code_groups": 4},
        "vision_start_token_id": ids["<|vision_start|>"], "audio_start_token_id": ids["<|audio_start|>"], **media,
    }  # fmt: skip


# --- habits -----------------------------------------------------------------------------------------------------------

LOUDNESS = 30.0
"""Length of a habitual token's embedding: what the random layers add to it is a tenth of that."""
LIKING = 14.0
"""Logit of what a habit likes; the rest lies within about 1 of 0."""
SELDOM = 13.6
"""Logit of ending the reasoning: about one word in ten, so that some chains are cut by a small `max_tokens`. Much less
would never be drawn, since top_p leaves out the last twentieth."""

AUDIBLE = 50.0
"""What the encoder's first layer is raised by: a sound would be lost beside the positions that are added to it."""


def give_habits(model: Qwen3OmniMoeForConditionalGeneration, tokenizer: Qwen2Tokenizer) -> None:
    """What follows what, for a few tokens: each group has a direction of its own, which the output layer looks for.

    A quotation mark or the end of reasoning is followed by a word; a word by a quotation mark or the end of the turn;
    other punctuation, which begins a string or an object, by its mark; the line break before an answer by `<think>`. A
    grammar of the server leaves of this what it allows.
    """
    model.thinker.audio_tower.conv2d1.weight.data *= AUDIBLE
    embedding, output = model.thinker.model.embed_tokens.weight.data, model.thinker.lm_head.weight.data
    followed: list[tuple[list[int], dict[int, float]]] = [
        ([*quoting(tokenizer), one(tokenizer, "</think>")], {one(tokenizer, word): LIKING for word in HEARD}),
        (
            [one(tokenizer, word) for word in HEARD],
            {one(tokenizer, '"'): LIKING, one(tokenizer, "<|im_end|>"): LIKING + 1},
        ),
        (list(structural(tokenizer)), {one(tokenizer, mark): LIKING for mark in ('"', "{")}),
        ([one(tokenizer, "\n")], {one(tokenizer, "<think>"): LIKING}),
        (
            [one(tokenizer, word) for word in ("<think>", *PONDERED)],
            {**{one(tokenizer, word): LIKING for word in PONDERED}, one(tokenizer, "</think>"): SELDOM},
        ),
    ]
    for direction, (tokens, next_ones) in enumerate(followed):
        for token in tokens:
            embedding[token] *= 0.1
            embedding[token, direction] = LOUDNESS
        for token, logit in next_ones.items():
            output[token, direction] = logit / HIDDEN**0.5


def quoting(tokenizer: Qwen2Tokenizer) -> Iterator[int]:
    """Tokens after which a JSON string has just begun, or ended."""
    return (id for token, id in tokenizer.get_vocab().items() if token.endswith('"'))


def structural(tokenizer: Qwen2Tokenizer) -> Iterator[int]:
    """Tokens of JSON's other punctuation alone."""
    return (id for token, id in tokenizer.get_vocab().items() if set(token) <= set('[]{}:,"') and token[-1] != '"')


def one(tokenizer: Qwen2Tokenizer, text: str) -> int:
    (id,) = tokenizer.encode(text, add_special_tokens=False)
    return int(id)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

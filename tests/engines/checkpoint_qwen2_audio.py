"""A tiny Qwen2-Audio in the layout of the published Instruct repository: `python checkpoint_qwen2_audio.py FOLDER`, in
the environment `qwen2_audio`.

Architecture, processor, token names and file layout are the real ones, and the sound is the real processor's 30 s of
128 mel bands; sizes are not (0.8 million parameters), and the weights are drawn at random. Nothing is learnt yet.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    Qwen2TokenizerFast,
    WhisperFeatureExtractor,
)

TEXTS = Path(__file__).parents[2] / "src" / "audio_cogito" / "prompts"
"""What the vocabulary is learnt from: our own prompts, the four parts' names among them."""
VOCABULARY, LEARNT, HIDDEN, HEARING = 1536, 1400, 128, 32
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>")
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Qwen's tokenizers part a text into words."""


def main(folder: Path) -> None:
    tokenizer = learn_tokenizer()
    torch.manual_seed(0)
    model = Qwen2AudioForConditionalGeneration(config_of(tokenizer))
    end, pad = (tokenizer.convert_tokens_to_ids(token) for token in ("<|im_end|>", "<|endoftext|>"))
    model.generation_config = GenerationConfig(
        eos_token_id=[pad, end], pad_token_id=pad, do_sample=True, temperature=0.7, top_p=0.5, top_k=20
    )
    model.to(torch.bfloat16).save_pretrained(folder)
    Qwen2AudioProcessor(
        feature_extractor=WhisperFeatureExtractor(feature_size=128, sampling_rate=16000, return_attention_mask=True),
        tokenizer=tokenizer,
    ).save_pretrained(folder)
    print(f"{sum(weight.numel() for weight in model.parameters()):,} parameters in {folder}")


def learn_tokenizer() -> Qwen2TokenizerFast:
    """Qwen's tokenizer with a vocabulary of our own; each byte has a token, so that every text can be written."""
    learnt = Tokenizer(models.BPE())
    learnt.normalizer = normalizers.NFC()
    learnt.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    learnt.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=LEARNT, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    learnt.train_from_iterator([path.read_text("utf-8") for path in sorted(TEXTS.glob("*.md"))], trainer)
    tokenizer = Qwen2TokenizerFast(tokenizer_object=learnt, eos_token="<|endoftext|>", pad_token="<|endoftext|>")
    tokenizer.add_special_tokens({"additional_special_tokens": [AddedToken(token, special=True) for token in SPECIAL]})
    return tokenizer


def config_of(tokenizer: Qwen2TokenizerFast) -> Qwen2AudioConfig:
    """The real keys with small numbers; 1,500 positions of the encoder are its 30 s."""
    return Qwen2AudioConfig(
        audio_config={
            "num_mel_bins": 128, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 2 * HEARING,
            "d_model": HEARING, "max_source_positions": 1500,
        },
        text_config={
            "model_type": "qwen2", "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "intermediate_size": 2 * HIDDEN,
            "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4,
            "max_position_embeddings": 8192, "rope_theta": 10000.0, "tie_word_embeddings": False,
        },
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"), ignore_index=-100,
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))

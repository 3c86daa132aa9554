"""The built-in model's tokenizer: Qwen's byte-level BPE and special tokens, with few and whole words.

Its words are learnt from the texts the model is trained on. Every other text is spelled out in shorter pieces down to
bytes, so that nothing is unknown, and so that the model can tell words it was never taught.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Qwen's split of a text before BPE: merges never cross a word, and a digit stands alone."""
WORDS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>")
FILL_IN = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>")
READABLE = frozenset((*WORDS, *FILL_IN))
"""Tokens of their own that are text all the same: they survive `skip_special_tokens`."""
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
    *WORDS[:2],
    *FILL_IN,
    *WORDS[2:],
    "<|audio_start|>",
    "<|audio_end|>",
    "<tts_pad>",
    "<tts_text_bos>",
    "<tts_text_eod>",
    "<tts_text_bos_single>",
    "<|audio_pad|>",
)
ROLES = ("system", "user", "assistant")
RARE = 10
"""A pair of pieces seen less often is not merged."""


def learn(texts: Iterable[str], size: int) -> Tokenizer:
    """At most `size` tokens, the special ones included; ROLES are single tokens, as the configuration names them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=RARE,
        show_progress=False,
    )
    tokenizer.train_from_iterator([*texts, *("\n".join(ROLES),) * 100_000], trainer)
    for token in SPECIAL:
        tokenizer.add_tokens([AddedToken(token, special=token not in READABLE, normalized=False)])
    return tokenizer


def ids_of(tokenizer: Tokenizer) -> dict[str, int]:
    """Ids of the special tokens and of ROLES. Raises ValueError where one of them is no single token."""
    return {token: id_of(tokenizer, token) for token in (*SPECIAL, *ROLES)}


def id_of(tokenizer: Tokenizer, token: str) -> int:
    id = tokenizer.token_to_id(token)
    if id is None:
        raise ValueError(f"the vocabulary has no token {token!r}")
    return id

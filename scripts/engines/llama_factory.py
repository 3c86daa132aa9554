"""Makes PyPI's CUDA builds of torchvision and torchaudio bearable beside a CPU build of torch, as `vllm.py` does.

Run in the environment once it is installed; where the builds fit, nothing is changed. torchaudio's own reading of files
wants torchcodec, which PyPI has for CUDA alone: who trains on a CPU has to read them otherwise.
"""

from __future__ import annotations

import sys

from vllm import declare_operators, imports, leave_out_library  # the file beside this one; vLLM itself is not here


def main() -> None:
    if not imports("torchvision"):
        declare_operators()
    if not imports("torchaudio"):
        leave_out_library()
    for module in ("torchvision", "torchaudio", "soundfile", "llamafactory.data.loader"):
        if not imports(module):
            sys.exit(f"engines/llama_factory.py: {module} cannot be imported: {sys.executable} -c 'import {module}'")


if __name__ == "__main__":
    main()

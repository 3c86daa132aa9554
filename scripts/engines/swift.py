"""Makes PyPI's CUDA build of torchvision bearable beside a CPU build of torch, as `vllm.py` does for vLLM.

Run in the environment once it is installed; where the two builds fit, nothing is changed.
"""

from __future__ import annotations

import sys

from vllm import declare_operators, imports  # the file beside this one: there is no vLLM in this environment


def main() -> None:
    if not imports("torchvision"):
        declare_operators()
    for module in ("torchvision", "soundfile", "librosa", "decord", "qwen_omni_utils", "swift.pipelines"):
        if not imports(module):
            sys.exit(f"engines/swift.py: {module} cannot be imported: {sys.executable} -c 'import {module}' tells why")


if __name__ == "__main__":
    main()

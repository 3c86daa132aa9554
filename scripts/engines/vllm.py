"""Makes PyPI's CUDA builds bearable beside a CPU build of torch: run in the environment once it is installed.

PyPI holds torchvision, torchaudio and torchcodec for Linux as CUDA builds alone; their compiled parts cannot load
beside torch's CPU build (https://github.com/pytorch/vision/issues/9085). Where the three came from PyTorch's own index
they load, and nothing is changed here. Each repair is tried out; what still fails ends with one line.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

PACKAGES = Path(sysconfig.get_paths()["platlib"])
DECLARED = """
# Added by audio-cogito's scripts/engines/vllm.py: without the compiled part these two operators are not declared, and
# torchvision's own registration of their shapes fails at import. Transforms of images, all that is used, need neither.
if not _has_ops():
    _declared = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _declared.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


def main() -> None:
    need("libnuma.so.1", "libnuma1")
    if not imports("torchvision"):
        declare_operators()
    if not imports("torchaudio"):
        leave_out_library()
    if not imports("torchcodec"):
        # vLLM then reads sounds with soundfile and PyAV; present but broken, it ends the server's import.
        subprocess.run(
            [sys.executable, "-m", "uv", "pip", "uninstall", "--quiet", "--python", sys.executable, "torchcodec"],
            check=True,
        )
    for module in ("torchvision", "torchaudio", "soundfile", "vllm.entrypoints.openai.api_server"):
        if not imports(module):
            sys.exit(f"engines/vllm.py: {module} cannot be imported: {sys.executable} -c 'import {module}' tells why")


def need(library: str, package: str) -> None:
    """A library of the system that vLLM's compiled part is linked to: Debian's package is installed by root alone."""
    if loads(library):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"engines/vllm.py: installing Debian's {package}")
        subprocess.run(["apt-get", "install", "--yes", "-qq", package], stdout=subprocess.DEVNULL, check=False)
    if not loads(library):
        sys.exit(f"engines/vllm.py: {library} is missing; on Debian: apt-get install {package}")


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def imports(module: str) -> bool:
    """In a process of its own, since a failed import leaves half a module behind."""
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def declare_operators() -> None:
    path = PACKAGES / "torchvision" / "extension.py"
    text = path.read_text("utf-8")
    if DECLARED not in text:
        # A new file in the place of the old: installers link files from a cache that other environments share.
        path.unlink()
        path.write_text(text + DECLARED, "utf-8")


def leave_out_library() -> None:
    """torchaudio without its compiled part still resamples, which is all vLLM asks of it. Broken, it raises OSError at
    import, where vLLM looks for ImportError alone."""
    for library in (PACKAGES / "torchaudio" / "lib").glob("*.so"):
        library.unlink()


if __name__ == "__main__":
    main()

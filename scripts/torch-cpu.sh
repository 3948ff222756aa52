#!/usr/bin/env bash
# Install the CPU build of torch into a Python: scripts/torch-cpu.sh PYTHON
set -euo pipefail
python=$1
version=${NNFIG_TORCH:-2.13.0}
echo "installing the CPU build of torch $version"
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64)
    "$python" -m pip install -q "torch==$version+cpu" 2>/dev/null ||
      "$python" -m pip install -q "torch==$version+cpu" --index-url https://download.pytorch.org/whl/cpu 2>/dev/null ||
      "$python" -m pip install -q "torch==$version" ;;
  *) "$python" -m pip install -q "torch==$version" ;;  # these wheels are for the CPU already
esac

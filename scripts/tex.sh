#!/usr/bin/env bash
# A minimal TeX with TikZ, dvisvgm for SVG and poppler for PNG; nothing where they are there already.
set -euo pipefail
here=$(dirname "$0")
need=()
command -v pdflatex >/dev/null || need+=(texlive-latex-base texlive-latex-recommended)
if ! command -v kpsewhich >/dev/null || [ -z "$(kpsewhich tikz.sty)" ]; then need+=(texlive-pictures); fi
command -v dvisvgm >/dev/null || need+=(dvisvgm)
command -v pdftoppm >/dev/null || need+=(poppler-utils)
[ ${#need[@]} = 0 ] || { echo "installing ${need[*]}"; "$here/apt.sh" "${need[@]}"; }

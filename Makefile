# `make figure` and `make test` set up everything they need on a fresh Debian or Ubuntu machine.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV ?= .venv
PY := $(VENV)/bin/python
NNFIG := $(VENV)/bin/nnfig
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PROJECT := pyproject.toml src/nnfig/__init__.py

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

figure: $(VENV)/run .tex-ready  ## trace ResNet-18 and draw it: build/resnet18.tex, .pdf, .png
	@mkdir -p build
	$(NNFIG) draw examples/resnet.py:resnet18 --input 1,3,224,224 \
	  -o build/resnet18.tex -o build/resnet18.pdf -o build/resnet18.png

test: $(VENV)/dev .tex-ready  ## run every test
	$(PY) -m pytest -n auto --dist loadfile

fast: $(VENV)/dev  ## run the tests that take no TeX and no time
	$(PY) -m pytest -n auto -m "not tex and not slow"

lint: $(VENV)/dev  ## format, lint, types, import rules
	$(VENV)/bin/ruff format --check src tests
	$(VENV)/bin/ruff check src tests
	$(VENV)/bin/lint-imports
	$(VENV)/bin/pyright

gallery: $(VENV)/dev .tex-ready  ## draw every gallery case: build/gallery/*.pdf, .png
	$(PY) scripts/gallery.py

zoo: $(VENV)/dev  ## trace networks of other packages, as many as are installed, and check them
	$(PY) benchmarks/zoo.py

bench: $(VENV)/dev .tex-ready  ## speed and memory as ratios measured in one run
	$(PY) benchmarks/ratios.py

layout-report: $(VENV)/dev  ## quality of layout over network-shaped graphs, beside Graphviz dot
	$(PY) benchmarks/layout_report.py

docs: $(VENV)/dev  ## the manual as a site: build/site
	$(PY) scripts/reference.py
	$(VENV)/bin/mkdocs build -q

clean:  ## remove what was built (not the virtual environment)
	rm -rf build dist .tex-ready

# --- set-up ---------------------------------------------------------------------------------------
# The plain torch wheel brings gigabytes of GPU libraries: ask for the CPU build.
TORCH := import importlib.metadata as m; m.version("torch")

$(VENV)/bin/python:
	@command -v python3 >/dev/null || scripts/apt.sh python3 python3-venv
	@python3 -c 'import ensurepip' 2>/dev/null || scripts/apt.sh python3-venv
	python3 -m venv $(VENV)

$(VENV)/run: $(VENV)/bin/python pyproject.toml
	@$(PY) -c '$(TORCH)' 2>/dev/null || scripts/torch-cpu.sh $(PY)
	$(PY) -m pip install -q -e '.[torch]'
	@touch $@

$(VENV)/dev: $(VENV)/bin/python pyproject.toml
	@$(PY) -c '$(TORCH)' 2>/dev/null || scripts/torch-cpu.sh $(PY)
	$(PY) -m pip install -q -e '.[torch,onnx,keras,caffe,notebook,docs,dev]'
	@touch $@ $(VENV)/run

.tex-ready:
	@scripts/tex.sh
	@touch $@

.PHONY: help figure test fast lint gallery zoo bench layout-report docs clean

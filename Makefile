# Every target may be run any number of times. `make help` lists them.
#
# Nothing here is needed to use the library: `make demo` and `make test` only call
# cmd/tfsetup and the Go tool, in the order a newcomer would.

GO       ?= go
PYTHON   ?= python3
FUZZTIME ?= 60s
PHOTO    ?= testdata/images/cat.jpg
BENCH    ?=

# Where goroutines meet. The rest is arithmetic, which the detector only slows down.
RACE     ?= . ./internal/batch/... ./internal/decode/... ./internal/jpegscale/... ./internal/preprocess/... ./internal/engine/... ./internal/session/... ./internal/tfinstall/... ./recognize/... ./face/... ./ocr/... ./eval/... ./train/...

TOOLS    := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/gosight-vision/tools
LINT_VERSION := v2.15.0
# gotestsum runs go test and lists what was skipped, which go test keeps to itself.
GOTESTSUM_VERSION := v1.13.0
GOTESTSUM := $(TOOLS)/gotestsum-$(GOTESTSUM_VERSION)/gotestsum
LINT     := $(TOOLS)/golangci-lint-$(LINT_VERSION)/golangci-lint

# The settings of the TensorFlow C library, for one line of shell. If the library
# is missing, eval fails and the line stops.
TF = eval "$$($(GO) run ./cmd/tfsetup env)" &&

# The modules beside the main one: benchmarks against others, example programs.
MODULES := $(patsubst %/go.mod,%,$(wildcard bench/go.mod examples/go.mod))

.DEFAULT_GOAL := help
.PHONY: help setup build demo test race fuzz bench lint fmt reference clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: ## put the TensorFlow C library into the user's cache
	@$(GO) run ./cmd/tfsetup install

build: setup ## build bin/vision
	@echo "building bin/vision"
	@$(TF) $(GO) build -o bin/vision ./cmd/vision

demo: build ## classify a photo with the embedded model
	@echo "bin/vision recognize $(PHOTO)"
	@$(TF) bin/vision recognize $(PHOTO)

test: setup $(GOTESTSUM) ## vet and test everything, and list what was skipped
	@echo "go vet ./..."
	@$(TF) $(GO) vet ./...
	@echo "go test ./..."
	@$(TF) if [ -x $(GOTESTSUM) ]; then $(GOTESTSUM) --format standard-quiet --raw-command -- $(GO) test -json ./...; \
		else echo "gotestsum cannot be had: what is skipped is not listed"; $(GO) test ./...; fi
	@for m in $(MODULES); do \
		echo "go vet ./... && go test ./... in $$m"; \
		($(TF) cd $$m && $(GO) vet ./... && $(GO) test ./...) || exit 1; \
	done

race: setup ## test under the race detector, where goroutines meet (RACE=packages)
	@echo "go test -race $(RACE)"
	@$(TF) $(GO) test -race $(RACE)

fuzz: setup ## run each fuzz target for FUZZTIME (60s)
	@$(TF) for f in $$(grep -rl --include='*_test.go' --exclude-dir=bench --exclude-dir=examples '^func Fuzz' . | sort); do \
		for t in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$f); do \
			echo "fuzzing $$t of $$(dirname $$f) for $(FUZZTIME)"; \
			$(GO) test -run='^$$' -fuzz="^$$t\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=10x $$(dirname $$f) || exit 1; \
		done; \
	done

bench: setup $(if $(VISION_PYTHON),,.venv/done) ## the same work against the peers, in one run (BENCH=flags)
	@$(TF) cd bench && $(GO) run . $(BENCH)

$(GOTESTSUM):
	@echo "building gotestsum $(GOTESTSUM_VERSION), once"
	@GOBIN=$(dir $(GOTESTSUM)) $(GO) install gotest.tools/gotestsum@$(GOTESTSUM_VERSION) || echo "going on without it"

$(LINT):
	@echo "building golangci-lint $(LINT_VERSION), once"
	@GOBIN=$(dir $(LINT)) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

lint: setup $(LINT) ## gofmt and golangci-lint, with the list in .golangci.yml
	@echo "golangci-lint run"
	@$(TF) $(LINT) run ./...

fmt: ## gofmt all files in place
	@gofmt -l -w .

.venv/done: reference/requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 9) <= v <= (3, 12) else "TensorFlow 2.18 needs Python 3.9 to 3.12, this is %d.%d; name another with PYTHON=" % v)'
	@echo "making .venv with the Python references"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r reference/requirements.txt
	@touch .venv/done

reference: .venv/done ## Python with the reference implementations, in .venv
	@.venv/bin/python -c 'import tensorflow as tf, keras; print("TensorFlow", tf.__version__, "Keras", keras.__version__, "in .venv/bin/python")' 2>/dev/null

clean: ## delete what was built here; the library in the cache stays (tfsetup remove)
	@rm -rf bin .venv

# `make test` and `make demo` need git, a Swift toolchain and the network; they install the rest themselves.

SWIFT ?= swift
# The server that demo, conformance and fuzz run. Another program with nats-server's flags will do, too:
#     make conformance WEIR_SERVER=/usr/bin/nats-server
OWN_SERVER := $(CURDIR)/.build/release/weir-server
export WEIR_SERVER ?= $(OWN_SERVER)

CONFORMANCE := Tests/Conformance
VENV := $(CURDIR)/.build/venv
PYTHON := $(VENV)/bin/python
PYTEST := $(PYTHON) -m pytest -c $(CONFORMANCE)/pytest.ini
RESULTS := $(CURDIR)/.build/results
SOURCES := $(wildcard Sources Tests Benchmarks Package.swift)
# More arguments for pytest, such as ARGUMENTS="-k purge -x".
ARGUMENTS ?=
# Seconds for each test of `make fuzz`; and the seed of its random choices, which it prints, to repeat them.
FUZZ_SECONDS ?= 300
FUZZ_SEED ?=
# How many crash states `make torture` tries, and how often it kills a server; the seed, which it prints, repeats a run.
TORTURE_STATES ?= 100000
TORTURE_KILLS ?= 500
TORTURE_SEED ?=

.PHONY: all build server demo test swift-test conformance summary bench compare fuzz torture format lint packages venv \
    clean

all: build

build:
	@$(CONFORMANCE)/install-system-packages.sh build
	$(SWIFT) build -c release --product weir-server
	$(SWIFT) build -c release --product weir

# The server under test is built when it is ours.
server: $(if $(filter $(OWN_SERVER),$(WEIR_SERVER)),build)

# Stores real events, kills the server, and shows that nothing is lost.
demo: server venv
	@$(PYTHON) $(CONFORMANCE)/demo.py

# Unit tests, then other people's clients against the release build. The last line sums up both.
test: packages
	@rm -rf $(RESULTS) && mkdir -p $(RESULTS)
	-@$(MAKE) --no-print-directory swift-test
	-@$(MAKE) --no-print-directory conformance
	@$(MAKE) --no-print-directory summary

swift-test: packages
	@mkdir -p $(RESULTS)
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --xunit-output $(RESULTS)/swift.xml

conformance: server venv
	@mkdir -p $(RESULTS)
	$(PYTEST) $(CONFORMANCE) --junitxml=$(RESULTS)/conformance.xml $(ARGUMENTS)

# Adds up what the last swift-test and the last conformance run have found.
summary:
	@python3 $(CONFORMANCE)/summary.py swift=$(RESULTS)/swift-swift-testing.xml conformance=$(RESULTS)/conformance.xml

# What single steps of the hot path and operations of a store cost, against their bars. `make bench BENCH="purge
# --purge 1000000"` is one group at another size; `Benchmarks/Micro/main.swift` names them.
bench: packages
	$(SWIFT) run -c release MicroBenchmarks $(BENCH)

# The same load on Weir and on nats-server, one table. `make compare COMPARE=--quick` is a short look.
compare: build venv
	$(SWIFT) build -c release --package-path Benchmarks
	WEIR_SERVER=$(OWN_SERVER) REFERENCE_SERVER=$(VENV)/bin/nats-server $(PYTHON) Benchmarks/compare.py $(COMPARE)

# Random and damaged input for the parsers; then random commands and random bytes for the server, for longer and
# with another seed than in `make test`.
fuzz: server venv
	$(SWIFT) run -c release ParserFuzz --seconds $(FUZZ_SECONDS) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_SEED=$(FUZZ_SEED) $(PYTEST) -s \
	    $(CONFORMANCE)/test_differential.py $(CONFORMANCE)/test_random_bytes.py $(ARGUMENTS)

# What `make test` does to the store, for longer: crashes, failing calls, every bit flipped; then a server under load
# that is killed again and again.
torture: server venv
	$(SWIFT) run -c release StorageTorture --states $(TORTURE_STATES) $(if $(TORTURE_SEED),--seed $(TORTURE_SEED))
	TORTURE_KILLS=$(TORTURE_KILLS) TORTURE_SEED=$(TORTURE_SEED) $(PYTEST) -s \
	    $(CONFORMANCE)/test_kill_loop.py $(ARGUMENTS)

format:
	$(SWIFT) format --in-place --configuration .swift-format -r $(SOURCES)

lint:
	$(SWIFT) format lint --strict --configuration .swift-format -r $(SOURCES)

packages:
	@$(CONFORMANCE)/install-system-packages.sh test

venv: packages
	@$(CONFORMANCE)/make-venv.sh $(VENV)

clean:
	rm -rf .build Benchmarks/.build

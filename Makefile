# What a developer types. `make test` is what CI runs, and it installs what it lacks.
.PHONY: test check fmt run soak screenshots bench bench-instructions

test:            ## everything: format, lints, docs, tests on both databases, real clients
	@bash scripts/test.sh

check:           ## the quick part: format, lints, and the rules of the repository
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test -p checks

fmt:             ## format the code
	cargo fmt --all

run:             ## the sandbox: simulated WhatsApp, sample people, no account needed
	cargo run -p cli -- sandbox

screenshots:     ## a picture of every page, light, dark and on a phone, into target/screenshots; the README's into docs/screenshots
	@bash scripts/screenshots.sh

SCALE ?= real
RUNS ?= 5

bench:           ## peers and Consentry side by side, into bench/RESULTS.md; ROWS=filter,verdict SCALE=small RUNS=5 KEEP=1
	@ROWS="$(ROWS)" SCALE="$(SCALE)" RUNS="$(RUNS)" KEEP="$(KEEP)" bash scripts/bench.sh run

bench-instructions: ## instructions of the hot paths against bench/instructions.txt; WRITE=1 keeps new counts
	@WRITE="$(WRITE)" bash scripts/bench.sh instructions

soak:            ## the tests of several nodes at their full size: about an hour
	@CONSENTRY_SOAK=full bash scripts/test.sh 'nodes|failover|move'

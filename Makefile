# What a developer types. `make test` is what CI runs, and it installs what it lacks.
.PHONY: test check fmt run soak

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

soak:            ## the tests of several nodes at their full size: about an hour
	@CONSENTRY_SOAK=full bash scripts/test.sh 'nodes|failover|move'

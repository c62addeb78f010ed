//! The `hot` program.

fn main() -> anyhow::Result<()> {
    bench::hot::start()
}

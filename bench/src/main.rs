//! The `bench` program.

fn main() -> anyhow::Result<()> {
    bench::start()
}

//! What people see while it runs.

use std::io::Write as _;

use crate::machine;

/// A line, with the load average.
pub fn say(text: &str) {
    let load = machine::load();
    let _ = writeln!(
        std::io::stderr(),
        "[{}] {text}",
        load.split(' ').next().unwrap_or_default()
    );
}

/// The result, on stdout.
pub fn show(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

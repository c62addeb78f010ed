//! The others: started on free loopback ports in folders of their own, and stopped again.

pub mod pgbench;
pub mod postgres;
pub mod redis;

use std::net::TcpListener;

use anyhow::Result;

/// A port that was free a moment ago.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

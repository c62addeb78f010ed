//! The rows: one SQL text for SQLite and PostgreSQL.

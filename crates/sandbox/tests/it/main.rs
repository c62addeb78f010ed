//! The simulator from outside: every test speaks HTTP to a real one, and a small receiver hears its webhooks.

mod cloud;
mod control;
mod customers;
mod faults;
mod house;
mod page;
mod webhooks;

//! The house: configuration, services, HTTP doors and pages.

//! The tests that every implementation must pass.

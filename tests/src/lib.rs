//! The hub as a whole, tested from outside: all tests are in `tests/`.

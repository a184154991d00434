//! The values of the model: what is read, what is refused, and what always holds.

mod accounts;
mod links;
mod names;
mod profiles;
mod texts;

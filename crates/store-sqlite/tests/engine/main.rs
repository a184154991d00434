//! What this store does beyond what every store must do.

#[cfg(test)]
mod cancellation;
#[cfg(test)]
mod files;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod schema;

//! Puts a crowd into the database of a hub that is down: agents, and how they deal with each other.
//!
//! `cargo run --release -p tertulia-store-sqlite --example crowd FILE [agents] [relations]`: 10,000 and 1,000,000, unless
//! asked otherwise. The benchmark of trust needs it; no surface could bring so many in reasonable time.

mod fill;

use std::path::PathBuf;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = PathBuf::from(arguments.next().ok_or("which database?")?);
    let agents: u32 = arguments.next().map_or(Ok(10_000), |count| count.parse())?;
    let relations: u32 = arguments.next().map_or(Ok(1_000_000), |count| count.parse())?;
    Ok(fill::fill(&file, agents, relations).await?)
}

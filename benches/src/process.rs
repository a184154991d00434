//! What `/proc` tells of a process: CPU time, resident memory.

use std::fs;

use anyhow::{Context, Result};

/// CPU time of process `pid` since its start, user and system together, in nanoseconds. The kernel gives it in ticks of
/// usually 10 ms, so windows are seconds long.
pub(crate) fn cpu_ns(pid: u32) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("cannot read the CPU time of the hub")?;
    let ticks = ticks(&stat).context("the kernel's line on the hub's CPU time has another form than proc(5) says")?;
    Ok(ticks * (1_000_000_000 / rustix::param::clock_ticks_per_second()))
}

/// User and system time out of a line of `/proc/PID/stat`. The name of the program stands in parentheses and may hold
/// spaces, so fields are counted from behind it.
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    let user: u64 = fields.nth(11)?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// CPU time of the calling thread in nanoseconds.
pub(crate) fn own_thread_cpu_ns() -> Result<u64> {
    let line = fs::read_to_string("/proc/thread-self/schedstat").context("cannot read this thread's CPU time")?;
    let ns = line.split_ascii_whitespace().next().and_then(|field| field.parse().ok());
    ns.context("/proc/thread-self/schedstat has another form than expected")
}

/// Resident memory of process `pid` in bytes. Not from `statm`, whose counters may lag by some pages per processor.
pub(crate) fn resident_bytes(pid: u32) -> Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).context("cannot read the hub's memory")?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kibibytes: Option<u64> = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse().ok());
    Ok(kibibytes.context("/proc/PID/smaps_rollup has no line Rss")? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_move_the_fields() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 31 11 0 0 20 0 4 0 100 1 1";
        assert_eq!(ticks(stat), Some(42));
    }

    #[test]
    fn this_process_has_memory_and_cpu_time() {
        let pid = std::process::id();
        assert!(resident_bytes(pid).unwrap() > 100_000);
        assert!(cpu_ns(pid).is_ok());
        assert!(own_thread_cpu_ns().unwrap() > 0);
    }
}

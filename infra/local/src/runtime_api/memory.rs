//! How much memory a process has needed at most, where the system tells.

/// Reads the peak resident size of a process in kilobytes; only Linux knows it.
pub(super) fn peak_kb(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_needs_some_memory() {
        assert!(peak_kb(std::process::id()).unwrap() > 100);
    }

    #[test]
    fn a_process_that_does_not_exist_has_none() {
        assert_eq!(peak_kb(u32::MAX), None);
    }
}

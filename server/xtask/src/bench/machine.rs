//! What kind of machine the figures come from; never which one.

use std::thread::available_parallelism;

/// Processor, cores and memory, as far as the system tells.
pub fn describe() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let model =
        field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = available_parallelism().map_or(1, usize::from);
    let memory = field(&read("/proc/meminfo"), "MemTotal")
        .and_then(|text| text.split(' ').next().and_then(|n| n.parse::<u64>().ok()))
        .map(|kib| format!(", {} GiB", kib.div_ceil(1024 * 1024)))
        .unwrap_or_default();
    format!("{model}, {cores} cores{memory}, {}", std::env::consts::OS)
}

/// The value of `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2.5GHz\n";
        assert_eq!(field(text, "model name").as_deref(), Some("Some CPU @ 2.5GHz"));
        assert_eq!(field(text, "MemTotal"), None);
    }
}

//! `cargo xtask test`: everything that has to hold, as steps. A step that fails stops only those
//! that need what it makes; all others still run, so that one sees all that is wrong at once.

pub mod steps;

use std::{process::ExitCode, time::Instant};

use anyhow::Result;

/// One thing that has to hold.
struct Step {
    /// The headline.
    name: &'static str,
    /// The step without which this one proves nothing.
    needs: Option<&'static str>,
    /// Whether `--quick` runs it too.
    quick: bool,
    run: fn() -> Result<()>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
}

/// Runs the steps; the exit status says whether all passed, the last line counts them.
pub fn run(quick: bool) -> ExitCode {
    let steps: Vec<&Step> = steps::ALL.iter().filter(|s| s.quick || !quick).collect();
    let outcomes = go(&steps);
    steps::clean_up();
    let failed: Vec<_> = outcomes
        .iter()
        .filter_map(|(name, outcome)| match outcome {
            Outcome::Passed => None,
            Outcome::Failed(why) => Some((name, why)),
        })
        .collect();
    println!();
    for (name, why) in &failed {
        println!("FAILED {name}: {why}");
    }
    println!(
        "{} passed, {} failed",
        outcomes.len() - failed.len(),
        failed.len()
    );
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn go(steps: &[&Step]) -> Vec<(&'static str, Outcome)> {
    let mut outcomes: Vec<(&'static str, Outcome)> = Vec::new();
    for (number, step) in (1..).zip(steps) {
        println!("\n== {number}/{} {}", steps.len(), step.name);
        let missing = step.needs.filter(|needed| {
            outcomes
                .iter()
                .any(|(name, outcome)| name == needed && *outcome != Outcome::Passed)
        });
        let started = Instant::now();
        let outcome = match missing {
            // What was not tried is not known to hold.
            Some(needed) => Outcome::Failed(format!("not tried, because `{needed}` failed")),
            None => match (step.run)() {
                Ok(()) => Outcome::Passed,
                Err(error) => Outcome::Failed(format!("{error:#}")),
            },
        };
        let seconds = started.elapsed().as_secs_f64();
        match &outcome {
            Outcome::Passed => println!("-- {}: passed in {seconds:.1} s", step.name),
            Outcome::Failed(why) => println!("-- {}: FAILED after {seconds:.1} s: {why}", step.name),
        }
        outcomes.push((step.name, outcome));
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn step(name: &'static str, needs: Option<&'static str>, run: fn() -> Result<()>) -> Step {
        Step {
            name,
            needs,
            quick: true,
            run,
        }
    }

    #[test]
    fn a_failure_stops_only_what_needs_it() {
        let steps = [
            step("build", None, || bail!("does not compile")),
            step("stories", Some("build"), || Ok(())),
            step("journeys", Some("stories"), || Ok(())),
            step("extension", None, || Ok(())),
        ];
        let outcomes = go(&steps.iter().collect::<Vec<_>>());
        let passed: Vec<_> = outcomes
            .iter()
            .filter(|(_, o)| *o == Outcome::Passed)
            .map(|(n, _)| *n)
            .collect();
        assert_eq!(passed, ["extension"]);
        assert_eq!(outcomes[0].1, Outcome::Failed("does not compile".to_owned()));
        assert_eq!(outcomes.len(), 4);
    }

    /// A step can only need one that runs before it, and in quick runs one that is in them.
    #[test]
    fn steps_stand_in_the_order_of_their_needs() {
        for (index, step) in steps::ALL.iter().enumerate() {
            if let Some(needed) = step.needs {
                let before = steps::ALL[..index].iter().find(|s| s.name == needed);
                let before = before.unwrap_or_else(|| panic!("{} needs {needed}", step.name));
                assert!(before.quick || !step.quick);
            }
        }
    }
}

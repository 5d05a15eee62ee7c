//! The suites of real projects, and what pytest says of them.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use metasync_tests::Hub;

use super::{follow::Followed, rig::report::Figure};

/// The projects that the set-up unpacks.
const NAMES: [&str; 4] = ["attrs", "click", "flask", "requests"];

/// Names and folders of the projects.
pub fn unpacked() -> Result<Vec<(String, PathBuf)>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("set-up/projects.sh");
    let output = Command::new("bash").arg(&script).output()?;
    ensure!(
        output.status.success(),
        "{}: {}",
        script.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let folder = String::from_utf8(output.stdout)?;
    let folder = PathBuf::from(folder.trim().lines().last().context("no folder")?);
    Ok(NAMES
        .iter()
        .map(|name| ((*name).to_owned(), folder.join(name)))
        .collect())
}

/// Makes a project a branch of its own.
pub fn branch(git: &dyn Fn(&[&str]) -> String, upstream: &Path, name: &str, folder: &Path) -> Result<()> {
    git(&["checkout", "-q", "--orphan", name]);
    git(&["rm", "-rfq", "."]);
    copy(folder, upstream)?;
    git(&["add", "-A", "-f"]);
    git(&["commit", "-q", "-m", name]);
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        // what pytest left behind when it collected
        if entry.file_type()?.is_dir() {
            if name != "__pycache__" && name != ".pytest_cache" && name != ".git" {
                copy(&entry.path(), &to.join(name))?;
            }
        } else if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

/// What was found against what pytest collects, and the times of both.
pub fn compare(hub: &Hub, name: &str, folder: &Path, done: &Followed, wanted: f64) -> Result<Vec<Figure>> {
    let begun = Instant::now();
    let python = folder.with_file_name("venv").join("bin/python");
    let collected = Command::new(python)
        .args([
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests",
        ])
        .current_dir(folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()?;
    let pytest = begun.elapsed();
    let text = String::from_utf8_lossy(&collected.stdout).into_owned();
    let expected: BTreeSet<&str> = text
        .lines()
        .filter(|line| line.contains(".py::"))
        .map(|line| line.split('[').next().unwrap_or(line).trim())
        .collect();
    if expected.is_empty() {
        bail!(
            "{name}: pytest lists nothing: {text}{}",
            String::from_utf8_lossy(&collected.stderr)
        );
    }
    let found = ids(hub, name)?;
    let is_inherited = |id: &str| {
        // listed where it is written: another class of the catalogue has the function
        let function = id.rsplit("::").next().unwrap_or(id);
        id.matches("::").count() > 1
            && found
                .iter()
                .any(|other| other.rsplit("::").next() == Some(function))
    };
    let missing: Vec<&&str> = expected
        .iter()
        .filter(|id| !found.contains(**id) && !is_inherited(id))
        .collect();
    let inherited = expected
        .iter()
        .filter(|id| !found.contains(**id) && is_inherited(id))
        .count();
    let extra: Vec<&String> = found
        .iter()
        .filter(|id| !expected.contains(id.as_str()))
        .collect();
    if !missing.is_empty() || !extra.is_empty() {
        eprintln!("{name}: missing {missing:?}, extra {extra:?}");
    }
    let share =
        (expected.len() - inherited - missing.len()) as f64 * 100.0 / (expected.len() - inherited) as f64;
    let files: BTreeSet<&str> = found.iter().filter_map(|id| id.split("::").next()).collect();
    Ok(vec![
        Figure::new(
            format!(
                "{name}: of {} tests not found ({inherited} inherited ones apart)",
                expected.len()
            ),
            "%",
            100.0 - share,
        )
        .at_most(100.0 - wanted),
        Figure::new(
            format!("{name}: too many"),
            "%",
            extra.len() as f64 * 100.0 / expected.len() as f64,
        )
        .at_most(3.0),
        Figure::new(
            format!("{name}: {} test files", files.len()),
            "ms",
            done.took.as_secs_f64() * 1_000.0,
        )
        .against("pytest --collect-only", pytest.as_secs_f64() * 1_000.0)
        .ratio_at_most(1.0),
    ])
}

/// The tests of a release in the catalogue.
fn ids(hub: &Hub, release: &str) -> Result<BTreeSet<String>> {
    let organization = "/api/metadata-sync/organizations/acme";
    let (_, listed) = hub.ask("GET", &format!("{organization}/connections"), "ada", None);
    let all = listed["connections"].as_array().context("no connections")?;
    let connection = all
        .iter()
        .find(|c| c["name"] == release)
        .context("no such release")?;
    let id = connection["id"].as_str().context("no id")?;
    let path = format!("{organization}/sync-package?limit=10000&connection_ids={id}");
    let (_, page) = hub.ask("GET", &path, "ada", None);
    let objects = page["metadata"]["objects"].as_array().context("no objects")?;
    Ok(objects
        .iter()
        .filter_map(|o| Some(o["full_name"].as_str()?.to_owned()))
        .collect())
}

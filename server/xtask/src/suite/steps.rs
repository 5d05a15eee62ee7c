//! The steps of `cargo xtask test`, in their order: the quick and telling ones first.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Step;
use crate::{
    codegen, process, set_up, tidy,
    workspace::{root, target_dir},
};

/// The crate of stories, which need the program itself.
const STORIES: &str = "metasync-tests";
/// By this variable the stories and the editors' tests find the program.
const PROGRAM: &str = "METASYNC_BIN";
/// The extension.
const EXTENSION: &str = "vscode-extension";
/// Starts the tests' PostgreSQL server and prints its address; with `stop`, ends it.
const POSTGRES: &str = "tests/set-up/postgres.sh";
/// By this variable the store's tests find that server.
const POSTGRES_ADDRESS: &str = "METASYNC_TEST_POSTGRES";
/// Tests with real editors.
const EDITORS: &str = "tests/run-editors.sh";
/// Documents whose commands are tried.
const DOCUMENTS: &[&str] = &["README.md", "CONTRIBUTING.md"];

/// All steps.
pub(super) const ALL: &[Step] = &[
    Step {
        name: "format",
        needs: None,
        quick: true,
        run: || cargo(&["fmt", "--all", "--check"]),
    },
    Step {
        name: "lints",
        needs: None,
        quick: true,
        run: || {
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ])
        },
    },
    Step {
        name: "generated files",
        needs: None,
        quick: true,
        run: || codegen::run(true),
    },
    Step {
        name: "rules of the house",
        needs: None,
        quick: true,
        run: tidy::run,
    },
    Step {
        name: "tests of the crates",
        needs: None,
        quick: true,
        run: || cargo_test(&["--workspace", "--exclude", STORIES]),
    },
    Step {
        name: "examples in documentation",
        needs: None,
        quick: true,
        run: || cargo(&["test", "--quiet", "--workspace", "--doc"]),
    },
    Step {
        name: "release build",
        needs: None,
        quick: false,
        run: || cargo(&["build", "--release", "--package", "metasync"]),
    },
    Step {
        name: "commands in documents",
        needs: Some("release build"),
        quick: false,
        run: documented_commands,
    },
    Step {
        name: "stories",
        needs: Some("release build"),
        quick: false,
        run: || cargo_test(&["--package", STORIES]),
    },
    Step {
        name: "extension",
        needs: Some("release build"),
        quick: false,
        run: || extension("package"),
    },
    Step {
        name: "editors: set-up",
        needs: None,
        quick: false,
        run: || set_up::run(true, &[]),
    },
    Step {
        name: "editors",
        needs: Some("editors: set-up"),
        quick: false,
        run: editors,
    },
];

/// The program that the release build makes.
pub fn program() -> PathBuf {
    target_dir()
        .join("release")
        .join(format!("metasync{}", std::env::consts::EXE_SUFFIX))
}

fn cargo(arguments: &[&str]) -> Result<()> {
    process::run(process::command("cargo", arguments))
}

/// Runs tests, with cargo-nextest where it is installed.
fn cargo_test(selection: &[&str]) -> Result<()> {
    let mut arguments = if process::exists("cargo-nextest") {
        vec!["nextest", "run", "--no-fail-fast", "--no-tests=pass"]
    } else {
        vec!["test", "--no-fail-fast", "--lib", "--bins", "--tests"]
    };
    arguments.extend(selection);
    let mut command = process::command("cargo", &arguments);
    command.env(PROGRAM, program());
    if std::env::var_os(POSTGRES_ADDRESS).is_none() {
        let address = process::output("bash", &[POSTGRES])?;
        command.env(POSTGRES_ADDRESS, address.trim());
    }
    process::run(command)
}

/// Ends what steps started and left running for the next one.
pub(super) fn clean_up() {
    if let Err(error) = process::output("bash", &[POSTGRES, "stop"]) {
        println!("the tests' PostgreSQL may still be running: {error:#}");
    }
}

/// Builds the extension with the program inside, and runs one of its npm scripts.
pub fn extension(script: &str) -> Result<()> {
    extension_with(&program(), script)
}

/// As [`extension`], with a program from elsewhere.
pub fn extension_with(program: &Path, script: &str) -> Result<()> {
    for tool in ["node", "npm"] {
        if !process::exists(tool) {
            bail!("the extension needs {tool}, which is not on PATH: install Node.js 20 or newer");
        }
    }
    let folder = root().join(EXTENSION);
    let beside = folder.join("server");
    std::fs::create_dir_all(&beside).with_context(|| format!("can't create {}", beside.display()))?;
    let name = program.file_name().context("a program has a name")?;
    std::fs::copy(program, beside.join(name))
        .with_context(|| format!("can't copy {} to {}", program.display(), beside.display()))?;
    for arguments in [
        &["install", "--no-audit", "--no-fund"][..],
        &["run", "check"],
        &["run", "build"],
        &["run", script],
    ] {
        let mut npm = process::command("npm", arguments);
        npm.current_dir(&folder);
        process::run(npm)?;
    }
    Ok(())
}

fn editors() -> Result<()> {
    let mut command = process::command("bash", &[EDITORS]);
    command.env(PROGRAM, program());
    process::run(command)
}

/// Tries that the program knows each `metasync SUBCOMMAND` that a document shows.
fn documented_commands() -> Result<()> {
    let mut tried = Vec::new();
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root().join(document))
            .with_context(|| format!("can't read {document}"))?;
        for name in shown_subcommands(&text) {
            if tried.contains(&name) {
                continue;
            }
            let mut command = process::command(&program().to_string_lossy(), &[&name, "--help"]);
            command.stdout(std::process::Stdio::null());
            process::run(command).with_context(|| format!("{document} shows `metasync {name}`"))?;
            tried.push(name);
        }
    }
    println!("the program knows {}", tried.join(", "));
    Ok(())
}

/// Subcommands in fenced blocks: lines that begin with `metasync` or `cargo run … --`.
fn shown_subcommands(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let line = line.trim_start().trim_start_matches("$ ");
        let arguments = match line.strip_prefix("metasync ") {
            Some(rest) => rest,
            None if line.starts_with("cargo run ") => match line.split_once(" -- ") {
                Some((_, rest)) => rest,
                None => continue,
            },
            None => continue,
        };
        let name: String = arguments
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '-')
            .collect();
        if fenced && !name.is_empty() && !name.starts_with('-') {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_fenced_blocks_are_seen() {
        let text = "metasync no\n```sh\ncargo run --release -- try examples/jaffle_shop\n$ metasync show orders\n\
                    metasync --version\ncargo build\n```\nmetasync no\n";
        assert_eq!(shown_subcommands(text), ["try", "show"]);
    }
}

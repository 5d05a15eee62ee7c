//! Starting other programs from the root of the repository, with errors that name them.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::root;

/// A command that will run at the root of the repository.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    words.join(" ")
}

/// Runs it with this program's own output; fails unless it ends well.
pub fn run(mut command: Command) -> Result<()> {
    let name = shown(&command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("can't start `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(())
}

/// Runs it and returns its stdout; its stderr goes to this program's.
pub fn output(program: &str, arguments: &[&str]) -> Result<String> {
    captured(command(program, arguments))
}

/// As [`output`], of a command made elsewhere.
pub fn captured(mut command: Command) -> Result<String> {
    let name = shown(&command);
    let done = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("can't start `{name}`"))?;
    if !done.status.success() {
        bail!("`{name}` failed ({})", done.status);
    }
    String::from_utf8(done.stdout).with_context(|| format!("`{name}` printed no UTF-8"))
}

/// Whether a program is on PATH and answers `--version`.
pub fn exists(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

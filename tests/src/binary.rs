//! The program under test.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

/// `METASYNC_BIN`, or a debug build of this workspace made now.
pub fn metasync() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("METASYNC_BIN") {
            let path = PathBuf::from(path);
            assert!(
                path.is_file(),
                "METASYNC_BIN names {}, which is no file",
                path.display()
            );
            return path;
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args([
                "build",
                "--quiet",
                "--package",
                "metasync",
                "--message-format=json",
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(built.status.success(), "metasync can't be built");
        let lines = String::from_utf8(built.stdout).unwrap();
        let messages = lines
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut executables = messages.filter_map(|m| Some(PathBuf::from(m.get("executable")?.as_str()?)));
        executables
            .rfind(|path| path.file_stem().is_some_and(|stem| stem == "metasync"))
            .expect("cargo names it")
    })
}

/// Runs the program in a folder with an environment of its own, to its end.
pub fn run(folder: &Path, environment: &[(String, String)], arguments: &[&str]) -> Output {
    command(folder, environment)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The program in a folder, with nothing of this user's environment that it would read.
pub fn command(folder: &Path, environment: &[(String, String)]) -> Command {
    let mut command = Command::new(metasync());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("METASYNC_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).envs(environment.iter().cloned());
    command
}

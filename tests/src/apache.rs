//! Apache's httpd in a folder of its own: what each story's server has alike.

use std::{os::unix::fs::MetadataExt as _, path::Path, process::Command};

const BASE: &str = "
ServerRoot RUN
ServerName localhost
PidFile RUN/apache.pid
DefaultRuntimeDir RUN
Mutex file:RUN default
LoadModule mpm_event_module MODULES/mod_mpm_event.so
LoadModule authn_core_module MODULES/mod_authn_core.so
LoadModule authn_file_module MODULES/mod_authn_file.so
LoadModule authz_core_module MODULES/mod_authz_core.so
LoadModule authz_user_module MODULES/mod_authz_user.so
LoadModule auth_basic_module MODULES/mod_auth_basic.so
LoadModule alias_module MODULES/mod_alias.so
StartServers 1
DocumentRoot RUN
ErrorLog RUN/error.log
";

/// Where Debian keeps its modules.
const MODULES: &str = "/usr/lib/apache2/modules";

/// Debian's own user of it: as root it does not serve.
const USER_LINES: &str = "User www-data\nGroup www-data\n";

/// Writes its configuration and its one user into `run`, and gives the command that starts it. `rest` says what is
/// served where; RUN and MODULES stand in it for the folders.
pub fn command(program: &Path, run: &Path, (user, password): (&str, &str), rest: &str) -> Command {
    let hashed = Command::new("openssl")
        .args(["passwd", "-apr1", password])
        .output()
        .unwrap();
    assert!(hashed.status.success(), "openssl hashes Apache's password");
    let hashed = String::from_utf8(hashed.stdout).unwrap();
    std::fs::write(run.join("users"), format!("{user}:{}\n", hashed.trim())).unwrap();
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let user = if is_root { USER_LINES } else { "" };
    let config = format!("{BASE}{user}{rest}")
        .replace("RUN", &run.display().to_string())
        .replace("MODULES", MODULES);
    let file = run.join("apache.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program);
    command.arg("-f").arg(file).arg("-DFOREGROUND");
    command
}
